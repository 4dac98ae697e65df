// y[j, i] = x[i, j]. A workgroup of 8 × 8 invocations moves a tile of 16 × 16 through workgroup memory, so that reads and writes run
// along rows. Words are moved, not interpreted.
struct Params {
  // Rows [top, top + rows) and columns [left, left + cols) of x, whose bound rows begin with `top`, as y's do with `left`.
  top: u32,
  rows: u32,
  left: u32,
  cols: u32,
  // Columns of x and of y.
  x_cols: u32,
  y_cols: u32,
  first_tile: u32,
}
@group(0) @binding(0) var<storage, read> x: array<u32>; // [rows, x_cols] words
@group(0) @binding(1) var<storage, read_write> y: array<u32>; // [cols, y_cols] words
@group(0) @binding(2) var<uniform> params: Params;

// One column more than needed: neighbours in a column lie in different banks.
var<workgroup> tile: array<array<u32, 17>, 16>;

@compute @workgroup_size(64)
fn transpose(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let across = (params.cols + 15) / 16;
  let index = params.first_tile + linear_group(wid, groups);
  let top = index / across * 16;
  let left = index % across * 16;
  for (var k = lane; k < 256; k += 64) {
    if (top + k / 16 < params.rows && left + k % 16 < params.cols) {
      tile[k / 16][k % 16] = x[(top + k / 16) * params.x_cols + params.left + left + k % 16];
    }
  }
  workgroupBarrier();
  for (var k = lane; k < 256; k += 64) {
    if (left + k / 16 < params.cols && top + k % 16 < params.rows) {
      y[(left + k / 16) * params.y_cols + params.top + top + k % 16] = tile[k % 16][k / 16];
    }
  }
}
