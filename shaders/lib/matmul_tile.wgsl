// What every register tile of the matmul does with a finished sum.
fn store(row: u32, col: u32, sum: f32) {
  if (row >= params.m || col >= params.n) { return; }
  let at = row * params.ldc + params.first_col + col;
  let scaled = params.alpha * sum;
  if (params.accumulate == 1) { c[at] += scaled; } else { c[at] = scaled; }
}
