// y[r, c] += bias[c].   One invocation owns one element.
struct Params { rows: u32, cols: u32 }
@group(0) @binding(0) var<storage, read> bias: array<f32>; // [1, cols] what every row gains
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, cols] changed in place
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn add_row(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  if (at >= params.rows * params.cols) { return; }
  y[at] += bias[at % params.cols];
}
