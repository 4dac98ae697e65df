// What the chunks of a scan of heads leave behind when they start from zeros, filed under the chunk that comes next:
//   S[p, n] = Σ_r exp(s_r) Δ_r x_r[p] B_r[n],   s_r = Σ_{q > r} Δ_q A to the chunk's end;   and s of the whole chunk
// One invocation owns 4 states by 4 channels of a head; a workgroup owns 64 such tiles, a unit is those of a chunk but a window's last.
// s is a running sum from the end: as a difference of sums from the start it would lose the digits of what is near.
struct Params {
  first: u32, // first unit of this dispatch
  end: u32, // one past its last unit
  strand: u32, // first head of a window whose states are bound
  length: u32, // tokens of a window
  chunks: u32, // of a window
  heads: u32,
  groups: u32,
  width: u32, // channels of a head / 4
  depth: u32, // states / 4
}
@group(0) @binding(0) var<storage, read> x: array<vec4f>; // [tokens, heads · width]
@group(0) @binding(1) var<storage, read> delta: array<f32>; // [tokens, heads]
@group(0) @binding(2) var<storage, read> a_log: array<f32>; // [1, heads]
@group(0) @binding(3) var<storage, read> b: array<vec4f>; // [tokens, groups · depth]
@group(0) @binding(4) var<storage, read_write> ends: array<vec4f>; // [strands · chunks, states · width]
@group(0) @binding(5) var<storage, read_write> sums: array<f32>; // [strands, chunks]
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn head_scan_ends(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) folded: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tiles = params.width * params.depth;
  let blocks = (tiles + 63) / 64;
  let unit = params.first + linear_group(group, folded);
  let tile = unit % blocks * 64 + lane;
  if (unit >= params.end || tile >= tiles) {
    return;
  }
  let index = unit / blocks % (params.chunks - 1);
  let local = unit / blocks / (params.chunks - 1);
  let strand = params.strand + local;
  let head = strand % params.heads;
  let first_token = strand / params.heads * params.length + index * 64;
  let p = tile % params.width;
  let n = tile / params.width;
  let rate = decay_rate(vec4f(a_log[head])).x;
  let inner = head / (params.heads / params.groups) * params.depth + n;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var since = 0.0;
  for (var back = 64u; back > 0; back--) {
    let t = first_token + back - 1;
    let step = delta[t * params.heads + head];
    let value = exp(since) * step * x[(t * params.heads + head) * params.width + p];
    let pushed = b[t * params.groups * params.depth + inner];
    s0 += pushed.x * value;
    s1 += pushed.y * value;
    s2 += pushed.z * value;
    s3 += pushed.w * value;
    since += step * rate;
  }
  let next = local * params.chunks + index + 1;
  let at = (next * params.depth + n) * 4 * params.width + p;
  ends[at] = s0;
  ends[at + params.width] = s1;
  ends[at + 2 * params.width] = s2;
  ends[at + 3 * params.width] = s3;
  if (tile == 0) {
    sums[next] = since;
  }
}
