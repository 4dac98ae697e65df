/** A point that cannot be measured: it is told with its reason, and the others are measured as if it were not there. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/formats/checkpoint';
import type { RunEvent } from '../../src/log/events';
import { readLog, writeLog } from '../../src/log/file';
import { emptyRun, foldEvents } from '../../src/store/runView';
import { testGpu } from '../gpu';
import { collect, finished, point, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

/** The checkpoint with float32 values of some tensors changed as they are read. */
async function changed(change: (name: string, values: Float32Array, columns: number) => void): Promise<Checkpoint> {
  const checkpoint = await tinyCheckpoint();
  const tensors = new Map(
    [...checkpoint.tensors].map(([name, entry]) => [
      name,
      {
        ...entry,
        read: async (begin: number, end: number) => {
          const bytes = await entry.read(begin, end);
          change(name, new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4), entry.shape.at(-1) ?? 1);
          return bytes;
        },
      },
    ]),
  );
  return { ...checkpoint, tensors };
}

/**
 * An input that never occurs, behind weights near the limit of float32: full precision multiplies them with 0, and compensation takes
 * them for 0. A rotation mixes them into everything.
 */
const beyondRange = () =>
  changed((name, values, columns) => {
    if (name === 'model.layers.1.input_layernorm.weight') values[0] = 0;
    if (name !== 'model.layers.1.self_attn.q_proj.weight') return;
    for (let row = 0; row < values.length / columns; row++) values[row * columns] = row % 2 ? 3e38 : -3e38;
  });

const failures = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'point-failed' ? [event] : []));

const lastShare = (events: readonly RunEvent[]) =>
  events.reduce((share, event) => (event.type === 'progressed' ? event.done : share), 0);

describe('a point that fails', () => {
  const settings = tinySettings([point('gptq', 4), point('quip', 3, null), point('gptq', 3)]);

  it.for(['shared', 'sequential'] as const)('leaves the others to be measured (%s)', async (mode) => {
    const gpu = await testGpu();
    for (const budgets of [{}, { moments: 0 }]) {
      const checkpoint = await beyondRange();
      const events = await collect(await tinyInput(gpu, { ...settings, mode }, { checkpoint, budgets }));
      expect(failures(events)).toMatchObject([
        { point: 'quip-3', error: { name: 'NumericError', code: 'not-finite' } },
      ]);
      const results = finished(events);
      expect(results.map(({ id }) => id)).toEqual(['full-precision', 'gptq-4', 'gptq-3']);
      const alone = tinySettings([point('gptq', 4), point('gptq', 3)], { mode });
      const other = await collect(await tinyInput(gpu, alone, { checkpoint, budgets }));
      const without = finished(other);
      expect(results.map(({ hash, values }) => [hash, values])).toEqual(
        without.map(({ hash, values }) => [hash, values]),
      );
      // What is done for the failed point counts as done, what was ahead of it no more.
      expect(lastShare(events)).toBeGreaterThan(lastShare(other) - 1e-9);
    }
  });

  it('is told in the log and shown as failed', async () => {
    const events = await collect(await tinyInput(await testGpu(), settings, { checkpoint: await beyondRange() }));
    expect(readLog(writeLog(events))).toEqual(events);
    const view = foldEvents(emptyRun, events);
    expect(view.status).toBe('finished');
    expect(view.points.map(({ id, state }) => [id, state])).toEqual([
      ['full-precision', 'finished'],
      ['gptq-4', 'finished'],
      ['quip-3', 'failed'],
      ['gptq-3', 'finished'],
    ]);
    expect(view.points[2]).toMatchObject({ bits: 3, method: 'quip', values: {} });
    expect(view.points[2]?.failure).toContain('expected finite numbers');
    expect(view.remarks.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
  });

  it('ends the run where it is full precision, whose log can be read', async () => {
    const checkpoint = await changed((name, values) => {
      if (name === 'model.norm.weight') values.fill(1e30);
    });
    const events = await collect(await tinyInput(await testGpu(), settings, { checkpoint }));
    expect(events.at(-1)).toMatchObject({ type: 'run-failed', error: { code: 'not-finite' } });
    expect(readLog(writeLog(events)).length).toBe(events.length);
  });

  it('does not hide a stop', async () => {
    const stop = new AbortController();
    const input = await tinyInput(await testGpu(), settings, { checkpoint: await beyondRange(), signal: stop.signal });
    const events = await collect(input, ({ type }) => {
      if (type === 'point-failed') stop.abort();
    });
    expect(events.at(-1)?.type).toBe('run-stopped');
  });
});
