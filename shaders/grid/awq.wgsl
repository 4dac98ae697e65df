// AWQ's grid: ŵ = s (c − z), c = clamp(round(x / s) + z, 0, levels), s = max(high − low, 1e-5) / levels as a half, z = clamp(−round(low /
// (high − low) · levels), 0, levels). The range need not hold 0, so a group of one sign is cut off at high − low, as published.
// [rows, groups] scale s and zero z.
// With lib/half.wgsl and lib/affine.wgsl.
const SETS: u32 = 1;

// Scale and zero that `fit` found.
var<private> fitted: array<vec2f, SETS>;

fn code_of(x: f32, p: vec2f) -> f32 {
  return clamp(round(x / p.x) + p.y, 0.0, f32(params.levels));
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
  fitted[0] = vec2f(half_step(range / levels), clamp(-round(low / range * levels), 0.0, levels));
}
