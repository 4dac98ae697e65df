// Attention with grouped heads, causal with an optional sliding window or all to all, online softmax (Milakov and Gimelshein, 2018; Dao et
// al., 2022):
//   o[t, h, :] = Σ_j softmax_j(scale · q[t, h, :]·k[j, g, :]) v[j, g, :],   t − window < j ≤ t,   g = h / (heads / groups)
// Scores may be kept within ± cap: cap · tanh(score / cap) (Gemma 2, 2024). Values may be of another size than queries and keys.
// One workgroup of 8×8 invocations owns 32 queries of one head of one window and walks over tiles of 32 keys. An invocation owns
// 4×4 scores (rows 4·iy + a, keys ix + 8·b) and, of its 4 rows, every eighth vec4 of the output. Nothing of size length² exists.
struct Params {
  first: u32, // first unit of this dispatch; a unit is a query tile of a head of a window
  end: u32, // one past its last unit
  strands: u32, // windows · heads
  length: u32, // tokens of a window
  heads: u32,
  groups: u32, // key-value heads
  window: u32, // keys a query sees, itself included
  width: u32, // head size / 4, at most 64; not an override: unrolled loops over it compile for seconds on software adapters
  values: u32, // size of a value head / 4, as bounded as width
  all: u32, // 1: a query sees every key of its window; 0: only those before it and itself
  scale: f32,
  cap: f32, // scores are kept within ± cap; 0 for none
}
override PARTS: u32 = 2; // ceil(values / 8), at most 8
@group(0) @binding(0) var<storage, read> q: array<vec4f>; // [tokens, heads · head size / 4]
@group(0) @binding(1) var<storage, read> k: array<vec4f>; // [tokens, groups · head size / 4]
@group(0) @binding(2) var<storage, read> v: array<vec4f>; // [tokens, groups · values]
@group(0) @binding(3) var<storage, read_write> o: array<vec4f>; // [tokens, heads · values]
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> tops: array<vec4f, 64>; // of 4 rows, maximum over the 4 keys of a lane; at the end, sums
var<workgroup> weights: array<vec4f, 256>; // [8 row quads, 32 keys]: exp(score − maximum) of 4 rows

const hidden = -1.0e30; // score of a masked key: far below any real one, and finite

