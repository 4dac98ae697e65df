// y[i, j] = x[i, first_col + j].   One invocation owns one element.
struct Params { cols: u32, first_col: u32, width: u32, count: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, width] some of its columns
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn column_range(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  if (at >= params.count) { return; }
  y[at] = x[at / params.width * params.cols + params.first_col + at % params.width];
}
