// y[c] += scale · Σ_t |x[t, c]|. One invocation owns a column and sums its rows in order. x [rows, cols], y [1, cols].
struct Params {
  rows: u32,
  cols: u32,
  scale: f32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] inputs
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [1, cols] sums
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn column_magnitude(@builtin(global_invocation_id) id: vec3u) {
  let col = id.x;
  if (col >= params.cols) {
    return;
  }
  var sum = 0.0;
  for (var row = 0u; row < params.rows; row++) {
    sum += abs(x[row * params.cols + col]);
  }
  y[col] += params.scale * sum;
}
