// Symmetric step s of one block, x ≈ s c with c in −n … n − 1: candidates −(n + 0.1 k) / extreme for 1/s, weighted least squares for
// each. The block's weights lie in block_x, what their errors weigh in block_w. Twin: reference/blocks/search.ts.
var<private> block_x: array<f32, 32>;
var<private> block_w: array<f32, 32>;

// Below this a block counts as zero.
const TINY: f32 = 1e-15;

// Below this a step has no inverse in the normal range of f32, and no half but 0.
const LEAST_STEP: f32 = 1e-35;

fn reciprocal(d: f32) -> f32 {
  if (abs(d) < LEAST_STEP) {
    return 0.0;
  }
  return 1.0 / d;
}

// block_x of columns [begin, begin + count), and the sum of their squares.
fn load_block(row: u32, begin: u32, count: u32) -> f32 {
  var squares = 0.0;
  for (var i = 0u; i < count; i++) {
    let x = target_value(row, begin + i);
    block_x[i] = x;
    squares += x * x;
  }
  return squares;
}

// block_w = importance · √(variance + x²).
fn weigh_block(begin: u32, count: u32, variance: f32) {
  for (var i = 0u; i < count; i++) {
    block_w[i] = importance_of(begin + i) * sqrt(variance + block_x[i] * block_x[i]);
  }
}

// The value of the largest magnitude, with its sign; the first of equals.
fn block_extreme(count: u32) -> f32 {
  var found = 0.0;
  for (var i = 0u; i < count; i++) {
    if (abs(block_x[i]) > abs(found)) {
      found = block_x[i];
    }
  }
  return found;
}

fn signed_code(x: f32, inverse: f32, n: f32) -> f32 {
  return clamp(round(inverse * x), -n, n - 1.0);
}

// Σ w x c and Σ w c².
fn scale_sums(count: u32, inverse: f32, n: f32) -> vec2f {
  var sums = vec2f();
  for (var i = 0u; i < count; i++) {
    let c = signed_code(block_x[i], inverse, n);
    sums += vec2f(block_w[i] * block_x[i] * c, block_w[i] * c * c);
  }
  return sums;
}

// s and the 1/s that its codes were made with; zeros where the block counts as zero.
fn search_scale(count: u32, n: f32) -> vec2f {
  let extreme = block_extreme(count);
  if (abs(extreme) < TINY) {
    return vec2f();
  }
  var inverse = -n / extreme;
  let first = scale_sums(count, inverse, n);
  var scale = 0.0;
  if (first.y > 0.0) {
    scale = first.x / first.y;
  }
  var best = scale * first.x;
  for (var k = -9; k <= 9; k++) {
    if (k == 0) {
      continue;
    }
    let tried = -(n + 0.1 * f32(k)) / extreme;
    let sums = scale_sums(count, tried, n);
    if (sums.y > 0.0 && sums.x * sums.x > best * sums.y) {
      inverse = tried;
      scale = sums.x / sums.y;
      best = scale * sums.x;
    }
  }
  return vec2f(scale, inverse);
}
