// One code to a word from a dense little-endian bit stream: the inverse of pack_codes. One invocation owns one code.
struct Params {
  bits: u32,
  // Codes in all.
  count: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> stream: array<u32>; // [words] bit stream
@group(0) @binding(1) var<storage, read_write> codes: array<u32>; // [count] codes, one to a word
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn unpack_codes(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = linear_group(wid, groups) * WG + lane;
  if (i >= params.count) {
    return;
  }
  // 32 codes fill `bits` words.
  let bit = (i % 32) * params.bits;
  let word = i / 32 * params.bits + bit / 32;
  let shift = bit % 32;
  var value = stream[word] >> shift;
  if (shift + params.bits > 32) {
    value |= stream[word + 1] << (32 - shift);
  }
  codes[i] = value & ((1u << params.bits) - 1);
}
