// 𝐑[:, b] = R[:, b]·R[b, b]⁻¹ for blocks b of `width` columns: the identity in every diagonal block, so that points of `width` columns
// are the columns of a walk. Here the columns from first_col on, down to their last block. One invocation owns a row of a block: width
// elements, solved from the first to the last.
struct Params {
  cols: u32,
  first_col: u32,
  // Columns of a block; a shorter last block is one of its own.
  width: u32,
  // Rows × blocks of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> r: array<f32>; // [first_col + cols, cols] of an upper triangle, positive diagonal
@group(0) @binding(1) var<storage, read_write> unit: array<f32>; // [first_col + cols, cols] of the unit block upper triangle
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn block_unit_upper(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = params.first + linear_group(wid, groups) * WG + lane;
  if (index >= params.last) {
    return;
  }
  let cols = params.cols;
  let across = (cols + params.width - 1) / params.width;
  let row = index / across;
  let begin = index % across * params.width;
  let end = min(begin + params.width, cols);
  // The row of R whose pivot is in column j of this range.
  let down = params.first_col;
  for (var j = begin; j < end; j++) {
    var value = select(0.0, 1.0, down + j == row);
    if (row < down + begin) {
      var sum = r[row * cols + j];
      for (var k = begin; k < j; k++) {
        sum -= unit[row * cols + k] * r[(down + k) * cols + j];
      }
      value = sum / r[(down + j) * cols + j];
    }
    unit[row * cols + j] = value;
  }
}
