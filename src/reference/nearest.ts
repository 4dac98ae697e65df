/** Rounding to nearest in float64, per row or group. Twin of quant/rounding/nearest.ts. */
import { codeOf, fitUniform, valueOf, type UniformOptions, type UniformParameters } from './uniform';

export interface RoundedReference {
  /** [rows, cols]. */
  readonly What: Float64Array;
  readonly codes: Uint8Array;
  /** [rows, groups]. */
  readonly parameters: UniformParameters[];
}

/** W [rows, cols]; `group` columns share parameters (null: the row), a shorter last group is a group of its own. `importance` [cols]. */
export function nearest(
  W: ArrayLike<number>,
  rows: number,
  cols: number,
  group: number | null,
  options: UniformOptions,
  importance?: ArrayLike<number>,
): RoundedReference {
  const size = Math.min(group ?? cols, cols);
  const What = new Float64Array(rows * cols);
  const codes = new Uint8Array(rows * cols);
  const parameters: UniformParameters[] = [];
  for (let row = 0; row < rows; row++) {
    for (let begin = 0; begin < cols; begin += size) {
      const end = Math.min(begin + size, cols);
      const at = row * cols;
      const p = fitUniform(
        Array.from({ length: end - begin }, (_, j) => W[at + begin + j] as number),
        options,
        importance && Array.from({ length: end - begin }, (_, j) => importance[begin + j] as number),
      );
      parameters.push(p);
      for (let j = at + begin; j < at + end; j++) {
        codes[j] = codeOf(W[j] as number, p, options.bits);
        What[j] = valueOf(codes[j] as number, p);
      }
    }
  }
  return { What, codes, parameters };
}
