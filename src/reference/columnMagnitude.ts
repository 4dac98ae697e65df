/** Mean |x| of every column of x [rows, cols]. Twin of shaders/stats/column_magnitude.wgsl. */
export function columnMagnitude(x: ArrayLike<number>, cols: number): Float64Array {
  const rows = x.length / cols;
  const sums = new Float64Array(cols);
  for (let i = 0; i < x.length; i++) sums[i % cols] = (sums[i % cols] as number) + Math.abs(x[i] as number) / rows;
  return sums;
}
