// y[i] = (max_j |x[i, j]|, Σ_j x[i, j]²). One invocation owns a row and sums its columns in order.
struct Params {
  rows: u32,
  cols: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] matrix
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, 2] largest magnitude and sum of squares
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn row_extent(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = linear_group(wid, groups) * WG + lane;
  if (row >= params.rows) {
    return;
  }
  var most = 0.0;
  var squares = 0.0;
  for (var col = 0u; col < params.cols; col++) {
    let value = x[row * params.cols + col];
    most = max(most, abs(value));
    squares += value * value;
  }
  y[2 * row] = most;
  y[2 * row + 1] = squares;
}
