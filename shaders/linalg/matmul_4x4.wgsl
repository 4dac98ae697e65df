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
  let rows = left_starts(row);
  let cols = starts(col);
  var t = Tile();
  for (var k = 0u; k < params.k; k++) { t = add(t, left(rows, k), weights(cols, k)); }
  var sums = rows_of(t);
  // `outputs` is 16, kept from the compiler: unrolled, this loop takes seconds to compile on a software adapter.
  for (var i = 0u; i < params.outputs; i++) { store(row + i / 4, col + i % 4, sums[i / 4][i % 4]); }
}
