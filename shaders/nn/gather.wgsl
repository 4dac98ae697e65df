// y[t, :] = table[ids[t] − first, :] for ids in [first, first + count); other rows of y are left as they are.
// One invocation owns one element of y. A table over the binding limit is gathered range by range.
struct Params {
  tokens: u32,
  cols: u32,
  first: u32,
  count: u32,
}
override WG: u32 = 64;
override STORED: u32 = 0; // 0: f32, 1: f16, 2: bf16; 16-bit values two to a word, low half first
@group(0) @binding(0) var<storage, read> table: array<u32>; // [count, cols] rows first .. first + count
@group(0) @binding(1) var<storage, read> ids: array<u32>; // [tokens]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [tokens, cols]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn gather(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = linear_group(group, groups) * WG + local;
  if (at >= params.tokens * params.cols) {
    return;
  }
  let id = ids[at / params.cols];
  if (id < params.first || id - params.first >= params.count) {
    return;
  }
  let source = (id - params.first) * params.cols + at % params.cols;
  if (STORED == 0) {
    y[at] = bitcast<f32>(table[source]);
  } else if (STORED == 1) {
    y[at] = unpack2x16float(table[source / 2])[source % 2];
  } else {
    y[at] = bitcast<f32>(select(table[source / 2] << 16, table[source / 2] & 0xffff0000, source % 2 == 1));
  }
}
