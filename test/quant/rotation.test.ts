/** Rotations as transforms: against dense float64 matrices written from the papers, and the laws of a change of basis. */
import { describe, expect, it } from 'vitest';
import { FactorCache } from '../../src/quant/factorCache';
import { recipeOf } from '../../src/quant/recipe/parseRecipe';
import { makeGrid, makeTransform } from '../../src/quant/solve/pieces';
import type { Neighbours, Posed, QuantEvent } from '../../src/quant/problem';
import type { Piece } from '../../src/quant/recipe/recipe';
import { restoreLayer } from '../../src/quant/solve/restore';
import { seededRng } from '../../src/quant/rotation';
import { solveLayer } from '../../src/quant/solve/solveLayer';
import { incoherenceScales } from '../../src/quant/transform/incohere';
import { matmul } from '../../src/reference/matmul';
import { quipRound } from '../../src/reference/quip';
import { transpose } from '../../src/reference/transpose';
import { readMatrix, uploadMatrix } from '../../src/tensor/matrix';
import { present } from '../../src/util/assert';
import { hadamardEntry, hadamardOf } from '../../src/util/hadamard';
import { kroneckerFactors, randomOrthogonal, randomPermutation, randomSigns } from '../../src/util/orthogonal';
import { createRng, type Rng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { nmse, normals } from '../opCase';
import { hostLoss, makeProblem, testContext, upload, type HostProblem } from './fixture';

const uniform: Piece = { name: 'uniform', bits: 3, group: null, symmetric: false, clip: 'min-max' };

/** Dense V of each kind, [n, n]. */
function denseHadamard(signs: ArrayLike<number>): Float64Array {
  const n = signs.length;
  const factor = hadamardOf(n);
  return Float64Array.from(
    { length: n * n },
    (_, at) => hadamardEntry(factor, Math.floor(at / n), at % n) * (signs[at % n] as number),
  );
}
function denseKronecker(n: number, rng: Rng): Float64Array {
  const [p, q] = kroneckerFactors(n);
  const [A, B] = [randomOrthogonal(p, rng.fork('A')), randomOrthogonal(q, rng.fork('B'))];
  const order = randomPermutation(n, rng.fork('order'));
  const V = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const a = A[Math.floor(i / q) * p + Math.floor(k / q)] as number;
      V[i * n + (order[k] as number)] = a * (B[(i % q) * q + (k % q)] as number);
    }
  }
  return V;
}
/** `width`-wide V in blocks down a diagonal of n. */
function repeated(V: Float64Array, width: number, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Math.floor(i / width) === Math.floor(j / width) ? (V[(i % width) * width + (j % width)] as number) : 0;
  });
}
/** U·W·Vᵀ and V·M·Vᵀ. */
const sides = (U: Float64Array, W: ArrayLike<number>, V: Float64Array, rows: number, cols: number) =>
  matmul(matmul(U, W, rows, cols, rows, 'plain'), V, rows, cols, cols);
const scaled = (W: ArrayLike<number>, rows: number, cols: number, s: ArrayLike<number>, byRows?: ArrayLike<number>) =>
  Float64Array.from(
    { length: rows * cols },
    (_, at) => (W[at] as number) * (s[at % cols] as number) * (byRows ? (byRows[Math.floor(at / cols)] as number) : 1),
  );

async function fitted(problem: HostProblem, piece: Piece, neighbours?: Neighbours, events: QuantEvent[] = []) {
  const gpu = await testGpu();
  const scope = gpu.scope('test');
  const { rows, cols } = problem;
  const cross = Float32Array.from(normals(createRng(9), cols * cols), (v) => v * 1e-3);
  const posed: Posed = {
    ...upload(scope, problem),
    cross: uploadMatrix(scope, cross, cols, cols, 'cross'),
    ...(neighbours && { neighbours }),
    factors: FactorCache.of(scope),
  };
  const cx = testContext(gpu, scope, events);
  const transform = makeTransform(piece);
  const grid = makeGrid(uniform, cols);
  const step = await transform.fit(posed, grid, cx);
  const { W, H, cross: turned } = step.problem;
  const got = {
    W: await readMatrix(gpu, W),
    H: H ? await readMatrix(gpu, H) : new Float32Array(),
    cross: turned ? await readMatrix(gpu, turned) : new Float32Array(),
    back: await readMatrix(gpu, step.kept.length ? await transform.undo(W, step.kept, cx) : W),
  };
  // Laws of every change of basis: the way back, and the loss of any error in the new basis is that of its image in the old one.
  expect(nmse(got.back, problem.W)).toBeLessThan(1e-12);
  const error = normals(createRng(4), rows * cols, 0.01);
  const image = step.kept.length
    ? await readMatrix(gpu, await transform.undo(uploadMatrix(scope, error, rows, cols, 'E'), step.kept, cx))
    : error;
  const zeros = new Float32Array(rows * cols);
  const inside = hostLoss({ rows, cols, W: zeros, H: got.H }, error);
  expect(Math.abs(inside / hostLoss({ ...problem, W: zeros }, image) - 1)).toBeLessThan(1e-4);
  return { scope, got, cross, step, magnitude: step.problem.magnitude };
}

