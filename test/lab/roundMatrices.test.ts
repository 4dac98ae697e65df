/** Matrices rounded one by one: errors as in float64, codes as in a sweep, and a log that says what could not be done. */
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/formats/openCheckpoint';
import { toFloats } from '../../src/formats/toFloats';
import { roundMatrices, type RoundingInput } from '../../src/lab/roundMatrices';
import { matricesOf } from '../../src/model/matrices';
import type { MatrixRounded, RoundingEvent } from '../../src/log/rounding';
import { plainCurves, plainMethods, plainPoints } from '../../src/quant/recipe/plainMethods';
import { findMethod, recipes } from '../../src/quant/recipe/recipes';
import { nearest } from '../../src/reference/nearest';
import { present } from '../../src/util/assert';
import { FetchError } from '../../src/util/errors';
import { testGpu } from '../gpu';
import { bertFiles } from '../model/bert';
import { collect, point, timeless, tinyCheckpoint, tinyInput, tinySettings } from './tiny';

const all = plainMethods(recipes);
const form = { widths: [8, 4, 3, 2], group: 16, symmetric: false };
const pointsFor = (names: readonly string[], more: Partial<typeof form> = {}) =>
  plainPoints(
    names.map((name) => present(findMethod(name), name)),
    { ...form, ...more },
  );

