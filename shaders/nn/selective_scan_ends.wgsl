// What the chunks of a selective scan leave behind when they start from zeros: S at the end of every chunk but a window's last, and the
// sum of its steps Δ, both filed under the chunk that comes next. The recurrence is that of selective_scan.wgsl.
// One invocation owns a channel over the tokens of a chunk; a workgroup owns 64 channels. States are held in registers, a few at a time.
struct Params {
  first: u32, // first unit of this dispatch; a unit is 64 channels of a chunk
  end: u32, // one past its last unit
  channels: u32,
  length: u32, // tokens of a window
  chunk: u32, // tokens of a chunk
  chunks: u32, // of a window
  quads: u32, // states / 4
}
override HELD: u32 = 4; // quads held at a time, at most 4; a divisor of their number
@group(0) @binding(0) var<storage, read> x: array<f32>; // [tokens, channels]
@group(0) @binding(1) var<storage, read> delta: array<f32>; // [tokens, channels]
@group(0) @binding(2) var<storage, read> a_log: array<vec4f>; // [channels, states / 4]
@group(0) @binding(3) var<storage, read> b: array<vec4f>; // [tokens, states / 4]
@group(0) @binding(4) var<storage, read_write> ends: array<vec4f>; // [windows · chunks · channels, states / 4]
@group(0) @binding(5) var<storage, read_write> sums: array<f32>; // [windows · chunks, channels]
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn selective_scan_ends(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let unit = params.first + linear_group(group, groups);
  let blocks = (params.channels + 63) / 64;
  let channel = unit % blocks * 64 + lane;
  if (unit >= params.end || channel >= params.channels) {
    return;
  }
  let strand = unit / blocks; // the last chunk of a window is none
  let window = strand / (params.chunks - 1);
  let index = strand % (params.chunks - 1);
  let next = (window * params.chunks + index + 1) * params.channels + channel;
  let first_token = window * params.length + index * params.chunk;
  for (var held = 0u; held < params.quads; held += HELD) {
    var rate: array<vec4f, 4>;
    var state: array<vec4f, 4>;
    for (var q = 0u; q < HELD; q++) {
      rate[q] = decay_rate(a_log[channel * params.quads + held + q]);
      state[q] = vec4f();
    }
    var sum = 0.0;
    for (var t = first_token; t < first_token + params.chunk; t++) {
      let at = t * params.channels + channel;
      let step = delta[at];
      let pushed = step * x[at];
      sum += step;
      for (var q = 0u; q < HELD; q++) {
        state[q] = exp(step * rate[q]) * state[q] + pushed * b[t * params.quads + held + q];
      }
    }
    sums[next] = sum;
    for (var q = 0u; q < HELD; q++) {
      ends[next * params.quads + held + q] = state[q];
    }
  }
}
