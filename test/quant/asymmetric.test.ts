/** Asymmetric compensation against the published algorithm in float64 and the numpy vectors; without a second stream it is GPTQ. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { QuantEvent } from '../../src/quant/problem';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { activationOrder } from '../../src/quant/transform/permute';
import { asymmetricPublished } from '../../src/reference/asymmetric';
import type { CompensateOptions } from '../../src/reference/compensate';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';
import { testContext } from './fixture';

interface Streams {
  readonly rows: number;
  readonly cols: number;
  readonly W: Float32Array<ArrayBuffer>;
  /** Means of x xᵀ and (x̄ − x) xᵀ. */
  readonly H: Float32Array<ArrayBuffer>;
  readonly C: Float32Array<ArrayBuffer>;
  /** Mean of |W x̄ − Ŵ x|². */
  asymmetricLoss(What: ArrayLike<number>): number;
}

/** Correlated inputs x̄, and x that quantized blocks have moved: noise, and a part that follows the inputs. */
function makeStreams(rows: number, cols: number, dead: readonly number[] = []): Streams {
  const rng = createRng(41).fork(`${rows}×${cols}`);
  const tokens = 3 * cols;
  const W = Float32Array.from({ length: rows * cols }, () => 0.02 * rng.normal());
  const mix = Float64Array.from({ length: cols * 8 }, () => rng.normal());
  const shift = Float64Array.from({ length: cols * 8 }, () => 0.2 * rng.normal());
  const full = new Float64Array(tokens * cols);
  const moved = new Float64Array(tokens * cols);
  for (let t = 0; t < tokens; t++) {
    const cause = Array.from({ length: 8 }, () => rng.normal());
    for (let j = 0; j < cols; j++) {
      const along = (m: Float64Array) => cause.reduce((sum, v, c) => sum + v * (m[j * 8 + c] as number), 0);
      const strength = j % 13 === 4 ? 10 : 1;
      full[t * cols + j] = strength * (along(mix) + 0.5 * rng.normal());
      const x = (full[t * cols + j] as number) + strength * (along(shift) + 0.1 * rng.normal());
      moved[t * cols + j] = dead.includes(j) ? 0 : x;
    }
  }
  const moment = (of: (t: number, j: number) => number) =>
    Float32Array.from({ length: cols * cols }, (_, at) => {
      let sum = 0;
      for (let t = 0; t < tokens; t++) sum += of(t, Math.floor(at / cols)) * (moved[t * cols + (at % cols)] as number);
      return sum / tokens;
    });
  return {
    rows,
    cols,
    W,
    H: moment((t, j) => moved[t * cols + j] as number),
    C: moment((t, j) => (full[t * cols + j] as number) - (moved[t * cols + j] as number)),
    asymmetricLoss(What) {
      let loss = 0;
      for (let t = 0; t < tokens; t++) {
        for (let r = 0; r < rows; r++) {
          let d = 0;
          for (let j = 0; j < cols; j++) {
            d += (W[r * cols + j] as number) * (full[t * cols + j] as number);
            d -= (What[r * cols + j] as number) * (moved[t * cols + j] as number);
          }
          loss += d * d;
        }
      }
      return loss / tokens;
    },
  };
}

interface Choice {
  readonly bits: number;
  readonly group?: number;
  readonly alpha?: number;
  readonly order?: 'activation';
  readonly groups?: 'static';
}

function recipe(rounding: 'asymmetric' | 'compensate', { bits, group, alpha, order, groups }: Choice) {
  return recipeOf({
    transform: order ? [{ name: 'permute', order }] : [],
    grid: { name: 'uniform', bits, group: group ?? null },
    rounding: {
      name: rounding,
      groups: groups ?? 'dynamic',
      ...(rounding === 'asymmetric' && alpha !== undefined ? { alpha } : {}),
    },
  });
}

async function solve(
  { W, H, rows, cols }: Streams,
  C: Float32Array<ArrayBuffer> | null,
  r: ReturnType<typeof recipe>,
  events: QuantEvent[] = [],
) {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const solved = await solveLayer(
    {
      W: uploadMatrix(scope, W, rows, cols, 'W'),
      H: uploadMatrix(scope, H, cols, cols, 'H'),
      ...(C && { cross: uploadMatrix(scope, C, cols, cols, 'C') }),
    },
    r,
    testContext(gpu, scope, events),
  );
  return { hash: solved.hash, What: await readMatrix(gpu, solved.What) };
}

