// z ← cap · tanh(factor · z / cap), in place: logits that a model scales and keeps within ± cap (Gemma 2, 2024); factor · z where there is
// no cap. One invocation owns one element.
struct Params {
  count: u32,
  factor: f32,
  cap: f32, // 0 for none
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read_write> z: array<f32>; // [rows, cols]
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn scale_cap(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_group(group, groups) * WG + local;
  if (i >= params.count) {
    return;
  }
  let scaled = params.factor * z[i];
  if (params.cap > 0.0) {
    z[i] = params.cap * soft_sign(scaled / params.cap);
  } else {
    z[i] = scaled;
  }
}
