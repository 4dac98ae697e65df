/** The solver against numpy (test/golden/quant.py): GPTQ codes in every variant, and RTN on real weights where they lie beside. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FactorCache } from '../../src/quant/factorCache';
import { parseRecipe, recipeOf } from '../../src/quant/recipe/parseRecipe';
import { plainRecipe } from '../../src/quant/recipe/plain';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { unpackBits } from '../../src/quant/bytes';
import { compensatePublished } from '../../src/reference/compensate';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { activationOrder, groupAwareOrder } from '../../src/quant/transform/permute';
import { present } from '../../src/util/assert';
import { testGpu } from '../gpu';
import { hostLoss, testContext, upload } from './fixture';

interface GptqCase {
  readonly bits: number;
  readonly group: number | null;
  readonly sym: boolean;
  readonly mse: boolean;
  readonly order: 'activation' | 'group-aware' | null;
  readonly static: boolean;
  readonly stale: boolean;
  readonly printedLoss: number;
}

const folder = join(import.meta.dirname, '../golden/quant');
const json = <T>(name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
const { rows, cols, cases } = json<{ rows: number; cols: number; cases: readonly GptqCase[] }>('gptq.json');

/** Weights, H and, for each case, the codes. */
function readGolden() {
  const bytes = new Uint8Array(readFileSync(join(folder, 'gptq.bin')));
  let at = 0;
  const take = (length: number) => bytes.slice(at, (at += length));
  const W = new Float32Array(take(4 * rows * cols).buffer);
  const upper = new Float32Array(take(2 * cols * (cols + 1)).buffer);
  const H = new Float32Array(cols * cols);
  let k = 0;
  for (let i = 0; i < cols; i++) {
    for (let j = i; j < cols; j++) H[i * cols + j] = H[j * cols + i] = upper[k++] as number;
  }
  const codes = cases.map(({ bits }) => unpackBits(take((rows * cols * bits) / 8), rows * cols, bits));
  expect(at).toBe(bytes.length);
  return { W, H, rows, cols, codes };
}

const golden = readGolden();
const label = ({ printedLoss: _, ...options }: GptqCase) =>
  Object.entries(options)
    .filter(([, value]) => value !== false && value !== null)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
const differing = (a: ArrayLike<number>, b: Uint8Array) => b.reduce((n, code, i) => n + (code === a[i] ? 0 : 1), 0);

describe('GPTQ in numpy', () => {
  cases.forEach((c, i) => {
    it(label(c), async () => {
      const want = golden.codes[i] as Uint8Array;
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const recipe = recipeOf({
        transform: c.order ? [{ name: 'permute', order: c.order }] : [],
        grid: { name: 'uniform', bits: c.bits, group: c.group, symmetric: c.sym, clip: c.mse ? 'mse' : 'min-max' },
        rounding: {
          name: 'compensate',
          groups: c.static ? 'static' : 'dynamic',
          staleness: c.stale ? 'published' : 'fresh',
        },
      });
      const solved = await solveLayer(upload(scope, golden), recipe, testContext(gpu, scope));
      const codes = unpackBits(solved.stored.codes, rows * cols, c.bits);
      // 20 640 weights: two may differ, by near-ties in float32.
      expect(differing(codes, want) / want.length).toBeLessThanOrEqual(1e-4);

      const diagonal = Float64Array.from({ length: cols }, (_, j) => golden.H[j * (cols + 1)] as number);
      const order =
        c.order === 'activation'
          ? activationOrder(diagonal)
          : c.order && groupAwareOrder(diagonal, present(c.group, 'group'));
      const reference = compensatePublished(golden.W, golden.H, rows, cols, {
        bits: c.bits,
        group: c.group,
        symmetric: c.sym,
        clip: c.mse ? 'mse' : 'min-max',
        damping: 0.01,
        groups: c.static ? 'static' : 'dynamic',
        staleness: c.stale ? 'published' : 'fresh',
        ...(order ? { order } : {}),
      });
      expect(differing(reference.codes, want)).toBe(0);
      expect(reference.printedLoss / c.printedLoss).toBeCloseTo(1, 9);
      const loss = hostLoss(golden, reference.What);
      expect(Math.abs((solved.loss ?? NaN) / loss - 1)).toBeLessThanOrEqual(1e-4);
    });
  });

  it('serves every width from one factorisation', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const shared = { ...upload(scope, golden), factors: FactorCache.of(scope) };
    for (const [i, c] of cases.entries()) {
      if (c.group !== null || c.order || c.sym || c.mse) continue;
      const recipe = recipeOf({ grid: { name: 'uniform', bits: c.bits }, rounding: { name: 'compensate' } });
      const solved = await solveLayer(shared, recipe, testContext(gpu, scope));
      const codes = unpackBits(solved.stored.codes, rows * cols, c.bits);
      expect(differing(codes, golden.codes[i] as Uint8Array)).toBeLessThanOrEqual(2);
    }
  });
});

interface Tensor {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/** The matrices of all blocks, by name. */
function storiesTensors(path: string): Tensor[] {
  const bytes = new Uint8Array(readFileSync(path));
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.slice(8, 8 + size))) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  return Object.entries(header)
    .filter(([name, tensor]) => name.includes('.layers.') && tensor.shape.length === 2)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([
        name,
        {
          shape,
          data_offsets: [begin, end],
        },
      ]) => ({
        name,
        rows: shape[0] as number,
        cols: shape[1] as number,
        values: new Float32Array(bytes.slice(8 + size + begin, 8 + size + end).buffer),
      }),
    );
}

interface Rtn {
  readonly tensors: number;
  readonly cases: readonly {
    readonly bits: number;
    readonly group: number | null;
    readonly symmetric: boolean;
    readonly sums: readonly number[];
  }[];
}

/** Sums over the rounded matrices, against numpy's in float32 arithmetic: ties of symmetric ranges fall as the arithmetic does. */
async function checkRtn(matrices: readonly Omit<Tensor, 'name'>[], { tensors, cases }: Rtn): Promise<void> {
  expect(matrices.length).toBe(tensors);
  const gpu = await testGpu();
  for (const { bits, group, symmetric, sums: want } of cases) {
    const got = [0, 0, 0];
    for (const { rows, cols, values } of matrices) {
      using scope = gpu.scope('tensor');
      const W = uploadMatrix(scope, values, rows, cols, 'W');
      const solved = await solveLayer(
        { W },
        parseRecipe(plainRecipe({ name: 'uniform', bits, group, symmetric })),
        testContext(gpu, scope),
      );
      (await readMatrix(gpu, solved.What)).forEach((q, i) => {
        const place = ((Math.floor(i / cols) * 31 + (i % cols) * 17) % 7) - 3;
        got[0] = (got[0] as number) + q * q;
        got[1] = (got[1] as number) + Math.abs(q);
        got[2] = (got[2] as number) + q * place;
      });
    }
    // A division may be off by 2.5 units in the last place, so a few ties in 250 000 weights may fall the other way.
    want.forEach((sum, i) => {
      const size = want[i === 2 ? 1 : i] as number;
      expect(Math.abs((got[i] as number) - sum) / size, `${bits} ${group} ${symmetric}`).toBeLessThan(1e-5);
    });
  }
}

describe('RTN in float32 numpy', () => {
  it('is ours on the golden weights', () => checkRtn([{ rows, cols, values: golden.W }], json<Rtn>('rtn.json')));

  const path = join(import.meta.dirname, '../../../shared/data/models/stories260K-f32/model.safetensors');
  if (existsSync(path)) {
    it('is ours on a real model', () => checkRtn(storiesTensors(path), json<Rtn>('stories.json')));
  }
});
