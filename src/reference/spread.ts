/** Twins of shaders/stats/row_extent.wgsl and histogram.wgsl. */

/** [rows, 2]: max |x| and Σ x² of each row. */
export function rowExtent(x: ArrayLike<number>, rows: number, cols: number): Float64Array {
  const y = new Float64Array(2 * rows);
  for (let i = 0; i < x.length; i++) {
    const row = Math.floor(i / cols);
    y[2 * row] = Math.max(y[2 * row] as number, Math.abs(x[i] as number));
    y[2 * row + 1] = (y[2 * row + 1] as number) + (x[i] as number) ** 2;
  }
  return y;
}

/** Elements in `bins` equal bins over ±reach; the outer bins hold what lies beyond. */
export function histogram(x: ArrayLike<number>, reach: number, bins: number): Float64Array {
  const counts = new Float64Array(bins);
  for (let i = 0; i < x.length; i++) {
    const place = Math.floor((((x[i] as number) / reach + 1) / 2) * bins);
    const bin = Math.min(Math.max(place, 0), bins - 1);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}
