// PB-LLM's mixed grid: salient weights in 8 bits, ŵ = s (c − z); the others binary, ŵ = mean ± size of their row. Which weights are
// salient is decided beforehand: bit 8 of what `codes` holds, and of the code. [rows, 2] sets: (mean, size), then (scale s, zero z).
const SETS: u32 = 2;
const SALIENT: u32 = 256;

// Unused: parameters are given.
var<private> fitted: array<vec2f, SETS>;

fn grid_parameters(row: u32, which: u32) -> vec2f {
  let at = (row * params.groups + which) * 2;
  return vec2f(parameters[at], parameters[at + 1]);
}

fn quantize(row: u32, col: u32, x: f32) -> u32 {
  if ((codes[row * params.cols + col] & SALIENT) == 0) {
    return u32(x >= grid_parameters(row, 0).x);
  }
  let p = grid_parameters(row, 1);
  return SALIENT | u32(clamp(round(x / p.x) + p.y, 0.0, 255.0));
}

fn value_of(row: u32, col: u32, code: u32) -> f32 {
  if ((code & SALIENT) == 0) {
    let p = grid_parameters(row, 0);
    return p.x + select(-p.y, p.y, code == 1);
  }
  let p = grid_parameters(row, 1);
  return p.x * (f32(code & 255) - p.y);
}

fn fit(row: u32, begin: u32, end: u32) {}
