// AWQ's grid: ŵ = s (c − z), c = clamp(round(x / s) + z, 0, levels), s = max(high − low, 1e-5) / levels, z = clamp(−round(low / s), 0,
// levels). The range need not hold 0, so a group of one sign is cut off at high − low, as published. [rows, groups] scale s and zero z.
const SETS: u32 = 1;

// Scale and zero that `fit` found.
var<private> fitted: array<vec2f, SETS>;

fn grid_parameters(row: u32, col: u32) -> vec2f {
  let at = (row * params.groups + group_of[col]) * 2;
  return vec2f(parameters[at], parameters[at + 1]);
}

fn quantize(row: u32, col: u32, x: f32) -> u32 {
  let p = grid_parameters(row, col);
  return u32(clamp(round(x / p.x) + p.y, 0.0, f32(params.levels)));
}

fn value_of(row: u32, col: u32, code: u32) -> f32 {
  let p = grid_parameters(row, col);
  return p.x * (f32(code) - p.y);
}

// Scale and zero for columns [begin, end) of a row.
fn fit(row: u32, begin: u32, end: u32) {
  var low = target_value(row, begin);
  var high = low;
  for (var col = begin + 1; col < end; col++) {
    let x = target_value(row, col);
    low = min(low, x);
    high = max(high, x);
  }
  let range = max(high - low, 1e-5);
  let levels = f32(params.levels);
  // Not low / scale: for a range that mirrors about 0 that is a tie, which rounding errors of the scale would decide.
  fitted[0] = vec2f(range / levels, clamp(-round(low / range * levels), 0.0, levels));
}
