// Coordinate descent on tr(D H Dᵀ), D = Ŵ − W, for one block of columns [begin, end): with g_j = (D H)_j as it then is, each in turn
//   ŵ_j ← the point of the grid next to ŵ_j − g_j / H_jj,
// the least of the objective in that column; H has `damping` on its diagonal, which G counts in already. On a vector grid j is a point of WIDTH columns, and the step is taken if it does not
// lose. One invocation owns one row and walks its columns; rows are independent. Concatenated with a grid file.
struct Params {
  cols: u32,
  groups: u32,
  levels: u32,
  begin: u32,
  end: u32,
  // 1: every step is taken, because Ŵ is not on the grid yet.
  first_sweep: u32,
  // Rows of this dispatch: [first_row, last_row).
  first_row: u32,
  last_row: u32,
  // Added to every H_jj.
  damping: f32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> H: array<f32>; // [end − begin, cols] the block's rows of the second moment of the inputs
@group(0) @binding(1) var<storage, read> G: array<f32>; // [rows, cols] D·H before the block
@group(0) @binding(2) var<storage, read> group_of: array<u32>; // [cols] parameter set of each column
@group(0) @binding(3) var<storage, read> parameters: array<f32>; // [rows, groups, 2] the grid's
@group(0) @binding(4) var<storage, read> codes: array<u32>; // [rows, cols] what the grid decided beforehand
@group(0) @binding(5) var<storage, read_write> What: array<f32>; // [rows, cols] Ŵ
@group(0) @binding(6) var<storage, read_write> steps: array<f32>; // [rows, end − begin] by how much the block's columns moved
@group(0) @binding(7) var<storage, read_write> chosen: array<u32>; // [rows, cols] codes of Ŵ
@group(0) @binding(8) var<uniform> params: Params;

fn target_value(row: u32, col: u32) -> f32 {
  return What[row * params.cols + col];
}

fn importance_of(col: u32) -> f32 {
  return 1.0;
}

// (D H)_col, with the steps of the block's columns before `first`.
fn gradient(row: u32, first: u32, col: u32) -> f32 {
  var g = G[row * params.cols + col];
  let width = params.end - params.begin;
  for (var k = params.begin; k < first; k++) {
    g = fma(steps[row * width + k - params.begin], H[(k - params.begin) * params.cols + col], g);
  }
  return g;
}

@compute @workgroup_size(WG)
fn descend(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.last_row) {
    return;
  }
  let width = params.end - params.begin;
  for (var col = params.begin; col < params.end; col += WIDTH) {
    let at = row * params.cols + col;
    var g: array<f32, WIDTH>;
    var x: array<f32, WIDTH>;
    for (var k = 0u; k < WIDTH; k++) {
      g[k] = gradient(row, col, col + k);
      let h = H[(col + k - params.begin) * params.cols + col + k] + params.damping;
      x[k] = What[at + k];
      // An input that never occurs pulls nowhere.
      if (h > 0.0) {
        x[k] -= g[k] / h;
      }
    }
    let code = round_point(row, col, x);
    let point = point_of(row, col, code);
    // 2 δ·g + δ H δ: what the step changes in the objective.
    var change = 0.0;
    for (var k = 0u; k < WIDTH; k++) {
      let d = point[k] - What[at + k];
      var pull = 2.0 * g[k] + params.damping * d;
      for (var l = 0u; l < WIDTH; l++) {
        pull = fma(H[(col + l - params.begin) * params.cols + col + k], point[l] - What[at + l], pull);
      }
      change = fma(d, pull, change);
    }
    let step = params.first_sweep == 1 || change < 0.0;
    for (var k = 0u; k < WIDTH; k++) {
      let to = row * width + col + k - params.begin;
      steps[to] = 0.0;
      if (step) {
        steps[to] = point[k] - What[at + k];
        What[at + k] = point[k];
        chosen[at + k] = code[k];
      }
    }
  }
}
