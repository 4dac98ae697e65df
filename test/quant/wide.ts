/** Layers whose H is more than a binding: worked on in panels of rows, with the same bits. Run by wide.test.ts and wide.long.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '../../src/gpu/buffers';
import { openDawn } from '../../src/gpu/dawn';
import { Gpu } from '../../src/gpu/gpu';
import { gatherColumns, gatherSymmetric, noColumn, uploadOrder } from '../../src/quant/columns';
import { unitFactor } from '../../src/quant/damping';
import { FactorCache } from '../../src/quant/factorCache';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { LayerProblem } from '../../src/quant/problem';
import { findMethod } from '../../src/quant/recipe/recipes';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { choleskyUpper } from '../../src/tensor/cholesky';
import { accumulateCross } from '../../src/tensor/cross';
import { diagonal, diagonalBlocks, diagonalMean } from '../../src/tensor/diagonal';
import { addInto } from '../../src/tensor/elementwise';
import { accumulateGram, finishGram } from '../../src/tensor/gram';
import { hadamard } from '../../src/tensor/hadamard';
import { kronecker } from '../../src/tensor/kronecker';
import { matmul } from '../../src/tensor/matmul';
import { rowRange, uploadMatrix, zeroMatrix, type Matrix } from '../../src/tensor/matrix';
import { columnRange, panelsOf, placeColumns } from '../../src/tensor/panels';
import { scaleColumns } from '../../src/tensor/scaleColumns';
import { transpose } from '../../src/tensor/transpose';
import { inverseUpper, rightSolve, strictUpper } from '../../src/tensor/triangular';
import { present } from '../../src/util/assert';
import { sha256 } from '../../src/util/hash';
import { createRng } from '../../src/util/rng';
import { outlierColumns } from '../opCase';
import { ofTier, type Tier } from '../tiers';
import { testContext } from './fixture';

/** H [1000, 1000] f32 is then cut into four panels of at most 256 rows; W [32, 1000] is one binding. */
const bindable = 2 ** 20;
const [rows, n, tokens] = [32, 1000, 256];

const rng = createRng(3);
const inputs = outlierColumns(rng, tokens, n);
const others = outlierColumns(rng, tokens, n);
const weights = Float32Array.from({ length: rows * n }, () => rng.normal() * 0.02);

interface Bench {
  readonly gpu: Gpu;
  readonly problem: Required<Pick<LayerProblem, 'W' | 'H' | 'cross' | 'magnitude' | 'factors'>>;
}

/** The same problem on one binding, and in panels. Two inputs never occur. */
let benches: readonly Bench[] = [];
const homes: Scope[] = [];
async function openBenches() {
  const gpus = [await Gpu.create(openDawn()), await Gpu.create(openDawn(), { bindable })];
  benches = gpus.map((gpu) => {
    const home = gpu.scope('wide problem');
    homes.push(home);
    const magnitude = Float32Array.from({ length: n }, (_, j) => 0.1 + (j % 29));
    return {
      gpu,
      problem: {
        W: uploadMatrix(home, weights, rows, n, 'W'),
        H: momentOf(gpu, home, [17, 700]),
        cross: crossOf(gpu, home),
        magnitude: uploadMatrix(home, magnitude, 1, n, 'mean |x|'),
        factors: FactorCache.of(home),
      },
    };
  });
}
function closeBenches() {
  for (const home of homes.splice(0)) home[Symbol.dispose]();
}

function momentOf(gpu: Gpu, scope: Scope, dead: readonly number[]): Matrix {
  const seen = inputs.map((v, at) => (dead.includes(at % n) ? 0 : v));
  const H = zeroMatrix(scope, n, n, 'H');
  using local = gpu.scope('inputs');
  accumulateGram(gpu, uploadMatrix(local, seen, tokens, n, 'x'), H);
  finishGram(gpu, H, tokens);
  return H;
}

function crossOf(gpu: Gpu, scope: Scope): Matrix {
  const cross = zeroMatrix(scope, n, n, 'cross');
  using local = gpu.scope('inputs');
  const [x, full] = [inputs, inputs.map((v, at) => v + 0.05 * (others[at] as number))].map((values) =>
    uploadMatrix(local, values, tokens, n, 'x'),
  ) as [Matrix, Matrix];
  accumulateCross(gpu, full, x, cross, 1 / tokens);
  return cross;
}

/** What is computed on one binding and in panels. */
async function onBoth<T>(compute: (bench: Bench, scope: Scope) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (const bench of benches) {
    using scope = bench.gpu.scope('wide');
    results.push(await compute(bench, scope));
  }
  return results;
}

