// HQQ: ŵ = s (c − z) with a real zero z, c = clamp(round(x / s + z), 0, levels). s from the range, which need not hold 0; z by half-quadratic
// steps for the least mean |x − ŵ|^p, p = 0.7. Here each group stops when its mean |e| no longer falls, and keeps the
// best z; stats/hqq_zero.wgsl stops with the whole matrix. s and z are halves throughout. Parameters: s and z.
// With lib/half.wgsl, lib/hqq_step.wgsl and lib/affine.wgsl.
const SETS: u32 = 1;
// 1: means over the columns of a group are weighed by importance.
override IMPORTANCE: u32 = 0;

var<private> fitted: array<vec2f, SETS>;

fn code_of(x: f32, p: vec2f) -> f32 {
  return hqq_code(x, p.x, p.y);
}

fn fit(row: u32, begin: u32, end: u32) {
  let start = hqq_start(row, begin, end);
  let scale = start.x;
  var zero = start.y;
  var best = zero;
  var least = 0.0;
  var beta = BETA;
  for (var step = 0u; step < STEPS; step++) {
    let next = hqq_step(row, begin, end, scale, zero, beta);
    if (step > 0 && next.x >= least) {
      break;
    }
    least = next.x;
    best = zero;
    // Inputs that never occur say nothing.
    if (start.z <= 0.0) {
      break;
    }
    zero = half(next.y / start.z);
    beta *= KAPPA;
  }
  fitted[0] = vec2f(scale, best);
}
