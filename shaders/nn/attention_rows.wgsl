// Causal attention for small heads; the formula is that of attention.wgsl:
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
  scale: f32,
}
@group(0) @binding(0) var<storage, read> q: array<vec4f>; // [tokens, heads · head size / 4]
@group(0) @binding(1) var<storage, read> k: array<vec4f>; // [tokens, groups · head size / 4]
@group(0) @binding(2) var<storage, read> v: array<vec4f>; // [tokens, groups · head size / 4]
@group(0) @binding(3) var<storage, read_write> o: array<vec4f>; // [tokens, heads · head size / 4]
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
  let k_base = first_token * k_stride + head / (params.heads / params.groups) * width;

  var sum_v: array<vec4f, 32>; // [width, 4 queries]
  for (var d = 0u; d < 4 * width; d++) {
    sum_v[d] = vec4f();
  }
  // Of the 4 queries.
  var maximum = vec4f(hidden);
  var sum = vec4f();
  let begin = select(0u, row + 1 - params.window, row + 1 > params.window);
  let end = min(row + 4, params.length);
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
    let seen0 = sees(rows, key);
    let seen1 = sees(rows, key + 1);
    let seen2 = sees(rows, key + 2);
    let seen3 = sees(rows, key + 3);
    s0 = select(vec4f(hidden), s0 * params.scale, seen0);
    s1 = select(vec4f(hidden), s1 * params.scale, seen1);
    s2 = select(vec4f(hidden), s2 * params.scale, seen2);
    s3 = select(vec4f(hidden), s3 * params.scale, seen3);
    let next = max(max(maximum, max(s0, s1)), max(s2, s3));
    let fade = exp(maximum - next);
    maximum = next;
    // A masked key weighs nothing, even for a query that has not seen any key yet.
    s0 = select(vec4f(), exp(s0 - next), seen0);
    s1 = select(vec4f(), exp(s1 - next), seen1);
    s2 = select(vec4f(), exp(s2 - next), seen2);
    s3 = select(vec4f(), exp(s3 - next), seen3);
    sum = sum * fade + ((s0 + s1) + (s2 + s3));
    for (var d = 0u; d < width; d++) {
      let y0 = v[k0 + d];
      let y1 = v[k1 + d];
      let y2 = v[k2 + d];
      let y3 = v[k3 + d];
      let at = d * 4;
      sum_v[at] = sum_v[at] * fade.x + (s0.x * y0 + s1.x * y1 + s2.x * y2 + s3.x * y3);
      sum_v[at + 1] = sum_v[at + 1] * fade.y + (s0.y * y0 + s1.y * y1 + s2.y * y2 + s3.y * y3);
      sum_v[at + 2] = sum_v[at + 2] * fade.z + (s0.z * y0 + s1.z * y1 + s2.z * y2 + s3.z * y3);
      sum_v[at + 3] = sum_v[at + 3] * fade.w + (s0.w * y0 + s1.w * y1 + s2.w * y2 + s3.w * y3);
    }
  }
  for (var d = 0u; d < width; d++) {
    o[q0 + d] = sum_v[d * 4] / sum.x;
    if (row + 1 < params.length) {
      o[q1 + d] = sum_v[d * 4 + 1] / sum.y;
    }
    if (row + 2 < params.length) {
      o[q2 + d] = sum_v[d * 4 + 2] / sum.z;
    }
    if (row + 3 < params.length) {
      o[q3 + d] = sum_v[d * 4 + 3] / sum.w;
    }
  }
}

fn sees(rows: vec4u, key: u32) -> vec4<bool> {
  return (vec4u(key) <= rows) & (rows - key < vec4u(params.window));
}
