// y[j] = mean over rows of |W[i, j]| / peak[i, group of j], 0 where the peak is. One invocation owns a column and sums its rows in order.
struct Params {
  rows: u32,
  cols: u32,
  groups: u32,
  // Columns per group.
  group: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> W: array<f32>; // [rows, cols] weights
@group(0) @binding(1) var<storage, read> peak: array<f32>; // [rows, groups] largest magnitudes
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [1, cols] means
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn relative_magnitude(@builtin(global_invocation_id) id: vec3u) {
  let col = id.x;
  if (col >= params.cols) {
    return;
  }
  var sum = 0.0;
  for (var row = 0u; row < params.rows; row++) {
    let most = peak[row * params.groups + col / params.group];
    if (most > 0.0) {
      sum += abs(W[row * params.cols + col]) / most;
    }
  }
  y[col] = sum / f32(params.rows);
}
