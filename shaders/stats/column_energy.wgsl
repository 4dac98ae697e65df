// z[c] = Σ_r (x[r, c] − y[r, c])².   One invocation owns one column and sums its rows in order.
struct Params { rows: u32, cols: u32, first: u32, last: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols]
@group(0) @binding(1) var<storage, read> y: array<f32>; // [rows, cols]
@group(0) @binding(2) var<storage, read_write> z: array<f32>; // [1, cols] sums
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn column_energy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let col = params.first + linear_group(group, groups) * 64 + lane;
  if (col >= params.last) { return; }
  var sum = 0.0;
  for (var row = 0u; row < params.rows; row++) {
    let d = x[row * params.cols + col] - y[row * params.cols + col];
    sum = fma(d, d, sum);
  }
  z[col] = sum;
}
