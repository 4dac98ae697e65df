// Codes as a dense little-endian bit stream: code i fills bits [i·bits, (i+1)·bits). One invocation owns one 32-bit word.
struct Params {
  bits: u32,
  // Codes in all.
  count: u32,
  words: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> codes: array<u32>; // [count] codes, one to a word
@group(0) @binding(1) var<storage, read_write> stream: array<u32>; // [words] bit stream
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn pack_codes(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let word = linear_group(wid, groups) * WG + lane;
  if (word >= params.words) {
    return;
  }
  // word·32/bits without overflow: whole multiples of `bits` words hold 32 codes each.
  let base = word / params.bits * 32;
  let bit = (word % params.bits) * 32;
  var i = base + bit / params.bits;
  var shift = -i32(bit % params.bits);
  var value = 0u;
  while (shift < 32 && i < params.count) {
    value |= select(codes[i] >> u32(max(-shift, 0)), codes[i] << u32(max(shift, 0)), shift >= 0);
    shift += i32(params.bits);
    i++;
  }
  stream[word] = value;
}
