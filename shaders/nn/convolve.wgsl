// y[t, c] = b[c] + Σ_j w[c, j] · x[t − taps + 1 + j, c]        causal convolution of every channel over its window; zeros before it
// One invocation owns one element.
struct Params {
  count: u32, // tokens · channels
  channels: u32,
  taps: u32,
  length: u32, // tokens of a window
  biased: u32, // 0 where b is not read
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> x: array<f32>; // [tokens, channels]
@group(0) @binding(1) var<storage, read> w: array<f32>; // [channels, taps] the last tap meets the token itself
@group(0) @binding(2) var<storage, read> b: array<f32>; // [1, channels]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [tokens, channels]
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn convolve(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = linear_group(group, groups) * WG + local;
  if (at >= params.count) {
    return;
  }
  let channel = at % params.channels;
  let position = at / params.channels % params.length;
  var sum = 0.0;
  if (params.biased != 0) {
    sum = b[channel];
  }
  for (var back = min(position + 1, params.taps); back > 0; back--) {
    sum += w[channel * params.taps + params.taps - back] * x[at - (back - 1) * params.channels];
  }
  y[at] = sum;
}
