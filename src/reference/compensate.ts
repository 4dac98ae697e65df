/**
 * GPTQ in float64, twice. `compensatePublished` is the algorithm of the paper (arXiv 2210.17323, algorithm 1) with the published
 * code's conventions: H⁻¹ by a Cholesky factor and its inverse, the upper Cholesky factor U of H⁻¹, weights updated in place block by
 * block. `compensateOneFactor` is the form that the kernels compute: H = R Rᵀ, R̃ = R·diag(R)⁻¹, feedback of D = Ŵ − W.
 */
import { choleskyUpper, unitUpper } from './cholesky';
import { codeOf, fitUniform, valueOf, type UniformOptions, type UniformParameters } from './uniform';

export interface CompensateOptions extends UniformOptions {
  /** Columns that share parameters; null for the row. */
  readonly group: number | null;
  readonly damping: number;
  readonly groups: 'dynamic' | 'static';
  readonly staleness: 'fresh' | 'published';
  /** Original column of each place in the walk; absent for the order as it is. */
  readonly order?: Uint32Array;
}

export interface CompensatedReference {
  /** [rows, cols], original column order. */
  readonly What: Float64Array;
  readonly codes: Uint8Array;
  /** What the published code prints: ½ Σ (w − ŵ)² / U_jj². */
  readonly printedLoss: number;
}

/** The problem as both forms walk it: columns in order, dead ones zeroed with 1 on the diagonal, H damped. */
export function pose(W: ArrayLike<number>, H: ArrayLike<number>, rows: number, n: number, o: CompensateOptions) {
  const order = o.order ?? Uint32Array.from({ length: n }, (_, j) => j);
  const dead = Array.from({ length: n }, (_, j) => H[j * n + j] === 0);
  const living = Float64Array.from({ length: rows * n }, (_, i) => (dead[i % n] ? 0 : (W[i] as number)));
  const w = living.map((_, i) => living[i - (i % n) + (order[i % n] as number)] as number);
  const h = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [order[Math.floor(at / n)] as number, order[at % n] as number];
    return i === j && dead[i] ? 1 : (H[i * n + j] as number);
  });
  let trace = 0;
  for (let i = 0; i < n; i++) trace += h[i * (n + 1)] as number;
  for (let i = 0; i < n; i++) h[i * (n + 1)] = (h[i * (n + 1)] as number) + (o.damping * trace) / n;
  // Parameters known beforehand: of rows from the weights as given, of static groups from the living ones.
  const size = Math.min(o.group ?? n, n);
  const given = new Map<number, UniformParameters[]>();
  if (o.group === null || o.groups === 'static') {
    const source = o.group === null ? W : living;
    for (let g = 0; g * size < n; g++) {
      given.set(g, fitColumns(source, rows, n, g * size, Math.min((g + 1) * size, n), o));
    }
  }
  return { order, w, h, size, given };
}

export function fitColumns(
  x: ArrayLike<number>,
  rows: number,
  n: number,
  begin: number,
  end: number,
  o: UniformOptions,
) {
  return Array.from({ length: rows }, (_, r) =>
    fitUniform(
      Array.from({ length: end - begin }, (_, j) => x[r * n + begin + j] as number),
      o,
    ),
  );
}

/** Lower Cholesky factor. */
export function choleskyLower(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / (l[j * n + j] as number);
    }
  }
  return l;
}

/** A⁻¹ from its lower factor: L⁻ᵀ L⁻¹. */
export function choleskyInverse(l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= (l[i * n + k] as number) * (inverse[k * n + j] as number);
      inverse[i * n + j] = sum / (l[i * n + i] as number);
    }
  }
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = Math.max(i, j); k < n; k++) sum += (inverse[k * n + i] as number) * (inverse[k * n + j] as number);
      product[i * n + j] = sum;
    }
  }
  return product;
}

