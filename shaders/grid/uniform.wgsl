// Uniform grid: ŵ = s (c − z), c = clamp(round(x / s) + z, 0, levels). [rows, groups] scale s and zero z of the row's group of columns.
// Defines quantize, value_of and fit for a rounding kernel, which declares parameters, group_of, params.groups, params.levels (the
// largest code) and target_value(row, col), the weight that a fit sees. The published GPTQ quantizer: the range holds 0. s is a half, as it
// is stored; zero and codes follow from that s.
// With lib/half.wgsl and lib/affine.wgsl.
const SETS: u32 = 1;
override SYMMETRIC: u32 = 0;
override CLIP_MSE: u32 = 0;
override CLIP_IMPORTANCE: u32 = 0;

// Scale and zero that `fit` found.
var<private> fitted: array<vec2f, SETS>;

fn code_of(x: f32, p: vec2f) -> f32 {
  return clamp(round(x / p.x) + p.y, 0.0, f32(params.levels));
}

// Scale and zero of the range [low, high].
fn parameters_of(low: f32, high: f32) -> vec2f {
  let levels = f32(params.levels);
  let scale = half_step((high - low) / levels);
  let middle = f32((params.levels + 1) / 2);
  return vec2f(scale, select(min(round(-low / scale), levels), middle, SYMMETRIC == 1));
}

// Scale and zero for columns [begin, end) of a row.
fn fit(row: u32, begin: u32, end: u32) {
  var low = 0.0;
  var high = 0.0;
  for (var col = begin; col < end; col++) {
    let x = target_value(row, col);
    low = min(low, x);
    high = max(high, x);
  }
  if (SYMMETRIC == 1) {
    high = max(-low, high);
    low = select(low, -high, low < 0.0);
  }
  // A row or group of zeros, or so near that adapters may take it for that.
  if (high - low < 1e-34) {
    low = -1.0;
    high = 1.0;
  }
  var best = parameters_of(low, high);
  if (CLIP_MSE + CLIP_IMPORTANCE > 0) {
    // Published search: shrink by i/100 for i < 80, keep the first least sum of |ŵ − x|^2.4. With importance: of H_jj (ŵ − x)².
    var least = 0.0;
    for (var i = 0u; i < 80; i++) {
      let share = 1.0 - f32(i) / 100.0;
      let p = parameters_of(share * low, share * high);
      var sum = 0.0;
      for (var col = begin; col < end; col++) {
        let x = target_value(row, col);
        let off = abs(p.x * (code_of(x, p) - p.y) - x);
        if (CLIP_IMPORTANCE == 1) {
          sum += importance_of(col) * off * off;
        } else if (off > 0.0) {
          sum += pow(off, 2.4);
        }
      }
      if (i == 0 || sum < least) {
        least = sum;
        best = p;
      }
    }
  }
  fitted[0] = best;
}
