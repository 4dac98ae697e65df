/** Cyclic coordinate descent on tr(D H Dᵀ), D = Ŵ − W, in float64 (QuantEase, arXiv 2309.01885). Twin of shaders/rounding/descend.wgsl. */
import { codeOf, valueOf, type UniformParameters } from './uniform';

/**
 * W, start [rows, n]; H [n, n]; parameters [rows, groups] for `group` columns each. `free`: the start is not on the grid. Returns Ŵ
 * after each sweep.
 */
export function descend(
  W: ArrayLike<number>,
  H: ArrayLike<number>,
  rows: number,
  n: number,
  parameters: readonly UniformParameters[],
  group: number,
  bits: number,
  start: ArrayLike<number>,
  free: boolean,
  sweeps: number,
): Float64Array[] {
  const What = Float64Array.from({ length: rows * n }, (_, at) => start[at] as number);
  const groups = Math.ceil(n / group);
  return Array.from({ length: sweeps }, (_, sweep) => {
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < n; j++) {
        const h = H[j * (n + 1)] as number;
        let g = 0;
        for (let k = 0; k < n; k++)
          g += ((What[r * n + k] as number) - (W[r * n + k] as number)) * (H[k * n + j] as number);
        const now = What[r * n + j] as number;
        const p = parameters[r * groups + Math.floor(j / group)] as UniformParameters;
        const next = valueOf(codeOf(h > 0 ? now - g / h : now, p, bits), p);
        const change = (next - now) * (2 * g + (next - now) * h);
        if ((free && sweep === 0) || change < 0) What[r * n + j] = next;
      }
    }
    return What.slice();
  });
}
