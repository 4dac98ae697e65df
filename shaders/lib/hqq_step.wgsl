// HQQ's half-quadratic step for one group of columns: with e = x − ŵ and e' = shrink(e), z = mean(c − (x − e') / s). Whoever includes this
// declares target_value, importance_of, params.levels and IMPORTANCE. Twin: reference/hqq.ts.
const POWER: f32 = 0.7;
const BETA: f32 = 10.0;
const KAPPA: f32 = 1.01;
const STEPS: u32 = 20;

fn hqq_code(x: f32, scale: f32, zero: f32) -> f32 {
  return clamp(round(x / scale + zero), 0.0, f32(params.levels));
}

// sign(e) · max(0, |e| − |e|^(p−1) / β); 0 at 0, where the power is infinite.
fn shrink(e: f32, beta: f32) -> f32 {
  let size = abs(e);
  if (size < 1e-30) {
    return 0.0;
  }
  return sign(e) * max(size - pow(size, POWER - 1.0) / beta, 0.0);
}

fn hqq_weight(col: u32) -> f32 {
  return select(1.0, importance_of(col), IMPORTANCE == 1);
}

// Scale, first zero, and the sum of what the columns weigh.
fn hqq_start(row: u32, begin: u32, end: u32) -> vec3f {
  var low = target_value(row, begin);
  var high = low;
  var total = 0.0;
  for (var col = begin; col < end; col++) {
    let x = target_value(row, col);
    low = min(low, x);
    high = max(high, x);
    total += hqq_weight(col);
  }
  // Published limits: a narrower range has scale 1, and no scale is below 1/20000.
  var scale = 1.0;
  if (high - low > 1e-4) {
    scale = half(max((high - low) / f32(params.levels), 5e-5));
  }
  return vec3f(scale, half(-low / scale), total);
}

// Σ w |e| with this zero, and Σ w (c − (x − e') / s), whose mean is the next.
fn hqq_step(row: u32, begin: u32, end: u32, scale: f32, zero: f32, beta: f32) -> vec2f {
  var sums = vec2f();
  for (var col = begin; col < end; col++) {
    let x = target_value(row, col);
    let code = hqq_code(x, scale, zero);
    let e = x - scale * (code - zero);
    sums += hqq_weight(col) * vec2f(abs(e), code - (x - shrink(e, beta)) / scale);
  }
  return sums;
}
