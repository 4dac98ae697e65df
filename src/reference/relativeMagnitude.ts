/** Mean over rows of |w| / max |w| of the row's group. Twin of shaders/stats/relative_magnitude.wgsl and group_peak.wgsl. */
export function relativeMagnitude(W: ArrayLike<number>, rows: number, cols: number, group: number): Float64Array {
  const size = Math.min(group, cols);
  const sums = new Float64Array(cols);
  for (let r = 0; r < rows; r++) {
    for (let begin = 0; begin < cols; begin += size) {
      const columns = Array.from({ length: Math.min(size, cols - begin) }, (_, k) => begin + k);
      const most = Math.max(...columns.map((c) => Math.abs(W[r * cols + c] as number)));
      if (most > 0)
        for (const c of columns) sums[c] = (sums[c] as number) + Math.abs(W[r * cols + c] as number) / most / rows;
    }
  }
  return sums;
}
