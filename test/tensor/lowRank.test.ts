/** The truncated SVD against a Jacobi SVD in float64, at the widths of models, on flat and on falling spectra. */
import { describe, expect, it } from 'vitest';
import { svd } from '../../src/reference/svd';
import { truncatedSvd } from '../../src/tensor/lowRank';
import { uploadMatrix } from '../../src/tensor/matrix';
import { createRng } from '../../src/util/rng';
import { testGpu } from '../gpu';
import { nmse } from '../opCase';

type Spectrum = 'flat' | 'falling';

/** Independent entries, as rounding errors are, or the same with directions of falling strength. */
function matrix(m: number, n: number, spectrum: Spectrum): Float32Array<ArrayBuffer> {
  const rng = createRng(7).fork(`${m}×${n} ${spectrum}`);
  const E = Float32Array.from({ length: m * n }, () => rng.uniform() - 0.5);
  if (spectrum === 'falling') {
    for (let r = 0; r < 12; r++) {
      const [x, y] = [m, n].map((length) => Array.from({ length }, () => rng.normal()));
      E.forEach((_, at) => {
        E[at] = (E[at] as number) + 2 ** -r * (x?.[Math.floor(at / n)] as number) * (y?.[at % n] as number);
      });
    }
  }
  return E;
}

const norm = (x: ArrayLike<number>) => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));

async function approximate(E: Float32Array<ArrayBuffer>, m: number, n: number, rank: number) {
  const gpu = await testGpu();
  using scope = gpu.scope('test');
  const found = await truncatedSvd(gpu, uploadMatrix(scope, E, m, n, 'E'), rank, createRng(1));
  const { U, values, Vt } = found;
  const left = Float64Array.from(E);
  for (let i = 0; i < m; i++) {
    for (let r = 0; r < found.rank; r++) {
      const factor = (U[i * found.rank + r] as number) * (values[r] as number);
      for (let j = 0; j < n; j++) left[i * n + j] = (left[i * n + j] as number) - factor * (Vt[r * n + j] as number);
    }
  }
  return { ...found, error: norm(left) };
}

describe('truncated SVD', () => {
  for (const [m, n] of [
    [172, 172],
    [96, 576],
    [72, 960],
    [120, 40],
  ] as const) {
    for (const spectrum of ['flat', 'falling'] as const) {
      it(`${m}×${n} ${spectrum}: within 1e-3 of the best at every rank, and falling with it`, async () => {
        const E = matrix(m, n, spectrum);
        const exact = svd(E, m, n).values;
        let last = Infinity;
        for (const rank of [1, 2, 7, 8, 32]) {
          const { error, values } = await approximate(E, m, n, rank);
          const best = norm(exact.subarray(rank));
          expect(error / best).toBeLessThan(1.001);
          // No subspace does better; float32 products leave 1e-6.
          expect(error / best).toBeGreaterThan(1 - 1e-5);
          expect(error).toBeLessThan(last);
          expect(nmse(values, exact.subarray(0, rank))).toBeLessThan(1e-4);
          last = error;
        }
      });
    }
  }

  it('gives back a matrix of small or full rank', async () => {
    const [m, n] = [40, 90];
    const rng = createRng(3);
    const [x, y] = [Array.from({ length: m }, () => rng.normal()), Array.from({ length: n }, () => rng.normal())];
    const one = Float32Array.from(
      { length: m * n },
      (_, at) => (x[Math.floor(at / n)] as number) * (y[at % n] as number),
    );
    const low = await approximate(one, m, n, 8);
    expect(low.error / norm(one)).toBeLessThan(1e-6);
    const E = matrix(m, n, 'falling');
    expect((await approximate(E, m, n, m)).error / norm(E)).toBeLessThan(1e-6);
    const zero = await approximate(new Float32Array(m * n), m, n, 4);
    expect([zero.rank, zero.error]).toEqual([0, 0]);
  });

  it('is the same for the same seed', async () => {
    const E = matrix(30, 50, 'flat');
    const [a, b] = [await approximate(E, 30, 50, 5), await approximate(E, 30, 50, 5)];
    expect(a.U).toEqual(b.U);
    expect(a.Vt).toEqual(b.Vt);
  });
});
