// y[i, j] = a[i] · x[i, j] · b[j], a left out where `by_rows` is 0. One invocation owns one element.
struct Params {
  cols: u32,
  by_rows: u32,
  // The row of the whole matrix that x and y begin with.
  top: u32,
  // Elements of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] matrix
@group(0) @binding(1) var<storage, read> a: array<f32>; // [rows] factors of rows; b again where there are none
@group(0) @binding(2) var<storage, read> b: array<f32>; // [cols] factors of columns
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, cols] result
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn scale_columns(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = params.first + linear_group(wid, groups) * WG + lane;
  if (i >= params.last) {
    return;
  }
  var value = x[i] * b[i % params.cols];
  if (params.by_rows == 1) {
    value *= a[params.top + i / params.cols];
  }
  y[i] = value;
}
