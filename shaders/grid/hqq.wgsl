// HQQ: ŵ = s (c − z) with a real zero z, c = clamp(round(x / s + z), 0, levels). s from the range, which need not hold 0; z by half-quadratic
// steps for the least mean |x − ŵ|^p, p = 0.7: with e = x − ŵ and e' = shrink(e), z = mean(c − (x − e') / s). Each group stops when its mean
// |e| no longer falls, and keeps the best z. s and z are halves throughout. Parameters: s and z.
// With lib/half.wgsl and lib/affine.wgsl.
const SETS: u32 = 1;
// 1: means over the columns of a group are weighed by importance.
override IMPORTANCE: u32 = 0;

const POWER: f32 = 0.7;
const BETA: f32 = 10.0;
const KAPPA: f32 = 1.01;
const STEPS: u32 = 20;

var<private> fitted: array<vec2f, SETS>;

fn code_of(x: f32, p: vec2f) -> f32 {
  return clamp(round(x / p.x + p.y), 0.0, f32(params.levels));
}

// sign(e) · max(0, |e| − |e|^(p−1) / β); 0 at 0, where the power is infinite.
fn shrink(e: f32, beta: f32) -> f32 {
  let size = abs(e);
  if (size < 1e-30) {
    return 0.0;
  }
  return sign(e) * max(size - pow(size, POWER - 1.0) / beta, 0.0);
}

fn fit(row: u32, begin: u32, end: u32) {
  var low = target_value(row, begin);
  var high = low;
  var total = 0.0;
  for (var col = begin; col < end; col++) {
    let x = target_value(row, col);
    low = min(low, x);
    high = max(high, x);
    total += select(1.0, importance_of(col), IMPORTANCE == 1);
  }
  // Published limits: a narrower range has scale 1, and no scale is below 1/20000.
  var scale = 1.0;
  if (high - low > 1e-4) {
    scale = half(max((high - low) / f32(params.levels), 5e-5));
  }
  var zero = half(-low / scale);
  var best = zero;
  var least = 0.0;
  var beta = BETA;
  for (var step = 0u; step < STEPS; step++) {
    var error = 0.0;
    var sum = 0.0;
    for (var col = begin; col < end; col++) {
      let weight = select(1.0, importance_of(col), IMPORTANCE == 1);
      let x = target_value(row, col);
      let code = code_of(x, vec2f(scale, zero));
      let e = x - scale * (code - zero);
      error += weight * abs(e);
      sum += weight * (code - (x - shrink(e, beta)) / scale);
    }
    if (step > 0 && error >= least) {
      break;
    }
    least = error;
    best = zero;
    // Inputs that never occur say nothing.
    if (total <= 0.0) {
      break;
    }
    zero = half(sum / total);
    beta *= KAPPA;
  }
  fitted[0] = vec2f(scale, best);
}
