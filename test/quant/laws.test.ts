/** Laws that hold whatever the numbers are (design: algorithms 8.1), on the GPU through solveLayer. */
import { describe, expect, it } from 'vitest';
import { FactorCache } from '../../src/quant/factorCache';
import { identity } from '../../src/quant/groups';
import { parseRecipe, withGrid } from '../../src/quant/recipe/parseRecipe';
import { makeGrid, makeTransform } from '../../src/quant/solve/pieces';
import type { QuantEvent } from '../../src/quant/problem';
import type { Piece } from '../../src/quant/recipe/recipe';
import { blocksOf } from '../../src/quant/rounding/compensate';
import { plainRecipe } from '../../src/quant/recipe/plain';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { packBits, unpackBits } from '../../src/quant/bytes';
import { storedFromBytes } from '../../src/quant/stored';
import { activationOrder, groupAwareOrder } from '../../src/quant/transform/permute';
import { choleskyUpper, unitUpper } from '../../src/reference/cholesky';
import { compensatePublished } from '../../src/reference/compensate';
import { fitUniform } from '../../src/reference/uniform';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { totalProxyLoss } from '../../src/tensor/proxyLoss';
import { NumericError, RecipeError } from '../../src/util/errors';
import { roundHalfEven } from '../../src/util/halfFloat';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { hostLoss, makeProblem, testContext, upload } from './fixture';
import { method, problem, testEightBits, testStored } from './methodLaws';

