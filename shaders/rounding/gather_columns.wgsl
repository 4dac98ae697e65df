// y[i, j] = x[i, order[j]], and 0 where order[j] names no column. One invocation owns one element. Words are moved, not
// interpreted, so weights and codes alike keep every bit.
struct Params {
  // Columns of y, and of x.
  cols: u32,
  source_cols: u32,
  // Elements of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<u32>; // [rows, source_cols] words
@group(0) @binding(1) var<storage, read> order: array<u32>; // [cols] source of each column
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [rows, cols] result
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn gather_columns(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = params.first + linear_group(wid, groups) * WG + lane;
  if (i >= params.last) {
    return;
  }
  let source = order[i % params.cols];
  if (source < params.source_cols) {
    y[i] = x[i / params.cols * params.source_cols + source];
  } else {
    y[i] = 0;
  }
}
