/** diag(rows)·x·diag(cols), x [m, n] row-major. Twin of shaders/linalg/scale_columns.wgsl. */
export function scaleColumns(x: ArrayLike<number>, cols: ArrayLike<number>, rows?: ArrayLike<number>): Float64Array {
  const n = cols.length;
  return Float64Array.from(
    { length: x.length },
    (_, i) => (x[i] as number) * (cols[i % n] as number) * (rows?.[Math.floor(i / n)] ?? 1),
  );
}
