// Ŵ[i, j … j + WIDTH) = the point with codes[i, j … j + WIDTH). One invocation owns one point. Concatenated with a grid file.
struct Params {
  cols: u32,
  groups: u32,
  levels: u32,
  // Points of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> codes: array<u32>; // [rows, cols] codes, one to a word
@group(0) @binding(1) var<storage, read> group_of: array<u32>; // [cols] parameter set of each column
@group(0) @binding(2) var<storage, read> parameters: array<f32>; // [rows, groups, 2] the grid's
@group(0) @binding(3) var<storage, read_write> What: array<f32>; // [rows, cols] result
@group(0) @binding(4) var<uniform> params: Params;

fn target_value(row: u32, col: u32) -> f32 {
  return What[row * params.cols + col];
}

fn importance_of(col: u32) -> f32 {
  return 1.0;
}

@compute @workgroup_size(WG)
fn dequantize(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = params.first + linear_group(wid, groups) * WG + lane;
  if (i >= params.last) {
    return;
  }
  let at = i * WIDTH;
  var code: array<u32, WIDTH>;
  for (var k = 0u; k < WIDTH; k++) {
    code[k] = codes[at + k];
  }
  let x = point_of(at / params.cols, at % params.cols, code);
  for (var k = 0u; k < WIDTH; k++) {
    What[at + k] = x[k];
  }
}
