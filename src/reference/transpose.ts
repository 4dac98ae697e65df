/** xᵀ [cols, rows] of x [rows, cols]. Twin of shaders/linalg/transpose.wgsl. */
export function transpose(x: ArrayLike<number>, rows: number, cols: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: rows * cols }, (_, at) => x[(at % rows) * cols + Math.floor(at / rows)] as number);
}
