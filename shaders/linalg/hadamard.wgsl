// y = scale · (I ⊗ S) x with S[i, j] = (−1)^popcount(i & j) of order POWER, on every run of POWER columns (Walsh-Hadamard transform);
// with SIGNS = 1, x is multiplied by the sign of its column before, with SIGNS = 2, y after.
// One workgroup owns TILE consecutive elements, a multiple of POWER; an invocation owns 4 (at the last odd stage 2) of them per stage.
// Two butterfly stages at a time: half the barriers, which is what software adapters pay for.
struct Params {
  cols: u32,
  // Elements of x, and the first tile of this dispatch.
  count: u32,
  first_tile: u32,
  scale: f32,
}
override WG: u32 = 64;
override POWER: u32 = 64; // at most 4096: 16 KiB
override TILE: u32 = 512;
override SIGNS: u32 = 0; // 0: none, 1: before, 2: after

@group(0) @binding(0) var<storage, read> x: array<f32>; // [rows, cols] input, cols a multiple of POWER
@group(0) @binding(1) var<storage, read> signs: array<f32>; // [cols] 1 or −1
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, cols] result
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> tile: array<f32, TILE>;

@compute @workgroup_size(WG)
fn hadamard(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let begin = (params.first_tile + linear_group(wid, groups)) * TILE;
  for (var i = lane; i < TILE; i += WG) {
    var v = 0.0;
    if (begin + i < params.count) {
      v = x[begin + i];
      if (SIGNS == 1) {
        v *= signs[(begin + i) % params.cols];
      }
    }
    tile[i] = v;
  }
  workgroupBarrier();
  var h = 1u;
  for (; 4 * h <= POWER; h *= 4) {
    for (var i = lane; i < TILE / 4; i += WG) {
      let at = i / h * 4 * h + i % h;
      let a = tile[at];
      let b = tile[at + h];
      let c = tile[at + 2 * h];
      let d = tile[at + 3 * h];
      tile[at] = (a + b) + (c + d);
      tile[at + h] = (a - b) + (c - d);
      tile[at + 2 * h] = (a + b) - (c + d);
      tile[at + 3 * h] = (a - b) - (c - d);
    }
    workgroupBarrier();
  }
  if (h < POWER) {
    for (var i = lane; i < TILE / 2; i += WG) {
      let at = i / h * 2 * h + i % h;
      let a = tile[at];
      let b = tile[at + h];
      tile[at] = a + b;
      tile[at + h] = a - b;
    }
    workgroupBarrier();
  }
  for (var i = lane; i < TILE; i += WG) {
    if (begin + i < params.count) {
      var v = tile[i] * params.scale;
      if (SIGNS == 2) {
        v *= signs[(begin + i) % params.cols];
      }
      y[begin + i] = v;
    }
  }
}
