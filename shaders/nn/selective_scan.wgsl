// The selective scan of state-space models (Gu and Dao, 2023). For every channel i and state n, with A = −exp(A_log):
//   S_t[i, n] = exp(Δ_t[i] A[i, n]) S_{t−1}[i, n] + Δ_t[i] x_t[i] B_t[n];   y_t[i] = Σ_n C_t[n] S_t[i, n] + D[i] x_t[i]
// One invocation owns a channel over the tokens of a chunk; a workgroup owns 64 channels. States are held in registers, a few at a time:
// for the next ones the tokens are walked again. The first chunk of a window starts from zeros, the others from where
// selective_scan_ends and selective_scan_carry have brought them.
struct Params {
  first: u32, // first unit of this dispatch; a unit is 64 channels of a chunk
  end: u32, // one past its last unit
  channels: u32,
  length: u32, // tokens of a window
  chunk: u32, // tokens of a chunk; the last of a window may be shorter
  chunks: u32, // of a window
  quads: u32, // states / 4
}
override HELD: u32 = 4; // quads held at a time, at most 4; a divisor of their number
@group(0) @binding(0) var<storage, read> x: array<f32>; // [tokens, channels]
@group(0) @binding(1) var<storage, read> delta: array<f32>; // [tokens, channels]
@group(0) @binding(2) var<storage, read> a_log: array<vec4f>; // [channels, states / 4]
@group(0) @binding(3) var<storage, read> b: array<vec4f>; // [tokens, states / 4]
@group(0) @binding(4) var<storage, read> c: array<vec4f>; // [tokens, states / 4]
@group(0) @binding(5) var<storage, read> d: array<f32>; // [1, channels]
@group(0) @binding(6) var<storage, read> starts: array<vec4f>; // [windows · chunks · channels, states / 4] before a chunk; not read of a first
@group(0) @binding(7) var<storage, read_write> y: array<f32>; // [tokens, channels]
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(64)
fn selective_scan(
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
  let strand = unit / blocks;
  let begin = strand % params.chunks * params.chunk;
  let first_token = strand / params.chunks * params.length;
  let through = d[channel];
  let end = first_token + min(begin + params.chunk, params.length);
  for (var held = 0u; held < params.quads; held += HELD) {
    var rate: array<vec4f, 4>;
    var state: array<vec4f, 4>;
    for (var q = 0u; q < HELD; q++) {
      rate[q] = decay_rate(a_log[channel * params.quads + held + q]);
      state[q] = vec4f();
      if (begin > 0) {
        state[q] = starts[(strand * params.channels + channel) * params.quads + held + q];
      }
    }
    for (var t = first_token + begin; t < end; t++) {
      let at = t * params.channels + channel;
      let step = delta[at];
      let value = x[at];
      let pushed = step * value;
      var sum = through * value;
      if (held > 0) {
        sum = y[at];
      }
      for (var q = 0u; q < HELD; q++) {
        let inner = t * params.quads + held + q;
        let s = exp(step * rate[q]) * state[q] + pushed * b[inner];
        state[q] = s;
        sum += dot(c[inner], s);
      }
      y[at] = sum;
    }
  }
}