async function roundAll(more: Partial<RoundingInput> = {}, onEvent: (event: RoundingEvent) => void = () => {}) {
  const input: RoundingInput = {
    gpu: await testGpu(),
    checkpoint: await openCheckpoint(bertFiles()),
    points: pointsFor(['rtn']),
    signal: new AbortController().signal,
    appVersion: 'test',
    now: () => new Date(0),
    ...more,
  };
  const events: RoundingEvent[] = [];
  for await (const event of roundMatrices(input)) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

const rowsIn = (events: readonly RoundingEvent[]): readonly MatrixRounded[] =>
  events.filter((event) => event.type === 'matrix-rounded');
const totalsIn = (events: readonly RoundingEvent[]) => {
  const last = events.at(-1);
  if (last?.type !== 'rounding-finished') throw new Error(`it ended with ${JSON.stringify(last)}`);
  return last.totals;
};

describe('rounding matrix by matrix', () => {
  it('loses of each matrix, and of all, what rounding in float64 loses', async () => {
    const checkpoint = await openCheckpoint(bertFiles());
    const events = await roundAll({ checkpoint });
    const rows = rowsIn(events);
    expect(rows).toHaveLength(24 * 4);
    const sums = new Map<number, [number, number]>();
    for (const entry of matricesOf(checkpoint)) {
      const W = toFloats(await entry.read(), entry.type);
      const [height = 0, width = 0] = entry.shape;
      for (const bits of form.widths) {
        const { What } = nearest(W, height, width, 16, { bits, symmetric: false, clip: 'min-max' });
        const squared = W.reduce((sum, w, i) => sum + (w - (What[i] as number)) ** 2, 0);
        const energy = W.reduce((sum, w) => sum + w * w, 0);
        const row = present(
          rows.find(({ tensor, point }) => tensor === entry.name && point === `rtn-${bits}`),
          entry.name,
        );
        expect(row).toMatchObject({ rows: height, cols: width, stored: entry.bytes, used: null });
        // A weight in the middle between two levels may go to either, which changes the error by what float32 rounds.
        expect(Math.abs(row.error / (squared / energy) - 1)).toBeLessThan(1e-4);
        expect(Math.abs(row.energy / energy - 1)).toBeLessThan(1e-6);
        // A code, and for every 16 of them a half and a zero as wide as a code.
        expect(row.bitsPerWeight).toBe(bits + (16 + bits) / 16);
        const [a, b] = sums.get(bits) ?? [0, 0];
        sums.set(bits, [a + squared, b + energy]);
      }
    }
    for (const total of totalsIn(events)) {
      const bits = Number(total.point.split('-')[1]);
      const [squared, energy] = sums.get(bits) ?? [NaN, NaN];
      expect(total.matrices).toBe(24);
      expect(Math.abs(total.error / (squared / energy) - 1)).toBeLessThan(1e-4);
      // Vectors and the table of two token types stay as they are stored.
      const weights = 6400 + 11 * (4096 + 6144) + 4096;
      expect(total.megabytes).toBeCloseTo((4 * (128 + 64 + 11 * 64) + (weights * total.bitsPerWeight) / 8) / 1e6, 9);
    }
  });

  it('gives the codes of a sweep, range by range or whole', async () => {
    const gpu = await testGpu();
    const names = ['rtn', 'hqq', 'q4_0'];
    const swept = await collect(
      await tinyInput(gpu, tinySettings(names.map((name) => point(name, 4, 16))), { calibration: null }),
    );
    // The only site of one matrix that is large enough: those of others are solved together.
    const wanted = swept.flatMap((event) =>
      event.type === 'site-quantized' && event.site.endsWith('.attention.output')
        ? [`${event.point} ${event.site} ${event.hash}`]
        : [],
    );
    expect(wanted).toHaveLength(3 * 2);
    const alone = await roundAll({ checkpoint: await tinyCheckpoint(), points: pointsFor(names, { widths: [4] }) });
    const siteOf = (tensor: string) =>
      tensor.replace('model.layers', 'decoder').replace('self_attn.o_proj.weight', 'attention.output');
    const found = rowsIn(alone).map(({ point: id, tensor, hash }) => `${id} ${siteOf(tensor)} ${hash}`);
    expect(found).toEqual(expect.arrayContaining(wanted));
    // Rows are independent: where they are cut changes no error.
    const points = pointsFor(['rtn', 'q4_0']);
    const plain = rowsIn(await roundAll({ points }));
    const cut = rowsIn(await roundAll({ points, limit: 64 * 4 * 96 }));
    expect(cut.map(({ error, bitsPerWeight }) => ({ error, bitsPerWeight }))).toEqual(
      plain.map(({ error, bitsPerWeight }) => ({ error, bitsPerWeight })),
    );
    // Of the 100 tokens, 64 and 36 apart.
    expect(cut.filter(({ hash }, i) => hash !== plain[i]?.hash).map(({ tensor }) => tensor)).toEqual(
      points.map(() => 'embeddings.word_embeddings.weight'),
    );
  });

  it('is the same log again, and says which grid was used where the columns do not fit', async () => {
    const points = plainPoints(all, { ...form, widths: [4, 2] });
    const [one, other] = [await roundAll({ points }), await roundAll({ points })];
    expect(timeless(other as never)).toEqual(timeless(one as never));
    const used = rowsIn(one).filter(({ point: id }) => id === 'q4_k-4');
    expect([...new Set(used.map((row) => row.used))]).toEqual(['q5_0']);
    expect(one.findLast(({ type }) => type === 'progressed')).toMatchObject({ done: 1 });
  });

  it('goes on without a matrix that is damaged, which stays as stored in the size', async () => {
    const bad = 'encoder.layer.3.output.dense.weight';
    const checkpoint = await openCheckpoint(
      bertFiles((name, content) => {
        if (name === bad) content[17] = NaN;
        if (name === 'pooler.dense.weight') content.fill(0);
      }),
    );
    const events = await roundAll({ checkpoint });
    const failed = events.filter((event) => event.type === 'matrix-failed');
    expect(failed).toMatchObject([{ tensor: bad, point: null, error: { code: 'non-finite-weights' } }]);
    expect(rowsIn(events).filter(({ tensor }) => tensor === bad)).toEqual([]);
    expect(totalsIn(events).map(({ matrices }) => matrices)).toEqual([23, 23, 23, 23]);
    // Zeros are held by every grid.
    const zeros = rowsIn(events).filter(({ tensor }) => tensor === 'pooler.dense.weight');
    expect(zeros.map(({ error }) => error)).toEqual([0, 0, 0, 0]);
    const whole = totalsIn(await roundAll());
    const weights = 64 * 96;
    totalsIn(events).forEach(({ megabytes, bitsPerWeight }, i) => {
      expect(megabytes - present(whole[i], 'total').megabytes).toBeCloseTo((weights * (32 - bitsPerWeight)) / 8e6, 9);
    });
    expect(events.findLast(({ type }) => type === 'progressed')).toMatchObject({ done: 1 });
  });

  it('says of a matrix too wide for a binding, and goes on', async () => {
    const events = await roundAll({ limit: 64 * 4 * 64 });
    const failed = events.flatMap((event) => (event.type === 'matrix-failed' ? [event] : []));
    expect(failed).toHaveLength(11);
    expect(failed[0]).toMatchObject({ tensor: 'encoder.layer.0.output.dense.weight', error: { code: 'too-big' } });
    expect(failed[0]?.error.message).toContain('has 96 columns; expected at most 64');
    expect(totalsIn(events)[0]?.matrices).toBe(13);
  });

  it('stops where it is told to', async () => {
    const stop = new AbortController();
    const events = await roundAll({ signal: stop.signal }, ({ type }) => {
      if (type === 'matrix-rounded') stop.abort();
    });
    expect(events.at(-1)?.type).toBe('rounding-stopped');
    expect(rowsIn(events).length).toBeLessThan(24 * 4);
  });

  it('fails as a whole where files are gone, and where it is asked for what cannot be', async () => {
    const checkpoint = await openCheckpoint(bertFiles());
    const gone = new Map(
      [...checkpoint.tensors].map(([name, entry]) => [
        name,
        { ...entry, read: () => Promise.reject(new FetchError('vanished', 'it is gone')) },
      ]),
    );
    const gptq = { id: 'gptq-4', method: 'gptq', bits: 4, recipe: present(findMethod('gptq'), 'gptq').recipe(4, 16) };
    const cases: readonly (readonly [Partial<RoundingInput>, RegExp])[] = [
      [{ checkpoint: { ...checkpoint, tensors: gone } }, /it is gone/],
      [{ checkpoint: { ...checkpoint, tensors: new Map() } }, /no tensor is a matrix/],
      [{ points: [] }, /there are 0/],
      [{ points: [...pointsFor(['rtn']), ...pointsFor(['rtn'])] }, /two are named "rtn-8"/],
      [{ points: [gptq] }, /reads them/],
    ];
    for (const [more, message] of cases) {
      const last = (await roundAll(more)).at(-1);
      expect(last?.type === 'rounding-failed' && last.error.message).toMatch(message);
    }
  });
});

describe('plain methods', () => {
  it('read no inputs, and have no piece but a grid', () => {
    expect(all.length).toBeGreaterThan(10);
    for (const { calibrated, strategy } of all)
      expect({ calibrated, strategy }).toEqual({ calibrated: false, strategy: 'baseline' });
    expect(all.map(({ name }) => name)).not.toContain('quarot-rtn');
    expect(plainCurves(recipes).map(({ name }) => name)).toEqual(['rtn', 'rtn-mse', 'hqq']);
  });

  it('have points at the widths that they have, symmetric where they can be', () => {
    const points = plainPoints(all, { widths: [2, 8], group: null, symmetric: true });
    const of = (id: string) => points.find((one) => one.id === id)?.recipe.grid;
    expect(of('rtn-8')).toMatchObject({ bits: 8, group: null, symmetric: true });
    expect(of('hqq-2')).not.toHaveProperty('symmetric');
    expect(points.map(({ id }) => id).filter((id) => id.startsWith('q'))).toEqual(['q2_k-2', 'q8_0-8']);
  });
});
