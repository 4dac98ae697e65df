/** Σ_r (x − y)² of every column in float64. Twin of shaders/stats/column_energy.wgsl. */

/** x, y [rows, cols]. Returns [cols]. */
export function columnEnergy(x: ArrayLike<number>, y: ArrayLike<number>, rows: number, cols: number): Float64Array {
  const z = new Float64Array(cols);
  for (let at = 0; at < rows * cols; at++) {
    z[at % cols] = (z[at % cols] as number) + ((x[at] as number) - (y[at] as number)) ** 2;
  }
  return z;
}
