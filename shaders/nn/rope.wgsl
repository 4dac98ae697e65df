// Rotary position embedding (Su et al., 2021), in place, of `half` pairs of each head, which begin at component `begin`:
//   (a, b) = (x[i·step], x[i·step + apart]);  x[i·step] = a·cos − b·sin;  x[i·step + apart] = b·cos + a·sin
// Pairs are halves of what is rotated (step 1, apart half: Hugging Face checkpoints) or neighbours (step 2, apart 1: DeepSeek).
// One invocation owns one pair. Angles come from a table made on the host: WGSL's own sine is too coarse for large arguments.
struct Params {
  pairs: u32, // tokens · heads · half
  heads: u32,
  half: u32,
  length: u32, // tokens of a window; each starts at position 0
  size: u32, // components of a head
  begin: u32,
  step: u32,
  apart: u32,
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> table: array<f32>; // [length, 2 · half] cosines, then sines
@group(0) @binding(1) var<storage, read_write> x: array<f32>; // [tokens, heads · size] queries or keys
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn rope(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let pair = linear_group(group, groups) * WG + local;
  if (pair >= params.pairs) {
    return;
  }
  let i = pair % params.half;
  let head = pair / params.half;
  let position = (head / params.heads) % params.length;
  let at = head * params.size + params.begin + i * params.step;
  let angle = position * 2 * params.half + i;
  let cosine = table[angle];
  let sine = table[angle + params.half];
  let a = x[at];
  let b = x[at + params.apart];
  x[at] = a * cosine - b * sine;
  x[at + params.apart] = b * cosine + a * sine;
}
