/** How much of a run is done, and how long the rest takes. */
import { describe, expect, it } from 'vitest';
import type { PlannedPoint } from '../../src/log/events';
import { Progress, type Kind } from '../../src/lab/progress';
import { Work } from '../../src/lab/work';
import { findMethod } from '../../src/quant/recipe/recipes';
import { present } from '../../src/util/assert';
import type { Recipe } from '../../src/quant/recipe/recipe';

const calibrating: Kind = { phase: 'calibrating', name: 'blocks' };
const evaluating: Kind = { phase: 'evaluating', name: 'block of a point' };
const solving = (name: string, like?: string): Kind => ({ phase: 'quantizing', name, ...(like ? { like } : {}) });

function watched() {
  let now = 0;
  const progress = new Progress(() => now);
  return {
    progress,
    /** Work that takes so many seconds. */
    work: (kind: Kind, operations: number, seconds: number, how?: 'kept') => {
      now += seconds;
      progress.advance(kind, operations, how);
    },
  };
}

describe('progress', () => {
  it('weighs work by operations, and says nothing of the rest before a unit of every kind was timed', () => {
    const { progress, work } = watched();
    progress.plan(calibrating, 100, 50);
    progress.plan(evaluating, 300, 100);
    expect([progress.done, progress.secondsLeft]).toEqual([0, null]);
    work(calibrating, 50, 2);
    expect([progress.done, progress.secondsLeft]).toEqual([0.125, null]);
    work(evaluating, 50, 1);
    expect(progress.secondsLeft).toBeNull();
    work(evaluating, 50, 1);
    expect([progress.done, progress.secondsLeft]).toEqual([0.375, 2 + 4]);
    // What is kept costs nothing and teaches nothing.
    work(calibrating, 50, 47, 'kept');
    expect([progress.done, progress.secondsLeft]).toEqual([0.5, 4]);
  });

  it('forgets the first unit, which compiles, once there is a second', () => {
    const { progress, work } = watched();
    progress.plan(evaluating, 1000, 100);
    work(evaluating, 100, 10);
    expect(progress.secondsLeft).toBe(90);
    work(evaluating, 100, 2);
    expect(progress.secondsLeft).toBe(16);
  });

  it('takes a method at its own rate, and its other widths at that of the first until they are met', () => {
    const { progress, work } = watched();
    progress.plan(solving('nearest'), 10, 10);
    progress.plan(solving('nearest, again', 'nearest'), 20, 10);
    progress.plan(solving('descend'), 10, 10);
    progress.plan(solving('descend, again', 'descend'), 20, 10);
    work(solving('nearest'), 10, 1);
    expect(progress.secondsLeft).toBeNull();
    work(solving('descend'), 10, 100);
    expect(progress.secondsLeft).toBe(2 + 200);
    work(solving('descend, again', 'descend'), 10, 20);
    expect(progress.secondsLeft).toBe(2 + 20);
  });

  it('takes the scoring of points at the rate of full precision until one was scored: of a large model that is at the end', () => {
    const { progress, work } = watched();
    const kinds = new Work();
    const point = (id: string, recipe: Recipe | null): PlannedPoint => ({
      ...{ id, method: id, bits: 4, group: null, assignment: recipe && { all: recipe } },
    });
    const [full, rtn] = [
      point('full-precision', null),
      point('rtn-4', present(findMethod('rtn'), 'rtn').recipe(4, null)),
    ];
    progress.plan(kinds.scoring('block', full), 100, 50);
    progress.plan(kinds.scoring('block', rtn), 100, 50);
    work(kinds.scoring('block', full), 50, 30);
    work(kinds.scoring('block', full), 50, 10);
    expect(progress.secondsLeft).toBe(20);
    work(kinds.scoring('block', rtn), 50, 15);
    expect(progress.secondsLeft).toBe(15);
  });

  it('does not wait for each of very many methods', () => {
    const { progress, work } = watched();
    for (let i = 0; i < 40; i++) progress.plan(solving(`method ${i}`), 10, 10);
    for (let i = 0; i < 4; i++) work(solving(`method ${i}`), 10, 2);
    expect(progress.secondsLeft).toBeNull();
    work(solving('method 4'), 10, 7);
    expect(progress.secondsLeft).toBeCloseTo(35 * 3);
  });
});
