/** What runs beside the layers, through a whole run: every site counts it, the point has the sum, and its bits are paid for. */
import { describe, expect, it } from 'vitest';
import type { SiteResult } from '../../src/log/events';
import { checkEvent } from '../../src/log/forms';
import { resultOf, rowOf } from '../../src/log/rows';
import { openModel } from '../../src/model/openModel';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { collect, finished, point, recipeFor, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const online = point('quarot-online', 4);
const offline = point('quarot', 4);

/** Bits of signs and operations a token of each solved site of a block, in its order; nothing where neighbours absorb all. */
const blocks = {
  // Four heads of 8 are mixed by butterflies: 8 · (4 · 2). 28 columns by a matrix of order 28.
  llama: [0, 0, 4, 64, 0, 0, 28, 28 * 27],
  // The stream cannot turn: what reads it has butterflies of 32 of its own. Four heads of 12.
  gemma2: [32, 160, 4, 96, 32, 160, 28, 28 * 27],
  olmo2: [32, 160, 4, 64, 32, 160, 28, 28 * 27],
  // 48 = 12 · 4; what makes step sizes, B and C stays as stored.
  mamba: [0, 0, 48, 48 * 13],
  mamba2: [0, 0, 48, 48 * 13],
  // Six heads of 4: no Hadamard matrix, so an orthogonal one of order 3 and a butterfly. Each of five experts has butterflies of 16.
  mixtral: [0, 0, 6, 4 * 6 * 4, ...Array.from({ length: 5 }, () => [0, 0, 16, 64]).flat()],
  // Values are cut before attention, which no rotation passes: all of its output is turned, 24 = 12 · 2.
  olmoe: [0, 0, 24, 24 * 12, ...Array.from({ length: 8 }, () => [0, 0, 12, 12 * 11]).flat()],
} as const;
/** Operations of a block for a token that goes to two of five experts, or three of eight. */
const chosen = { mixtral: 96 + 2 * 64, olmoe: 288 + 3 * 132 };

describe('online rotations', () => {
  it.each(Object.entries<readonly number[]>(blocks))('of %s are counted', async (name, block) => {
    const gpu = await testGpu();
    const checkpoint = await tinyCheckpoint(name);
    const { card, blockCount } = await openModel(gpu, checkpoint);
    const events = await collect(await tinyInput(gpu, tinySettings([offline, online]), { checkpoint }));
    const [, plain, turned] = finished(events);
    const sites = (id: string) =>
      events.flatMap((event): SiteResult[] => (event.type === 'site-quantized' && event.point === id ? [event] : []));
    const [before, after] = [sites(offline.id), sites(online.id)];
    const found = after.flatMap(({ bits, operations, rows, cols }, i) => {
      const less = present(before[i], 'the same site').bits;
      return [Math.round((bits - less) * rows * cols), operations ?? 0];
    });
    expect(found).toEqual(Array.from({ length: blockCount }, () => block).flat());
    expect(before.some((site) => 'operations' in site)).toBe(false);
    const sum = (of: 0 | 1) => block.reduce((sum, v, i) => (i % 2 === of ? sum + v : sum), 0);
    const running = name in chosen ? chosen[name as keyof typeof chosen] : sum(1);
    const [one, two] = [present(plain, 'QuaRot').size, present(turned, 'QuaRot online').size];
    expect((two.bitsPerWeight - one.bitsPerWeight) * card.linearParameters).toBeCloseTo(blockCount * sum(0), 6);
    expect([one.operations, two.operations]).toEqual([undefined, blockCount * running]);
    expect(events.filter(({ type }) => type === 'rotation-verified')).toMatchObject([
      { basis: 'hadamard' },
      { basis: 'hadamard, online hadamard' },
    ]);
  });

  it('are written and read again, and a log of before has none', async () => {
    const events = await collect(await tinyInput(await testGpu(), tinySettings([offline, online])));
    for (const result of finished(events)) expect(resultOf(rowOf(result))).toEqual(result);
    const site = present(
      events.findLast((event) => event.type === 'site-quantized'),
      'a site',
    );
    expect(site.operations).toBe(756);
    expect(checkEvent({ ...site })).toBeNull();
    expect(checkEvent({ ...site, operations: undefined })).toBeNull();
    expect(checkEvent({ ...site, operations: -1 })).toMatch(/"operations"/);
    const row = rowOf(present(finished(events).at(-1), 'a result'));
    expect(row['operations']).toBe(2 * (64 + 756));
    expect(checkEvent({ type: 'point-finished', result: { ...row } })).toBeNull();
    expect(checkEvent({ type: 'point-finished', result: { ...row, operations: null } })).toMatch(/"result.operations"/);
  });

  it('reach sites that usually stay where an exception names them', async () => {
    const all = recipeFor(online);
    const except = ['decoder.*.mixer.x', 'decoder.*.mixer.dt'].map((where) => ({ where, recipe: all }));
    const checkpoint = await tinyCheckpoint('mamba');
    const whole = { ...online, assignment: { all, except } };
    const events = await collect(await tinyInput(await testGpu(), tinySettings([whole]), { checkpoint }));
    // 48 before x and before out, 2 before dt.
    expect(finished(events).at(-1)?.size.operations).toBe(3 * (2 * 48 * 13 + 2));
  });
});
