// y[t, :] += weights[c] · x[i, :] for the i-th choice c = choices[i] of one expert, t = c / count its token
// One invocation owns one element of x. A token chooses an expert once, so no two invocations write the same element of y.
struct Params {
  rows: u32,
  cols: u32,
  count: u32, // experts of a token
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] what the expert made of its tokens
@group(0) @binding(1) var<storage, read> choices: array<u32>; // [rows] token · count + rank
@group(0) @binding(2) var<storage, read> weights: array<f32>; // [tokens, count]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [tokens, cols]
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn combine(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = linear_group(group, groups) * WG + local;
  if (at >= params.rows * params.cols) {
    return;
  }
  let choice = choices[at / params.cols];
  y[choice / params.count * params.cols + at % params.cols] += weights[choice] * x[at];
}
