// Attention for small heads; the formula is that of attention.wgsl:
//   o[t, h, :] = Σ_j softmax_j(scale · q[t, h, :]·k[j, g, :]) v[j, g, :],   t − window < j ≤ t,   g = h / (heads / groups)
// One invocation owns four queries and walks over the keys four at a time with an online softmax; a workgroup owns 128 queries of one
// head of one window. No workgroup memory, no barriers: software adapters pay dearly for those.
struct Params {
  first: u32, // first unit of this dispatch; a unit is 128 queries of a head of a window
  end: u32, // one past its last unit
  strands: u32, // windows · heads
  length: u32, // tokens of a window
  heads: u32,
  groups: u32, // key-value heads
  window: u32, // keys a query sees, itself included
  width: u32, // head size / 4, at most 8; not an override: unrolled loops take software adapters a minute to compile
  values: u32, // size of a value head / 4, as bounded as width
  all: u32, // 1: a query sees every key of its window; 0: only those before it and itself
  scale: f32,
  cap: f32, // scores are kept within ± cap; 0 for none
}
@group(0) @binding(0) var<storage, read> q: array<vec4f>; // [tokens, heads · head size / 4]
@group(0) @binding(1) var<storage, read> k: array<vec4f>; // [tokens, groups · head size / 4]
@group(0) @binding(2) var<storage, read> v: array<vec4f>; // [tokens, groups · values]
@group(0) @binding(3) var<storage, read_write> o: array<vec4f>; // [tokens, heads · values]
@group(0) @binding(4) var<uniform> params: Params;

const hidden = -1.0e30; // score of a masked key: far below any real one, and finite

@compute @workgroup_size(32)
fn attention_rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) folded: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let unit = params.first + linear_group(group, folded);
  // Later queries see more keys: they come first, so that no long unit is left for the end.
  let tile = (params.length + 127) / 128 - 1 - unit / params.strands;
  let row = tile * 128 + lane * 4;
  if (unit >= params.end || row >= params.length) {
    return;
  }
  let width = params.width;
  let strand = unit % params.strands;
  let head = strand % params.heads;
  let first_token = strand / params.heads * params.length;
  let last = params.length - 1;
  let q_stride = params.heads * width;
  let q_base = first_token * q_stride + head * width;
  let q0 = q_base + row * q_stride;
  let q1 = q_base + min(row + 1, last) * q_stride;
  let q2 = q_base + min(row + 2, last) * q_stride;
  let q3 = q_base + min(row + 3, last) * q_stride;
  let rows = row + vec4u(0, 1, 2, 3);
  let k_stride = params.groups * width;
  let group_of = head / (params.heads / params.groups);
  let k_base = first_token * k_stride + group_of * width;
  let values = params.values;
  let v_stride = params.groups * values;
  let v_base = first_token * v_stride + group_of * values;

  var sum_v: array<vec4f, 32>; // [values, 4 queries]
  for (var d = 0u; d < 4 * values; d++) {
    sum_v[d] = vec4f();
  }
  // Of the 4 queries.
  var maximum = vec4f(hidden);
  var sum = vec4f();
  let begin = select(0u, row + 1 - params.window, params.all == 0 && row + 1 > params.window);
  let end = select(min(row + 4, params.length), params.length, params.all != 0);
  for (var key = begin; key < end; key += 4) {
    let k0 = k_base + key * k_stride;
    let k1 = k_base + min(key + 1, last) * k_stride;
    let k2 = k_base + min(key + 2, last) * k_stride;
    let k3 = k_base + min(key + 3, last) * k_stride;
    // Scores of the 4 queries (components) against 4 keys.
    var s0 = vec4f();
    var s1 = vec4f();
    var s2 = vec4f();
    var s3 = vec4f();
    for (var d = 0u; d < width; d++) {
      let a = q[q0 + d];
      let b = q[q1 + d];
      let c = q[q2 + d];
      let e = q[q3 + d];
      let y0 = k[k0 + d];
      s0 += vec4f(dot(a, y0), dot(b, y0), dot(c, y0), dot(e, y0));
      let y1 = k[k1 + d];
      s1 += vec4f(dot(a, y1), dot(b, y1), dot(c, y1), dot(e, y1));
      let y2 = k[k2 + d];
      s2 += vec4f(dot(a, y2), dot(b, y2), dot(c, y2), dot(e, y2));
      let y3 = k[k3 + d];
      s3 += vec4f(dot(a, y3), dot(b, y3), dot(c, y3), dot(e, y3));
    }
    let seen0 = sees(rows, vec4u(key));
    let seen1 = sees(rows, vec4u(key + 1));
    let seen2 = sees(rows, vec4u(key + 2));
    let seen3 = sees(rows, vec4u(key + 3));
    s0 = select(vec4f(hidden), scored(s0), seen0);
    s1 = select(vec4f(hidden), scored(s1), seen1);
    s2 = select(vec4f(hidden), scored(s2), seen2);
    s3 = select(vec4f(hidden), scored(s3), seen3);
    let next = max(max(maximum, max(s0, s1)), max(s2, s3));
    let fade = exp(maximum - next);
    maximum = next;
    // A masked key weighs nothing, even for a query that has not seen any key yet.
    s0 = select(vec4f(), exp(s0 - next), seen0);
    s1 = select(vec4f(), exp(s1 - next), seen1);
    s2 = select(vec4f(), exp(s2 - next), seen2);
    s3 = select(vec4f(), exp(s3 - next), seen3);
    sum = sum * fade + ((s0 + s1) + (s2 + s3));
    let v0 = v_base + key * v_stride;
    let v1 = v_base + min(key + 1, last) * v_stride;
    let v2 = v_base + min(key + 2, last) * v_stride;
    let v3 = v_base + min(key + 3, last) * v_stride;
    for (var d = 0u; d < values; d++) {
      let y0 = v[v0 + d];
      let y1 = v[v1 + d];
      let y2 = v[v2 + d];
      let y3 = v[v3 + d];
      let at = d * 4;
      sum_v[at] = sum_v[at] * fade.x + (s0.x * y0 + s1.x * y1 + s2.x * y2 + s3.x * y3);
      sum_v[at + 1] = sum_v[at + 1] * fade.y + (s0.y * y0 + s1.y * y1 + s2.y * y2 + s3.y * y3);
      sum_v[at + 2] = sum_v[at + 2] * fade.z + (s0.z * y0 + s1.z * y1 + s2.z * y2 + s3.z * y3);
      sum_v[at + 3] = sum_v[at + 3] * fade.w + (s0.w * y0 + s1.w * y1 + s2.w * y2 + s3.w * y3);
    }
  }
  let o_stride = params.heads * values;
  let o0 = (first_token + row) * o_stride + head * values;
  for (var d = 0u; d < values; d++) {
    o[o0 + d] = sum_v[d * 4] / sum.x;
    if (row + 1 < params.length) {
      o[o0 + o_stride + d] = sum_v[d * 4 + 1] / sum.y;
    }
    if (row + 2 < params.length) {
      o[o0 + 2 * o_stride + d] = sum_v[d * 4 + 2] / sum.z;
    }
    if (row + 3 < params.length) {
      o[o0 + 3 * o_stride + d] = sum_v[d * 4 + 3] / sum.w;
    }
  }
}
