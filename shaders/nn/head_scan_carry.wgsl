// From the ends of chunks that started from zeros to the states from which they truly start, in place, chunk after chunk:
//   S_k ← exp(s of chunk k − 1) S_{k−1} + S_k
// One invocation owns four states of a channel of a head of a window.
struct Params {
  count: u32, // strands · states of a head / 4
  chunks: u32, // of a window
  quads: u32, // states of a head / 4
}
@group(0) @binding(0) var<storage, read> sums: array<f32>; // [strands, chunks] of the chunk before
@group(0) @binding(1) var<storage, read_write> starts: array<vec4f>; // [strands · chunks, quads] of the chunk before; become starts
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn head_scan_carry(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let unit = linear_group(group, groups) * 64 + lane;
  if (unit >= params.count) {
    return;
  }
  let strand = unit / params.quads;
  var state = vec4f();
  for (var k = 1u; k < params.chunks; k++) {
    let at = strand * params.chunks + k;
    state = exp(sums[at]) * state + starts[at * params.quads + unit % params.quads];
    starts[at * params.quads + unit % params.quads] = state;
  }
}
