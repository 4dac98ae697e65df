// C = alpha·A·op(B)  or  C += alpha·A·op(B).   A [m, k] f32, C [m, ldc] f32; op(B) [k, n] comes from a weights_* library.
// One invocation owns a tile of 8 rows × 8 columns of C, a workgroup WG tiles, numbered along rows. Every element is summed over
// k in order by one f32 accumulator, as in every other matmul kernel, so the choice of tile never changes a bit. No workgroup
// memory. The loop over k is not unrolled: on software adapters loads cost far more than arithmetic, and unrolling buys nothing
// but compile time.
struct Params { m: u32, n: u32, k: u32, ldc: u32, first_tile: u32, first_col: u32, alpha: f32, accumulate: u32, outputs: u32 }
override WG: u32 = 16;
@group(0) @binding(0) var<storage, read> a: array<f32>; // [m, k] left factor
@group(0) @binding(2) var<storage, read_write> c: array<f32>; // [m, ldc] result; columns first_col … first_col+n of it
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn matmul_8x8(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = params.first_tile + linear_group(group, groups) * WG + lane;
  let across = (params.n + 7) / 8;
  let row = tile / across * 8;
  let col = tile % across * 8;
  // Rows past the end read the last row; their sums are not stored.
  let last = params.m - 1;
  let r0 = min(row, last) * params.k;
  let r1 = min(row + 1, last) * params.k;
  let r2 = min(row + 2, last) * params.k;
  let r3 = min(row + 3, last) * params.k;
  let r4 = min(row + 4, last) * params.k;
  let r5 = min(row + 5, last) * params.k;
  let r6 = min(row + 6, last) * params.k;
  let r7 = min(row + 7, last) * params.k;
  let q0 = starts(col);
  let q1 = starts(col + 4);
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
  for (var k = 0u; k < params.k; k++) {
    let b0 = weights(q0, k);
    let b1 = weights(q1, k);
    let a0 = vec4f(a[r0 + k]);
    s0l = fma(a0, b0, s0l);
    s0r = fma(a0, b1, s0r);
    let a1 = vec4f(a[r1 + k]);
    s1l = fma(a1, b0, s1l);
    s1r = fma(a1, b1, s1r);
    let a2 = vec4f(a[r2 + k]);
    s2l = fma(a2, b0, s2l);
    s2r = fma(a2, b1, s2r);
    let a3 = vec4f(a[r3 + k]);
    s3l = fma(a3, b0, s3l);
    s3r = fma(a3, b1, s3r);
    let a4 = vec4f(a[r4 + k]);
    s4l = fma(a4, b0, s4l);
    s4r = fma(a4, b1, s4r);
    let a5 = vec4f(a[r5 + k]);
    s5l = fma(a5, b0, s5l);
    s5r = fma(a5, b1, s5r);
    let a6 = vec4f(a[r6 + k]);
    s6l = fma(a6, b0, s6l);
    s6r = fma(a6, b1, s6r);
    let a7 = vec4f(a[r7 + k]);
    s7l = fma(a7, b0, s7l);
    s7r = fma(a7, b1, s7r);
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
    store(row + i / 8, col + i % 8, sums[i / 4][i % 4]);
  }
}
