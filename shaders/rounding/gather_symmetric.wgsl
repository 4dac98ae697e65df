// y[i, j] = H[order[i], order[j]], 0 where an order names no column, save `filling` on the diagonal, and, where `unit` is 1, 1 on the
// diagonal where H is 0 (an input that is never used). One invocation owns one element of a listed row. H need not be symmetric.
struct Params {
  // Rows of y, and of H.
  n: u32,
  source_n: u32,
  // The rows of y and of H that the bound ones begin with.
  top: u32,
  source_top: u32,
  unit: u32,
  filling: f32,
  // Elements of the listed rows, one after another, of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> H: array<f32>; // [any, source_n] rows of the second moment of the inputs
@group(0) @binding(1) var<storage, read> order: array<u32>; // [n] source of each column
@group(0) @binding(2) var<storage, read> listed: array<u32>; // [count, 2] rows of y to write, and their sources among the bound ones
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [any, n] result
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn gather_symmetric(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = params.first + linear_group(wid, groups) * WG + lane;
  if (at >= params.last) {
    return;
  }
  let i = listed[2 * (at / params.n)];
  let source = listed[2 * (at / params.n) + 1];
  let j = at % params.n;
  var h = select(0.0, params.filling, i == j);
  if (max(source, order[j]) < params.source_n) {
    h = H[(source - params.source_top) * params.source_n + order[j]];
  }
  y[(i - params.top) * params.n + j] = select(h, 1.0, params.unit == 1 && i == j && h == 0.0);
}
