// C = alpha·A·op(B)  or  C += alpha·A·op(B).   A [m, k] f32, C [m, ldc] f32; op(B) [k, n] comes from a weights_* library.
// One invocation owns a tile of 4 rows × 4 columns of C, a workgroup WG tiles, numbered along rows. Every element is summed over
// k in order by one f32 accumulator, as in every other matmul kernel, so the choice of tile never changes a bit. No workgroup
// memory. The loop over k is not unrolled: on software adapters loads cost far more than arithmetic, and unrolling buys nothing
// but compile time.
struct Params { m: u32, n: u32, k: u32, ldc: u32, first_tile: u32, first_col: u32, alpha: f32, accumulate: u32, outputs: u32 }
override WG: u32 = 16;
@group(0) @binding(0) var<storage, read> a: array<f32>; // [m, k] left factor
@group(0) @binding(2) var<storage, read_write> c: array<f32>; // [m, ldc] result; columns first_col … first_col+n of it
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn matmul_4x4(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = params.first_tile + linear_group(group, groups) * WG + lane;
  let across = (params.n + 3) / 4;
  let row = tile / across * 4;
  let col = tile % across * 4;
  // Rows past the end read the last row; their sums are not stored.
  let last = params.m - 1;
  let r0 = min(row, last) * params.k;
  let r1 = min(row + 1, last) * params.k;
  let r2 = min(row + 2, last) * params.k;
  let r3 = min(row + 3, last) * params.k;
  let q0 = starts(col);
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var k = 0u; k < params.k; k++) {
    let b0 = weights(q0, k);
    s0 = fma(vec4f(a[r0 + k]), b0, s0);
    s1 = fma(vec4f(a[r1 + k]), b0, s1);
    s2 = fma(vec4f(a[r2 + k]), b0, s2);
    s3 = fma(vec4f(a[r3 + k]), b0, s3);
  }
  var sums = array<vec4f, 4>(
    s0,
    s1,
    s2,
    s3,
  );
  // `outputs` is 16, kept from the compiler: unrolled, this loop takes seconds to compile on a software adapter.
  for (var i = 0u; i < params.outputs; i++) {
    store(row + i / 4, col + i % 4, sums[i / 4][i % 4]);
  }
}
