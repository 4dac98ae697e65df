// C = alpha·A·op(B)  or  C += alpha·A·op(B).   A [m, k] f32, C [m, ldc] f32; op(B) [k, n] comes from a weights_* library.
// One workgroup owns 64 × 64 elements of C, numbered along rows, and steps through k by 16 with both strips in workgroup memory;
// one of its 16 × 16 invocations owns 4 × 4 elements. Every element is summed over k in order by one f32 accumulator, as in every
// other matmul tile: k past the end adds exact zeros. For adapters whose caches are too small for the tiles without such memory.
struct Params { m: u32, n: u32, k: u32, ldc: u32, first_tile: u32, first_col: u32, alpha: f32, accumulate: u32, outputs: u32 }
@group(0) @binding(0) var<storage, read> a: array<f32>; // [m, k] left factor
@group(0) @binding(2) var<storage, read_write> c: array<f32>; // [m, ldc] result; columns first_col … first_col+n of it
@group(0) @binding(3) var<uniform> params: Params;
// [16 steps of k, 16 quads]: four rows of A, four columns of op(B). One quad more than needed, against bank conflicts.
var<workgroup> strip_a: array<vec4f, 272>;
var<workgroup> strip_b: array<vec4f, 272>;

@compute @workgroup_size(256)
fn matmul_shared(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = params.first_tile + linear_group(group, groups);
  let across = (params.n + 63) / 64;
  let row = tile / across * 64;
  let col = tile % across * 64;
  // For loading, 16 neighbours take 16 steps of k; each a quad of rows or columns.
  let step = lane % 16;
  let quad = lane / 16;
  let from_a = left_starts(row + 4 * quad);
  let from_b = starts(col + 4 * quad);
  let slot = step * 17 + quad;
  // For summing, 16 neighbours share rows.
  let mine_a = lane / 16;
  let mine_b = lane % 16;
  var t = Tile();
  for (var begin = 0u; begin < params.k; begin += 16) {
    let k = min(begin + step, params.k - 1);
    let inside = begin + step < params.k;
    let next_a = left(from_a, k);
    let next_b = weights(from_b, k);
    workgroupBarrier();
    strip_a[slot] = select(vec4f(), next_a, inside);
    strip_b[slot] = select(vec4f(), next_b, inside);
    workgroupBarrier();
    for (var i = 0u; i < 16; i++) { t = add(t, strip_a[i * 17 + mine_a], strip_b[i * 17 + mine_b]); }
  }
  var sums = rows_of(t);
  // `outputs` is 16, kept from the compiler: unrolled, this loop takes seconds to compile on a software adapter.
  for (var i = 0u; i < params.outputs; i++) {
    store(row + 4 * mine_a + i / 4, col + 4 * mine_b + i % 4, sums[i / 4][i % 4]);
  }
}
