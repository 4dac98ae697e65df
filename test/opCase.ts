/**
 * One declaration of a kernel case serves as test (test/ops.test.ts) and as benchmark (npm run bench). Files `test/ops/<op>.cases.ts`
 * export `cases: OpCase[]`, with shapes that straddle the tile (1, 63, 64, 65, …) and seeded hostile inputs.
 */
import type { Scope } from '../src/gpu/buffers';
import type { Gpu } from '../src/gpu/gpu';
import type { Matrix } from '../src/tensor/matrix';
import type { Rng } from '../src/util/rng';

export interface Prepared {
  /** Launches the operation on uploaded inputs. Called once as a test, many times as a benchmark. */
  run(scope: Scope): Matrix | Promise<Matrix>;
  /** The float64 twin's answer, row-major. */
  reference(): ArrayLike<number>;
}

export interface OpCase {
  /** Kernel and reference name. */
  readonly op: string;
  /** Shape and kind of input, e.g. "65×64×63 outlier columns". */
  readonly label: string;
  /** Floating-point operations. */
  readonly work: number;
  prepare(gpu: Gpu, scope: Scope, rng: Rng): Prepared;
  /** Bound on ‖got − want‖²/‖want‖² (NMSE), or on each value, with the reason for its size. */
  readonly tolerance:
    | { readonly nmse: number; readonly because: string }
    | { readonly atol: number; readonly rtol: number; readonly because: string };
  /** Only for the benchmark: too slow for a test on a software adapter. */
  readonly benchOnly?: boolean;
}

/** ‖got − want‖² / ‖want‖². */
export function nmse(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < want.length; i++) {
    error += ((got[i] as number) - (want[i] as number)) ** 2;
    size += (want[i] as number) ** 2;
  }
  return size === 0 ? error : error / size;
}

/** Standard normal values. */
export function normals(rng: Rng, n: number, scale = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: n }, () => rng.normal() * scale);
}

/** Normal values [rows, cols] with every 17th column 50 times larger, as transformer activations have. */
export function outlierColumns(rng: Rng, rows: number, cols: number): Float32Array<ArrayBuffer> {
  return normals(rng, rows * cols).map((v, i) => ((i % cols) % 17 === 3 ? v * 50 : v));
}
