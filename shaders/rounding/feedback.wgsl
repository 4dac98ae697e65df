// Feedback of the finished columns into the next block: B = −D[:, :begin] · R̃[:begin, begin:fit_end]. One workgroup owns a 32×32 tile of
// B, one invocation 4×4 of it; sums run over k in order. D [rows, cols], R̃ [cols, cols], B [rows, fit_end − begin].
struct Params {
  cols: u32,
  begin: u32,
  fit_end: u32,
  // Rows of this dispatch: [first_row, last_row).
  first_row: u32,
  last_row: u32,
}
const TILE: u32 = 32;
const DEPTH: u32 = 16;

@group(0) @binding(0) var<storage, read> D: array<f32>; // [rows, cols] Ŵ − W, columns before `begin` finished
@group(0) @binding(1) var<storage, read> Rt: array<f32>; // [cols, cols] R̃, unit upper triangular
@group(0) @binding(2) var<storage, read_write> B: array<f32>; // [rows, fit_end − begin] result
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> tile_d: array<f32, 512>;
var<workgroup> tile_r: array<f32, 512>;

@compute @workgroup_size(8, 8)
fn feedback(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_id) lid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let width = params.fit_end - params.begin;
  let row0 = params.first_row + wid.y * TILE;
  let col0 = wid.x * TILE;
  var sum: array<vec4f, 4>;
  for (var k0 = 0u; k0 < params.begin; k0 += DEPTH) {
    for (var s = lane; s < TILE * DEPTH; s += 64) {
      let row = row0 + s / DEPTH;
      let k = k0 + s % DEPTH;
      let inside = row < params.last_row && k < params.begin;
      tile_d[s] = select(0.0, D[select(0, row * params.cols + k, inside)], inside);
    }
    for (var s = lane; s < TILE * DEPTH; s += 64) {
      let k = k0 + s / TILE;
      let col = col0 + s % TILE;
      let inside = col < width && k < params.begin;
      tile_r[s] = select(0.0, Rt[select(0, k * params.cols + params.begin + col, inside)], inside);
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let at = k * TILE + lid.x * 4;
      let r = vec4f(tile_r[at], tile_r[at + 1], tile_r[at + 2], tile_r[at + 3]);
      for (var i = 0u; i < 4; i++) {
        sum[i] -= tile_d[(lid.y * 4 + i) * DEPTH + k] * r;
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4; i++) {
    let row = row0 + lid.y * 4 + i;
    for (var j = 0u; j < 4; j++) {
      let col = col0 + lid.x * 4 + j;
      if (row < params.last_row && col < width) {
        B[row * width + col] = sum[i][j];
      }
    }
  }
}
