// Step s and floor f ≥ 0 of one block, x ≈ s c − f with c in 0 … n: candidates (lower + by k + n) / (max − min) for 1/s, two-parameter
// weighted least squares for each, the least error kept; a better candidate moves the value that later ones count codes from. The
// block lies in block_x and block_w (scale_search.wgsl). Twin: reference/blocks/search.ts.
struct AffineSearch {
  n: f32,
  lower: f32,
  by: f32,
  steps: u32,
  // 1: errors count by magnitude, 0: by square.
  absolute: u32,
}

fn affine_code(x: f32, inverse: f32, start: f32, n: f32) -> f32 {
  return clamp(round(inverse * (x - start)), 0.0, n);
}

// Σ w |s c + least − x| or its square, codes by `inverse` from `start`.
fn affine_error(count: u32, search: AffineSearch, inverse: f32, start: f32, scale: f32, least: f32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < count; i++) {
    let off = scale * affine_code(block_x[i], inverse, start, search.n) + least - block_x[i];
    sum += block_w[i] * select(off * off, abs(off), search.absolute == 1);
  }
  return sum;
}

// s, f, and the 1/s and least value that the codes were made with.
fn search_affine(count: u32, search: AffineSearch) -> vec4f {
  var low = block_x[0];
  var high = block_x[0];
  var sum_w = 0.0;
  var sum_x = 0.0;
  for (var i = 0u; i < count; i++) {
    low = min(low, block_x[i]);
    high = max(high, block_x[i]);
    sum_w += block_w[i];
    sum_x += block_w[i] * block_x[i];
  }
  low = min(low, 0.0);
  if (high - low < search.n * LEAST_STEP) {
    return vec4f(0.0, -low, 0.0, low);
  }
  var start = low;
  var inverse = search.n / (high - low);
  var scale = 1.0 / inverse;
  var least = affine_error(count, search, inverse, low, scale, low);
  for (var k = 0u; k <= search.steps; k++) {
    let tried = (search.lower + search.by * f32(k) + search.n) / (high - low);
    var sum_c = 0.0;
    var sum_cc = 0.0;
    var sum_xc = 0.0;
    for (var i = 0u; i < count; i++) {
      let c = affine_code(block_x[i], tried, low, search.n);
      let wc = block_w[i] * c;
      sum_c += wc;
      sum_cc += wc * c;
      sum_xc += wc * block_x[i];
    }
    let determinant = sum_w * sum_cc - sum_c * sum_c;
    if (determinant <= 0.0) {
      continue;
    }
    var tried_scale = (sum_w * sum_xc - sum_x * sum_c) / determinant;
    var tried_low = (sum_cc * sum_x - sum_c * sum_xc) / determinant;
    if (tried_low > 0.0) {
      tried_low = 0.0;
      tried_scale = sum_xc / sum_cc;
    }
    let error = affine_error(count, search, tried, low, tried_scale, tried_low);
    if (error < least) {
      least = error;
      inverse = tried;
      start = low;
      scale = tried_scale;
      low = tried_low;
    }
  }
  return vec4f(scale, -low, inverse, start);
}
