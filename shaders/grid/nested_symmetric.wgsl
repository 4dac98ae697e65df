// Q3_K and Q6_K: ŵ = d s (c − zero), 16 sub-blocks of 16 columns with signed steps rounded to codes. Parameters: (d, 0), then (s, 0) of each
// sub-block; a column names that of its sub-block. Codes are made with the rounded steps. Twin: reference/blocks/nested.ts.
// With lib/half.wgsl and lib/scale_search.wgsl.
const SETS: u32 = 17;
override IMPORTANCE: u32 = 0;

var<private> fitted: array<vec2f, SETS>;

fn sub_step(row: u32, col: u32) -> f32 {
  let own = group_of[col];
  return parameters[(row * params.groups + own / SETS * SETS) * 2] * parameters[(row * params.groups + own) * 2];
}

fn middle() -> f32 {
  return f32((params.levels + 1) / 2);
}

fn quantize(row: u32, col: u32, x: f32) -> u32 {
  let step = sub_step(row, col);
  // All codes mean 0.
  if (step == 0.0) {
    return 0;
  }
  return u32(middle() + clamp(round(x / step), -middle(), middle() - 1.0));
}

fn value_of(row: u32, col: u32, code: u32) -> f32 {
  return sub_step(row, col) * (f32(code) - middle());
}

// Step of the 16 weights in block_x by coordinate descent, at most 5 sweeps; errors weigh x², which is in block_w.
fn descend_scale(count: u32, n: f32) -> f32 {
  let extreme = block_extreme(count);
  if (abs(extreme) < TINY) {
    return 0.0;
  }
  let inverse = -n / extreme;
  var codes_of: array<f32, 16>;
  for (var i = 0u; i < count; i++) {
    codes_of[i] = signed_code(block_x[i], inverse, n);
  }
  let sums = scale_sums(count, inverse, n);
  var xc = sums.x;
  var cc = sums.y;
  for (var sweep = 0; sweep < 5; sweep++) {
    var changed = false;
    for (var i = 0u; i < count; i++) {
      let c = codes_of[i];
      let wx = block_w[i] * block_x[i];
      let rest_x = xc - wx * c;
      if (rest_x <= 0.0) {
        continue;
      }
      let rest_c = cc - block_w[i] * c * c;
      let next = clamp(round(block_x[i] * rest_c / rest_x), -n, n - 1.0);
      if (next == c) {
        continue;
      }
      let new_x = rest_x + wx * next;
      let new_c = rest_c + block_w[i] * next * next;
      if (new_c > 0.0 && new_x * new_x * cc > xc * xc * new_c) {
        codes_of[i] = next;
        xc = new_x;
        cc = new_c;
        changed = true;
      }
    }
    if (!changed) {
      break;
    }
  }
  if (cc <= 0.0) {
    return 0.0;
  }
  return xc / cc;
}

fn fit(row: u32, begin: u32, end: u32) {
  let n = middle();
  // 16, but not a constant: compilers unroll constant loops, and take half a minute over this one.
  let count = (end - begin) / 16;
  let q6 = params.levels == 63;
  var squares = 0.0;
  if (IMPORTANCE == 1 && !q6) {
    for (var col = begin; col < end; col++) {
      let x = target_value(row, col);
      squares += x * x;
    }
  }
  let variance = 2.0 * (squares / 256.0);
  var steps: array<f32, 16>;
  var totals: array<f32, 16>;
  for (var j = 0u; j < count; j++) {
    let first = begin + count * j;
    _ = load_block(row, first, count);
    for (var i = 0u; i < count; i++) {
      block_w[i] = block_x[i] * block_x[i];
      if (IMPORTANCE == 1 && q6) {
        block_w[i] = importance_of(first + i);
      }
    }
    if (IMPORTANCE == 1 && !q6) {
      weigh_block(first, count, variance);
    }
    for (var i = 0u; i < count; i++) {
      totals[j] += block_w[i];
    }
    if (IMPORTANCE == 0 && !q6) {
      steps[j] = descend_scale(count, n);
    } else {
      steps[j] = search_scale(count, n).x;
    }
  }
  for (var j = 0u; j < count; j++) {
    block_x[j] = steps[j];
    block_w[j] = totals[j];
  }
  // Codes of steps: −32 … 31 or, for Q6_K, −128 … 127.
  let most = select(32.0, 128.0, q6);
  let extreme = block_extreme(count);
  var found = vec2f();
  if (IMPORTANCE == 1 && !q6) {
    found = search_scale(count, most);
  } else if (abs(extreme) >= TINY) {
    let inverse = -most / extreme;
    found = vec2f(1.0 / inverse, inverse);
  }
  fitted[0] = vec2f(half(found.x), 0.0);
  for (var j = 0u; j < count; j++) {
    var code = signed_code(steps[j], found.y, most);
    // What a block of zeros is in the files.
    if (found.y == 0.0) {
      code = select(-32.0, 0.0, q6);
    }
    fitted[1 + j] = vec2f(code, 0.0);
  }
}
