// y[r, c] = (x[r, c] − mean_c x[r, c]) / sqrt(var_c x[r, c] + epsilon) · w[c] + b[c]          (Ba et al., 2016), the variance over all columns
// LANES invocations share a row, so a workgroup owns WG / LANES rows. Each lane adds up its own columns, then every lane of the row
// adds the lanes' sums in order; the variance is that of the centred values, so that a large mean costs no digits.
struct Params {
  rows: u32,
  cols: u32,
  epsilon: f32,
}
override WG: u32 = 64;
override LANES: u32 = 64; // a divisor of WG
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] input
@group(0) @binding(1) var<storage, read> w: array<f32>; // [1, cols] gains
@group(0) @binding(2) var<storage, read> b: array<f32>; // [1, cols] what is added
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, cols] normalised input
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> sums: array<f32, WG>;
var<workgroup> squares: array<f32, WG>;

@compute @workgroup_size(WG)
fn layer_norm(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % LANES;
  let row = linear_group(group, groups) * (WG / LANES) + local / LANES;
  let begin = row * params.cols;
  let count = f32(params.cols);
  var sum = 0.0;
  if (row < params.rows) {
    for (var c = lane; c < params.cols; c += LANES) {
      sum += x[begin + c];
    }
  }
  sums[local] = sum;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < LANES; i++) {
    total += sums[local - lane + i];
  }
  let mean = total / count;
  var square = 0.0;
  if (row < params.rows) {
    for (var c = lane; c < params.cols; c += LANES) {
      let v = x[begin + c] - mean;
      square += v * v;
    }
  }
  squares[local] = square;
  workgroupBarrier();
  if (row < params.rows) {
    var variance = 0.0;
    for (var i = 0u; i < LANES; i++) {
      variance += squares[local - lane + i];
    }
    let scale = inverseSqrt(variance / count + params.epsilon);
    for (var c = lane; c < params.cols; c += LANES) {
      y[begin + c] = (x[begin + c] - mean) * scale * w[c] + b[c];
    }
  }
}
