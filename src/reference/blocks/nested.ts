/**
 * Blocks of 256 columns whose sub-blocks' steps are themselves rounded: Q2_K, Q4_K, Q5_K with steps and floors, ŵ = d·s·c − dmin·m; Q3_K,
 * Q6_K with signed steps, ŵ = d·s·(c − zero). Parameters are (d, dmin) or (d, 0), then (s, m) or (s, 0) for each sub-block. Codes are made
 * with the rounded steps. Twins of shaders/grid/super_affine.wgsl and super_symmetric.wgsl.
 */
import { nearestHalf as half, roundHalfEven } from '../../util/halfFloat';
import { blockLayouts, type BlockName } from '../../util/blockBytes';
import { meanSquare, spreadWeights, type BlockFormat } from './format';
import {
  clamp,
  descendScale,
  f,
  leastStep,
  roundScales,
  searchAffine,
  searchScale,
  tiny,
  type AffineSearch,
} from './search';

type Numbers = ArrayLike<number>;

const subBlock = (x: Numbers, at: number, size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => x[at + i] as number);

interface AffineRule {
  /** Largest code of a scale. */
  readonly scales: number;
  /** Search without importance, and how it weighs an error: |x|, plus the rms of the sub-block. */
  readonly search: Pick<AffineSearch, 'from' | 'by' | 'steps' | 'error'>;
  readonly rms: 'added' | 'none';
  /** Times the mean square of the block, in the weights with importance. */
  readonly spread: number;
}

function affine(name: BlockName, { scales, search, rms, spread }: AffineRule): BlockFormat {
  const { bits, sub } = blockLayouts[name];
  const n = 2 ** bits - 1;
  const count = 256 / sub;
  const withImportance = { n, from: -0.9, by: 0.05, steps: 36, error: 'squared' } as const;
  return {
    fit(x, { importance } = {}) {
      const parameters = new Float32Array(2 + 2 * count);
      const searched = new Uint8Array(256);
      const [steps, floors, totals] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
      const variance = importance ? f(spread * meanSquare(x)) : 0;
      for (let j = 0; j < count; j++) {
        const part = subBlock(x, j * sub, sub);
        const root = rms === 'added' ? f(Math.sqrt(meanSquare(part))) : 0;
        const w = importance
          ? spreadWeights(part, subBlock(importance, j * sub, sub), variance)
          : part.map((v) => root + Math.abs(v));
        for (const v of w) totals[j] = (totals[j] as number) + v;
        const found = searchAffine(part, w, importance ? withImportance : { n, ...search });
        steps[j] = found.scale;
        floors[j] = found.floor;
        part.forEach((v, i) => {
          searched[j * sub + i] = clamp(roundHalfEven(f(found.inverse * f(v - found.start))), 0, n);
        });
      }
      [steps, floors].forEach((values, which) => {
        const { step, codes } = importance ? roundScales(values, totals, scales) : scalesToMax(values, scales);
        parameters[which] = half(step);
        codes.forEach((code, j) => (parameters[2 + 2 * j + which] = code));
      });
      return { parameters, searched };
    },
    quantize(x, { parameters: p, searched }) {
      return Uint8Array.from(x, (v, i) => {
        const { step, floor } = affineStep(p, i, sub);
        if (step === 0) return searched?.[i] ?? 0;
        return clamp(roundHalfEven(f(f(v + floor) / step)), 0, n);
      });
    },
    dequantize: (codes, p) =>
      Float32Array.from(codes, (c, i) => {
        const { step, floor } = affineStep(p, i, sub);
        return f(f(step * c) - floor);
      }),
  };
}

function affineStep(p: Numbers, i: number, sub: number) {
  const at = 2 + 2 * Math.floor(i / sub);
  return { step: f((p[0] as number) * (p[at] as number)), floor: f((p[1] as number) * (p[at + 1] as number)) };
}

/** Values ≥ 0 against their largest: step = max / n. */
function scalesToMax(x: Float32Array, n: number): { readonly step: number; readonly codes: Uint8Array } {
  const max = x.reduce((a, b) => Math.max(a, b), 0);
  if (max < n * leastStep) return { step: 0, codes: new Uint8Array(x.length) };
  const inverse = f(n / max);
  return { step: f(max / n), codes: Uint8Array.from(x, (v) => clamp(roundHalfEven(f(inverse * v)), 0, n)) };
}