describe('rotations of both sides', () => {
  for (const [rows, cols] of [
    [40, 172],
    [24, 96],
    [9, 65],
  ] as const) {
    const problem = makeProblem(createRng(31), rows, cols);
    it(`hadamard ${rows}×${cols} is U W Vᵀ and V H Vᵀ`, async () => {
      const events: QuantEvent[] = [];
      const { scope, got, cross, step } = await fitted(problem, { name: 'hadamard' }, undefined, events);
      using _ = scope;
      const rng = createRng(1);
      const U = denseHadamard(randomSigns(rows, rng.fork('hadamard rows')));
      const V = denseHadamard(randomSigns(cols, rng.fork('hadamard columns')));
      expect(nmse(got.W, sides(U, problem.W, V, rows, cols))).toBeLessThan(1e-11);
      expect(nmse(got.H, sides(V, problem.H, V, cols, cols))).toBeLessThan(1e-11);
      expect(nmse(got.cross, sides(V, cross, V, cols, cols))).toBeLessThan(1e-11);
      expect(step.bits).toBe(rows + cols);
      const odd = [rows, cols].filter((n) => hadamardOf(n).kind !== 'hadamard');
      expect(events.map((event) => event.type)).toEqual(odd.map(() => 'fallback-used'));
    });

    it(`hadamard ${rows}×${cols} divides matrices that share their inputs by their sizes first`, async () => {
      const gains = new Float32Array(cols).fill(1);
      const gpu = await testGpu();
      using local = gpu.scope('gains');
      const cuts = [Math.floor(rows / 3), rows - Math.floor(rows / 3)];
      const neighbours: Neighbours = {
        input: { kind: 'stream', turns: true, scales: true, gains: uploadMatrix(local, gains, 1, cols, 'gains') },
        outputs: cuts.map((part) => ({ kind: 'fixed', rows: part })),
      };
      const W = problem.W.map((w, i) => (i < (cuts[0] as number) * cols ? 20 * w : w));
      const posed = { ...upload(local, { ...problem, W }), neighbours, factors: FactorCache.of(local) };
      const cx = testContext(gpu, local);
      const {
        problem: turned,
        kept,
        bits,
      } = await makeTransform({ name: 'hadamard', balance: true }).fit(posed, makeGrid(uniform, cols), cx);
      const sizes = cuts.map((count, i) => {
        const part = W.subarray((cuts[i - 1] ?? 0) * cols, ((cuts[i - 1] ?? 0) + count) * cols);
        return Math.sqrt(part.reduce((sum, w) => sum + w * w, 0) / part.length);
      });
      const byRows = Float64Array.from(
        { length: rows },
        (_, r) => 1 / (sizes[r < (cuts[0] as number) ? 0 : 1] as number),
      );
      const rng = createRng(1);
      const U = denseHadamard(randomSigns(rows, rng.fork('hadamard rows')));
      const V = denseHadamard(randomSigns(cols, rng.fork('hadamard columns')));
      const want = sides(U, scaled(W, rows, cols, gains, byRows), V, rows, cols);
      expect(nmse(await readMatrix(gpu, turned.W), want)).toBeLessThan(1e-11);
      const back = await makeTransform({ name: 'hadamard', balance: true }).undo(turned.W, kept, cx);
      expect(nmse(await readMatrix(gpu, back), W)).toBeLessThan(1e-12);
      expect(bits).toBe(rows + cols + 64);
    });

    it(`incohere ${rows}×${cols} divides matrices that share their inputs by their sizes first`, async () => {
      const gpu = await testGpu();
      using local = gpu.scope('test');
      const gains = uploadMatrix(local, new Float32Array(cols).fill(1), 1, cols, 'gains');
      const first = Math.floor(rows / 3);
      const outputs = [first, rows - first].map((part) => ({ kind: 'fixed' as const, rows: part }));
      const larger = { ...problem, W: problem.W.map((w, i) => (i < first * cols ? 20 * w : w)) };
      const fit = async (of: HostProblem) =>
        makeTransform({ name: 'incohere', rescale: true, balance: true }).fit(
          {
            ...upload(local, of),
            neighbours: { input: { kind: 'stream', turns: true, scales: true, gains }, outputs },
            factors: FactorCache.of(local),
          },
          makeGrid(uniform, cols),
          testContext(gpu, local),
        );
      const [plain, enlarged] = [await fit(problem), await fit(larger)];
      // The size of one of the matrices makes no difference to what is rounded; the way back has it.
      expect(nmse(await readMatrix(gpu, enlarged.problem.W), await readMatrix(gpu, plain.problem.W))).toBeLessThan(
        1e-9,
      );
      const transform = makeTransform({ name: 'incohere' });
      const back = await transform.undo(enlarged.problem.W, enlarged.kept, testContext(gpu, local));
      expect(nmse(await readMatrix(gpu, back), larger.W)).toBeLessThan(1e-11);
      expect(enlarged.bits).toBe(32 + 16 * cols + 64);
    });

    for (const rescale of [true, false]) {
      it(`incohere ${rows}×${cols}${rescale ? ' rescaled' : ''} is U W S Vᵀ and V S⁻¹ H S⁻¹ Vᵀ`, async () => {
        const { scope, got, step } = await fitted(problem, { name: 'incohere', rescale });
        using _ = scope;
        const squares = Float64Array.from({ length: cols }, (_, j) => {
          let sum = 0;
          for (let r = 0; r < rows; r++) sum += (problem.W[r * cols + j] as number) ** 2;
          return sum;
        });
        const diagonal = Float64Array.from({ length: cols }, (_, j) => problem.H[j * (cols + 1)] as number);
        const s = rescale ? incoherenceScales(diagonal, squares) : new Float32Array(cols).fill(1);
        if (rescale) {
          // Up to a common factor and the rounding to halves, the paper's.
          const ratios = s.map((v, j) => v / ((diagonal[j] as number) / (squares[j] as number)) ** 0.25);
          expect(Math.max(...ratios) / Math.min(...ratios)).toBeLessThan(1.001);
        }
        expect(nmse(step.kept.slice(3), s)).toBeLessThan(1e-7);
        const rng = seededRng(step.kept[1], step.kept[2]);
        const [U, V] = [denseKronecker(rows, rng.fork('U')), denseKronecker(cols, rng.fork('V'))];
        const kept = step.kept.slice(3);
        const inverse = Float64Array.from(kept, (v) => 1 / v);
        expect(nmse(got.W, sides(U, scaled(problem.W, rows, cols, kept), V, rows, cols))).toBeLessThan(1e-11);
        const H = sides(V, scaled(problem.H, cols, cols, inverse, inverse), V, cols, cols);
        expect(nmse(got.H, H)).toBeLessThan(1e-11);
        expect(step.bits).toBe(32 + (rescale ? 16 * cols : 0));
      });
    }
  }

  it('make outlier weights and inputs ordinary', async () => {
    const problem = makeProblem(createRng(32), 64, 192, { outlier: 40 });
    for (let i = 0; i < problem.W.length; i += 97) problem.W[i] = (problem.W[i] as number) * 30;
    // Incoherence of W: its largest entry over its root mean square; 4 is what 12288 normal values have.
    const incoherence = (W: ArrayLike<number>) => {
      const squares = Array.from(W, (v) => v * v);
      const mean = squares.reduce((sum, v) => sum + v, 0) / squares.length;
      return Math.sqrt(squares.reduce((a, b) => Math.max(a, b)) / mean);
    };
    const pieces: Piece[] = [{ name: 'hadamard' }, { name: 'incohere', rescale: true }];
    for (const piece of pieces) {
      const { scope, got } = await fitted(problem, piece);
      using _ = scope;
      expect(incoherence(problem.W)).toBeGreaterThan(15);
      // A Kronecker pair mixes in two steps of few columns each, so not quite to a normal distribution.
      expect(incoherence(got.W), piece.name).toBeLessThan(piece.name === 'hadamard' ? 5 : 8);
    }
  });
});

