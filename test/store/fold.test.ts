/** What folding a batch of events costs: counted, not timed, so that a busy machine changes nothing. */
import { describe, expect, it } from 'vitest';
import { createBatch } from '../../src/store/batch';
import { emptyRun, foldEvents, type RunView } from '../../src/store/runView';
import { big, bigLog } from './bigLog';
import { sampleLog } from './sampleLog';

const log = bigLog();

/** How many elements of arrays are walked through while `work` is done: by spreading and by the methods that copy or look. */
function walked(work: () => void): number {
  const original = { ...walks };
  let steps = 0;
  for (const key of Reflect.ownKeys(walks) as (keyof typeof walks)[]) {
    Object.defineProperty(Array.prototype, key, {
      configurable: true,
      writable: true,
      value(this: unknown[], ...given: never[]) {
        steps += this.length;
        return Reflect.apply(original[key], this, given) as unknown;
      },
    });
  }
  try {
    work();
  } finally {
    for (const key of Reflect.ownKeys(walks) as (keyof typeof walks)[]) {
      Object.defineProperty(Array.prototype, key, { configurable: true, writable: true, value: original[key] });
    }
  }
  return steps;
}

const { map, some, filter, find, findIndex } = Array.prototype;
const walks = { map, some, filter, find, findIndex, [Symbol.iterator]: Array.prototype[Symbol.iterator] };

describe('folding a batch', () => {
  // Every layer of a run of 30 blocks × 40 points but the last point's, and the events of that one.
  const last = log.findLastIndex(({ type }) => type === 'point-started');
  const before = foldEvents(emptyRun, log.slice(0, last));
  const batch = log.slice(last, -2);

  it('walks through each list a few times, however many events there are', () => {
    const { points, layers } = before;
    expect(layers.length).toBeGreaterThan(8000);
    expect(batch.length).toBeGreaterThan(400);
    // Each list is copied once; the layers are looked through once more, for the size of the point.
    expect(walked(() => foldEvents(before, batch))).toBeLessThanOrEqual(3 * (points.length + layers.length));
  });

  it('leaves the view before as it was, and what no event names as the same object', () => {
    const frozen: RunView = {
      ...before,
      points: Object.freeze([...before.points]),
      layers: Object.freeze([...before.layers]),
      remarks: Object.freeze([...before.remarks]),
    };
    const after = foldEvents(frozen, batch);
    const named = new Set(batch.flatMap((event) => ('point' in event ? [event.point] : [])));
    for (const event of log.slice(last)) if (event.type === 'point-finished') named.add(event.result.id);
    const changed = after.points.filter((point, i) => point !== frozen.points[i]).map(({ id }) => id);
    expect(changed).toEqual([...named]);
    expect(changed).toHaveLength(1);
    // Nothing was quantized or remarked in it: nothing that draws layers has to look again.
    const quiet = foldEvents(
      frozen,
      batch.filter(({ type }) => type === 'progressed'),
    );
    expect(quiet.points).toBe(frozen.points);
    expect(quiet.layers).toBe(frozen.layers);
    expect(quiet.remarks).toBe(frozen.remarks);
  });

  it('is the same in one batch and event by event', () => {
    for (const events of [bigLog({ ...big, blocks: 3 }), sampleLog()]) {
      const single = events.reduce((view, event) => foldEvents(view, [event]), emptyRun);
      expect(foldEvents(emptyRun, events)).toEqual(single);
    }
  });
});

describe('a batch', () => {
  it('is applied once however much is added, and at once when it is flushed', () => {
    const due: (() => void)[] = [];
    const applied: (readonly number[])[] = [];
    const batch = createBatch<number>(
      (items) => applied.push(items),
      (callback) => due.push(callback),
    );
    for (let i = 0; i < 1000; i++) batch.add([i]);
    expect(applied).toEqual([]);
    expect(due).toHaveLength(1);
    due.shift()?.();
    expect(applied).toHaveLength(1);
    expect(applied[0]).toHaveLength(1000);
    batch.add([1]);
    batch.flush();
    expect(applied[1]).toEqual([1]);
  });
});
