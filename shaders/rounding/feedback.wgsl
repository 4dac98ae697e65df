// Feedback of the finished columns into the next block: B = −D[:, :begin] · R̃[:begin, begin:fit_end]. One invocation owns 8 rows × 4
// columns of B, a workgroup WG such tiles, numbered along rows; sums run over k in order. D [rows, cols], R̃ in its columns [begin, fit_end),
// B [rows, fit_end − begin]. No workgroup memory: on software adapters loads through it cost more than they save.
struct Params {
  cols: u32,
  begin: u32,
  fit_end: u32,
  // Rows of this dispatch: [first_row, last_row).
  first_row: u32,
  last_row: u32,
}
override WG: u32 = 32;

@group(0) @binding(0) var<storage, read> D: array<f32>; // [rows, cols] Ŵ − W, columns before `begin` finished
@group(0) @binding(1) var<storage, read> Rt: array<f32>; // [fit_end, fit_end − begin] columns of R̃, unit upper triangular
@group(0) @binding(2) var<storage, read_write> B: array<f32>; // [rows, fit_end − begin] result
@group(0) @binding(3) var<uniform> params: Params;

fn store(row: u32, col: u32, t: Tile) {
  let width = params.fit_end - params.begin;
  var sums = rows_of(t);
  for (var i = 0u; i < 4 && row + i < params.last_row; i++) {
    for (var j = 0u; j < min(4u, width - col); j++) {
      B[(row + i) * width + col + j] = -sums[i][j];
    }
  }
}

@compute @workgroup_size(WG)
fn feedback(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let width = params.fit_end - params.begin;
  let across = (width + 3) / 4;
  let tile = linear_group(group, groups) * WG + lane;
  let row = params.first_row + tile / across * 8;
  let col = tile % across * 4;
  if (row >= params.last_row) {
    return;
  }
  // Rows and columns past the end repeat the last; their sums are not stored.
  let last = params.last_row - 1;
  let top = four(row, last) * params.cols;
  let bottom = four(row + 4, last) * params.cols;
  let q = four(col, width - 1);
  var t0 = Tile();
  var t1 = Tile();
  for (var k = 0u; k < params.begin; k++) {
    let at = k * width + q;
    let r = vec4f(Rt[at.x], Rt[at.y], Rt[at.z], Rt[at.w]);
    t0 = add(t0, vec4f(D[top.x + k], D[top.y + k], D[top.z + k], D[top.w + k]), r);
    t1 = add(t1, vec4f(D[bottom.x + k], D[bottom.y + k], D[bottom.z + k], D[bottom.w + k]), r);
  }
  store(row, col, t0);
  store(row + 4, col, t1);
}
