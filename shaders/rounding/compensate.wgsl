// GPTQ in the one-factor form, for one block of columns [begin, end): with H damped = R Rᵀ, R̃ = R·diag(R)⁻¹, D = Ŵ − W,
//   ŵ_j = quantize(W_j − Σ_{k<j} D_k R̃[k, j]).
// On a vector grid j is a point of WIDTH columns, and R̃ is the unit block upper triangular factor with blocks of WIDTH columns.
// B holds the sum over k < begin. One invocation owns one row and walks its columns in panels kept in private memory; rows are
// independent. Concatenated with a grid file. A group's parameters are fitted on W + X, where X is what compensation would add to
// the group's columns if they were not rounded: X R̃_gg = feedback of the columns before it. X is kept in D's place until D is known.
struct Params {
  cols: u32,
  // Parameter sets of a row: SETS for each group of columns.
  groups: u32,
  // Columns per group.
  group: u32,
  levels: u32,
  begin: u32,
  end: u32,
  // End of the last group that begins in the block; B has fit_end − begin columns.
  fit_end: u32,
  // Rows of this dispatch: [first_row, last_row).
  first_row: u32,
  last_row: u32,
}
override WG: u32 = 64;
// 0: parameters are given. 1: fitted on entering a group, which begins at begin + n·group. 2: all groups that begin in the block are
// fitted before it, so on compensation by the columns before the block alone, as the published code does.
override FIT: u32 = 0;
// 1: B holds more than feedback, and so something for the first block too.
override ADDED: u32 = 0;
// Columns of a panel; sums run over k in order whatever it is. At 32 a software adapter compiles three to four times as long and runs
// no faster.
const PANEL: u32 = 16;

@group(0) @binding(0) var<storage, read> W: array<f32>; // [rows, cols] weights
@group(0) @binding(1) var<storage, read> Rt: array<f32>; // [fit_end, fit_end − begin] columns of R̃, unit upper triangular
@group(0) @binding(2) var<storage, read> B: array<f32>; // [rows, fit_end − begin] feedback of the columns before the block
@group(0) @binding(3) var<storage, read> group_of: array<u32>; // [cols] parameter set of each column
@group(0) @binding(4) var<storage, read> importance: array<f32>; // [cols] weight of an error in each column, for fits
@group(0) @binding(5) var<storage, read_write> D: array<f32>; // [rows, cols] Ŵ − W
@group(0) @binding(6) var<storage, read_write> codes: array<u32>; // [rows, cols] result; what the grid decided beforehand, before
@group(0) @binding(7) var<storage, read_write> parameters: array<f32>; // [rows, groups, 2] the grid's
@group(0) @binding(8) var<uniform> params: Params;

// Feedback into the panel's columns.
var<private> b: array<f32, PANEL>;

fn target_value(row: u32, col: u32) -> f32 {
  let at = row * params.cols + col;
  return W[at] + D[at];
}

fn importance_of(col: u32) -> f32 {
  return importance[col];
}

// b = B − D[begin:first]·R̃ for columns [first, first + count).
fn gather_feedback(row: u32, first: u32, count: u32) {
  let width = params.fit_end - params.begin;
  for (var i = 0u; i < PANEL; i++) {
    b[i] = 0.0;
    if ((params.begin > 0 || ADDED == 1) && i < count) {
      b[i] = B[row * width + first - params.begin + i];
    }
  }
  for (var k = params.begin; k < first; k++) {
    let d = D[row * params.cols + k];
    let r = k * width + first - params.begin;
    if (count == PANEL) {
      for (var i = 0u; i < PANEL; i++) {
        b[i] -= d * Rt[r + i];
      }
    } else {
      for (var i = 0u; i < count; i++) {
        b[i] -= d * Rt[r + i];
      }
    }
  }
}

fn spread(d: f32, col: u32, j: u32, count: u32) {
  let r = col * (params.fit_end - params.begin) + col - params.begin - j;
  for (var i = j + 1; i < count; i++) {
    b[i] -= d * Rt[r + i];
  }
}

// D[first:last] = X, the conditional optimum given D[begin:first].
fn solve_unrounded(row: u32, first: u32, last: u32) {
  for (var panel = first; panel < last; panel += PANEL) {
    let count = min(PANEL, last - panel);
    gather_feedback(row, panel, count);
    for (var j = 0u; j < count; j++) {
      D[row * params.cols + panel + j] = b[j];
      spread(b[j], panel + j, j, count);
    }
  }
}

fn fit_into(row: u32, begin: u32) {
  fit(row, begin, min(begin + params.group, params.cols));
  let at = (row * params.groups + begin / params.group * SETS) * 2;
  for (var s = 0u; s < SETS; s++) {
    parameters[at + 2 * s] = fitted[s].x;
    parameters[at + 2 * s + 1] = fitted[s].y;
  }
}

fn round_panel(row: u32, first: u32, count: u32) {
  gather_feedback(row, first, count);
  for (var j = 0u; j < count; j += WIDTH) {
    let col = first + j;
    let at = row * params.cols + col;
    var x: array<f32, WIDTH>;
    for (var k = 0u; k < WIDTH; k++) {
      x[k] = W[at + k] + b[j + k];
    }
    let code = round_point(row, col, x);
    let point = point_of(row, col, code);
    for (var k = 0u; k < WIDTH; k++) {
      let d = point[k] - W[at + k];
      codes[at + k] = code[k];
      D[at + k] = d;
      // Within a point R̃ is the identity: nothing that was just rounded is moved.
      spread(d, col + k, j + k, count);
    }
  }
}

@compute @workgroup_size(WG)
fn compensate(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.last_row) {
    return;
  }
  if (FIT == 2) {
    solve_unrounded(row, params.begin, params.fit_end);
    let whole = (params.begin + params.group - 1) / params.group * params.group;
    for (var group = whole; group < params.end; group += params.group) {
      fit_into(row, group);
    }
  }
  var first = params.begin;
  while (first < params.end) {
    var count = min(PANEL, params.end - first);
    if (FIT == 1) {
      let inside = first % params.group;
      if (inside == 0) {
        solve_unrounded(row, first, min(first + params.group, params.cols));
        fit_into(row, first);
      }
      count = min(count, params.group - inside);
    }
    round_panel(row, first, count);
    first += count;
  }
}
