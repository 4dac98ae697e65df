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

fn store(row: u32, col: u32, sum: vec4f) {
  let width = params.fit_end - params.begin;
  if (row >= params.last_row) {
    return;
  }
  for (var j = 0u; j < min(4u, width - col); j++) {
    B[row * width + col + j] = -sum[j];
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
  let q = min(vec4u(col, col + 1, col + 2, col + 3), vec4u(width - 1));
  let r0 = min(row + 0, last) * params.cols;
  let r1 = min(row + 1, last) * params.cols;
  let r2 = min(row + 2, last) * params.cols;
  let r3 = min(row + 3, last) * params.cols;
  let r4 = min(row + 4, last) * params.cols;
  let r5 = min(row + 5, last) * params.cols;
  let r6 = min(row + 6, last) * params.cols;
  let r7 = min(row + 7, last) * params.cols;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var s4 = vec4f();
  var s5 = vec4f();
  var s6 = vec4f();
  var s7 = vec4f();
  for (var k = 0u; k < params.begin; k++) {
    let at = k * width + q;
    let r = vec4f(Rt[at.x], Rt[at.y], Rt[at.z], Rt[at.w]);
    s0 = fma(vec4f(D[r0 + k]), r, s0);
    s1 = fma(vec4f(D[r1 + k]), r, s1);
    s2 = fma(vec4f(D[r2 + k]), r, s2);
    s3 = fma(vec4f(D[r3 + k]), r, s3);
    s4 = fma(vec4f(D[r4 + k]), r, s4);
    s5 = fma(vec4f(D[r5 + k]), r, s5);
    s6 = fma(vec4f(D[r6 + k]), r, s6);
    s7 = fma(vec4f(D[r7 + k]), r, s7);
  }
  store(row + 0, col, s0);
  store(row + 1, col, s1);
  store(row + 2, col, s2);
  store(row + 3, col, s3);
  store(row + 4, col, s4);
  store(row + 5, col, s5);
  store(row + 6, col, s6);
  store(row + 7, col, s7);
}