export const describeSteps = () =>
  describe('panels of rows', () => {
    beforeAll(openBenches);
    afterAll(closeBenches);

    it('begin where a binding may, and cover all rows', () => {
      const { gpu: small } = present(benches[1], 'the small device');
      expect(small.bindable).toBe(bindable);
      expect(panelsOf(small, n, n).map(({ begin, end }) => [begin, end])).toEqual([
        [0, 256],
        [256, 512],
        [512, 768],
        [768, 1000],
      ]);
      expect(panelsOf(present(benches[0], 'the usual device').gpu, n, n)).toHaveLength(1);
      expect(() => panelsOf(small, 5000, 5000)).toThrow(/64 rows of 5000 columns/);
    });

    const steps: Readonly<Record<string, (gpu: Gpu, scope: Scope, H: Matrix) => Matrix | readonly Matrix[]>> = {
      'H and its diagonal': (gpu, scope, H) => [
        H,
        diagonal(gpu, scope, H),
        diagonalMean(gpu, scope, H),
        diagonalBlocks(gpu, scope, H, 48),
      ],
      'the factor, and its columns over their pivots': (gpu, scope, H) => {
        const { R } = choleskyUpper(gpu, scope, H, 0.01);
        return [R, ...[1, 8].map((width) => unitFactor({ R }, width, gpu, scope))];
      },
      'solves by a triangle': (gpu, scope, H) => {
        const { R } = choleskyUpper(gpu, scope, H, 0.01);
        const X = uploadMatrix(scope, weights, rows, n, 'x');
        return [inverseUpper(gpu, scope, R), rightSolve(gpu, scope, X, R), rightSolve(gpu, scope, H, R)];
      },
      'the upper part': (gpu, scope, H) => strictUpper(gpu, scope, H, { diagonal: 1, factor: -0.5, width: 8 }),
      products: (gpu, scope, H) => {
        const X = uploadMatrix(scope, weights, rows, n, 'x');
        return [
          matmul(gpu, scope, X, H),
          matmul(gpu, scope, X, H, { b: 'plain' }),
          matmul(gpu, scope, H, H, { b: 'plain' }),
        ];
      },
      sums: (gpu, scope, H) => {
        const sum = zeroMatrix(scope, n, n, 'sum');
        addInto(gpu, sum, H, 2);
        return sum;
      },
      'changes of basis': (gpu, scope, H) => [
        transpose(gpu, scope, H),
        hadamard(gpu, scope, H),
        kronecker(gpu, scope, H, uploadMatrix(scope, inputs.slice(0, 625), 25, 25, 'm'), 8),
        scaleColumns(gpu, scope, H, rowRange(H, 64, 65), rowRange(H, 128, 129)),
      ],
      'chosen rows and columns': (gpu, scope, H) => {
        const order = Uint32Array.from({ length: 990 }, (_, j) => (j % 90 === 7 ? noColumn : (j * 7) % n));
        const part = columnRange(gpu, scope, H, 300, 500, 700);
        const placed = zeroMatrix(scope, n, n, 'placed');
        placeColumns(gpu, part, placed, 123);
        return [
          gatherSymmetric(gpu, scope, H, order, 'one', 0.5),
          gatherColumns(gpu, scope, H, uploadOrder(scope, order)),
          part,
          placed,
        ];
      },
    };
    it.each(Object.keys(steps))('give the bits of one binding: %s', async (step) => {
      const [whole, cut] = await onBoth(async ({ gpu, problem }, scope) => {
        const made = [problem.cross, present(steps[step], step)(gpu, scope, problem.H)].flat();
        return Promise.all(made.map(async ({ view }) => sha256(new Uint8Array(await gpu.read(view)))));
      });
      expect(cut).toEqual(whole);
    });
  });

const group = (name: string, bits: number, columns: number | null) =>
  present(findMethod(name), name).recipe(bits, columns);
const recipes = {
  RTN: group('rtn', 3, 128),
  GPTQ: group('gptq', 3, null),
  'GPTQ in groups': group('gptq', 4, 64),
  'GPTQ as published': recipeOf({
    grid: { name: 'uniform', bits: 3, group: 100 },
    rounding: { name: 'compensate', staleness: 'published' },
  }),
  'GPTQ act-order': group('gptq-act-order', 3, 128),
  'GPTQ in static groups': group('gptq-static', 3, 128),
  AWQ: group('awq', 4, 128),
  AutoAWQ: group('autoawq', 4, 128),
  'AWQ + GPTQ': group('awq-gptq', 3, 64),
  imatrix: group('imatrix', 3, 64),
  QuantEase: group('quantease', 3, 64),
  GPTAQ: group('gptaq', 3, 64),
  QuIP: group('quip', 2, null),
  'QuIP#': group('quip-sharp', 2, null),
  OWQ: group('owq', 3, null),
  'LoRC in the metric of the inputs': group('lorc-inputs', 3, 64),
  'PB-LLM': group('pb-llm', 2, null),
  'GPTAQ on points of several columns': recipeOf({ grid: { name: 'e8p' }, rounding: { name: 'asymmetric' } }),
  'GPTQ on Q4_K': recipeOf({ grid: { name: 'q4_k' }, rounding: { name: 'compensate' } }),
};

/** Recipes whose kernels take long to compile are in the long tier; each of their pieces is a step above. */
const slow = ['GPTAQ', 'QuIP', 'QuIP#', 'GPTAQ on points of several columns'];

export const describeRecipes = (tier: Tier) =>
  describe('a layer whose H is several bindings', () => {
    beforeAll(openBenches);
    afterAll(closeBenches);

    it.each(ofTier(tier, Object.entries(recipes), ([name]) => !slow.includes(name)))(
      'is solved to the same bytes: %s',
      async (_, recipe) => {
        const [whole, cut] = await onBoth(async ({ gpu, problem }, scope) => {
          const { hash, loss, nearestLoss, energy, What, insight, damping } = await solveLayer(
            problem,
            recipe,
            testContext(gpu, scope),
          );
          return {
            hash,
            loss,
            nearestLoss,
            energy,
            insight,
            damping,
            What: await sha256(new Uint8Array(await gpu.read(What.view))),
          };
        });
        expect(present(whole, 'the result').loss).toBeGreaterThan(0);
        expect(cut).toEqual(whole);
      },
    );
  });
