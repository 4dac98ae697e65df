// x[t, :] ← sigmoid(gate[t]) · x[t, :], in place                      (the gate of a shared expert: Yang et al., 2024, Qwen2)
// One invocation owns one element.
struct Params {
  rows: u32,
  cols: u32,
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> gate: array<f32>; // [rows, 1]
@group(0) @binding(1) var<storage, read_write> x: array<f32>; // [rows, cols]
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn weigh(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_group(group, groups) * WG + local;
  if (i < params.rows * params.cols) {
    // exp(80) is finite in f32 and 1 / (1 + exp(80)) is zero to all digits: no infinity is ever formed.
    x[i] = x[i] / (1.0 + exp(min(-gate[i / params.cols], 80.0)));
  }
}
