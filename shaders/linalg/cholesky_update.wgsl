// The rest of a step: A −= P·Pᵀ on and above the diagonal of the leading part, P [first, block] the panel just solved.
// One invocation owns 8 × 8 elements of A, a workgroup 8 rows × 8·WG columns; tiles wholly below the diagonal return at once.
struct Params {
  size: u32,
  // The row that r begins with, and the first row of this dispatch.
  top: u32,
  first_row: u32,
  first: u32,
  block: u32,
  outputs: u32,
}
override WG: u32 = 16;
@group(0) @binding(0) var<storage, read> panel: array<f32>; // [first, block] P
@group(0) @binding(1) var<storage, read_write> r: array<f32>; // [rows, size] A left of the panel, changed in place
@group(0) @binding(2) var<uniform> params: Params;

// Column k of P in the four rows that begin at `at`.
fn rows(at: vec4u, k: u32) -> vec4f {
  return vec4f(panel[at.x + k], panel[at.y + k], panel[at.z + k], panel[at.w + k]);
}

@compute @workgroup_size(WG)
fn cholesky_update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = params.first_row + group.y * 8;
  let col = (group.x * WG + lane) * 8;
  if (row >= params.first || col >= params.first || col + 7 < row) { return; }
  let size = params.size;
  let block = params.block;
  // The leading part is whole blocks: no row is past its end.
  let last = params.first - 1;
  let top = four(row, last) * block;
  let bottom = four(row + 4, last) * block;
  let near = four(col, last) * block;
  let far = four(col + 4, last) * block;
  var t0 = Tile();
  var t1 = Tile();
  var t2 = Tile();
  var t3 = Tile();
  // `block` and `outputs` are 32 and 64, kept from the compiler: unrolled, these loops take seconds to compile on a software
  // adapter.
  for (var k = 0u; k < block; k++) {
    let x0 = rows(top, k);
    let x1 = rows(bottom, k);
    let y0 = rows(near, k);
    let y1 = rows(far, k);
    t0 = add(t0, x0, y0);
    t1 = add(t1, x0, y1);
    t2 = add(t2, x1, y0);
    t3 = add(t3, x1, y1);
  }
  var sums = array<vec4f, 16>(
    t0.r0, t1.r0, t0.r1, t1.r1, t0.r2, t1.r2, t0.r3, t1.r3,
    t2.r0, t3.r0, t2.r1, t3.r1, t2.r2, t3.r2, t2.r3, t3.r3,
  );
  for (var i = 0u; i < params.outputs; i++) {
    let to_row = row + i / 8;
    let to_col = col + i % 8;
    if (to_col >= to_row) { r[(to_row - params.top) * size + to_col] -= sums[i / 4][i % 4]; }
  }
}
