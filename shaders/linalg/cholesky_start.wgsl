// R = upper triangle of H + damping·mean·I, zero below; rows and columns past n continue as the identity.
// One invocation owns one element of R [size, size], size >= n a multiple of the block; here rows [top, top + rows) of it.
struct Params { n: u32, size: u32, top: u32, rows: u32, damping: f32 }
@group(0) @binding(0) var<storage, read> h: array<f32>; // [rows, n] of a symmetric matrix; only its upper triangle is read
@group(0) @binding(1) var<storage, read> mean: array<f32>; // [1, 1] mean of the diagonal of h
@group(0) @binding(2) var<storage, read_write> r: array<f32>; // [rows, size] what the factorisation works on
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn cholesky_start(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  let row = at / params.size;
  let i = params.top + row;
  let j = at % params.size;
  if (row >= params.rows) { return; }
  var value = 0.0;
  if (i < params.n && j < params.n) {
    if (i <= j) { value = h[row * params.n + j]; }
    if (i == j) { value += params.damping * mean[0]; }
  } else if (i == j) {
    value = 1.0;
  }
  r[at] = value;
}
