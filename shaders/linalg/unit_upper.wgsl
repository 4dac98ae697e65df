// R̃[i, j] = R[i, j] / R[j, j]: every column divided by its pivot, so that the diagonal is one. Here the columns from first_col on, down
// to the last of their pivots.   One invocation owns one element.
struct Params { cols: u32, first_col: u32, count: u32 }
@group(0) @binding(0) var<storage, read> r: array<f32>; // [first_col + cols, cols] of an upper triangle, positive diagonal
@group(0) @binding(1) var<storage, read_write> unit: array<f32>; // [first_col + cols, cols] of the unit upper triangle
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn unit_upper(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  if (at >= params.count) { return; }
  let j = at % params.cols;
  let pivot = params.first_col + j;
  // The diagonal is set, not divided: a division may be off by an ulp.
  if (at / params.cols == pivot) { unit[at] = 1.0; } else { unit[at] = r[at] / r[pivot * params.cols + j]; }
}