describe('laws of the solver', () => {
  it('H = I: compensation has nothing to make up for', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const cx = testContext(gpu, scope);
    const { rows, cols, W } = problem;
    const H = new Float32Array(cols * cols).map((_, i) => (i % (cols + 1) === 0 ? 1 : 0));
    for (const group of [null, 32]) {
      const matrices = upload(scope, { rows, cols, W, H });
      const a = await solveLayer(matrices, method('gptq', 3, group), cx);
      const b = await solveLayer(matrices, method('rtn', 3, group), cx);
      expect(a.hash).toBe(b.hash);
      expect(a.loss).toBe(b.loss);
    }
  });

  it('the proxy loss does not change with the column order, and undo(apply(W)) = W', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const cx = testContext(gpu, scope);
    const { W, H } = upload(scope, problem);
    const What = uploadMatrix(
      scope,
      problem.W.map((v) => Math.round(v * 50) / 50),
      48,
      172,
      'Ŵ',
    );
    const before = await totalProxyLoss(gpu, W, What, H);
    for (const order of ['activation', 'group-aware']) {
      const grid = makeGrid({ name: 'uniform', bits: 3, group: 32 }, 172);
      const transform = makeTransform({ name: 'permute', order });
      const fitted = await transform.fit({ W, H, factors: FactorCache.of(scope) }, grid, cx);
      const moved = await transform.fit({ W: What, H, factors: FactorCache.of(scope) }, grid, cx);
      const after = await totalProxyLoss(gpu, fitted.problem.W, moved.problem.W, fitted.problem.H ?? H);
      // Sums of float32 in another order.
      expect(Math.abs(after / before - 1)).toBeLessThan(1e-5);
      expect(await readMatrix(gpu, await transform.undo(fitted.problem.W, fitted.kept, cx))).toEqual(problem.W);
      expect([...(fitted.columnOrder ?? [])].sort((a, b) => a - b)).toEqual([...identity(172)]);
    }
  });

  it('LDLQ is GPTQ on reversed columns', () => {
    const { rows, cols, W, H } = makeProblem(createRng(4), 8, 40);
    const options = { bits: 3, symmetric: false, clip: 'min-max' as const };
    const order = identity(cols).reverse();
    const gptq = compensatePublished(W, H, rows, cols, {
      ...options,
      group: null,
      damping: 0.01,
      groups: 'dynamic',
      staleness: 'fresh',
      order,
    });
    // LDLQ (QuIP): columns from last to first, feedback through the unit lower factor of H = L Lᵀ. In reversed order L is R.
    const reversed = Float64Array.from({ length: cols * cols }, (_, at) => {
      const [i, j] = [cols - 1 - Math.floor(at / cols), cols - 1 - (at % cols)];
      return H[i * cols + j] as number;
    });
    const Lt = unitUpper(choleskyUpper(reversed, cols, 0.01) as Float64Array, cols);
    for (let r = 0; r < rows; r++) {
      const w = W.subarray(r * cols, (r + 1) * cols);
      const { scale, zero } = fitUniform(w, options);
      const units = Float64Array.from(w, (v) => v / scale + zero);
      const codes = units.slice();
      for (let i = cols - 1; i >= 0; i--) {
        let x = units[i] as number;
        for (let k = i + 1; k < cols; k++) {
          const l = Lt[(cols - 1 - k) * cols + (cols - 1 - i)] as number;
          x += ((units[k] as number) - (codes[k] as number)) * l;
        }
        codes[i] = Math.min(Math.max(roundHalfEven(x), 0), 7);
      }
      expect([...codes]).toEqual([...gptq.codes.subarray(r * cols, (r + 1) * cols)]);
    }
  });

  it('compensation on whole rows is not worse than nearest in the damped loss', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const matrices = upload(scope, problem);
    for (const bits of [2, 3, 4, 6]) {
      for (const symmetric of [false, true]) {
        const recipe = withGrid(method('gptq', bits, null), { symmetric });
        const solved = await solveLayer(matrices, recipe, testContext(gpu, scope));
        const plain = withGrid(method('rtn', bits, null), { symmetric });
        const rtn = await solveLayer(matrices, plain, testContext(gpu, scope));
        const damped = hostLoss(problem, await readMatrix(gpu, solved.What), 0.01);
        expect(damped).toBeLessThanOrEqual(hostLoss(problem, await readMatrix(gpu, rtn.What), 0.01));
        expect(solved.nearestLoss).toBe(rtn.loss);
        expect((rtn.loss ?? NaN) / hostLoss(problem, await readMatrix(gpu, rtn.What))).toBeCloseTo(1, 5);
        expect((solved.energy ?? NaN) / hostLoss(problem, new Float32Array(48 * 172))).toBeCloseTo(1, 5);
        expect(solved.damping).toBe(0.01);
      }
    }
  });

  it('a dead column is zero and nothing else is harmed', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const dead = makeProblem(createRng(5), 16, 70, { dead: [2, 69] });
    for (const name of ['gptq', 'gptq-act-order', 'gptq-gar']) {
      const solved = await solveLayer(
        upload(scope, dead),
        method(name, 3, name === 'gptq' ? null : 32),
        testContext(gpu, scope),
      );
      const What = await readMatrix(gpu, solved.What);
      expect(What.every(Number.isFinite)).toBe(true);
      for (let r = 0; r < 16; r++) expect([What[r * 70 + 2], What[r * 70 + 69]]).toEqual([0, 0]);
      expect(solved.loss ?? NaN).toBeLessThan(solved.nearestLoss ?? NaN);
    }
  });

  it('without any input it says so and rounds to nearest', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const events: QuantEvent[] = [];
    const none = upload(scope, { ...problem, H: new Float32Array(172 * 172) });
    const a = await solveLayer(none, method('gptq', 3, 32), testContext(gpu, scope, events));
    const b = await solveLayer(none, method('rtn', 3, 32), testContext(gpu, scope));
    expect(a.hash).toBe(b.hash);
    expect(events).toMatchObject([{ type: 'fallback-used', wanted: 'compensate', used: 'nearest' }]);
  });

  it('damping is raised step by step, visibly, and the last failure names everything', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const n = 40;
    // Eigenvalues 1 − c and 1 + (n − 1)c: negative for c = −0.1 until the damping exceeds 2.9; for c = −0.03 until it exceeds 0.17.
    const indefinite = (c: number) => ({
      rows: 4,
      cols: n,
      W: makeProblem(createRng(6), 4, n).W,
      H: new Float32Array(n * n).map((_, i) => (i % (n + 1) === 0 ? 1 : c)),
    });
    const events: QuantEvent[] = [];
    const cx = testContext(gpu, scope, events);
    const factors = FactorCache.of(scope);
    const raised = { ...upload(scope, indefinite(-0.03)), factors };
    const solved = await solveLayer(raised, method('gptq', 4, null), cx);
    expect(solved.damping).toBe(0.32);
    expect(
      events.map((event) => (event.type === 'damping-raised' ? [event.attempt, event.from, event.to] : event)),
    ).toEqual([
      [1, 0.01, 0.02],
      [2, 0.02, 0.04],
      [3, 0.04, 0.08],
      [4, 0.08, 0.16],
      [5, 0.16, 0.32],
    ]);
    // The remembered factor tells the next width the same.
    await solveLayer(raised, method('gptq', 3, null), cx);
    expect(events.length).toBe(10);
    const failing = solveLayer(upload(scope, indefinite(-0.1)), method('gptq', 4, null), cx);
    await expect(failing).rejects.toThrow(
      /H \[40, 40\] is not positive definite with damping 0\.01 .* up to 1 .*8 attempts/,
    );
    await expect(failing).rejects.toBeInstanceOf(NumericError);
  });

  it('refuses numbers that are not', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const cx = testContext(gpu, scope);
    const H = problem.H.slice();
    H[173 * 5] = NaN;
    await expect(solveLayer(upload(scope, { ...problem, H }), method('gptq', 3, null), cx)).rejects.toThrow(
      'H[5, 5] is NaN',
    );
    const W = problem.W.slice();
    W[9] = Infinity;
    await expect(solveLayer(upload(scope, { ...problem, W }), method('rtn', 3, null), cx)).rejects.toBeInstanceOf(
      NumericError,
    );
    const alone = upload(scope, problem).W;
    await expect(solveLayer({ W: alone }, method('gptq', 3, null), cx)).rejects.toBeInstanceOf(RecipeError);
  });
});

testEightBits('fast');

