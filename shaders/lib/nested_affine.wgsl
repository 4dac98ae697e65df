// Blocks of 256 columns whose sub-blocks have a step and a floor, both rounded to codes: ŵ = d s c − dmin m. Parameters: (d, dmin), then
// (s, m) of each sub-block; a column names that of its sub-block. A grid file before this one says SUB (columns of a sub-block) and
// SETS. Codes are made with the rounded steps. Twin: reference/blocks/nested.ts.
const SUBS: u32 = SETS - 1;
// Largest code of s and m.
override SCALES: u32 = 63;
// The search without importance: candidates, how errors count, and 1 where they weigh by |x| + rms of the sub-block, 0: by |x|.
override LOWER: f32 = -1.0;
override STEPS: u32 = 20;
override ABSOLUTE: u32 = 0;
override RMS: u32 = 1;
// With importance: times the mean square of the block.
override SPREAD: f32 = 2.0;
override IMPORTANCE: u32 = 0;

var<private> fitted: array<vec2f, SETS>;
var<private> scale_codes: array<f32, SUBS>;

// Step and floor of the column's sub-block.
fn sub_parameters(row: u32, col: u32) -> vec2f {
  let own = group_of[col];
  let at = (row * params.groups + own) * 2;
  let first = (row * params.groups + own / SETS * SETS) * 2;
  return vec2f(parameters[first] * parameters[at], parameters[first + 1] * parameters[at + 1]);
}

fn quantize(row: u32, col: u32, x: f32) -> u32 {
  let p = sub_parameters(row, col);
  // All codes mean −floor.
  if (p.x == 0.0) {
    return 0;
  }
  return u32(clamp(round((x + p.y) / p.x), 0.0, f32(params.levels)));
}

fn value_of(row: u32, col: u32, code: u32) -> f32 {
  let p = sub_parameters(row, col);
  return p.x * f32(code) - p.y;
}

// Values ≥ 0 in block_x, weights in block_w, as step · scale_codes: nine candidates, then coordinate descent, at most 5 sweeps.
fn round_scales(subs: u32, n: f32) -> f32 {
  var high = 0.0;
  for (var i = 0u; i < subs; i++) {
    scale_codes[i] = 0.0;
    high = max(high, block_x[i]);
  }
  if (high < TINY) {
    return 0.0;
  }
  var inverse = n / high;
  var least = 0.0;
  // The whole range first, then k = −4 … 4 without 0.
  for (var i = 0; i < 9; i++) {
    let k = select(i - select(5, 4, i > 4), 0, i == 0);
    let tried = select((0.1 * f32(k) + n) / high, n / high, i == 0);
    let step = 1.0 / tried;
    var sum = 0.0;
    for (var j = 0u; j < subs; j++) {
      let off = block_x[j] - step * min(n, round(tried * block_x[j]));
      sum += block_w[j] * off * off;
    }
    if (i == 0 || sum < least) {
      least = sum;
      inverse = tried;
    }
  }
  var xc = 0.0;
  var cc = 0.0;
  for (var j = 0u; j < subs; j++) {
    let c = min(n, round(inverse * block_x[j]));
    scale_codes[j] = c;
    xc += block_w[j] * block_x[j] * c;
    cc += block_w[j] * c * c;
  }
  for (var sweep = 0; sweep < 5; sweep++) {
    var changed = false;
    for (var j = 0u; j < subs; j++) {
      let c = scale_codes[j];
      var rest_x = xc - block_w[j] * block_x[j] * c;
      var rest_c = cc - block_w[j] * c * c;
      if (rest_x <= 0.0 || rest_c <= 0.0) {
        continue;
      }
      let next = min(n, round(block_x[j] * rest_c / rest_x));
      if (next == c) {
        continue;
      }
      rest_x += block_w[j] * block_x[j] * next;
      rest_c += block_w[j] * next * next;
      if (rest_x * rest_x * cc > xc * xc * rest_c) {
        scale_codes[j] = next;
        xc = rest_x;
        cc = rest_c;
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

// The same against the largest value alone.
fn scales_to_max(subs: u32, n: f32) -> f32 {
  var high = 0.0;
  for (var i = 0u; i < subs; i++) {
    high = max(high, block_x[i]);
  }
  // Floors of −0 leave high at either zero; the file has +0.
  if (high < n * LEAST_STEP) {
    for (var i = 0u; i < subs; i++) {
      scale_codes[i] = 0.0;
    }
    return 0.0;
  }
  let inverse = n / high;
  for (var i = 0u; i < subs; i++) {
    scale_codes[i] = clamp(round(inverse * block_x[i]), 0.0, n);
  }
  return high / n;
}

fn round_steps(subs: u32, values: ptr<function, array<f32, SUBS>>, totals: ptr<function, array<f32, SUBS>>) -> f32 {
  for (var j = 0u; j < subs; j++) {
    block_x[j] = (*values)[j];
    block_w[j] = (*totals)[j];
  }
  if (IMPORTANCE == 1) {
    return round_scales(subs, f32(SCALES));
  }
  return scales_to_max(subs, f32(SCALES));
}

fn fit(row: u32, begin: u32, end: u32) {
  let n = f32(params.levels);
  // Not constants, although always SUB and SUBS: compilers unroll constant loops, and take half a minute over this one.
  let sub = (end - begin) / SUBS;
  let subs = (end - begin) / SUB;
  var squares = 0.0;
  if (IMPORTANCE == 1) {
    for (var col = begin; col < end; col++) {
      let x = target_value(row, col);
      squares += x * x;
    }
  }
  let variance = SPREAD * (squares / 256.0);
  var steps: array<f32, SUBS>;
  var floors: array<f32, SUBS>;
  var totals: array<f32, SUBS>;
  for (var j = 0u; j < subs; j++) {
    let first = begin + j * sub;
    let mean_square = load_block(row, first, sub) / f32(sub);
    var search = AffineSearch(n, LOWER, 0.1, STEPS, ABSOLUTE);
    if (IMPORTANCE == 1) {
      weigh_block(first, sub, variance);
      search = AffineSearch(n, -0.9, 0.05, 36, 0);
    } else {
      let root = select(0.0, sqrt(mean_square), RMS == 1);
      for (var i = 0u; i < sub; i++) {
        block_w[i] = root + abs(block_x[i]);
      }
    }
    var total = 0.0;
    for (var i = 0u; i < sub; i++) {
      total += block_w[i];
    }
    totals[j] = total;
    let found = search_affine(sub, search);
    steps[j] = found.x;
    floors[j] = found.y;
  }
  let d = half(round_steps(subs, &steps, &totals));
  for (var j = 0u; j < subs; j++) {
    fitted[1 + j].x = scale_codes[j];
  }
  let dmin = half(round_steps(subs, &floors, &totals));
  for (var j = 0u; j < subs; j++) {
    fitted[1 + j].y = scale_codes[j];
  }
  fitted[0] = vec2f(d, dmin);
}
