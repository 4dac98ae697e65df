/** Rows of table [n, cols] by index; zeros for an index outside. And its adjoint. Twin of shaders/nn/gather.wgsl. */
export function gather(table: ArrayLike<number>, cols: number, ids: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: ids.length * cols }, (_, at) => {
    return table[(ids[Math.floor(at / cols)] as number) * cols + (at % cols)] ?? 0;
  });
}

/** From dy, the gradient at the rows, that at the table of n rows. */
export function gatherBack(dy: ArrayLike<number>, n: number, cols: number, ids: ArrayLike<number>): Float64Array {
  const dTable = new Float64Array(n * cols);
  for (let at = 0; at < dy.length; at++) {
    const to = (ids[Math.floor(at / cols)] as number) * cols + (at % cols);
    if (to < dTable.length) dTable[to] = (dTable[to] as number) + (dy[at] as number);
  }
  return dTable;
}
