// C = alpha·A·op(B)  or  C += alpha·A·op(B).   A [m, 4·k4] f32, C [m, ldc] f32; op(B) [4·k4, n] comes from a weights_* library.
// One invocation owns 4 rows × 4 columns of C; a workgroup WX × WY invocations. Every element is summed over k in order by one
// f32 accumulator, as in every other matmul tile, so the choice of tile never changes a bit. No workgroup memory.
struct Params { m: u32, n: u32, k4: u32, ldc: u32, first_row: u32, first_col: u32, alpha: f32, accumulate: u32 }
override WX: u32 = 16;
override WY: u32 = 1;
@group(0) @binding(0) var<storage, read> a: array<vec4f>; // [m, k4] left factor
@group(0) @binding(2) var<storage, read_write> c: array<f32>; // [m, ldc] result
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WX, WY)
fn matmul_4x4(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.y * 4;
  let col = id.x * 4;
  if (row >= params.m || col >= params.n) { return; }
  let k4 = params.k4;
  // Rows past the end read the last row; their sums are not stored.
  let last = params.m - 1;
  let r0 = row * k4;
  let r1 = min(row + 1, last) * k4;
  let r2 = min(row + 2, last) * k4;
  let r3 = min(row + 3, last) * k4;
  var c0 = vec4f();
  var c1 = vec4f();
  var c2 = vec4f();
  var c3 = vec4f();
  for (var k = 0u; k < k4; k++) {
    let b = weights(k, col);
    c0 = step(c0, a[r0 + k], b);
    c1 = step(c1, a[r1 + k], b);
    c2 = step(c2, a[r2 + k], b);
    c3 = step(c3, a[r3 + k], b);
  }
  store(row, col, c0);
  store(row + 1, col, c1);
  store(row + 2, col, c2);
  store(row + 3, col, c3);
}