describe('the fused rotation', () => {
  const rows = 96;
  const cols = 64;
  const problem = makeProblem(createRng(33), rows, cols);
  const gains = Float32Array.from(normals(createRng(34), cols), (v) => 1 + 0.3 * v);
  for (const basis of ['hadamard', 'orthogonal'] as const) {
    it(`${basis}: stream and heads, in and out`, async () => {
      const gpu = await testGpu();
      using own = gpu.scope('gains');
      const rng = seededRng(
        ...(() => {
          const draw = createRng(1).fork('rotate');
          return [draw.integer(65_536), draw.integer(65_536)] as const;
        })(),
      );
      const dense = (which: string, n: number) =>
        basis === 'hadamard'
          ? denseHadamard(randomSigns(n, rng.fork(`${which} ${n}`)))
          : randomOrthogonal(n, rng.fork(`${which} ${n}`));
      // What reads the stream: q as it is, v by heads of 16.
      const reading: Neighbours = {
        input: { kind: 'stream', turns: true, scales: true, gains: uploadMatrix(own, gains, 1, cols, 'g') },
        outputs: [
          { kind: 'fixed', rows: 64 },
          { kind: 'heads', rows: 32, size: 16 },
        ],
      };
      {
        const { scope, got, step, cross } = await fitted(problem, { name: 'rotate', basis }, reading);
        using _ = scope;
        const [V, V2] = [dense('R1', cols), dense('R2', 16)];
        const U = repeated(V2, 16, rows).map((v, at) => {
          const [i, j] = [Math.floor(at / rows), at % rows];
          return i < 64 || j < 64 ? (i === j ? 1 : 0) : v;
        });
        const inverse = Float64Array.from(gains, (g) => 1 / g);
        expect(nmse(got.W, sides(U, scaled(problem.W, rows, cols, gains), V, rows, cols))).toBeLessThan(1e-11);
        const moment = (M: ArrayLike<number>) => sides(V, scaled(M, cols, cols, inverse, inverse), V, cols, cols);
        expect(nmse(got.H, moment(problem.H))).toBeLessThan(1e-11);
        expect(nmse(got.cross, moment(cross))).toBeLessThan(1e-11);
        expect([step.bits, step.problem.magnitude]).toEqual([0, undefined]);
      }
      // The output projection: heads of 16 in, each read twice, the stream out.
      const writing: Neighbours = {
        input: { kind: 'heads', size: 16, repeat: 2 },
        outputs: [{ kind: 'stream', rows }],
      };
      const { scope, got } = await fitted(problem, { name: 'rotate', basis }, writing);
      using _ = scope;
      const [U, V] = [dense('R1', rows), repeated(dense('R2', 16), 16, cols)];
      expect(nmse(got.W, sides(U, problem.W, V, rows, cols))).toBeLessThan(1e-11);
      expect(nmse(got.H, sides(V, problem.H, V, cols, cols))).toBeLessThan(1e-11);
    });
  }

  it('goes into neighbours: v and o, norm and reader, writer and reader are the same maps together', async () => {
    const gpu = await testGpu();
    using own = gpu.scope('gains');
    const n = 32;
    const [v, o] = [makeProblem(createRng(35), n, n), makeProblem(createRng(36), n, n)];
    const stream = uploadMatrix(
      own,
      Float32Array.from({ length: n }, () => 1),
      1,
      n,
      'g',
    );
    const value: Neighbours = {
      input: { kind: 'stream', turns: true, scales: true, gains: stream },
      outputs: [{ kind: 'heads', rows: n, size: 8 }],
    };
    const output: Neighbours = { input: { kind: 'heads', size: 8, repeat: 1 }, outputs: [{ kind: 'stream', rows: n }] };
    const one = await fitted(v, { name: 'rotate', basis: 'hadamard' }, value);
    using _one = one.scope;
    const two = await fitted(o, { name: 'rotate', basis: 'hadamard' }, output);
    using _two = two.scope;
    // O·V in the middle loses R2; R1 on both outer sides: R1ᵀ (O V) R1 has the trace of O V, and so has its square.
    const product = (a: ArrayLike<number>, b: ArrayLike<number>) => matmul(a, b, n, n, n, 'plain');
    const trace = (m: Float64Array) => m.reduce((sum, x, at) => (at % (n + 1) === 0 ? sum + x : sum), 0);
    const [plain, turned] = [product(o.W, v.W), product(two.got.W, one.got.W)];
    expect(trace(turned)).toBeCloseTo(trace(plain), 6);
    expect(trace(product(turned, turned))).toBeCloseTo(trace(product(plain, plain)), 6);
    expect(nmse(turned, plain)).toBeGreaterThan(0.1);
    expect(transpose(transpose(turned, n, n), n, n)).toEqual(turned);
  });

  it('does nothing, and says so, where the neighbours are not known', async () => {
    const events: QuantEvent[] = [];
    const { scope, got } = await fitted(problem, { name: 'rotate', basis: 'hadamard' }, undefined, events);
    using _ = scope;
    expect(got.W).toEqual(problem.W);
    expect(events).toMatchObject([{ type: 'fallback-used', wanted: 'rotate' }]);
  });
});

