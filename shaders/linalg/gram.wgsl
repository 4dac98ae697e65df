// H += XᵀX over the tokens of X, upper triangle.   X [tokens, n] f32, H [n, n] f32.
// One invocation owns 8 × 8 elements of H, sums them over all tokens in order in registers and adds each once to H; a workgroup
// owns 8 rows × 8·WG columns. Tiles wholly below the diagonal return at once; the lower triangle is left as it was.
struct Params {
  tokens: u32,
  n: u32,
  // The row of H that h begins with, the first row of this dispatch, and the row behind the last that h holds.
  top: u32,
  first_row: u32,
  end: u32,
  outputs: u32,
}
override WG: u32 = 16;
@group(0) @binding(0) var<storage, read> x: array<f32>; // [tokens, n] inputs
@group(0) @binding(1) var<storage, read_write> h: array<f32>; // [end − top, n] rows of the accumulated second moment
@group(0) @binding(2) var<uniform> params: Params;

fn columns(at: vec4u, token: u32) -> vec4f {
  let start = token * params.n;
  return vec4f(x[start + at.x], x[start + at.y], x[start + at.z], x[start + at.w]);
}

@compute @workgroup_size(WG)
fn gram(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = params.first_row + group.y * 8;
  let col = (group.x * WG + lane) * 8;
  if (row >= params.end || col >= params.n || col + 7 < row) { return; }
  // Columns past the end read the last one; their sums are not stored.
  let last = vec4u(params.n - 1);
  let four = vec4u(0, 1, 2, 3);
  let rows_l = min(four + row, last);
  let rows_r = min(four + row + 4, last);
  let cols_l = min(four + col, last);
  let cols_r = min(four + col + 4, last);
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
  for (var t = 0u; t < params.tokens; t++) {
    let p = columns(rows_l, t);
    let q = columns(rows_r, t);
    let l = columns(cols_l, t);
    let r = columns(cols_r, t);
    s0l = fma(vec4f(p.x), l, s0l);
    s0r = fma(vec4f(p.x), r, s0r);
    s1l = fma(vec4f(p.y), l, s1l);
    s1r = fma(vec4f(p.y), r, s1r);
    s2l = fma(vec4f(p.z), l, s2l);
    s2r = fma(vec4f(p.z), r, s2r);
    s3l = fma(vec4f(p.w), l, s3l);
    s3r = fma(vec4f(p.w), r, s3r);
    s4l = fma(vec4f(q.x), l, s4l);
    s4r = fma(vec4f(q.x), r, s4r);
    s5l = fma(vec4f(q.y), l, s5l);
    s5r = fma(vec4f(q.y), r, s5r);
    s6l = fma(vec4f(q.z), l, s6l);
    s6r = fma(vec4f(q.z), r, s6r);
    s7l = fma(vec4f(q.w), l, s7l);
    s7r = fma(vec4f(q.w), r, s7r);
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
  // `outputs` is 64, kept from the compiler: unrolled, this loop takes seconds to compile on a software adapter.
  for (var i = 0u; i < params.outputs; i++) {
    let to_row = row + i / 8;
    let to_col = col + i % 8;
    if (to_col < params.n && to_col >= to_row) { h[(to_row - params.top) * params.n + to_col] += sums[i / 4][i % 4]; }
  }
}
