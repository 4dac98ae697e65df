// y[c, r] = x[r, c].   A workgroup of 16 × 16 invocations owns one tile of 16 × 16 elements and turns it in workgroup memory, so
// that both reads and writes run along rows.
struct Params { rows: u32, cols: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] input
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [cols, rows] its transpose
@group(0) @binding(2) var<uniform> params: Params;
// 17 words a row: a column then spans all banks.
var<workgroup> tile: array<f32, 272>;

@compute @workgroup_size(16, 16)
fn transpose_copy(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let row = group.y * 16 + id.y;
  let col = group.x * 16 + id.x;
  if (row < params.rows && col < params.cols) { tile[id.y * 17 + id.x] = x[row * params.cols + col]; }
  workgroupBarrier();
  let out_row = group.x * 16 + id.y;
  let out_col = group.y * 16 + id.x;
  if (out_row < params.cols && out_col < params.rows) { y[out_row * params.rows + out_col] = tile[id.x * 17 + id.y]; }
}