describe('what runs before a layer', () => {
  const [rows, cols] = [40, 96];
  const problem = makeProblem(createRng(37), rows, cols);
  const online: Piece = { name: 'rotate', basis: 'hadamard', online: 'hadamard' };
  const outputs = [{ kind: 'fixed', rows } as const];
  /** Signs as they are drawn from what was kept: seed of R1 and R2, input, one output, seed of what runs. */
  const signsOf = (kept: Float32Array, count: number) => randomSigns(count, seededRng(kept[8], kept[9]));
  const identity = (n: number) => Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));

  it.each([
    { input: { kind: 'channels' }, said: [] },
    { input: { kind: 'fixed' }, said: [] },
    {
      input: { kind: 'stream', turns: false, scales: true, gains: null },
      said: ['a rotation of this input when the model runs'],
    },
  ] as const)('turns an input that nothing absorbs: $input.kind', async ({ input, said }) => {
    const events: QuantEvent[] = [];
    const { scope, got, cross, step } = await fitted(problem, online, { input, outputs }, events);
    using _ = scope;
    const V = denseHadamard(signsOf(step.kept, cols));
    expect(nmse(got.W, sides(identity(rows), problem.W, V, rows, cols))).toBeLessThan(1e-11);
    expect(nmse(got.H, sides(V, problem.H, V, cols, cols))).toBeLessThan(1e-11);
    expect(nmse(got.cross, sides(V, cross, V, cols, cols))).toBeLessThan(1e-11);
    // 96 = 12 · 8: eleven additions for the matrix of order 12, three for the butterflies.
    expect([step.bits, step.operations]).toEqual([cols, cols * (11 + 3)]);
    // Scales that follow have no source to go into.
    expect(step.problem.neighbours?.input).toEqual({ kind: 'fixed' });
    expect(events.flatMap((event) => ('used' in event ? event.used : []))).toEqual(said);
  });

  it('turns the output of attention over heads too', async () => {
    const [size, heads] = [8, 12];
    const { scope, got, step } = await fitted(problem, online, { input: { kind: 'heads', size, repeat: 2 }, outputs });
    using _ = scope;
    const within = repeated(
      denseHadamard(randomSigns(size, seededRng(step.kept[0], step.kept[1]).fork(`R2 ${size}`))),
      size,
      cols,
    );
    const small = denseHadamard(signsOf(step.kept, heads));
    const over = Float64Array.from({ length: cols * cols }, (_, at) => {
      const [i, j] = [Math.floor(at / cols), at % cols];
      return i % size === j % size ? (small[Math.floor(i / size) * heads + Math.floor(j / size)] as number) : 0;
    });
    const V = matmul(over, within, cols, cols, cols, 'plain');
    expect(nmse(got.W, sides(identity(rows), problem.W, V, rows, cols))).toBeLessThan(1e-11);
    expect(nmse(got.H, sides(V, problem.H, V, cols, cols))).toBeLessThan(1e-11);
    // R2 goes into the value rows; a sign and eleven additions for each of 12 heads.
    expect([step.bits, step.operations]).toEqual([heads, size * heads * 11]);
    const alone = await fitted(problem, online, { input: { kind: 'heads', size: cols, repeat: 1 }, outputs });
    using _alone = alone.scope;
    expect([alone.step.bits, alone.step.operations, alone.step.online]).toEqual([0, 0, undefined]);
  });

  it('gives the layer the same output: W Vᵀ on V x is W x', async () => {
    const gpu = await testGpu();
    for (const input of [{ kind: 'channels' }, { kind: 'fixed' }] as const) {
      const { scope, got, step } = await fitted(problem, online, { input, outputs });
      using _ = scope;
      const tokens = 5;
      const x = Float32Array.from(normals(createRng(38), tokens * cols));
      const run = present(step.online, 'what runs before the layer');
      const turned = await readMatrix(gpu, run.turn(gpu, scope, uploadMatrix(scope, x, tokens, cols, 'x'), 'forward'));
      expect(nmse(turned, x)).toBeGreaterThan(0.1);
      const outputOf = (x: ArrayLike<number>, W: ArrayLike<number>) => matmul(x, W, tokens, rows, cols);
      expect(nmse(outputOf(turned, got.W), outputOf(x, problem.W))).toBeLessThan(1e-11);
    }
  });

  it('is nothing where neighbours absorb it all, to the bit', async () => {
    const gpu = await testGpu();
    using own = gpu.scope('gains');
    const drawn = Float32Array.from(normals(createRng(39), cols), (v) => 1 + 0.3 * v);
    const gains = uploadMatrix(own, drawn, 1, cols, 'g');
    const reading: Neighbours = { input: { kind: 'stream', turns: true, scales: true, gains }, outputs };
    const one = await fitted(problem, online, reading);
    using _one = one.scope;
    const two = await fitted(problem, { name: 'rotate', basis: 'hadamard' }, reading);
    using _two = two.scope;
    expect(one.got.W).toEqual(two.got.W);
    expect(one.step.kept).toEqual(two.step.kept);
    expect([one.step.bits, one.step.operations, two.step.operations]).toEqual([0, 0, 0]);
  });

  it('is counted in the layer, which is restored bit for bit', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const posed = { ...upload(scope, problem), neighbours: { input: { kind: 'channels' } as const, outputs } };
    const solve = (transform: Piece[], correction: Piece[] = []) => {
      const recipe = recipeOf({ transform, grid: uniform, rounding: { name: 'compensate' }, correction });
      return solveLayer(posed, recipe, testContext(gpu, scope)).then((solved) => ({ solved, recipe }));
    };
    const plain = (await solve([])).solved;
    expect(plain.operations).toBe(0);
    const { solved, recipe } = await solve([online]);
    expect([solved.bits - plain.bits, solved.operations]).toEqual([cols, cols * 14]);
    const restored = await restoreLayer(solved.stored, recipe, { gpu, scope });
    expect(await readMatrix(gpu, restored)).toEqual(await readMatrix(gpu, solved.What));
    // Scales in the basis that runs have to be multiplied as well; two thin matrices of rank 4 take one for each of their weights.
    const scaled = (await solve([online, { name: 'scale' }])).solved;
    expect([scaled.bits - plain.bits, scaled.operations]).toEqual([17 * cols, cols * 15]);
    const ranked = (await solve([], [{ name: 'lowRank', rank: 4 }])).solved;
    expect(ranked.operations).toBe(4 * (rows + cols));
    // 40 = 20 · 2 rows, each given its size again where the site has two matrices.
    const both = (await solve([{ name: 'hadamard' }])).solved;
    expect(both.operations).toBe(cols * 14 + rows * (19 + 1));
    // 96 = 8 · 12 columns and their scales, 40 = 4 · 10 rows.
    const incoherent = (await solve([{ name: 'incohere' }])).solved;
    expect(incoherent.operations).toBe(cols * (8 + 12 + 1) + rows * (4 + 10));
  });
});

