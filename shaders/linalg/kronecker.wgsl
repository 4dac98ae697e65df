// y[o, a, i] = Σ_c M[a, c] · x[o, c, i]: one factor of a Kronecker product, y = (I ⊗ M ⊗ I) x, summed over c in order.
// Rows of x are [outer, order, inner] with inner the fastest. One invocation owns 4 consecutive a at one (o, i).
struct Params {
  order: u32,
  inner: u32,
  // Invocations of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> x: array<f32>; // [outer, order, inner] input
@group(0) @binding(1) var<storage, read> m: array<f32>; // [order, order] factor
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [outer, order, inner] result
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn kronecker(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = params.first + linear_group(wid, groups) * WG + lane;
  if (at >= params.last) {
    return;
  }
  let order = params.order;
  let inner = params.inner;
  let i = at % inner;
  let quarter = (order + 3) / 4;
  let a = at / inner % quarter * 4;
  let begin = at / (inner * quarter) * order * inner + i;
  // Rows past the last repeat it: nothing is read or written outside.
  let rows = min(vec4u(a, a + 1, a + 2, a + 3), vec4u(order - 1)) * order;
  var sum = vec4f(0);
  for (var c = 0u; c < order; c++) {
    sum += x[begin + c * inner] * vec4f(m[rows.x + c], m[rows.y + c], m[rows.z + c], m[rows.w + c]);
  }
  for (var k = 0u; k < min(4u, order - a); k++) {
    y[begin + (a + k) * inner] = sum[k];
  }
}
