// y[r, c] = x[r, c] / sqrt(mean_c x[r, c]² + epsilon) · w[r mod runs, c]          (Zhang and Sennrich, 2019)
// A row here is what is normed at once: of a matrix whose rows are normed in runs, one of `runs`, each with gains of its own.
// LANES invocations share a row, so a workgroup owns WG / LANES rows. Each lane adds up its own columns, then every lane of the row
// adds the lanes' sums in order: one barrier, which is what software adapters pay for.
struct Params {
  rows: u32,
  cols: u32,
  epsilon: f32,
  runs: u32,
}
override WG: u32 = 64;
override LANES: u32 = 64; // a divisor of WG
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] input
@group(0) @binding(1) var<storage, read> w: array<f32>; // [runs, cols] gains
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, cols] normalised input
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> partial: array<f32, WG>;

@compute @workgroup_size(WG)
fn rms_norm(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % LANES;
  let row = linear_group(group, groups) * (WG / LANES) + local / LANES;
  let begin = row * params.cols;
  var sum = 0.0;
  if (row < params.rows) {
    for (var c = lane; c < params.cols; c += LANES) {
      let v = x[begin + c];
      sum += v * v;
    }
  }
  partial[local] = sum;
  workgroupBarrier();
  if (row < params.rows) {
    var total = 0.0;
    for (var i = 0u; i < LANES; i++) {
      total += partial[local - lane + i];
    }
    let scale = inverseSqrt(total / f32(params.cols) + params.epsilon);
    let gains = row % params.runs * params.cols;
    for (var c = lane; c < params.cols; c += LANES) {
      y[begin + c] = x[begin + c] * scale * w[gains + c];
    }
  }
}
