// x ← min(max(x, −limit), limit), in place
// One invocation owns one element.
struct Params {
  count: u32,
  limit: f32,
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read_write> x: array<f32>; // [rows, cols]
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn clamp(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_group(group, groups) * WG + local;
  if (i < params.count) {
    x[i] = min(max(x[i], -params.limit), params.limit);
  }
}
