// y *= factor, element by element.   One invocation owns one element.
struct Params { count: u32, factor: f32 }
@group(0) @binding(0) var<storage, read_write> y: array<f32>; // [rows, cols] changed in place
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64)
fn scale_all(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  if (at < params.count) { y[at] *= params.factor; }
}
