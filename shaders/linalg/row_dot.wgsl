// z[r] = Σ_c x[r, c]·y[r, c].   A workgroup owns a row: lane l sums c = l, l + 64, …; then a tree over the lanes.
struct Params { rows: u32, cols: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] first factor
@group(0) @binding(1) var<storage, read> y: array<f32>; // [rows, cols] second factor
@group(0) @binding(2) var<storage, read_write> z: array<f32>; // [rows, 1] sums
@group(0) @binding(3) var<uniform> params: Params;
var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn row_dot(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Workgroups past the last row work on it too, so that all reach the barriers; they do not store.
  let row = linear_group(group, groups);
  let start = min(row, params.rows - 1) * params.cols;
  var sum = 0.0;
  for (var c = lane; c < params.cols; c += 64) { sum = fma(x[start + c], y[start + c], sum); }
  sums[lane] = sum;
  for (var half = 32u; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0 && row < params.rows) { z[row] = sums[0]; }
}
