// y[t, h, :] = [own[t, h, :] | rest[t, :]]: to every head its own columns, then the rest, which all heads share
//                                                       (keys of multi-head latent attention: DeepSeek-AI, 2024, DeepSeek-V2)
// One invocation owns one element of y.
struct Params {
  count: u32, // elements of y
  heads: u32,
  own_size: u32, // columns of a head
  rest_size: u32,
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> own: array<f32>; // [tokens, heads · own_size]
@group(0) @binding(1) var<storage, read> rest: array<f32>; // [tokens, rest_size]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [tokens, heads · (own_size + rest_size)]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn join_heads(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = linear_group(group, groups) * WG + local;
  if (at >= params.count) {
    return;
  }
  let size = params.own_size + params.rest_size;
  let strand = at / size; // token · heads + head
  let i = at % size;
  if (i < params.own_size) {
    y[at] = own[strand * params.own_size + i];
  } else {
    y[at] = rest[strand / params.heads * params.rest_size + i - params.own_size];
  }
}
