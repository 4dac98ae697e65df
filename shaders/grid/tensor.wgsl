// One scale for a whole matrix: ŵ = (2c / levels − 1) s, c = clamp(round((x / s + 1) / 2 · levels), 0, levels). [rows, 1] scale s, and 0.
// Defines quantize, value_of and fit for a rounding kernel, which declares parameters, group_of, params.groups, params.levels (the
// largest code) and target_value(row, col). The scale is MULTIPLIER times the root mean square of the matrix as a half, given beforehand.
// With lib/half.wgsl.
const SETS: u32 = 1;
override MULTIPLIER: f32 = 2.4;

var<private> fitted: array<vec2f, SETS>;

fn tensor_scale(row: u32, col: u32) -> f32 {
  return parameters[(row * params.groups + group_of[col]) * 2];
}

fn quantize(row: u32, col: u32, x: f32) -> u32 {
  let top = f32(params.levels);
  // A matrix of zeros: whatever the code, it means zero.
  if (tensor_scale(row, col) == 0.0) {
    return 0;
  }
  return u32(clamp(round((x / tensor_scale(row, col) + 1.0) * 0.5 * top), 0.0, top));
}

fn value_of(row: u32, col: u32, code: u32) -> f32 {
  return (f32(code) / f32(params.levels) * 2.0 - 1.0) * tensor_scale(row, col);
}

// Of these columns of one row alone: where the scale of the matrix is not given.
fn fit(row: u32, begin: u32, end: u32) {
  var sum = 0.0;
  for (var col = begin; col < end; col++) {
    let x = target_value(row, col);
    sum += x * x;
  }
  fitted[0] = vec2f(half(MULTIPLIER * sqrt(sum / f32(end - begin)) + 1e-16), 0.0);
}
