// g[t, r] = C_t · B_r for r ≤ t within chunks of 64 tokens: what head_scan.wgsl weighs by decays, once for all heads of a group.
// One invocation owns the scores of 4 tokens (rows) with 4 (columns); a workgroup owns 8×8 of those, a unit is a quarter of a chunk of
// a group of a window. Scores with r > t are not defined.
struct Params {
  first: u32, // first unit of this dispatch
  end: u32, // one past its last unit
  length: u32, // tokens of a window
  chunks: u32, // of a window
  groups: u32,
  depth: u32, // states / 4
}
@group(0) @binding(0) var<storage, read> b: array<vec4f>; // [tokens, groups · states / 4]
@group(0) @binding(1) var<storage, read> c: array<vec4f>; // [tokens, groups · states / 4]
@group(0) @binding(2) var<storage, read_write> scores: array<vec4f>; // [tokens, groups · 64 / 4]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(8, 8)
fn head_scan_scores(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) folded: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let unit = params.first + linear_group(group, folded);
  let quarter = unit % 4;
  let row = quarter / 2 * 32 + local.y * 4;
  let col = quarter % 2 * 32 + local.x * 4;
  let chunk = unit / 4 % params.chunks;
  let g = unit / 4 / params.chunks % params.groups;
  let size = min(64u, params.length - chunk * 64);
  if (unit >= params.end || row >= size || col > row) {
    return;
  }
  let first_token = unit / 4 / params.chunks / params.groups * params.length + chunk * 64;
  let stride = params.groups * params.depth;
  let base = first_token * stride + g * params.depth;
  let last = size - 1;
  let rows = base + min(row + vec4u(0, 1, 2, 3), vec4u(last)) * stride;
  let cols = base + min(col + vec4u(0, 1, 2, 3), vec4u(last)) * stride;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var n = 0u; n < params.depth; n++) {
    let b0 = b[cols.x + n];
    let b1 = b[cols.y + n];
    let b2 = b[cols.z + n];
    let b3 = b[cols.w + n];
    var v = c[rows.x + n];
    s0 += vec4f(dot(v, b0), dot(v, b1), dot(v, b2), dot(v, b3));
    v = c[rows.y + n];
    s1 += vec4f(dot(v, b0), dot(v, b1), dot(v, b2), dot(v, b3));
    v = c[rows.z + n];
    s2 += vec4f(dot(v, b0), dot(v, b1), dot(v, b2), dot(v, b3));
    v = c[rows.w + n];
    s3 += vec4f(dot(v, b0), dot(v, b1), dot(v, b2), dot(v, b3));
  }
  let at = ((first_token + row) * params.groups + g) * 16 + col / 4;
  let below = params.groups * 16;
  scores[at] = s0;
  if (row + 1 < size) {
    scores[at + below] = s1;
  }
  if (row + 2 < size) {
    scores[at + 2 * below] = s2;
  }
  if (row + 3 < size) {
    scores[at + 3 * below] = s3;
  }
}
