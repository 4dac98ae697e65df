// Equally spaced levels, ŵ = s (c − z): parameters [rows, groups] hold s and z of the row's group of columns. Makes quantize and value_of
// of the grid's code_of(x, p), p = (s, z).
fn grid_parameters(row: u32, col: u32) -> vec2f {
  let at = (row * params.groups + group_of[col]) * 2;
  return vec2f(parameters[at], parameters[at + 1]);
}

fn quantize(row: u32, col: u32, x: f32) -> u32 {
  return u32(code_of(x, grid_parameters(row, col)));
}

fn value_of(row: u32, col: u32, code: u32) -> f32 {
  let p = grid_parameters(row, col);
  return p.x * (f32(code) - p.y);
}
