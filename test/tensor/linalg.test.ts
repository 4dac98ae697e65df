/** What op cases cannot say of the linear algebra: the small operations, flags, chunks and bits. */
import { describe, expect, it } from 'vitest';
import { choleskyFailed, choleskyUpper } from '../../src/tensor/cholesky';
import { diagonal, diagonalMean } from '../../src/tensor/diagonal';
import { addInto } from '../../src/tensor/elementwise';
import { accumulateGram, finishGram } from '../../src/tensor/gram';
import { matmul, matmulWith } from '../../src/tensor/matmul';
import { tileNames } from '../../src/tensor/matmulTiles';
import { emptyMatrix, readMatrix, rowRange, uploadMatrix, zeroMatrix } from '../../src/tensor/matrix';
import { padCopy } from '../../src/tensor/pad';
import { splitRows, stackRows } from '../../src/tensor/pieces';
import { totalProxyLoss } from '../../src/tensor/proxyLoss';
import { tunedShapes, tuneMatmul, adoptTunedShapes } from '../../src/tensor/tuning';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { normals } from '../opCase';

const rng = createRng(7);
const close = (got: ArrayLike<number>, want: ArrayLike<number>) => {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(got[i]).toBeCloseTo(want[i] as number, 4);
};

describe('small operations', () => {
  it('adds, stacks, splits and pads', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const [rows, cols] = [19, 33];
    const x = normals(rng, rows * cols);
    const y = normals(rng, rows * cols);
    const X = uploadMatrix(scope, x, rows, cols, 'x');
    const Y = uploadMatrix(scope, y, rows, cols, 'y');
    addInto(gpu, Y, X, -2);
    close(
      await readMatrix(gpu, Y),
      y.map((v, i) => v - 2 * (x[i] as number)),
    );
    const both = stackRows(gpu, scope, [X, Y]);
    expect([both.rows, both.cols]).toEqual([2 * rows, cols]);
    const [a, b, c] = splitRows(gpu, scope, both, [1, rows - 1, rows]);
    expect([...(await readMatrix(gpu, a!)), ...(await readMatrix(gpu, b!))]).toEqual([...x]);
    expect(await readMatrix(gpu, c!)).toEqual(await readMatrix(gpu, Y));
    const wide = await readMatrix(gpu, padCopy(gpu, scope, X, rows + 1, cols + 2));
    const inside = (i: number) => Math.floor(i / (cols + 2)) < rows && i % (cols + 2) < cols;
    expect([...wide.filter((_, i) => inside(i))]).toEqual([...x]);
    expect(wide.every((v, i) => inside(i) || v === 0)).toBe(true);
    // 16-bit elements, two to a word, into another width.
    const halves = uploadMatrix(
      scope,
      Uint16Array.from({ length: 6 }, (_, i) => 0x3f80 + i),
      2,
      3,
      'halves',
      'bf16',
    );
    const padded = await readMatrix(gpu, padCopy(gpu, scope, halves, 2, 4));
    const [a0, a1, a2, b0, b1, b2] = await readMatrix(gpu, halves);
    expect([...padded]).toEqual([a0, a1, a2, 0, b0, b1, b2, 0]);
  });

  it('takes the diagonal and its mean', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    for (const n of [1, 65, 300]) {
      const h = normals(rng, n * n);
      const d = Array.from({ length: n }, (_, i) => h[i * (n + 1)] as number);
      const H = uploadMatrix(scope, h, n, n, 'h');
      expect([...(await readMatrix(gpu, diagonal(gpu, scope, H)))]).toEqual(d);
      close(await readMatrix(gpu, diagonalMean(gpu, scope, H)), [d.reduce((s, v) => s + v, 0) / n]);
    }
  });

  it('sums the proxy loss over rows', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const W = uploadMatrix(scope, new Float32Array([1, 2, 3, 4]), 2, 2, 'w');
    const What = uploadMatrix(scope, new Float32Array([1, 1, 2, 2]), 2, 2, 'what');
    const H = uploadMatrix(scope, new Float32Array([2, 1, 1, 5]), 2, 2, 'h');
    // Differences (0, 1) and (1, 2): 5 + (2 + 2·2 + 4·5).
    expect(await totalProxyLoss(gpu, W, What, H)).toBe(5 + 26);
  });
});

