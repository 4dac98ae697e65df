// The rows above the diagonal block S of a step: X·Sᵀ = A, solved from the last column to the first,
//   x[k] = (a[k] − Σ_{l>k} x[l]·S[k, l]) / S[k, k].
// One invocation owns a row, changes it in place and copies it to `panel`, where rows are close together (in r, rows of 2^k words
// would fall on the same cache lines). It works four columns at a time; S is the same for all, so its loads are uniform.
struct Params { size: u32, top: u32, first: u32, block: u32 }
@group(0) @binding(0) var<storage, read_write> r: array<vec4f>; // [rows, size/4] from row top: columns first … first+block
@group(0) @binding(1) var<storage, read> corner: array<vec4f>; // [block, block/4] S
@group(0) @binding(2) var<storage, read_write> panel: array<vec4f>; // [first, block/4] the same columns, solved
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(32)
fn cholesky_panel(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = params.top + group.x * 32 + lane;
  if (row >= params.first) { return; }
  let size4 = params.size / 4;
  let x = (row - params.top) * size4 + params.first / 4;
  // `block` is 32, kept from the compiler: unrolled, these loops take seconds to compile on a software adapter.
  let block4 = params.block / 4;
  for (var step = block4; step > 0; step--) {
    let q = step - 1;
    let s0 = 4 * q * block4;
    let s1 = s0 + block4;
    let s2 = s1 + block4;
    let s3 = s2 + block4;
    var sum = vec4f();
    for (var l = step; l < block4; l++) {
      let v = r[x + l];
      sum += vec4f(dot(v, corner[s0 + l]), dot(v, corner[s1 + l]), dot(v, corner[s2 + l]), dot(v, corner[s3 + l]));
    }
    let a = r[x + q] - sum;
    let d0 = corner[s0 + q];
    let d1 = corner[s1 + q];
    let d2 = corner[s2 + q];
    let v3 = a.w / corner[s3 + q].w;
    let v2 = (a.z - v3 * d2.w) / d2.z;
    let v1 = (a.y - v3 * d1.w - v2 * d1.z) / d1.y;
    let v0 = (a.x - v3 * d0.w - v2 * d0.z - v1 * d0.y) / d0.x;
    r[x + q] = vec4f(v0, v1, v2, v3);
    panel[row * block4 + q] = vec4f(v0, v1, v2, v3);
  }
}
