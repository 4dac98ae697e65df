/** A linear layer, y = x Wᵀ + b, in float64, and its adjoint. Twin of shaders/linalg/matmul_*.wgsl with a bias. */
import { matmul } from './matmul';
import { transpose } from './transpose';

export interface LinearSizes {
  /** Rows of x. */
  readonly tokens: number;
  /** Rows of W: outputs. */
  readonly rows: number;
  /** Columns of W: inputs. */
  readonly cols: number;
}

/** x [tokens, cols], w [rows, cols], b [rows]. Returns [tokens, rows]. */
export function linear(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: ArrayLike<number> | null,
  { tokens, rows, cols }: LinearSizes,
): Float64Array {
  const y = matmul(x, w, tokens, rows, cols);
  return b ? y.map((value, at) => value + (b[at % rows] as number)) : y;
}

/** From dy, the gradient at y: dx = dy W, dw = dyᵀ x, db the sums of dy over tokens. */
export function linearBack(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  dy: ArrayLike<number>,
  { tokens, rows, cols }: LinearSizes,
): { readonly dx: Float64Array; readonly dw: Float64Array; readonly db: Float64Array } {
  const byRow = transpose(dy, tokens, rows);
  return {
    dx: matmul(dy, w, tokens, cols, rows, 'plain'),
    dw: matmul(byRow, x, rows, cols, tokens, 'plain'),
    db: Float64Array.from({ length: rows }, (_, row) =>
      byRow.subarray(row * tokens, (row + 1) * tokens).reduce((sum, d) => sum + d, 0),
    ),
  };
}
