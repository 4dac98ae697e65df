/** Changes of basis in float64: y' = M y. What makes y takes M on its rows, what reads it M⁻¹ on its columns. For tests. */
import { matmul } from '../../src/reference/matmul';
import { transpose } from '../../src/reference/transpose';
import { randomOrthogonal, randomPermutation } from '../../src/util/orthogonal';
import type { Rng } from '../../src/util/rng';

export interface Basis {
  readonly size: number;
  /** M and its inverse, [size, size]. */
  readonly to: Float64Array;
  readonly back: Float64Array;
}

const times = (a: ArrayLike<number>, b: ArrayLike<number>, n: number) => matmul(a, b, n, n, n, 'plain');

export function orthogonal(size: number, rng: Rng): Basis {
  const to = randomOrthogonal(size, rng);
  return { size, to, back: transpose(to, size, size) };
}

/** Positive, about 1. */
export const randomFactors = (size: number, rng: Rng): Float64Array =>
  Float64Array.from({ length: size }, () => Math.exp(0.5 * rng.normal()));

export function diagonal(factors: ArrayLike<number>): Basis {
  const size = factors.length;
  const of = (value: (s: number) => number) => {
    const m = new Float64Array(size * size);
    for (let i = 0; i < size; i++) m[i * size + i] = value(factors[i] as number);
    return m;
  };
  return { size, to: of((s) => s), back: of((s) => 1 / s) };
}

export const scales = (size: number, rng: Rng): Basis => diagonal(randomFactors(size, rng));

/** Neither orthogonal nor diagonal, and far from singular. */
export function invertible(size: number, rng: Rng): Basis {
  const [a, s, b] = [orthogonal(size, rng), scales(size, rng), orthogonal(size, rng)];
  return {
    size,
    to: times(times(a.to, s.to, size), b.to, size),
    back: times(times(b.back, s.back, size), a.back, size),
  };
}

export function permutation(size: number, rng: Rng): Basis {
  const to = new Float64Array(size * size);
  randomPermutation(size, rng).forEach((from, at) => (to[at * size + from] = 1));
  return { size, to, back: transpose(to, size, size) };
}

export const inverse = ({ size, to, back }: Basis): Basis => ({ size, to: back, back: to });

/** M⁻ᵀ: of keys, what their queries take so that q·k stays. */
export const dual = ({ size, to, back }: Basis): Basis => ({
  size,
  to: transpose(back, size, size),
  back: transpose(to, size, size),
});

/** Components from `begin` on of `size`; the others stay. */
export function inside(size: number, begin: number, basis: Basis): Basis {
  const of = (small: Float64Array) => {
    const m = new Float64Array(size * size);
    for (let i = 0; i < size; i++) m[i * size + i] = 1;
    for (let i = 0; i < basis.size; i++) {
      for (let j = 0; j < basis.size; j++) {
        m[(begin + i) * size + begin + j] = small[i * basis.size + j] as number;
      }
    }
    return m;
  };
  return { size, to: of(basis.to), back: of(basis.back) };
}

/** Each pair of components by a rotation and a factor of its own: pairs (i, i + half), or (2 i, 2 i + 1). */
export function inPairs(
  size: number,
  pairs: 'halves' | 'neighbours',
  rng: Rng,
  kinds: { readonly turns?: boolean; readonly scales?: boolean },
): Basis {
  const to = new Float64Array(size * size);
  const back = new Float64Array(size * size);
  for (let pair = 0; pair < size / 2; pair++) {
    const [i, j] = pairs === 'halves' ? [pair, pair + size / 2] : [2 * pair, 2 * pair + 1];
    const angle = kinds.turns ? 2 * Math.PI * rng.uniform() : 0;
    const factor = kinds.scales ? Math.exp(0.5 * rng.normal()) : 1;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    for (const [m, f, sign] of [
      [to, factor, 1],
      [back, 1 / factor, -1],
    ] as const) {
      m[i * size + i] = f * c;
      m[i * size + j] = -sign * f * s;
      m[j * size + i] = sign * f * s;
      m[j * size + j] = f * c;
    }
  }
  return { size, to, back };
}

/** Runs of values permuted as wholes: `permutation` of the runs, each `width` wide. */
export function ofRuns({ size, to, back }: Basis, width: number): Basis {
  const wide = size * width;
  const of = (small: Float64Array) => {
    const m = new Float64Array(wide * wide);
    for (let i = 0; i < wide; i++) {
      for (let run = 0; run < size; run++) {
        m[i * wide + run * width + (i % width)] = small[Math.floor(i / width) * size + run] as number;
      }
    }
    return m;
  };
  return { size: wide, to: of(to), back: of(back) };
}
