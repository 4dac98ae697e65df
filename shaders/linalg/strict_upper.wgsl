// y = diagonal·I + factor·(x above the diagonal blocks of `width` columns), zero elsewhere; rows [top, top + rows).
// One invocation owns one element.
struct Params { n: u32, top: u32, rows: u32, width: u32, diagonal: f32, factor: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, n]
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, n] of an upper triangle
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn strict_upper(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  let i = params.top + at / params.n;
  let j = at % params.n;
  if (i >= params.top + params.rows) { return; }
  var value = 0.0;
  if (i == j) {
    value = params.diagonal;
  } else if (j / params.width > i / params.width) {
    value = params.factor * x[at];
  }
  y[at] = value;
}
