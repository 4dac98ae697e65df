/** Problems for the solver's tests: correlated inputs with outlier columns, as transformers have, and weights of their size. */
import { createRng, type Rng } from '../../src/util/rng';
import type { Gpu } from '../../src/gpu/gpu';
import type { Scope } from '../../src/gpu/buffers';
import { uploadMatrix } from '../../src/tensor/matrix';
import type { Context, LayerProblem, QuantEvent } from '../../src/quant/problem';

export interface HostProblem {
  readonly rows: number;
  readonly cols: number;
  readonly W: Float32Array<ArrayBuffer>;
  readonly H: Float32Array<ArrayBuffer>;
}

export interface ProblemKind {
  /** Columns whose input is always zero. */
  readonly dead?: readonly number[];
  /** Multiplies every 29th column, as outlier features do. */
  readonly outlier?: number;
  /** Hidden causes behind the inputs: few make them strongly correlated. */
  readonly causes?: number;
  /** Of each input on its own, beside the causes. */
  readonly noise?: number;
}

/** W normal · 0.02; H the mean of x xᵀ over 2·cols + 64 tokens x = A·causes + noise, columns of different strength. */
export function makeProblem(rng: Rng, rows: number, cols: number, kind: ProblemKind = {}): HostProblem {
  const { dead = [], outlier = 20, causes = 24, noise = 0.3 } = kind;
  const W = Float32Array.from({ length: rows * cols }, () => rng.normal() * 0.02);
  const strength = Float64Array.from({ length: cols }, (_, j) =>
    dead.includes(j) ? 0 : Math.exp(0.7 * rng.normal()) * (j % 29 === 7 ? outlier : 1),
  );
  const A = Float64Array.from({ length: cols * causes }, () => rng.normal() / Math.sqrt(causes));
  const tokens = 2 * cols + 64;
  const sum = new Float64Array(cols * cols);
  for (let t = 0; t < tokens; t++) {
    const cause = Float64Array.from({ length: causes }, () => rng.normal());
    const x = strength.map((s, j) => {
      let v = noise * rng.normal();
      for (let c = 0; c < causes; c++) v += (A[j * causes + c] as number) * (cause[c] as number);
      return v * s;
    });
    for (let i = 0; i < cols; i++) {
      const xi = x[i] as number;
      for (let j = i; j < cols; j++) sum[i * cols + j] = (sum[i * cols + j] as number) + xi * (x[j] as number);
    }
  }
  const H = new Float32Array(cols * cols);
  for (let i = 0; i < cols; i++) {
    for (let j = i; j < cols; j++) H[i * cols + j] = H[j * cols + i] = (sum[i * cols + j] as number) / tokens;
  }
  return { rows, cols, W, H };
}

/** W normal; H of 24 causes behind the inputs, some of them strong, and noise: the moment itself, no tokens are drawn. */
export function causedProblem(seed: Rng, rows: number, cols: number): HostProblem {
  const rng = seed.fork(`${cols}`);
  const causes = Array.from({ length: cols }, (_, j) => {
    const strength = Math.exp(0.7 * rng.normal()) * (j % 29 === 7 ? 20 : 1);
    return Float64Array.from({ length: 24 }, () => (strength * rng.normal()) / 5);
  });
  const H = new Float32Array(cols * cols);
  causes.forEach((a, i) =>
    causes.forEach((b, j) => {
      const noise = i === j ? 0.09 * a.reduce((sum, v) => sum + v * v, 0) : 0;
      H[i * cols + j] = a.reduce((sum, v, k) => sum + v * (b[k] as number), noise);
    }),
  );
  return { rows, cols, W: Float32Array.from({ length: rows * cols }, () => rng.normal() * 0.02), H };
}

export function upload(
  scope: Scope,
  { W, H, rows, cols }: HostProblem,
): LayerProblem & { readonly H: NonNullable<LayerProblem['H']> } {
  return { W: uploadMatrix(scope, W, rows, cols, 'W'), H: uploadMatrix(scope, H, cols, cols, 'H') };
}

/** A context whose events are kept. */
export function testContext(gpu: Gpu, scope: Scope, events: QuantEvent[] = []): Context {
  const rng = createRng(1);
  const { signal } = new AbortController();
  return { gpu, scope, signal, rng, shared: rng, emit: (event) => events.push(event) };
}

/** H [n, n] with a share of its mean diagonal added to the diagonal. */
export function withDamping(H: ArrayLike<number>, n: number, damping: number): Float64Array {
  const sum = Array.from({ length: n }, (_, j) => H[j * (n + 1)] as number).reduce((a, b) => a + b, 0);
  return Float64Array.from(H, (h, at) => h + (at % (n + 1) === 0 ? (damping * sum) / n : 0));
}

/** tr((W − Ŵ) H (W − Ŵ)ᵀ) in float64, with `damping` of the mean diagonal added to H. */
export function hostLoss({ W, H, rows, cols }: HostProblem, What: ArrayLike<number>, damping = 0): number {
  let trace = 0;
  for (let j = 0; j < cols; j++) trace += H[j * (cols + 1)] as number;
  const add = (damping * trace) / cols;
  let loss = 0;
  for (let r = 0; r < rows; r++) {
    const d = Float64Array.from(
      { length: cols },
      (_, j) => (W[r * cols + j] as number) - (What[r * cols + j] as number),
    );
    for (let i = 0; i < cols; i++) {
      let s = add * (d[i] as number);
      for (let j = 0; j < cols; j++) s += (H[i * cols + j] as number) * (d[j] as number);
      loss += s * (d[i] as number);
    }
  }
  return loss;
}