describe('gram', () => {
  it('is symmetric bit by bit and accumulates over calls', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const [tokens, n] = [70, 67];
    const X = uploadMatrix(scope, normals(rng, tokens * n), tokens, n, 'x');
    const once = zeroMatrix(scope, n, n, 'h');
    accumulateGram(gpu, X, once);
    finishGram(gpu, once, tokens);
    const twice = zeroMatrix(scope, n, n, 'h');
    accumulateGram(gpu, X, twice);
    accumulateGram(gpu, X, twice);
    finishGram(gpu, twice, 2 * tokens);
    const h = await readMatrix(gpu, once);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(h[i * n + j]).toBe(h[j * n + i]);
    close(await readMatrix(gpu, twice), h);
  });
});

describe('cholesky', () => {
  it('flags what is not positive definite, and only that', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const n = 70;
    const identity = Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
    const attempt = async (change: (h: Float32Array) => void, damping = 0) => {
      const h = identity.slice();
      change(h);
      return choleskyFailed(gpu, choleskyUpper(gpu, scope, uploadMatrix(scope, h, n, n, 'h'), damping));
    };
    expect(await attempt(() => undefined)).toBe(false);
    for (const at of [0, 37, n - 1]) {
      expect(await attempt((h) => (h[at * (n + 1)] = 0))).toBe(true);
      expect(await attempt((h) => (h[at * (n + 1)] = -1))).toBe(true);
      expect(await attempt((h) => (h[at * (n + 1)] = Infinity))).toBe(true);
      expect(await attempt((h) => (h[at * (n + 1)] = NaN))).toBe(true);
      expect(await attempt((h) => (h[at * (n + 1)] = 0), 0.01)).toBe(false);
    }
    // Off-diagonal 2 between two unit diagonals: indefinite, although every diagonal is positive.
    expect(await attempt((h) => (h[3 * n + 60] = h[60 * n + 3] = 2))).toBe(true);
  });

  it('leaves zeros below the diagonal and does not change H', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const n = 65;
    const X = uploadMatrix(scope, normals(rng, 100 * n), 100, n, 'x');
    const H = zeroMatrix(scope, n, n, 'h');
    accumulateGram(gpu, X, H);
    finishGram(gpu, H, 100);
    const before = await readMatrix(gpu, H);
    const r = await readMatrix(gpu, choleskyUpper(gpu, scope, H, 0.01).R);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(r[i * n + j]).toBe(0);
    expect(await readMatrix(gpu, H)).toEqual(before);
  });
});

