/**
 * Every method of the literature at its widths among 2, 3 and 4 bits, on the odd numbers of columns of real models, against float64:
 * at most one code in a thousand differs, or what the method minimises does by at most a thousandth. Where a near-tie has led float32
 * another way (the rest of a row then differs), every decision is compared with that of float64 after the same decisions before it.
 */
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../src/gpu/buffers';
import type { Gpu } from '../../src/gpu/gpu';
import { unpackBits } from '../../src/quant/bytes';
import { FactorCache } from '../../src/quant/factorCache';
import { makeGrid } from '../../src/quant/solve/pieces';
import type { Posed, QuantEvent } from '../../src/quant/problem';
import type { MethodMeta, Recipe } from '../../src/quant/recipe/recipe';
import { recipes } from '../../src/quant/recipe/recipes';
import { restoreLayer } from '../../src/quant/solve/restore';
import { solveLayer, type SolvedLayer } from '../../src/quant/solve/solveLayer';
import { readMatrix, uploadMatrix, type Matrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { ofTier, type Tier } from '../tiers';
import { causedProblem, hostLoss, testContext, upload } from './fixture';
import { solveTwin, type TwinSolved } from './twin/solve';
import type { Part, TwinProblem } from './twin/state';

const rows = 16;
const parts: readonly Part[] = [
  { rows: 8, kind: 'fixed', size: 0 },
  { rows: 8, kind: 'heads', size: 8 },
];

/** Two matrices that read the stream, the second three times as large: one scale for both would waste bits of the first. */
function makeSite(cols: number): TwinProblem {
  const rng = createRng(61);
  const { W, H } = causedProblem(rng, rows, cols);
  const draw = rng.fork(`more ${cols}`);
  const vector = () => Float64Array.from({ length: cols }, () => draw.normal());
  // x̄ − x = M x with M of rank 1: C = M H.
  const [a, b] = [vector(), vector()];
  const pulled = Float64Array.from({ length: cols }, (_, j) =>
    b.reduce((sum, v, k) => sum + (v * (H[k * cols + j] as number)) / cols, 0),
  );
  return {
    rows,
    cols,
    W: W.map((w, at) => (at < 8 * cols ? w : 3 * w)),
    H,
    cross: Float32Array.from(
      { length: cols * cols },
      (_, at) => 0.3 * (a[Math.floor(at / cols)] as number) * (pulled[at % cols] as number),
    ),
    magnitude: Float32Array.from({ length: cols }, (_, j) => 0.8 * Math.sqrt(H[j * (cols + 1)] as number)),
    gains: Float32Array.from(vector(), (v) => 1 + 0.2 * Math.abs(v)),
    parts,
    moduleMoment: H.map((v, at) => (at % (cols + 1) === 0 ? 3 * v : v)),
    known: new Map(),
  };
}

/** The site as a model poses it. */
function pose(site: TwinProblem, gpu: Gpu, scope: Scope): Posed {
  const { cols, W, H, moduleMoment } = site;
  const vector = (x: Float32Array<ArrayBuffer>, label: string) => uploadMatrix(scope, x, 1, cols, label);
  return {
    ...upload(scope, { rows, cols, W, H }),
    factors: FactorCache.of(scope),
    cross: uploadMatrix(scope, site.cross, cols, cols, 'C'),
    magnitude: vector(site.magnitude, 'mean |x|'),
    neighbours: {
      input: { kind: 'stream', turns: true, scales: true, gains: vector(site.gains, 'gains') },
      outputs: parts,
    },
    moduleError: async (What: Matrix) => hostLoss({ rows, cols, W, H: moduleMoment }, await readMatrix(gpu, What)),
  };
}

const lowRankOf = ({ correction }: Recipe) => correction.find(({ name }) => name === 'lowRank');

/** What the recipe minimises. */
function objective({ W, H, cols }: TwinProblem, recipe: Recipe, What: ArrayLike<number>): number {
  const lowRank = lowRankOf(recipe);
  if (lowRank?.['metric'] === 'plain') return W.reduce((sum, w, at) => sum + (w - (What[at] as number)) ** 2, 0);
  // Descent minimises the damped objective, and so does the low rank in the metric of the inputs.
  const descends = recipe.rounding.name === 'descend' ? (recipe.rounding['damping'] as number) : 0;
  return hostLoss({ rows, cols, W, H }, What, lowRank ? 0.01 : descends);
}

/** Share of codes that differ; of values where the twin has no codes. `inside`: Ŵ of the solver as its grid sees it. */
function differing({ codes, inner }: TwinSolved, stored: Uint8Array, bits: number, inside: ArrayLike<number>): number {
  if (codes) {
    const got = unpackBits(stored, codes.length, bits);
    return codes.filter((code, at) => code !== got[at]).length / codes.length;
  }
  const size = Math.sqrt(inner.reduce((sum, v) => sum + v * v, 0) / inner.length);
  return inner.filter((v, at) => Math.abs(v - (inside[at] as number)) > 1e-3 * size).length / inner.length;
}

/** Ŵ as rounding left it. */
async function roundedOf({ What, stored }: SolvedLayer, recipe: Recipe, gpu: Gpu, scope: Scope): Promise<Float32Array> {
  if (!lowRankOf(recipe)) return readMatrix(gpu, What);
  const before = { ...stored, kept: stored.kept.slice(0, recipe.transform.length) };
  return readMatrix(gpu, await restoreLayer(before, { ...recipe, correction: [] }, { gpu, scope }));
}

async function check(site: TwinProblem, posed: Posed, recipe: Recipe, label: string): Promise<void> {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const events: QuantEvent[] = [];
  const solved = await solveLayer(posed, recipe, testContext(gpu, scope, events));
  // Formats of whole blocks of 256 columns are stood in for by smaller ones, as llama.cpp does it, and nothing else is.
  for (const event of events) expect(event, label).toMatchObject({ type: 'fallback-used', wanted: recipe.grid.name });
  const What = await readMatrix(gpu, solved.What);
  const base = await roundedOf(solved, recipe, gpu, scope);
  const { bits } = makeGrid(recipe.grid, site.cols);
  const compare = (twin: TwinSolved) => ({
    codes: differing(twin, solved.stored.codes, bits, twin.inside(base)),
    loss: Math.abs(objective(site, recipe, What) / objective(site, recipe, twin.What) - 1),
    fits: twin.fits,
  });
  const lowRank = lowRankOf(recipe) !== undefined;
  const twin = solveTwin(site, recipe);
  const free = compare(twin);
  if (free.loss <= 1e-3 || (!lowRank && free.codes <= 1e-3)) return;
  const led = compare(solveTwin(site, recipe, { What: base, stored: solved.stored }));
  const told = `${label}: ${JSON.stringify({ free, led })}`;
  // Of ranges that lose the same, float32 takes one: seen once in some problems.
  expect(led.fits.off, told).toBeLessThanOrEqual(Math.max(1, 0.01 * led.fits.count));
  // Twenty sweeps of descent end in another point as good: one that a sweep in float64 makes little better, at most twice as much as its
  // own twenty-first makes its own point better.
  const descends = recipe.rounding.name === 'descend';
  if (!descends) expect(led.codes, told).toBeLessThanOrEqual(1e-3);
  if (lowRank) expect(led.loss, told).toBeLessThanOrEqual(1e-3);
  if (descends) expect(led.loss, told).toBeLessThanOrEqual(Math.max(1e-3, 2 * nextSweep(site, recipe, twin)));
  if (descends) expect(free.loss, told).toBeLessThanOrEqual(1e-2);
}

/** What one more sweep makes better of the twin's own result, as a share. */
function nextSweep(site: TwinProblem, recipe: Recipe, { What }: TwinSolved): number {
  const rounding = { ...recipe.rounding, sweeps: (recipe.rounding['sweeps'] as number) + 1 };
  return Math.abs(
    objective(site, recipe, solveTwin(site, { ...recipe, rounding }).What) / objective(site, recipe, What) - 1,
  );
}

/**
 * Registers a test of the methods of each strategy and width. `group`: of the methods that take one; null for rows. With a tier: of each
 * method 3 bits, or the first width that it has, stand for all.
 */
export function testMethods(
  cols: number,
  group: number | null,
  methods: readonly MethodMeta[] = recipes,
  tier: Tier | 'both' = 'both',
): void {
  const all = methods
    .filter(({ groups }) => groups !== 'required' || group !== null)
    .flatMap((method) => (method.widths ?? [2, 3, 4]).map((bits) => ({ ...method, bits })));
  const stands = ({ bits, widths = [3] }: (typeof all)[number]) => bits === (widths.includes(3) ? 3 : widths[0]);
  const cases = tier === 'both' ? all : ofTier(tier, all, stands);
  describe(`${rows}×${cols}, ${group === null ? 'rows' : `groups of ${group}`}`, () => {
    const site = makeSite(cols);
    for (const [title, some] of groupBy(cases, ({ strategy, bits }) => `${strategy}, ${bits} bits`)) {
      it(`${title}: what float64 chooses`, async () => {
        const gpu = await testGpu();
        using scope = gpu.scope('site');
        // Posed once: factors and bases serve every method, as they do in a run.
        const posed = pose(site, gpu, scope);
        for (const { name, groups, bits, recipe } of some) {
          await check(site, posed, recipe(bits, groups === 'own' ? null : group), `${name} at ${bits} bits`);
        }
      });
    }
  });
}

function groupBy<T>(all: readonly T[], titleOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(titleOf(one), [...(groups.get(titleOf(one)) ?? []), one]);
  return groups;
}
