/** The kernels' GPTQ against the published algorithm in float64: codes, proxy loss, and the form they share. */
import { describe, expect, it } from 'vitest';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import type { Recipe } from '../../src/quant/recipe/recipe';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { unpackBits } from '../../src/quant/bytes';
import { activationOrder, groupAwareOrder } from '../../src/quant/transform/permute';
import { compensateOneFactor, compensatePublished, type CompensateOptions } from '../../src/reference/compensate';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { hostLoss, makeProblem, testContext, upload, type HostProblem, type ProblemKind } from './fixture';

interface Case {
  readonly rows: number;
  readonly cols: number;
  readonly kind?: ProblemKind;
  readonly bits: number;
  readonly group: number | null;
  readonly symmetric?: boolean;
  readonly clip?: 'min-max' | 'mse';
  readonly order?: 'activation' | 'group-aware';
  readonly groups?: 'static';
  readonly staleness?: 'published';
}

const label = (c: Case) =>
  [
    `${c.rows}×${c.cols}`,
    `${c.bits} bits`,
    c.group === null ? 'row' : `g${c.group}`,
    c.order ?? '',
    c.groups ?? '',
    c.staleness ?? '',
    c.symmetric ? 'symmetric' : '',
    c.clip ?? '',
    c.kind ? JSON.stringify(c.kind) : '',
  ]
    .filter(Boolean)
    .join(' ');

function recipe(c: Case): Recipe {
  return recipeOf({
    transform: c.order ? [{ name: 'permute', order: c.order }] : [],
    grid: { name: 'uniform', bits: c.bits, group: c.group, symmetric: c.symmetric ?? false, clip: c.clip ?? 'min-max' },
    rounding: { name: 'compensate', groups: c.groups ?? 'dynamic', staleness: c.staleness ?? 'fresh' },
  });
}

function referenceOptions(c: Case, { H, cols }: HostProblem): CompensateOptions {
  const diagonal = Float64Array.from({ length: cols }, (_, j) => H[j * (cols + 1)] as number);
  const order =
    c.order === 'activation'
      ? activationOrder(diagonal)
      : c.order === 'group-aware'
        ? groupAwareOrder(diagonal, c.group as number)
        : undefined;
  return {
    bits: c.bits,
    group: c.group,
    symmetric: c.symmetric ?? false,
    clip: c.clip ?? 'min-max',
    damping: 0.01,
    groups: c.groups ?? 'dynamic',
    staleness: c.staleness ?? 'fresh',
    ...(order ? { order } : {}),
  };
}

const cases: Case[] = [2, 3, 4].flatMap((bits): Case[] => [
  { rows: 130, cols: 256, bits, group: null },
  { rows: 130, cols: 256, bits, group: null, order: 'activation' },
  ...[32, 64, 128].flatMap((group): Case[] => [
    { rows: 128, cols: 172, bits, group },
    { rows: 96, cols: 256, bits, group, order: 'activation' },
    { rows: 96, cols: 256, bits, group, order: 'activation', groups: 'static' },
    { rows: 96, cols: 256, bits, group, groups: 'static' },
    { rows: 96, cols: 256, bits, group, order: 'group-aware' },
  ]),
]);
cases.push(
  { rows: 128, cols: 172, bits: 3, group: 32, staleness: 'published' },
  { rows: 96, cols: 300, bits: 3, group: 48, staleness: 'published' },
  { rows: 96, cols: 300, bits: 3, group: 48 },
  { rows: 96, cols: 300, bits: 3, group: 200 },
  { rows: 96, cols: 300, bits: 3, group: 200, staleness: 'published' },
  { rows: 96, cols: 172, bits: 3, group: 256, kind: { dead: [1] } },
  { rows: 128, cols: 172, bits: 3, group: 64, symmetric: true },
  { rows: 128, cols: 172, bits: 2, group: 64, order: 'group-aware' },
  { rows: 128, cols: 172, bits: 3, group: null, clip: 'mse' },
  { rows: 128, cols: 172, bits: 3, group: 32, clip: 'mse', symmetric: true },
  { rows: 128, cols: 172, bits: 3, group: null, kind: { dead: [0, 40, 171] } },
  { rows: 128, cols: 172, bits: 3, group: 32, kind: { dead: [0, 40, 171] }, order: 'activation' },
  { rows: 96, cols: 256, bits: 4, group: null, kind: { causes: 4, outlier: 100 } },
);

const problems = new Map<string, HostProblem>();
function problemOf({ rows, cols, kind }: Case): HostProblem {
  const key = JSON.stringify([rows, cols, kind]);
  const problem = problems.get(key) ?? makeProblem(createRng(7).fork(key), rows, cols, kind);
  problems.set(key, problem);
  return problem;
}

describe('compensate', () => {
  for (const c of cases) {
    it(`is the published algorithm: ${label(c)}`, async () => {
      const problem = problemOf(c);
      const { W, H, rows, cols } = problem;
      const options = referenceOptions(c, problem);
      const want = compensatePublished(W, H, rows, cols, options);
      const gpu = await testGpu();
      using scope = gpu.scope('test');
      const got = await solveLayer(upload(scope, problem), recipe(c), testContext(gpu, scope));
      const codes = unpackBits(got.stored.codes, rows * cols, c.bits);
      const flipped = codes.reduce((count, code, i) => count + (code === want.codes[i] ? 0 : 1), 0);
      // Near-ties flip in float32, and a flip moves the rest of its row; so does a scale near the middle of two halves, which may take
      // the other one. Rows in which neither happened have every code.
      const moved = new Set(
        Array.from(codes).flatMap((code, i) => (code === want.codes[i] ? [] : [Math.floor(i / cols)])),
      );
      expect(moved.size, 'rows with codes that differ').toBeLessThanOrEqual(1);
      expect(flipped / codes.length, 'codes that differ').toBeLessThanOrEqual(1e-3);
      const loss = hostLoss(problem, want.What);
      // One of some hundred rows on another path is seen in the loss of all; where every code is the same, so is the loss.
      expect(Math.abs((got.loss ?? NaN) / loss - 1), 'proxy loss').toBeLessThanOrEqual(moved.size ? 1e-3 : 1e-4);
    });
  }

  it.each<Case>([
    { rows: 24, cols: 172, bits: 3, group: null },
    { rows: 24, cols: 172, bits: 2, group: 32 },
    { rows: 24, cols: 172, bits: 4, group: 64, order: 'activation' },
    { rows: 24, cols: 172, bits: 3, group: 48, order: 'group-aware', kind: { dead: [3] } },
    { rows: 24, cols: 172, bits: 3, group: 32, order: 'activation', groups: 'static', clip: 'mse' },
  ])('needs one factor only, in float64: %j', (c) => {
    const problem = problemOf(c);
    const { W, H, rows, cols } = problem;
    const options = referenceOptions(c, problem);
    const published = compensatePublished(W, H, rows, cols, options);
    const one = compensateOneFactor(W, H, rows, cols, options);
    expect(one?.codes).toEqual(published.codes);
    expect(one?.printedLoss).toBeCloseTo(published.printedLoss, 8);
    // The printed loss is half the damped proxy loss (without dead columns, which both forms take out of W first).
    if (!c.kind?.dead) expect(hostLoss(problem, published.What, 0.01) / 2 / published.printedLoss).toBeCloseTo(1, 9);
  });
});
