// Y·U = X for one block of columns [first, end), when the columns before it are taken off already:
//   y_j = (x_j − Σ_{first≤k<j} y_k U[k, j]) / U[j, j].   One invocation owns one row.
struct Params { rows: u32, n: u32, first: u32, end: u32, unit: u32 }
@group(0) @binding(0) var<storage, read> u: array<f32>; // [end − first, n] rows first … end of an upper triangle
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, n] x in the block before, y after
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn triangular_block(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = linear_group(group, groups) * 64 + lane;
  if (row >= params.rows) { return; }
  let at = row * params.n;
  for (var j = params.first; j < params.end; j++) {
    var value = y[at + j];
    for (var k = params.first; k < j; k++) { value -= y[at + k] * u[(k - params.first) * params.n + j]; }
    // A diagonal of ones is not divided by: a division may be off by an ulp.
    if (params.unit == 0) { value = value / u[(j - params.first) * params.n + j]; }
    y[at + j] = value;
  }
}
