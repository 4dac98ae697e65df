// AWQ's clip search: the grid of a row's group of columns with its weights cut to ±share·max|w|, share = 1, 0.95, … 0.55, for the least
// error of the group's part of the output, (ŵ − w)_g H_gg (ŵ − w)_gᵀ; the first of equals. One invocation owns one row and group.
// Scales are halves, as they are stored. W, D [rows, cols]; H [cols, group], of each column what it has to do with those of its group;
// parameters [rows, groups, 2] scale and zero.
struct Params {
  cols: u32,
  groups: u32,
  // Columns per group.
  group: u32,
  levels: u32,
  // Shares tried; 1 is the whole range alone.
  candidates: u32,
  // Rows × groups of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> W: array<f32>; // [rows, cols] weights
@group(0) @binding(1) var<storage, read> H: array<f32>; // [cols, group] diagonal blocks of the second moment of the inputs
@group(0) @binding(2) var<storage, read_write> D: array<f32>; // [rows, cols] differences, for the sums
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>; // [rows, groups, 2] scale and zero
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn clip_search(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = params.first + linear_group(wid, groups) * WG + lane;
  if (i >= params.last) {
    return;
  }
  let row = i / params.groups * params.cols;
  let begin = i % params.groups * params.group;
  let end = min(begin + params.group, params.cols);
  var low = W[row + begin];
  var high = low;
  for (var col = begin + 1; col < end; col++) {
    low = min(low, W[row + col]);
    high = max(high, W[row + col]);
  }
  let peak = max(abs(low), abs(high));
  let levels = f32(params.levels);
  var least = 0.0;
  for (var candidate = 0u; candidate < params.candidates; candidate++) {
    let cut = peak * (1.0 - 0.05 * f32(candidate));
    let range = max(clamp(high, -cut, cut) - clamp(low, -cut, cut), 1e-5);
    let scale = half_step(range / levels);
    // Not low / scale: where both ends are cut that is a tie, which rounding errors of the scale would decide.
    let zero = clamp(-round(clamp(low, -cut, cut) / range * levels), 0.0, levels);
    var sum = 0.0;
    for (var col = begin; col < end; col++) {
      // Weights that are cut need no clamping: their code is the first or last, as a tie to even gives it for ±cut itself.
      let code = clamp(round(W[row + col] / scale) + zero, 0.0, levels);
      let d = scale * (code - zero) - W[row + col];
      D[row + col] = d;
      var across = 0.0;
      for (var other = begin; other < col; other++) {
        across += D[row + other] * H[col * params.group + other - begin];
      }
      sum += d * (2.0 * across + d * H[col * params.group + col - begin]);
    }
    if (candidate == 0 || sum < least) {
      least = sum;
      parameters[2 * i] = scale;
      parameters[2 * i + 1] = zero;
    }
  }
}
