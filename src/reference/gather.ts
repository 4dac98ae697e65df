/** Rows of table [n, cols] by index; zeros for an index outside. Twin of shaders/nn/gather.wgsl. */
export function gather(table: ArrayLike<number>, cols: number, ids: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: ids.length * cols }, (_, at) => {
    return table[(ids[Math.floor(at / cols)] as number) * cols + (at % cols)] ?? 0;
  });
}