describe('matmul', () => {
  it('gives the same bits with every tile', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    for (const [m, n, k] of [
      [1, 1, 1],
      [65, 63, 33],
      [70, 130, 172],
    ] as const) {
      const A = uploadMatrix(scope, normals(rng, m * k), m, k, 'a');
      const b = normals(rng, n * k);
      for (const layout of ['transposed', 'plain'] as const) {
        const B = layout === 'plain' ? uploadMatrix(scope, b, k, n, 'b') : uploadMatrix(scope, b, n, k, 'b');
        const results = [];
        for (const tile of tileNames) {
          const C = emptyMatrix(scope, m, n, 'c');
          matmulWith(gpu, tile, A, B, C, { b: layout });
          results.push(await readMatrix(gpu, C));
        }
        for (const result of results) expect(result).toEqual(results[0]);
      }
    }
  });

  it('gives the same bits with 16-bit weights that are unpacked first, in panels too', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    for (const [m, n, k] of [
      [65, 66, 33],
      [70, 130, 172],
      // 9 000 × 1 024 f32 are 36.9 MB: two panels.
      [3, 9000, 1024],
    ] as const) {
      const A = uploadMatrix(scope, normals(rng, m * k), m, k, 'a');
      const bias = uploadMatrix(scope, normals(rng, n), 1, n, 'bias');
      const start = normals(rng, m * n);
      // Up to 4 as binary16, far up as bfloat16; subnormal ones of either are among them.
      const halves = new Uint16Array(n * k).map((_, i) => ((i * 7919) % 0x4400) | (i % 3 === 0 ? 0x8000 : 0));
      for (const type of ['f16', 'bf16'] as const) {
        const B = uploadMatrix(scope, halves, n, k, 'b', type);
        const results = [];
        for (const way of ['8x8', 'unpacked'] as const) {
          const C = emptyMatrix(scope, m, n, 'c');
          matmulWith(gpu, way, A, B, C, { bias });
          const into = uploadMatrix(scope, start, m, n, 'into');
          matmulWith(gpu, way, A, B, into, { into, sign: -1 });
          results.push([await readMatrix(gpu, C), await readMatrix(gpu, into)]);
        }
        expect(results[1]).toEqual(results[0]);
        expect(results[0]?.flat().every((column) => column.every(Number.isFinite))).toBe(true);
      }
    }
  });

  it('gives the same bits whatever the measured rate, which sets the size of dispatches', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const X = uploadMatrix(scope, normals(rng, 200 * 96), 200, 96, 'x');
    const results = [];
    for (const rate of [1e5, 1e12]) {
      gpu.rate = rate;
      const H = zeroMatrix(scope, 96, 96, 'h');
      accumulateGram(gpu, X, H);
      finishGram(gpu, H, 200);
      const { R } = choleskyUpper(gpu, scope, H, 0.01);
      results.push([await readMatrix(gpu, matmul(gpu, scope, X, X)), await readMatrix(gpu, R)]);
    }
    expect(results[0]).toEqual(results[1]);
  });

  it('remembers the measured tile and hands it on to the same adapter only', async () => {
    const gpu = await testGpu();
    await tuneMatmul(gpu, ['plain']);
    const shapes = JSON.parse(JSON.stringify(tunedShapes(gpu))) as ReturnType<typeof tunedShapes>;
    expect(tileNames).toContain(shapes.tiles.plain);
    expect(adoptTunedShapes(gpu, shapes)).toBe(true);
    expect(adoptTunedShapes(gpu, { ...shapes, adapter: 'another' })).toBe(false);
    expect(adoptTunedShapes(gpu, { ...shapes, tiles: { plain: '9x9' } })).toBe(false);
    expect(adoptTunedShapes(gpu, null)).toBe(false);
  });

  it('cuts weights that exceed one binding', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    // 33 000 × 1020 f32 are 134.6 MB, more than 128 MiB; rows of 4080 bytes start at multiples of 256 every 16 rows.
    const [n, k] = [33_000, 1020];
    const b = new Float32Array(n * k);
    for (let j = 0; j < n; j++) b[j * k + (j % k)] = j;
    const B = uploadMatrix(scope, b, n, k, 'weights');
    const A = uploadMatrix(
      scope,
      Float32Array.from({ length: k }, (_, i) => i + 1),
      1,
      k,
      'a',
    );
    const got = await readMatrix(gpu, matmul(gpu, scope, A, B));
    expect(got.findIndex((v, j) => v !== Math.fround(j * ((j % k) + 1)))).toBe(-1);
    expect(gpu.largestBinding).toBeLessThanOrEqual(128 * 2 ** 20);
  });

  it('takes row ranges', async () => {
    const gpu = await testGpu();
    using scope = gpu.scope('test');
    const X = uploadMatrix(scope, normals(rng, 96 * 64), 96, 64, 'x');
    const whole = await readMatrix(gpu, matmul(gpu, scope, X, X));
    const part = await readMatrix(gpu, matmul(gpu, scope, rowRange(X, 32, 65), rowRange(X, 5, 20)));
    const want = Array.from({ length: 33 * 15 }, (_, i) => whole[(32 + Math.floor(i / 15)) * 96 + 5 + (i % 15)]);
    expect([...part]).toEqual(want);
  });
});
