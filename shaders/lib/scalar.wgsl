// Points of a scalar grid: one column each. Makes round_point and point_of, which rounding kernels call, of the grid's quantize and
// value_of. A vector grid brings its own in place of this file.
const WIDTH: u32 = 1;

fn round_point(row: u32, col: u32, x: array<f32, WIDTH>) -> array<u32, WIDTH> {
  return array<u32, WIDTH>(quantize(row, col, x[0]));
}

fn point_of(row: u32, col: u32, code: array<u32, WIDTH>) -> array<f32, WIDTH> {
  return array<f32, WIDTH>(value_of(row, col, code[0]));
}
