// HQQ with the published stop: all groups of a matrix take the same number of half-quadratic steps. With z the real zero of a group and
// s its step (shaders/grid/hqq.wgsl has the formulas), two passes of the same walk: record 1 writes Σ |x − ŵ| of each row before every
// step; record 0 takes counts[row] steps and writes s and z. One invocation owns one row, its groups one after another.
// W [rows, cols]; importance [cols]; counts [rows]; errors [rows, STEPS]; parameters [rows, groups, 2].
// With lib/half.wgsl and lib/hqq_step.wgsl.
struct Params {
  cols: u32,
  groups: u32,
  // Columns per group.
  group: u32,
  levels: u32,
  record: u32,
  // Rows of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;
// 1: errors and means over the columns of a group are weighed by importance.
override IMPORTANCE: u32 = 0;

@group(0) @binding(0) var<storage, read> W: array<f32>; // [rows, cols] weights
@group(0) @binding(1) var<storage, read> importance: array<f32>; // [cols] weight of an error in each column
@group(0) @binding(2) var<storage, read> counts: array<u32>; // [rows] steps to be taken
@group(0) @binding(3) var<storage, read_write> errors: array<f32>; // [rows, STEPS] sums of magnitudes
@group(0) @binding(4) var<storage, read_write> parameters: array<f32>; // [rows, groups, 2] scale and zero
@group(0) @binding(5) var<uniform> params: Params;

fn target_value(row: u32, col: u32) -> f32 {
  return W[row * params.cols + col];
}

fn importance_of(col: u32) -> f32 {
  return importance[col];
}

@compute @workgroup_size(WG)
fn hqq_zero(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first + id.x;
  if (row >= params.last) {
    return;
  }
  let steps = select(counts[row], STEPS, params.record == 1);
  for (var g = 0u; g < params.groups; g++) {
    let begin = g * params.group;
    let end = min(begin + params.group, params.cols);
    let start = hqq_start(row, begin, end);
    let scale = start.x;
    var zero = start.y;
    var beta = BETA;
    for (var step = 0u; step < steps; step++) {
      let next = hqq_step(row, begin, end, scale, zero, beta);
      if (params.record == 1) {
        let at = row * STEPS + step;
        errors[at] = select(errors[at], 0.0, g == 0) + next.x;
      }
      // Inputs that never occur say nothing.
      if (start.z > 0.0) {
        zero = half(next.y / start.z);
      }
      beta *= KAPPA;
    }
    if (params.record == 0) {
      let at = 2 * (row * params.groups + g);
      parameters[at] = scale;
      parameters[at + 1] = zero;
    }
  }
}