describe('what is stored', () => {
  testStored('fast');

  it('a fused rotation without known neighbours says so and leaves the layer as it is', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const events: QuantEvent[] = [];
    const alone = { W: upload(scope, problem).W };
    const one = await solveLayer(alone, method('quarot-rtn', 3, 32), testContext(gpu, scope, events));
    const two = await solveLayer(alone, method('rtn', 3, 32), testContext(gpu, scope));
    expect(await readMatrix(gpu, one.What)).toEqual(await readMatrix(gpu, two.What));
    expect(events).toMatchObject([{ type: 'fallback-used', wanted: 'rotate' }]);
  });

  it('refuses bytes that cannot be a layer', () => {
    expect(storedFromBytes(new Uint8Array(5), problem)).toBe(null);
  });

  it('costs what the design says per weight', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const W = uploadMatrix(scope, makeProblem(createRng(8), 8, 256, { causes: 1 }).W, 8, 256, 'W');
    const cost = async (grid: Piece) =>
      (await solveLayer({ W }, parseRecipe(plainRecipe(grid)), testContext(gpu, scope))).bits / (8 * 256);
    expect(await cost({ name: 'uniform', bits: 4, group: 128 })).toBe(4.15625);
    expect(await cost({ name: 'uniform', bits: 4, group: 128, symmetric: true })).toBe(4.125);
    expect(await cost({ name: 'uniform', bits: 2, group: 64 })).toBe(2.28125);
    expect(await cost({ name: 'uniform', bits: 3 })).toBe(3 + 19 / 256);
  });

  it('the same cache or a fresh one, in slices or whole: the same bytes', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const matrices = upload(scope, makeProblem(createRng(9), 200, 172));
    const shared = { ...matrices, factors: FactorCache.of(scope) };
    for (const name of ['rtn', 'gptq', 'gptq-act-order', 'gptq-gar']) {
      for (const bits of [2, 4]) {
        const recipe = method(name, bits, 64);
        const { rate } = gpu;
        const one = await solveLayer(shared, recipe, testContext(gpu, scope));
        gpu.rate = 1e5; // a machine so slow that every dispatch is cut
        const two = await solveLayer(matrices, recipe, testContext(gpu, scope));
        gpu.rate = rate;
        expect(two.hash).toBe(one.hash);
        expect(two.loss).toBe(one.loss);
      }
    }
  });

  it('stops when told', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const cx = { ...testContext(gpu, scope), signal: AbortSignal.abort() };
    await expect(solveLayer(upload(scope, problem), method('gptq', 3, 32), cx)).rejects.toMatchObject({
      name: 'Cancelled',
    });
  });

  it('packs codes densely, first code in the lowest bits', () => {
    expect([...packBits([1, 2, 3, 0], 2)]).toEqual([0b00111001]);
    expect([...packBits([7, 0, 5], 3)]).toEqual([0b01000111, 0b1]);
    const rng = createRng(2);
    for (const bits of [2, 3, 5, 7, 8]) {
      const codes = Uint8Array.from({ length: 101 }, () => rng.integer(2 ** bits));
      expect(unpackBits(packBits(codes, bits), 101, bits)).toEqual(codes);
    }
  });
});

describe('column orders', () => {
  it('sorts by the diagonal, ties by place', () => {
    expect([...activationOrder([3, 9, 1, 4, 12, 2, 2, 7])]).toEqual([4, 1, 7, 3, 0, 5, 6, 2]);
    // Groups 1 (largest 12), 0 (9); the short tail stays last.
    expect([...groupAwareOrder([3, 9, 1, 4, 12, 2, 2, 7, 5, 5.5], 4)]).toEqual([4, 7, 5, 6, 1, 3, 0, 2, 8, 9]);
  });

  it('keeps each group in one piece when group-aware', () => {
    const rng = createRng(11);
    const order = groupAwareOrder(
      Float64Array.from({ length: 172 }, () => rng.uniform()),
      32,
    );
    for (let g = 0; g < 5; g++) {
      expect(new Set([...order.subarray(g * 32, g * 32 + 32)].map((j) => Math.floor(j / 32))).size).toBe(1);
    }
  });

  it('never cuts a fresh group, and covers every column', () => {
    for (const cols of [1, 31, 172, 300, 1000]) {
      for (const group of [2, 32, 48, 100, 200, 1000]) {
        for (const fit of ['given', 'fresh', 'published'] as const) {
          const blocks = blocksOf(cols, group, fit);
          expect(blocks[0]?.begin).toBe(0);
          expect(blocks.at(-1)?.end).toBe(cols);
          blocks.forEach((block, i) => {
            if (i) expect(block.begin).toBe(blocks[i - 1]?.end);
            if (fit === 'fresh') expect(block.begin % group).toBe(0);
            if (fit === 'published') {
              const last = Math.floor((block.end - 1) / group) * group;
              if (last >= block.begin) expect(block.fitEnd).toBe(Math.max(block.end, Math.min(cols, last + group)));
            }
          });
        }
      }
    }
  });
});
