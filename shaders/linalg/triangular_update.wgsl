// What a solved block of columns takes off those behind it: Y[:, end:] −= Y[:, first:end]·U[first:end, end:].
// One invocation owns 4 rows × 4 columns; invocations are numbered along rows of tiles.
struct Params { rows: u32, n: u32, first: u32, end: u32, first_tile: u32, last_tile: u32, outputs: u32 }
@group(0) @binding(0) var<storage, read> u: array<f32>; // [end − first, n] rows first … end of an upper triangle
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [rows, n] solved before end, changed behind it
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn triangular_update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = params.first_tile + linear_group(group, groups) * 64 + lane;
  if (tile >= params.last_tile) { return; }
  let n = params.n;
  let across = (n - params.end + 3) / 4;
  let row = tile / across * 4;
  let col = params.end + tile % across * 4;
  // Rows and columns past the end repeat the last; they are not stored.
  let r = four(row, params.rows - 1) * n;
  let c = four(col, n - 1);
  var t = Tile();
  for (var k = params.first; k < params.end; k++) {
    let at = (k - params.first) * n;
    let left = vec4f(y[r.x + k], y[r.y + k], y[r.z + k], y[r.w + k]);
    t = add(t, left, vec4f(u[at + c.x], u[at + c.y], u[at + c.z], u[at + c.w]));
  }
  var sums = rows_of(t);
  // `outputs` is 16, kept from the compiler: unrolled, this loop takes seconds to compile on a software adapter.
  for (var i = 0u; i < params.outputs; i++) {
    let to_row = row + i / 4;
    let to_col = col + i % 4;
    if (to_row < params.rows && to_col < n) { y[to_row * n + to_col] -= sums[i / 4][i % 4]; }
  }
}
