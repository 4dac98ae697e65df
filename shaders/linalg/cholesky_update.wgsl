// The rest of a step: A −= P·Pᵀ on and above the diagonal of the leading part, P [first, 32] the panel just solved.
// One invocation owns 8 × 8 elements of A, a workgroup 8 rows × 8·WX columns; tiles wholly below the diagonal return at once.
// The panel lies in columns first … first+31 of the same matrix, which no invocation writes.
struct Params { size: u32, first: u32, first_row: u32 }
override WX: u32 = 16;
const BLOCK4 = 8u;
@group(0) @binding(0) var<storage, read_write> r: array<vec4f>; // [size, size/4] A left of the panel, changed in place
@group(0) @binding(1) var<uniform> params: Params;

fn step(acc: vec4f, a: vec4f, b: mat4x4f) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], acc))));
}

fn subtract(row: u32, col: u32, sum: vec4f) {
  let at = row * (params.size / 4) + col / 4;
  let old = r[at];
  r[at] = select(old, old - sum, vec4u(col, col + 1, col + 2, col + 3) >= vec4u(row));
}

@compute @workgroup_size(WX)
fn cholesky_update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = params.first_row + group.y * 8;
  let col = (group.x * WX + lane) * 8;
  if (row >= params.first || col >= params.first || col + 7 < row) { return; }
  let size4 = params.size / 4;
  let panel = params.first / 4;
  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var a4 = vec4f();
  var a5 = vec4f();
  var a6 = vec4f();
  var a7 = vec4f();
  var b0 = vec4f();
  var b1 = vec4f();
  var b2 = vec4f();
  var b3 = vec4f();
  var b4 = vec4f();
  var b5 = vec4f();
  var b6 = vec4f();
  var b7 = vec4f();
  let p = row * size4 + panel;
  let q = col * size4 + panel;
  for (var k = 0u; k < BLOCK4; k++) {
    let u = transpose(mat4x4f(r[q + k], r[q + size4 + k], r[q + 2 * size4 + k], r[q + 3 * size4 + k]));
    let v = transpose(mat4x4f(r[q + 4 * size4 + k], r[q + 5 * size4 + k], r[q + 6 * size4 + k], r[q + 7 * size4 + k]));
    let p0 = r[p + 0 * size4 + k];
    let p1 = r[p + 1 * size4 + k];
    let p2 = r[p + 2 * size4 + k];
    let p3 = r[p + 3 * size4 + k];
    let p4 = r[p + 4 * size4 + k];
    let p5 = r[p + 5 * size4 + k];
    let p6 = r[p + 6 * size4 + k];
    let p7 = r[p + 7 * size4 + k];
    a0 = step(a0, p0, u);
    a1 = step(a1, p1, u);
    a2 = step(a2, p2, u);
    a3 = step(a3, p3, u);
    a4 = step(a4, p4, u);
    a5 = step(a5, p5, u);
    a6 = step(a6, p6, u);
    a7 = step(a7, p7, u);
    b0 = step(b0, p0, v);
    b1 = step(b1, p1, v);
    b2 = step(b2, p2, v);
    b3 = step(b3, p3, v);
    b4 = step(b4, p4, v);
    b5 = step(b5, p5, v);
    b6 = step(b6, p6, v);
    b7 = step(b7, p7, v);
  }
  subtract(row + 0, col, a0);
  subtract(row + 1, col, a1);
  subtract(row + 2, col, a2);
  subtract(row + 3, col, a3);
  subtract(row + 4, col, a4);
  subtract(row + 5, col, a5);
  subtract(row + 6, col, a6);
  subtract(row + 7, col, a7);
  subtract(row + 0, col + 4, b0);
  subtract(row + 1, col + 4, b1);
  subtract(row + 2, col + 4, b2);
  subtract(row + 3, col + 4, b3);
  subtract(row + 4, col + 4, b4);
  subtract(row + 5, col + 4, b5);
  subtract(row + 6, col + 4, b6);
  subtract(row + 7, col + 4, b7);
}