function published({ W, H, C, rows, cols }: Streams, { bits, group, alpha = 0.25, order, groups }: Choice) {
  const diagonal = Float64Array.from({ length: cols }, (_, j) => H[j * (cols + 1)] as number);
  const options: CompensateOptions = {
    bits,
    group: group ?? null,
    symmetric: false,
    clip: 'min-max',
    damping: 0.01,
    groups: groups ?? 'dynamic',
    staleness: 'fresh',
    ...(order ? { order: activationOrder(diagonal) } : {}),
  };
  return asymmetricPublished(W, H, C, rows, cols, alpha, options);
}

describe('asymmetric compensation', () => {
  const choices: readonly Choice[] = [
    { bits: 4 },
    { bits: 3 },
    { bits: 2, alpha: 1 },
    { bits: 3, group: 32 },
    { bits: 3, group: 32, groups: 'static', order: 'activation' },
    { bits: 3, order: 'activation' },
  ];
  for (const choice of choices) {
    it(`is the published algorithm: ${JSON.stringify(choice)}`, async () => {
      const streams = makeStreams(12, 150);
      const { What } = await solve(streams, streams.C, recipe('asymmetric', choice));
      const want = published(streams, choice);
      // A near-tie that flips moves the rest of its row; the loss of the two must be as near as rows without one are.
      expect(nmse(What, want)).toBeLessThan(1e-3);
      expect(streams.asymmetricLoss(What) / streams.asymmetricLoss(want)).toBeCloseTo(1, 2);
    });
  }

  it('takes dead inputs out', async () => {
    const streams = makeStreams(6, 70, [0, 9, 69]);
    const { What } = await solve(streams, streams.C, recipe('asymmetric', { bits: 3 }));
    expect(nmse(What, published(streams, { bits: 3 }))).toBeLessThan(1e-3);
  });

  it('lowers the loss against the full-precision stream', async () => {
    const streams = makeStreams(24, 150);
    for (const bits of [3, 4]) {
      const gptq = await solve(streams, null, recipe('compensate', { bits }));
      const both = await solve(streams, streams.C, recipe('asymmetric', { bits, alpha: 1 }));
      expect(streams.asymmetricLoss(both.What)).toBeLessThan(streams.asymmetricLoss(gptq.What));
    }
  });

  it('is GPTQ, bit for bit, where the streams are one, at strength 0, and without a second stream', async () => {
    const streams = makeStreams(10, 150);
    for (const group of [undefined, 32]) {
      const choice = { bits: 3, ...(group ? { group } : {}) };
      const gptq = await solve(streams, null, recipe('compensate', choice));
      const zero = new Float32Array(150 * 150);
      expect((await solve(streams, zero, recipe('asymmetric', choice))).hash).toBe(gptq.hash);
      expect((await solve(streams, streams.C, recipe('asymmetric', { ...choice, alpha: 0 }))).hash).toBe(gptq.hash);
      const events: QuantEvent[] = [];
      expect((await solve(streams, null, recipe('asymmetric', choice), events)).hash).toBe(gptq.hash);
      expect(events.map(({ type }) => type)).toEqual(['fallback-used']);
    }
  });

  const golden = '../shared/golden/gptaq_w4x8_x32x8_h8x8.json';
  if (existsSync(golden)) {
    // The vectors' scales are float32, ours the halves that are stored: 2⁻¹¹ apart at most, and so is every weight.
    const halfScales = 2 ** -22;
    it('agrees with the numpy vectors of a 4 × 8 layer', async () => {
      const vectors = JSON.parse(readFileSync(golden, 'utf8')) as {
        W_4x8: number[][];
        H_8x8: number[][];
        dXXT_8x8: number[][];
        bits: Record<string, Record<'alpha_0.25' | 'alpha_1.0', { deq_block128: number[][] }>>;
      };
      const [W, H, C] = [vectors.W_4x8, vectors.H_8x8, vectors.dXXT_8x8].map((m) => Float32Array.from(m.flat()));
      const layer = { ...makeStreams(4, 8), W, H, C } as Streams;
      for (const [bits, byAlpha] of Object.entries(vectors.bits)) {
        // One block holds all columns, so its in-block form is the definition at every strength.
        for (const [alpha, key] of [
          [0.25, 'alpha_0.25'],
          [1, 'alpha_1.0'],
        ] as const) {
          const want = byAlpha[key].deq_block128.flat();
          const { What } = await solve(layer, layer.C, recipe('asymmetric', { bits: Number(bits), alpha }));
          expect(nmse(What, want)).toBeLessThan(halfScales);
          expect(nmse(published(layer, { bits: Number(bits), alpha }), want)).toBeLessThan(halfScales);
        }
      }
    });
  }
});
