// Blocks of 32 columns with a step and a least value: ŵ = d c + m, for Q4_1 and Q5_1. Parameters: d and m as the format stores them,
// then the inverse step and the least value before that rounding, which codes are made with, as in llama.cpp.
// With lib/half.wgsl, lib/scale_search.wgsl and lib/affine_search.wgsl.
const SETS: u32 = 2;
// 1: fits search, and weigh errors by importance.
override IMPORTANCE: u32 = 0;

var<private> fitted: array<vec2f, SETS>;

// Where the block's first pair lies: what a column names.
fn grid_parameters(row: u32, col: u32) -> vec4f {
  let at = (row * params.groups + group_of[col]) * 2;
  return vec4f(parameters[at], parameters[at + 1], parameters[at + 2], parameters[at + 3]);
}

fn quantize(row: u32, col: u32, x: f32) -> u32 {
  let p = grid_parameters(row, col);
  let steps = (x - p.w) * p.z;
  var code = floor(steps + 0.5);
  if (IMPORTANCE == 1) {
    code = round(steps);
  }
  return u32(clamp(code, 0.0, f32(params.levels)));
}

fn value_of(row: u32, col: u32, code: u32) -> f32 {
  let p = grid_parameters(row, col);
  return f32(code) * p.x + p.y;
}

fn fit(row: u32, begin: u32, end: u32) {
  let count = end - begin;
  let levels = f32(params.levels);
  let mean_square = load_block(row, begin, count) / f32(count);
  if (IMPORTANCE == 1) {
    weigh_block(begin, count, mean_square);
    let found = search_affine(count, AffineSearch(levels, -0.9, 0.05, 36, 0));
    fitted[0] = vec2f(half(found.x), half(-found.y));
    fitted[1] = found.zw;
    return;
  }
  var low = block_x[0];
  var high = block_x[0];
  for (var i = 0u; i < count; i++) {
    low = min(low, block_x[i]);
    high = max(high, block_x[i]);
  }
  let d = (high - low) / levels;
  fitted[0] = vec2f(half(d), half(low));
  fitted[1] = vec2f(reciprocal(d), low);
}
