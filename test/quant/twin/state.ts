/** A problem of the float64 twin on its way through transforms. */
import type { StoredLayer } from '../../../src/quant/storedLayer';

/** One matrix of the site; `heads` of `size` rows are what a fused rotation turns. */
export interface Part {
  readonly rows: number;
  readonly kind: 'fixed' | 'heads';
  readonly size: number;
}

export interface TwinProblem {
  readonly rows: number;
  readonly cols: number;
  readonly W: Float32Array<ArrayBuffer>;
  readonly H: Float32Array<ArrayBuffer>;
  readonly cross: Float32Array<ArrayBuffer>;
  /** Mean |x|. */
  readonly magnitude: Float32Array<ArrayBuffer>;
  readonly gains: Float32Array<ArrayBuffer>;
  readonly parts: readonly Part[];
  /** The error of the module is tr(Δ M Δᵀ) with this M. */
  readonly moduleMoment: Float32Array<ArrayBuffer>;
  /** What several recipes need: factors and bases, by name. */
  readonly known: Map<string, unknown>;
}

/** What the solver decided. */
export interface Follow {
  /** Ŵ before a low rank is added. */
  readonly What: ArrayLike<number>;
  readonly stored: Pick<StoredLayer, 'parameters' | 'groupOf'>;
}

/** A problem on its way through transforms. */
export interface State extends Omit<TwinProblem, 'W' | 'H' | 'cross' | 'magnitude'> {
  readonly W: ArrayLike<number>;
  readonly H: ArrayLike<number>;
  readonly cross: ArrayLike<number>;
  readonly magnitude: ArrayLike<number>;
  /** What was done to (H, cross) so far; null where it depends on the grid. */
  readonly key: string | null;
  readonly order: 'activation' | 'group-aware' | 'reversed' | null;
  readonly forth: (x: ArrayLike<number>) => ArrayLike<number>;
  readonly back: (x: ArrayLike<number>) => ArrayLike<number>;
  /** What a walk follows; Ŵ as the grid sees it. */
  readonly follow: (Follow & { readonly fits: { count: number; off: number } }) | null;
}

export function remember<T>({ known }: Pick<TwinProblem, 'known'>, key: string | null, make: () => T): T {
  if (key === null) return make();
  if (!known.has(key)) known.set(key, make());
  return known.get(key) as T;
}

export const scaled = (x: ArrayLike<number>, cols: number, s: ArrayLike<number>, byRows?: ArrayLike<number>) =>
  Float64Array.from(
    { length: x.length },
    (_, at) => (x[at] as number) * (s[at % cols] as number) * (byRows?.[Math.floor(at / cols)] ?? 1),
  );
export const inverted = (s: ArrayLike<number>) => Float64Array.from(s, (v) => 1 / v);
export const rms = (x: ArrayLike<number>) => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0) / x.length);
export const diagonalOf = ({ H, cols }: Pick<State, 'H' | 'cols'>) =>
  Float64Array.from({ length: cols }, (_, j) => H[j * (cols + 1)] as number);
export const ones = (n: number) => new Float64Array(n).fill(1);
