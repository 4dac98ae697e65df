// mean = (1/n)·Σ_i d[i].   One workgroup: lane l sums i = l, l + 64, …; then a tree over the lanes.
struct Params { n: u32 }
@group(0) @binding(0) var<storage, read> d: array<f32>; // [1, n] diagonal of a matrix
@group(0) @binding(1) var<storage, read_write> mean: array<f32>; // [1, 1] its mean
@group(0) @binding(2) var<uniform> params: Params;
var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn diagonal_mean(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < params.n; i += 64) { sum += d[i]; }
  sums[lane] = sum;
  for (var half = 32u; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0) { mean[0] = sums[0] / f32(params.n); }
}
