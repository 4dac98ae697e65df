// H[j, i] = H[i, j] for i in rows [from_top, from_top + from_rows) and j in rows [to_top, to_top + to_rows) below them.
// One invocation owns one such pair; neighbours write along a row.
struct Params { n: u32, from_top: u32, from_rows: u32, to_top: u32, to_rows: u32 }
// Both may be written: a buffer cannot be bound for reading beside a binding of it that is written.
@group(0) @binding(0) var<storage, read_write> above: array<f32>; // [from_rows, n] read only
@group(0) @binding(1) var<storage, read_write> below: array<f32>; // [to_rows, n] its columns of the rows above are written
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn mirror(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  let j = at / params.from_rows;
  let i = at % params.from_rows;
  if (j >= params.to_rows) { return; }
  below[j * params.n + params.from_top + i] = above[i * params.n + params.to_top + j];
}
