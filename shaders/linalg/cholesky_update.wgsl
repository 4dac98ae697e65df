// The rest of a step: A −= P·Pᵀ on and above the diagonal of the leading part, P [first, block] the panel just solved.
// One invocation owns 8 × 8 elements of A, a workgroup 8 rows × 8·WG columns; tiles wholly below the diagonal return at once.
struct Params {
  size: u32,
  // The row that r begins with, and the first row of this dispatch.
  top: u32,
  first_row: u32,
  first: u32,
  block: u32,
  outputs: u32,
}
override WG: u32 = 16;
@group(0) @binding(0) var<storage, read> panel: array<f32>; // [first, block] P
@group(0) @binding(1) var<storage, read_write> r: array<f32>; // [rows, size] A left of the panel, changed in place
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn cholesky_update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = params.first_row + group.y * 8;
  let col = (group.x * WG + lane) * 8;
  if (row >= params.first || col >= params.first || col + 7 < row) { return; }
  let size = params.size;
  let block = params.block;
  let p = row * block;
  let l = (vec4u(0, 1, 2, 3) + col) * block;
  let t = l + 4 * block;
  var s0l = vec4f();
  var s0r = vec4f();
  var s1l = vec4f();
  var s1r = vec4f();
  var s2l = vec4f();
  var s2r = vec4f();
  var s3l = vec4f();
  var s3r = vec4f();
  var s4l = vec4f();
  var s4r = vec4f();
  var s5l = vec4f();
  var s5r = vec4f();
  var s6l = vec4f();
  var s6r = vec4f();
  var s7l = vec4f();
  var s7r = vec4f();
  // `block` and `outputs` are 32 and 64, kept from the compiler: unrolled, these loops take seconds to compile on a software
  // adapter.
  for (var k = 0u; k < block; k++) {
    let x = vec4f(panel[l.x + k], panel[l.y + k], panel[l.z + k], panel[l.w + k]);
    let y = vec4f(panel[t.x + k], panel[t.y + k], panel[t.z + k], panel[t.w + k]);
    let p0 = vec4f(panel[p + k]);
    s0l = fma(p0, x, s0l);
    s0r = fma(p0, y, s0r);
    let p1 = vec4f(panel[p + block + k]);
    s1l = fma(p1, x, s1l);
    s1r = fma(p1, y, s1r);
    let p2 = vec4f(panel[p + 2 * block + k]);
    s2l = fma(p2, x, s2l);
    s2r = fma(p2, y, s2r);
    let p3 = vec4f(panel[p + 3 * block + k]);
    s3l = fma(p3, x, s3l);
    s3r = fma(p3, y, s3r);
    let p4 = vec4f(panel[p + 4 * block + k]);
    s4l = fma(p4, x, s4l);
    s4r = fma(p4, y, s4r);
    let p5 = vec4f(panel[p + 5 * block + k]);
    s5l = fma(p5, x, s5l);
    s5r = fma(p5, y, s5r);
    let p6 = vec4f(panel[p + 6 * block + k]);
    s6l = fma(p6, x, s6l);
    s6r = fma(p6, y, s6r);
    let p7 = vec4f(panel[p + 7 * block + k]);
    s7l = fma(p7, x, s7l);
    s7r = fma(p7, y, s7r);
  }
  var sums = array<vec4f, 16>(
    s0l, s0r,
    s1l, s1r,
    s2l, s2r,
    s3l, s3r,
    s4l, s4r,
    s5l, s5r,
    s6l, s6r,
    s7l, s7r,
  );
  for (var i = 0u; i < params.outputs; i++) {
    let to_row = row + i / 8;
    let to_col = col + i % 8;
    if (to_col >= to_row) { r[(to_row - params.top) * size + to_col] -= sums[i / 4][i % 4]; }
  }
}
