// Y = X for X stored 16 bits wide, two to a word, low half first: binary16, or bfloat16 (an f32 cut to its upper 16 bits). Exact.
// One invocation owns one word, two elements of Y.
struct Params { words: u32, brain: u32 }
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> x: array<u32>; // [words] two halves each
@group(0) @binding(1) var<storage, read_write> y: array<vec2f>; // [words] the same as f32
@group(0) @binding(2) var<uniform> params: Params; // brain 1: bfloat16

@compute @workgroup_size(WG)
fn unpack(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = linear_group(group, groups) * WG + lane;
  if (i >= params.words) { return; }
  let word = x[i];
  if (params.brain == 1) { y[i] = bitcast<vec2f>(vec2u(word << 16, word & 0xffff0000)); } else { y[i] = unpack2x16float(word); }
}