const stepOf = (p: Numbers, i: number) => f((p[0] as number) * (p[2 + 2 * Math.floor(i / 16)] as number));

function symmetric(name: BlockName, fitSteps: (x: Numbers, importance?: Numbers) => Steps): BlockFormat {
  const { zero } = blockLayouts[name];
  return {
    fit(x, { importance } = {}) {
      const { d, codes, searched } = fitSteps(x, importance);
      const parameters = new Float32Array(2 + 2 * 16);
      parameters[0] = half(d);
      codes.forEach((code, j) => (parameters[2 + 2 * j] = code));
      return { parameters, searched };
    },
    quantize(x, { parameters, searched }) {
      return Uint8Array.from(x, (v, i) => {
        const step = stepOf(parameters, i);
        if (step === 0) return searched?.[i] ?? 0;
        return zero + clamp(roundHalfEven(f(v / step)), -zero, zero - 1);
      });
    },
    dequantize: (codes, p) => Float32Array.from(codes, (c, i) => f(stepOf(p, i) * (c - zero))),
  };
}

interface Steps {
  readonly d: number;
  readonly codes: Int8Array;
  readonly searched: Uint8Array;
}

function searchSteps(x: Numbers, n: number, weights: (part: Float32Array, at: number) => Float32Array) {
  const searched = new Uint8Array(256);
  const totals = new Float32Array(16);
  const steps = Float32Array.from({ length: 16 }, (_, j) => {
    const part = subBlock(x, 16 * j, 16);
    const w = weights(part, 16 * j);
    for (const v of w) totals[j] = (totals[j] as number) + v;
    const { scale, inverse } = searchScale(part, w, n);
    if (inverse !== 0) {
      part.forEach((v, i) => (searched[16 * j + i] = n + clamp(roundHalfEven(f(inverse * v)), -n, n - 1)));
    }
    return scale;
  });
  return { steps, totals, searched };
}

/** The step of the largest magnitude, with its sign. */
function extremeStep(steps: Float32Array): number {
  return steps.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
}

const q3_k = symmetric('q3_k', (x, importance) => {
  if (importance) {
    const variance = f(2 * meanSquare(x));
    const { steps, totals, searched } = searchSteps(x, 4, (part, at) =>
      spreadWeights(part, subBlock(importance, at, 16), variance),
    );
    const { scale, inverse } = searchScale(steps, totals, 32);
    const codes = Int8Array.from(steps, (s) => (inverse === 0 ? -32 : clamp(roundHalfEven(f(inverse * s)), -32, 31)));
    return { d: scale, codes, searched };
  }
  const searched = new Uint8Array(256);
  const steps = Float32Array.from({ length: 16 }, (_, j) => {
    const { scale, codes } = descendScale(subBlock(x, 16 * j, 16), 4);
    codes.forEach((code, i) => (searched[16 * j + i] = code + 4));
    return scale;
  });
  const max = extremeStep(steps);
  if (max === 0) return { d: 0, codes: new Int8Array(16).fill(-32), searched };
  const inverse = f(-32 / max);
  return {
    d: f(1 / inverse),
    codes: Int8Array.from(steps, (s) => clamp(roundHalfEven(f(inverse * s)), -32, 31)),
    searched,
  };
});

const q6_k = symmetric('q6_k', (x, importance) => {
  const { steps, searched } = searchSteps(x, 32, (part, at) =>
    importance ? subBlock(importance, at, 16) : part.map((v) => v * v),
  );
  const max = extremeStep(steps);
  if (Math.abs(max) < tiny) return { d: 0, codes: new Int8Array(16), searched: new Uint8Array(256) };
  const inverse = f(-128 / max);
  return {
    d: f(1 / inverse),
    codes: Int8Array.from(steps, (s) => Math.min(127, roundHalfEven(f(inverse * s)))),
    searched,
  };
});

const wide = { scales: 63, rms: 'added', spread: 2 } as const;

export const nestedBlocks = {
  q2_k: affine('q2_k', {
    scales: 15,
    search: { from: -0.5, by: 0.1, steps: 15, error: 'absolute' },
    rms: 'none',
    spread: 1,
  }),
  q3_k,
  q4_k: affine('q4_k', { ...wide, search: { from: -1, by: 0.1, steps: 20, error: 'squared' } }),
  q5_k: affine('q5_k', { ...wide, search: { from: -0.5, by: 0.1, steps: 15, error: 'squared' } }),
  q6_k,
} as const;
