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
  let last = params.n - 1;
  let top = four(row, last);
  let bottom = four(row + 4, last);
  let near = four(col, last);
  let far = four(col + 4, last);
  var t0 = Tile();
  var t1 = Tile();
  var t2 = Tile();
  var t3 = Tile();
  for (var t = 0u; t < params.tokens; t++) {
    let x0 = columns(top, t);
    let x1 = columns(bottom, t);
    let y0 = columns(near, t);
    let y1 = columns(far, t);
    t0 = add(t0, x0, y0);
    t1 = add(t1, x0, y1);
    t2 = add(t2, x1, y0);
    t3 = add(t3, x1, y1);
  }
  var sums = array<vec4f, 16>(
    t0.r0, t1.r0, t0.r1, t1.r1, t0.r2, t1.r2, t0.r3, t1.r3,
    t2.r0, t3.r0, t2.r1, t3.r1, t2.r2, t3.r2, t2.r3, t3.r3,
  );
  // `outputs` is 64, kept from the compiler: unrolled, this loop takes seconds to compile on a software adapter.
  for (var i = 0u; i < params.outputs; i++) {
    let to_row = row + i / 8;
    let to_col = col + i % 8;
    if (to_col < params.n && to_col >= to_row) { h[(to_row - params.top) * params.n + to_col] += sums[i / 4][i % 4]; }
  }
}
