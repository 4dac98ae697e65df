// y[r, c] = x[r, c] inside x, 0 outside: gives rows the width that vector loads need.
// One invocation owns one word of y (one f32, or two 16-bit elements when WIDTH = 2).
struct Params { rows: u32, cols: u32, out_rows: u32, out_cols: u32 }
override WIDTH: u32 = 1;
@group(0) @binding(0) var<storage, read> x: array<u32>; // [rows, cols] elements of 4/WIDTH bytes
@group(0) @binding(1) var<storage, read_write> y: array<u32>; // [out_rows, out_cols] the same elements
@group(0) @binding(2) var<uniform> params: Params;

fn element(index: u32) -> u32 {
  let row = index / params.out_cols;
  let col = index % params.out_cols;
  if (row >= params.rows || col >= params.cols) { return 0; }
  let at = row * params.cols + col;
  if (WIDTH == 1) { return x[at]; }
  return (x[at / 2] >> (16 * (at % 2))) & 0xffffu;
}

@compute @workgroup_size(64)
fn pad_copy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let word = linear_group(group, groups) * 64 + lane;
  if (word * WIDTH >= params.out_rows * params.out_cols) { return; }
  if (WIDTH == 1) { y[word] = element(word); } else { y[word] = element(2 * word) | (element(2 * word + 1) << 16); }
}