@compute @workgroup_size(8, 8)
fn attention(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) folded: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let tiles = (params.length + 31) / 32;
  let unit = params.first + linear_group(group, folded);
  if (unit >= params.end) {
    return;
  }
  // Tiles vary slowest and the long ones come first, so that no long one is left for the end.
  let tile = tiles - 1 - unit / params.strands;
  let head = (unit % params.strands) % params.heads;
  let first_token = (unit % params.strands) / params.heads * params.length;
  let ix = local.x;
  let iy = local.y;
  let last = params.length - 1;
  let q_stride = params.heads * params.width;
  let k_stride = params.groups * params.width;
  let group_of = head / (params.heads / params.groups);
  let k_base = first_token * k_stride + group_of * params.width;
  let v_stride = params.groups * params.values;
  let v_base = first_token * v_stride + group_of * params.values;
  let row = tile * 32 + iy * 4;
  let q_base = first_token * q_stride + head * params.width;
  let q0 = q_base + min(row, last) * q_stride;
  let q1 = q_base + min(row + 1, last) * q_stride;
  let q2 = q_base + min(row + 2, last) * q_stride;
  let q3 = q_base + min(row + 3, last) * q_stride;
  let rows = vec4u(row, row + 1, row + 2, row + 3);

  var acc0: array<vec4f, 8>;
  var acc1: array<vec4f, 8>;
  var acc2: array<vec4f, 8>;
  var acc3: array<vec4f, 8>;
  for (var p = 0u; p < PARTS; p++) {
    acc0[p] = vec4f();
    acc1[p] = vec4f();
    acc2[p] = vec4f();
    acc3[p] = vec4f();
  }
  var maximum = vec4f(hidden);
  var sum = vec4f(); // over this lane's keys only
  let tile_begin = tile * 32;
  let first_key = select(0u, tile_begin + 1 - params.window, params.all == 0 && tile_begin + 1 > params.window) / 32 * 32;
  let key_end = select(min(tile_begin + 32, params.length), params.length, params.all != 0);
  for (var key = first_key; key < key_end; key += 32) {
    // Scores of 4 rows (components) against 4 keys.
    var s: array<vec4f, 4>;
    let k0 = k_base + min(key + ix, last) * k_stride;
    let k1 = k_base + min(key + ix + 8, last) * k_stride;
    let k2 = k_base + min(key + ix + 16, last) * k_stride;
    let k3 = k_base + min(key + ix + 24, last) * k_stride;
    var s0 = vec4f();
    var s1 = vec4f();
    var s2 = vec4f();
    var s3 = vec4f();
    for (var d = 0u; d < params.width; d++) {
      let a = q[q0 + d];
      let b = q[q1 + d];
      let c = q[q2 + d];
      let e = q[q3 + d];
      var y = k[k0 + d];
      s0 += vec4f(dot(a, y), dot(b, y), dot(c, y), dot(e, y));
      y = k[k1 + d];
      s1 += vec4f(dot(a, y), dot(b, y), dot(c, y), dot(e, y));
      y = k[k2 + d];
      s2 += vec4f(dot(a, y), dot(b, y), dot(c, y), dot(e, y));
      y = k[k3 + d];
      s3 += vec4f(dot(a, y), dot(b, y), dot(c, y), dot(e, y));
    }
    s[0] = s0;
    s[1] = s1;
    s[2] = s2;
    s[3] = s3;
    var top = vec4f(hidden);
    for (var b = 0u; b < 4; b++) {
      let j = vec4u(key + ix + 8 * b);
      s[b] = select(vec4f(hidden), scored(s[b]), sees(rows, j));
      top = max(top, s[b]);
    }
    tops[iy * 8 + ix] = top;
    workgroupBarrier();
    for (var i = 0u; i < 8; i++) {
      top = max(top, tops[iy * 8 + i]);
    }
    let next = max(maximum, top);
    let fade = exp(maximum - next);
    maximum = next;
    sum *= fade;
    for (var b = 0u; b < 4; b++) {
      // A masked key weighs nothing, even in a row that has not seen any key yet.
      let weight = select(exp(s[b] - next), vec4f(), s[b] <= vec4f(hidden));
      weights[iy * 32 + ix + 8 * b] = weight;
      sum += weight;
    }
    workgroupBarrier();
    for (var p = 0u; p < PARTS; p++) {
      acc0[p] *= fade.x;
      acc1[p] *= fade.y;
      acc2[p] *= fade.z;
      acc3[p] *= fade.w;
    }
    let keys = min(32u, params.length - key);
    for (var j = 0u; j < keys; j++) {
      let weight = weights[iy * 32 + j];
      let v_row = v_base + (key + j) * v_stride;
      for (var p = 0u; p < PARTS; p++) {
        let value = v[v_row + min(p * 8 + ix, params.values - 1)];
        acc0[p] += weight.x * value;
        acc1[p] += weight.y * value;
        acc2[p] += weight.z * value;
        acc3[p] += weight.w * value;
      }
    }
  }
  workgroupBarrier();
  tops[iy * 8 + ix] = sum;
  workgroupBarrier();
  var total = vec4f();
  for (var i = 0u; i < 8; i++) {
    total += tops[iy * 8 + i];
  }
  let factor = 1.0 / max(total, vec4f(1.0e-30)); // rows past the window's end are not written
  let o_stride = params.heads * params.values;
  let o0 = (first_token + row) * o_stride + head * params.values;
  for (var p = 0u; p < PARTS; p++) {
    let c = p * 8 + ix;
    if (c < params.values) {
      if (row < params.length) {
        o[o0 + c] = acc0[p] * factor.x;
      }
      if (row + 1 < params.length) {
        o[o0 + o_stride + c] = acc1[p] * factor.y;
      }
      if (row + 2 < params.length) {
        o[o0 + 2 * o_stride + c] = acc2[p] * factor.z;
      }
      if (row + 3 < params.length) {
        o[o0 + 3 * o_stride + c] = acc3[p] * factor.w;
      }
    }
  }
}
