// y[r, c] = x[r, begin + c].   One invocation owns one element of y.
struct Params { rows: u32, cols: u32, begin: u32, width: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] input
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, width] columns begin … begin+width of it
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn copy_columns(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  let row = at / params.width;
  if (row < params.rows) { y[at] = x[row * params.cols + params.begin + at % params.width]; }
}
