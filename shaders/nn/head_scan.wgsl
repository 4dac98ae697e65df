// The selective scan of Mamba-2, whose heads decay as a whole (Dao and Gu, 2024), in chunks of 64 tokens. With a = Δ A, A = −exp(A_log), and
// s(t, r) = Σ a over the tokens after r, up to t:
//   y_t = Σ_{r ≤ t} (C_t · B_r) exp(s(t, r)) Δ_r x_r  +  exp(s(t, before)) S C_t  +  D x_t,      S the state before the chunk
// One invocation owns a token, and 16 channels of its head at most; a workgroup owns a chunk of a head of a window. s(t, r) is a running
// sum from t back: as a difference of sums from the start it would lose the digits of what is near.
struct Params {
  first: u32, // first unit of this dispatch; a unit is a part of the channels of a chunk of a head of a window
  end: u32, // one past its last unit
  strand: u32, // first head of a window whose states are bound
  length: u32, // tokens of a window
  chunks: u32, // of a window
  heads: u32,
  groups: u32,
  width: u32, // channels of a head / 4
  depth: u32, // states / 4
}
override HELD: u32 = 4; // quads of channels that an invocation holds, at most 4
@group(0) @binding(0) var<storage, read> x: array<vec4f>; // [tokens, heads · width]
@group(0) @binding(1) var<storage, read> delta: array<f32>; // [tokens, heads]
@group(0) @binding(2) var<storage, read> a_log: array<f32>; // [1, heads]
@group(0) @binding(3) var<storage, read> scores: array<f32>; // [tokens, groups · 64] C_t · B_r
@group(0) @binding(4) var<storage, read> c: array<f32>; // [tokens, groups · states]
@group(0) @binding(5) var<storage, read> d: array<f32>; // [1, heads]
@group(0) @binding(6) var<storage, read> starts: array<vec4f>; // [strands · chunks, states · width] before a chunk; not read of a first
@group(0) @binding(7) var<storage, read_write> y: array<vec4f>; // [tokens, heads · width]
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(64)
fn head_scan(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) folded: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let parts = (params.width + HELD - 1) / HELD;
  let unit = params.first + linear_group(group, folded);
  let chunk = unit / parts % params.chunks;
  let size = min(64u, params.length - chunk * 64);
  if (unit >= params.end || lane >= size) {
    return;
  }
  let first_quad = unit % parts * HELD;
  let local = unit / parts / params.chunks;
  let strand = params.strand + local;
  let head = strand % params.heads;
  let g = head / (params.heads / params.groups);
  let first_token = strand / params.heads * params.length + chunk * 64;
  let t = first_token + lane;
  let rate = decay_rate(vec4f(a_log[head])).x;
  let last = params.width - 1; // what lies beyond is worked out like the last, and not written

  var sum: array<vec4f, 4>;
  for (var p = 0u; p < HELD; p++) {
    sum[p] = vec4f();
  }
  if (chunk > 0) {
    var since = 0.0;
    for (var r = 0u; r <= lane; r++) {
      since += delta[(first_token + r) * params.heads + head] * rate;
    }
    let faded = exp(since);
    let states = 4 * params.depth;
    let base = (local * params.chunks + chunk) * states;
    for (var n = 0u; n < states; n++) {
      let v = faded * c[(t * params.groups + g) * states + n];
      for (var p = 0u; p < HELD; p++) {
        sum[p] += v * starts[(base + n) * params.width + min(first_quad + p, last)];
      }
    }
  }
  // All tokens of a workgroup look at the same one, and read it together.
  var since = 0.0;
  for (var back = size; back > 0; back--) {
    let r = back - 1;
    if (r <= lane) {
      let row = (first_token + r) * params.heads + head;
      let step = delta[row];
      let weight = scores[(t * params.groups + g) * 64 + r] * exp(since) * step;
      for (var p = 0u; p < HELD; p++) {
        sum[p] += weight * x[row * params.width + min(first_quad + p, last)];
      }
      since += step * rate;
    }
  }
  let row = (t * params.heads + head) * params.width;
  for (var p = 0u; p < HELD; p++) {
    let quad = first_quad + p;
    if (quad < params.width) {
      y[row + quad] = sum[p] + d[head] * x[row + quad];
    }
  }
}
