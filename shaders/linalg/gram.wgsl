// H += XᵀX over the tokens of X, upper triangle.   X [tokens, 4·n4] f32, H [n, n] f32.
// One invocation owns 8 × 8 elements of H, sums them over all tokens in order in registers and adds each once to H; a workgroup
// owns 8 rows × 8·WX columns. Tiles wholly below the diagonal return at once; the rest of the lower triangle is left as it was.
struct Params { tokens: u32, n: u32, first_row: u32 }
override WX: u32 = 16;
@group(0) @binding(0) var<storage, read> x: array<vec4f>; // [tokens, n4] inputs, columns padded with zeros to 4·n4
@group(0) @binding(1) var<storage, read_write> h: array<f32>; // [n, n] accumulated second moment
@group(0) @binding(2) var<uniform> params: Params;

fn add(row: u32, col: u32, sums: vec4f) {
  if (row >= params.n) { return; }
  for (var i = 0u; i < 4; i++) {
    if (col + i < params.n && col + i >= row) { h[row * params.n + col + i] += sums[i]; }
  }
}

@compute @workgroup_size(WX)
fn gram(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = params.first_row + group.y * 8;
  let col = (group.x * WX + lane) * 8;
  if (row >= params.n || col >= params.n || col + 7 < row) { return; }
  let n4 = (params.n + 3) / 4;
  // Column pairs past the end read the last one; their sums are not stored.
  let rl = row / 4;
  let rh = min(rl + 1, n4 - 1);
  let cl = col / 4;
  let ch = min(cl + 1, n4 - 1);
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
  for (var t = 0u; t < params.tokens; t++) {
    let at = t * n4;
    let p = x[at + rl];
    let q = x[at + rh];
    let u = x[at + cl];
    let v = x[at + ch];
    a0 = fma(vec4f(p.x), u, a0);
    a1 = fma(vec4f(p.y), u, a1);
    a2 = fma(vec4f(p.z), u, a2);
    a3 = fma(vec4f(p.w), u, a3);
    a4 = fma(vec4f(q.x), u, a4);
    a5 = fma(vec4f(q.y), u, a5);
    a6 = fma(vec4f(q.z), u, a6);
    a7 = fma(vec4f(q.w), u, a7);
    b0 = fma(vec4f(p.x), v, b0);
    b1 = fma(vec4f(p.y), v, b1);
    b2 = fma(vec4f(p.z), v, b2);
    b3 = fma(vec4f(p.w), v, b3);
    b4 = fma(vec4f(q.x), v, b4);
    b5 = fma(vec4f(q.y), v, b5);
    b6 = fma(vec4f(q.z), v, b6);
    b7 = fma(vec4f(q.w), v, b7);
  }
  add(row, col, a0);
  add(row + 1, col, a1);
  add(row + 2, col, a2);
  add(row + 3, col, a3);
  add(row + 4, col, a4);
  add(row + 5, col, a5);
  add(row + 6, col, a6);
  add(row + 7, col, a7);
  add(row, col + 4, b0);
  add(row + 1, col + 4, b1);
  add(row + 2, col + 4, b2);
  add(row + 3, col + 4, b3);
  add(row + 4, col + 4, b4);
  add(row + 5, col + 4, b5);
  add(row + 6, col + 4, b6);
  add(row + 7, col + 4, b7);
}
