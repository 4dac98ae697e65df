// Blocks of 32 columns with one step: ŵ = d (c − zero) for Q4_0, Q5_0 and Q8_0, ŵ = d·table[c] for IQ4_NL. Parameters: d as the format
// stores it, and the inverse step before that rounding, which codes are made with, as in llama.cpp.
// With lib/half.wgsl and lib/scale_search.wgsl.
const SETS: u32 = 1;
// 0: the value of the largest magnitude is the level −zero d. 1: the largest magnitude is the level 127. 2: the table.
override RULE: u32 = 0;
// 1: fits weigh errors by importance.
override IMPORTANCE: u32 = 0;

var<private> table: array<f32, 16> = array<f32, 16>(
  -127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0, 69.0, 89.0, 113.0
);

var<private> fitted: array<vec2f, SETS>;

fn grid_parameters(row: u32, col: u32) -> vec2f {
  let at = (row * params.groups + group_of[col]) * 2;
  return vec2f(parameters[at], parameters[at + 1]);
}

fn middle() -> f32 {
  return f32((params.levels + 1) / 2);
}

fn table_value(code: u32) -> f32 {
  return table[code];
}

// The entry next to x; of two equally near, the upper. Halving: below the entry `high`, not below `low`.
fn table_code(x: f32) -> u32 {
  if (x <= table_value(0)) {
    return 0;
  }
  if (x >= table_value(15)) {
    return 15;
  }
  var low = 0u;
  var high = 15u;
  while (high - low > 1) {
    let between = (low + high) / 2;
    if (x < table_value(between)) {
      high = between;
    } else {
      low = between;
    }
  }
  return select(high, low, x - table_value(low) < table_value(high) - x);
}

fn quantize(row: u32, col: u32, x: f32) -> u32 {
  let inverse = grid_parameters(row, col).y;
  if (RULE == 2) {
    return table_code(inverse * x);
  }
  if (RULE == 1) {
    // Half away from zero.
    let steps = abs(inverse * x);
    let whole = trunc(steps);
    let count = min(whole + select(0.0, 1.0, steps - whole >= 0.5), 127.0);
    return u32(128.0 + select(count, -count, inverse * x < 0.0));
  }
  if (IMPORTANCE == 1) {
    return select(u32(signed_code(x, inverse, middle()) + middle()), 0u, inverse == 0.0);
  }
  return u32(clamp(floor(x * inverse + (middle() + 0.5)), 0.0, f32(params.levels)));
}

fn value_of(row: u32, col: u32, code: u32) -> f32 {
  let d = grid_parameters(row, col).x;
  if (RULE == 2) {
    return table_value(code) * d;
  }
  return (f32(code) - middle()) * d;
}

// Weighted least squares of the block on the table for one inverse step: Σ w x v and Σ w v².
fn table_sums(count: u32, inverse: f32) -> vec2f {
  var sums = vec2f();
  for (var i = 0u; i < count; i++) {
    let v = table_value(table_code(inverse * block_x[i]));
    sums += vec2f(block_w[i] * block_x[i] * v, block_w[i] * v * v);
  }
  return sums;
}

fn fit_table(count: u32) -> f32 {
  let extreme = block_extreme(count);
  if (abs(extreme) < TINY) {
    return 0.0;
  }
  let first = table_sums(count, 1.0 / (-extreme / table_value(0)));
  var d = 0.0;
  if (first.y > 0.0) {
    d = first.x / first.y;
  }
  var best = d * first.x;
  for (var k = -7; k <= 7; k++) {
    let sums = table_sums(count, (f32(k) + table_value(0)) / extreme);
    if (sums.y > 0.0 && sums.x * sums.x > best * sums.y) {
      d = sums.x / sums.y;
      best = d * sums.x;
    }
  }
  return d;
}

fn fit(row: u32, begin: u32, end: u32) {
  let count = end - begin;
  let mean_square = load_block(row, begin, count) / f32(count);
  if (IMPORTANCE == 1) {
    weigh_block(begin, count, select(mean_square, 2.0 * mean_square, RULE == 2));
  } else {
    for (var i = 0u; i < count; i++) {
      block_w[i] = block_x[i] * block_x[i];
    }
  }
  if (RULE == 0 && IMPORTANCE == 1) {
    let found = search_scale(count, middle());
    fitted[0] = vec2f(half(found.x), found.y);
    return;
  }
  var d = 0.0;
  if (RULE == 2) {
    d = fit_table(count);
  } else if (RULE == 1) {
    d = abs(block_extreme(count)) / 127.0;
  } else {
    d = block_extreme(count) / -middle();
  }
  fitted[0] = vec2f(half(d), reciprocal(d));
}
