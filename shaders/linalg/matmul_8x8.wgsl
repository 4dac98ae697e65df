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
  let top = left_starts(row);
  let bottom = left_starts(row + 4);
  let near = starts(col);
  let far = starts(col + 4);
  var s0 = Strip();
  var s1 = Strip();
  for (var k = 0u; k < params.k; k++) {
    let b0 = weights(near, k);
    let b1 = weights(far, k);
    s0 = add_strip(s0, top, k, b0, b1);
    s1 = add_strip(s1, bottom, k, b0, b1);
  }
  var sums = array<vec4f, 16>(
    s0.n0, s0.f0, s0.n1, s0.f1, s0.n2, s0.f2, s0.n3, s0.f3,
    s1.n0, s1.f0, s1.n1, s1.f1, s1.n2, s1.f2, s1.n3, s1.f3,
  );
  // `outputs` is 64, kept from the compiler: unrolled, this loop takes seconds to compile on a software adapter.
  for (var i = 0u; i < params.outputs; i++) {
    store(row + i / 8, col + i % 8, sums[i / 4][i % 4]);
  }
}
