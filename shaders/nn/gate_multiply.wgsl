// gate ← activation(gate) · up, in place                                     (gated linear units: Shazeer, 2020)
// One invocation owns one element.
struct Params {
  count: u32,
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> up: array<f32>; // [rows, cols]
@group(0) @binding(1) var<storage, read_write> gate: array<f32>; // [rows, cols] becomes the product
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn gate_multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_group(group, groups) * WG + local;
  if (i < params.count) {
    gate[i] = activation(gate[i]) * up[i];
  }
}
