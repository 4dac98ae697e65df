// Equally spaced levels with the rules of two export formats: ŵ = s (c − z), c = clamp(round(x / s + z), 0, top). s is rounded to half
// precision first where the format stores it so, then z and codes follow from that s. Parameters: s and z.
// RULE 0, MatMulNBits symmetric: the value of the largest magnitude is the level −2^(b−1) s, and s has its sign; z = 2^(b−1).
// RULE 1, MatMulNBits with zero points: the range widened to hold 0. RULE 2, MLC q4f16_1: s = max |x| / 7, z = 7, 15 levels.
// With lib/half.wgsl and lib/affine.wgsl.
const SETS: u32 = 1;
override RULE: u32 = 0;
override HALF_SCALE: u32 = 1;
// 1: the range is searched for the least error weighed by importance.
override IMPORTANCE: u32 = 0;

var<private> fitted: array<vec2f, SETS>;

fn top() -> f32 {
  return f32(params.levels - select(0u, 1u, RULE == 2));
}

fn code_of(x: f32, p: vec2f) -> f32 {
  // A group of zeros.
  if (p.x == 0.0) {
    return p.y;
  }
  return clamp(round(x / p.x + p.y), 0.0, top());
}

// Scale and zero of the range [low, high], whose end of larger magnitude is `extreme`.
fn parameters_of(low: f32, high: f32, extreme: f32) -> vec2f {
  let middle = f32((params.levels + 1) / 2);
  var scale = extreme / -middle;
  if (RULE == 1) {
    scale = (high - low) / top();
  } else if (RULE == 2) {
    scale = abs(extreme) / 7.0;
  }
  if (HALF_SCALE == 1) {
    scale = half(scale);
  }
  var zero = select(middle, 7.0, RULE == 2);
  if (RULE == 1) {
    zero = 0.0;
    if (scale > 0.0) {
      zero = clamp(round(-low / scale), 0.0, top());
    }
  }
  return vec2f(scale, zero);
}

fn fit(row: u32, begin: u32, end: u32) {
  var low = 0.0;
  var high = 0.0;
  for (var col = begin; col < end; col++) {
    let x = target_value(row, col);
    low = min(low, x);
    high = max(high, x);
  }
  let extreme = select(high, low, -low > high);
  var best = parameters_of(low, high, extreme);
  if (IMPORTANCE == 1) {
    // Shrink by i/100 for i < 80, keep the first least sum of importance · (ŵ − x)².
    var least = 0.0;
    for (var i = 0u; i < 80; i++) {
      let share = 1.0 - f32(i) / 100.0;
      let p = parameters_of(share * low, share * high, share * extreme);
      var sum = 0.0;
      for (var col = begin; col < end; col++) {
        let x = target_value(row, col);
        let off = p.x * (code_of(x, p) - p.y) - x;
        sum += importance_of(col) * off * off;
      }
      if (i == 0 || sum < least) {
        least = sum;
        best = p;
      }
    }
  }
  fitted[0] = best;
}