describe('QuIP', () => {
  it('as a whole recipe loses what the float64 twin loses, and is restored bit for bit', async () => {
    const gpu = await testGpu();
    for (const [bits, multiplier, passes] of [
      [2, 'published', 0],
      [2, 'fitted', 2],
      [3, 'fitted', 1],
      [4, 'published', 0],
    ] as const) {
      using scope = gpu.scope('test');
      const [rows, cols] = [24, 140];
      const problem = makeProblem(createRng(40), rows, cols);
      const recipe = recipeOf({
        transform: [{ name: 'incohere' }],
        grid: { name: 'tensor', bits, multiplier },
        rounding: { name: 'compensate', damping: 0.02, passes },
      });
      const solved = await solveLayer(upload(scope, problem), recipe, testContext(gpu, scope));
      const What = await readMatrix(gpu, solved.What);
      expect(await readMatrix(gpu, await restoreLayer(solved.stored, recipe, { gpu, scope }))).toEqual(What);
      expect(solved.bits).toBe(rows * cols * bits + 16 + 32 + 16 * cols);
      // The paper's steps on dense matrices, columns reversed because it walks from the last one.
      const kept = (solved.stored.kept[0] as Float32Array).slice(3);
      const rng = seededRng(solved.stored.kept[0]?.[1], solved.stored.kept[0]?.[2]);
      const reversal = (V: Float64Array) =>
        V.map((_, at) => V[(cols - 1 - Math.floor(at / cols)) * cols + (at % cols)] as number);
      const [U, V] = [denseKronecker(rows, rng.fork('U')), reversal(denseKronecker(cols, rng.fork('V')))];
      const inverse = Float64Array.from(kept, (v) => 1 / v);
      const W = sides(U, scaled(problem.W, rows, cols, kept), V, rows, cols);
      const H = sides(V, scaled(problem.H, cols, cols, inverse, inverse), V, cols, cols);
      const times = { published: 2.4, fitted: [0, 0, 1.5, 2.1, 2.4][bits] ?? NaN }[multiplier];
      const inner = quipRound(W, H, rows, cols, { bits, multiplier: times, damping: 0.02, passes });
      const back = sides(transpose(U, rows, rows), inner, transpose(V, cols, cols), rows, cols);
      const want = scaled(back, rows, cols, inverse);
      // A near-tie that falls the other way changes the rest of its row, for better or worse.
      expect(Math.abs((solved.loss ?? NaN) / hostLoss(problem, want) - 1)).toBeLessThan(5e-3);
      const differing = What.filter((v, i) => Math.abs(v - (want[i] as number)) > 1e-4).length;
      expect(differing / What.length).toBeLessThan(0.02);
    }
  });

  it('greedy passes never lose more, on any scalar grid, and settle', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    for (const problem of [
      makeProblem(createRng(41), 24, 150),
      makeProblem(createRng(42), 24, 70, { dead: [2, 69] }),
    ]) {
      const grids: Piece[] = [
        { name: 'tensor', bits: 2 },
        { name: 'uniform', bits: 3, group: 32 },
      ];
      for (const grid of grids) {
        const losses: number[] = [];
        for (const passes of [0, 1, 2, 6]) {
          const recipe = recipeOf({ grid, rounding: { name: 'compensate', passes } });
          const solved = await solveLayer(upload(scope, problem), recipe, testContext(gpu, scope));
          losses.push(hostLoss(problem, await readMatrix(gpu, solved.What), 0.01));
        }
        for (let i = 1; i < losses.length; i++) {
          expect((losses[i] as number) / (losses[i - 1] as number)).toBeLessThan(1 + 1e-6);
        }
        expect(losses[1] as number).toBeLessThan(losses[0] as number);
      }
    }
  });

  it('survives two bits where rounding in the given basis does not', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const problem = makeProblem(createRng(43), 64, 192);
    for (let i = 0; i < problem.W.length; i += 97) problem.W[i] = (problem.W[i] as number) * 10;
    const loss = async (transform: Piece[]) => {
      const grid = { name: 'tensor', bits: 2, multiplier: 'fitted' };
      const recipe = recipeOf({ transform, grid, rounding: { name: 'compensate' } });
      return (await solveLayer(upload(scope, problem), recipe, testContext(gpu, scope))).loss ?? NaN;
    };
    const [plain, hadamard, incohere] = [
      await loss([]),
      await loss([{ name: 'hadamard' }]),
      await loss([{ name: 'incohere' }]),
    ];
    expect(hadamard).toBeLessThan(0.7 * plain);
    expect(incohere).toBeLessThan(0.7 * plain);
  });
});