/** W [rows, n], H [n, n] undamped. */
export function compensatePublished(
  W: ArrayLike<number>,
  H: ArrayLike<number>,
  rows: number,
  n: number,
  o: CompensateOptions,
): CompensatedReference {
  const { order, w, h, size, given } = pose(W, H, rows, n, o);
  // UᵀU = H⁻¹ with U upper: the transpose of the lower factor.
  const lower = choleskyLower(choleskyInverse(choleskyLower(h, n), n), n);
  const u = (i: number, j: number) => lower[j * n + i] as number;
  // Fresh parameters see every finished column: as if a block were one column.
  const block = o.staleness === 'published' ? 128 : 1;
  const What = new Float64Array(rows * n);
  const codes = new Uint8Array(rows * n);
  let printedLoss = 0;
  let current: UniformParameters[] = [];
  for (let begin = 0; begin < n; begin += block) {
    const end = Math.min(begin + block, n);
    const inside = w.slice();
    const errors = new Float64Array(rows * block);
    for (let j = begin; j < end; j++) {
      const original = order[j] as number;
      if (o.group === null) current = given.get(0) as UniformParameters[];
      else if (o.groups === 'static') current = given.get(Math.floor(original / size)) as UniformParameters[];
      else if (j % size === 0) current = fitColumns(w, rows, n, j, Math.min(j + size, n), o);
      for (let r = 0; r < rows; r++) {
        const x = inside[r * n + j] as number;
        const p = current[r] as UniformParameters;
        const code = codeOf(x, p, o.bits);
        const q = valueOf(code, p);
        codes[r * n + original] = code;
        What[r * n + original] = q;
        printedLoss += (x - q) ** 2 / u(j, j) ** 2 / 2;
        const e = (x - q) / u(j, j);
        for (let k = j; k < end; k++) inside[r * n + k] = (inside[r * n + k] as number) - e * u(j, k);
        errors[r * block + j - begin] = e;
      }
    }
    for (let r = 0; r < rows; r++) {
      for (let k = end; k < n; k++) {
        let sum = 0;
        for (let j = begin; j < end; j++) sum += (errors[r * block + j - begin] as number) * u(j, k);
        w[r * n + k] = (w[r * n + k] as number) - sum;
      }
    }
  }
  return { What, codes, printedLoss };
}

/** The same codes by one factor and no inverse. W [rows, n], H [n, n] undamped; fresh group parameters. */
export function compensateOneFactor(
  W: ArrayLike<number>,
  H: ArrayLike<number>,
  rows: number,
  n: number,
  o: CompensateOptions,
): CompensatedReference | null {
  const { order, w, h, size, given } = pose(W, H, rows, n, o);
  const R = choleskyUpper(h, n, 0);
  if (!R) return null;
  const Rt = unitUpper(R, n);
  const What = new Float64Array(rows * n);
  const codes = new Uint8Array(rows * n);
  let printedLoss = 0;
  for (let r = 0; r < rows; r++) {
    const D = new Float64Array(n);
    /** W_j − Σ_{k<j} D_k R̃[k, j]. */
    const target = (j: number): number => {
      let x = w[r * n + j] as number;
      for (let k = 0; k < j; k++) x -= (D[k] as number) * (Rt[k * n + j] as number);
      return x;
    };
    let current: UniformParameters | undefined;
    for (let j = 0; j < n; j++) {
      const original = order[j] as number;
      if (given.size) current = given.get(Math.floor(original / size))?.[r];
      else if (j % size === 0) {
        // The conditional optimum of the group: as if its columns were not rounded.
        const end = Math.min(j + size, n);
        const optimum: number[] = [];
        for (let k = j; k < end; k++) {
          optimum.push(target(k));
          D[k] = (optimum.at(-1) as number) - (w[r * n + k] as number);
        }
        current = fitUniform(optimum, o);
      }
      const p = current as UniformParameters;
      const x = target(j);
      const code = codeOf(x, p, o.bits);
      const q = valueOf(code, p);
      codes[r * n + original] = code;
      What[r * n + original] = q;
      D[j] = q - (w[r * n + j] as number);
      printedLoss += (x - q) ** 2 * (R[j * (n + 1)] as number) ** 2 * 0.5;
    }
  }
  return { What, codes, printedLoss };
}
