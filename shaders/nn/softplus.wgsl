// x ← min(max(softplus(x + b), low), high), softplus(v) = ln(1 + eᵛ), in place: the step sizes of state-space models
// One invocation owns one element. ln(1 + eᵛ) = max(v, 0) + 2 artanh(s) with s = e / (2 + e), e = exp(−|v|), and artanh(s) = Σ sᵏ/k over
// odd k: all terms are positive, so that steps near 0 keep their digits, whatever a compiler does to the order. s ≤ 1/3, so k ≤ 15 do.
struct Params {
  count: u32,
  cols: u32,
  low: f32,
  high: f32,
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> b: array<f32>; // [1, cols]
@group(0) @binding(1) var<storage, read_write> x: array<f32>; // [rows, cols] becomes the step sizes
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn softplus(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = linear_group(group, groups) * WG + local;
  if (at >= params.count) {
    return;
  }
  let v = x[at] + b[at % params.cols];
  let e = fade(abs(v));
  let s = e / (2.0 + e);
  let q = s * s;
  var sum = 1.0 / 15.0;
  sum = sum * q + 1.0 / 13.0;
  sum = sum * q + 1.0 / 11.0;
  sum = sum * q + 1.0 / 9.0;
  sum = sum * q + 1.0 / 7.0;
  sum = sum * q + 1.0 / 5.0;
  sum = sum * q + 1.0 / 3.0;
  sum = sum * q + 1.0;
  x[at] = min(max(max(v, 0.0) + 2.0 * s * sum, params.low), params.high);
}
