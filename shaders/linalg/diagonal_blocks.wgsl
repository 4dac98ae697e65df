// y[i, k] = H[i, group·⌊i / group⌋ + k] for rows [top, top + rows), 0 past the last column: of each input what it has to do with those
// of its group.   One invocation owns one element.
struct Params { n: u32, group: u32, top: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> h: array<f32>; // [rows, n] rows of a square matrix
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, group] their part of the diagonal blocks
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn diagonal_blocks(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  let row = at / params.group;
  if (row >= params.rows) { return; }
  let col = (params.top + row) / params.group * params.group + at % params.group;
  var value = 0.0;
  if (col < params.n) { value = h[row * params.n + col]; }
  y[at] = value;
}
