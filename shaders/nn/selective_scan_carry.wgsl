// From the ends of chunks that started from zeros to the states from which they truly start, in place, chunk after chunk:
//   S_k ← exp(A · Σ of the steps of chunk k − 1) S_{k−1} + S_k
// One invocation owns four states of a channel of a window.
struct Params {
  count: u32, // windows · channels · quads
  channels: u32,
  chunks: u32, // of a window
  quads: u32, // states / 4
}
@group(0) @binding(0) var<storage, read> a_log: array<vec4f>; // [channels, states / 4]
@group(0) @binding(1) var<storage, read> sums: array<f32>; // [windows · chunks, channels] of the chunk before
@group(0) @binding(2) var<storage, read_write> starts: array<vec4f>; // [windows · chunks · channels, states / 4] of the chunk before; become starts
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn selective_scan_carry(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let unit = linear_group(group, groups) * 64 + lane;
  if (unit >= params.count) {
    return;
  }
  let quad = unit % params.quads;
  let channel = unit / params.quads % params.channels;
  let window = unit / params.quads / params.channels;
  let rate = decay_rate(a_log[channel * params.quads + quad]);
  var state = vec4f();
  for (var k = 1u; k < params.chunks; k++) {
    let at = (window * params.chunks + k) * params.channels + channel;
    state = exp(sums[at] * rate) * state + starts[at * params.quads + quad];
    starts[at * params.quads + quad] = state;
  }
}
