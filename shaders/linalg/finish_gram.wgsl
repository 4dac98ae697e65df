// H[i, j] *= scale and H[j, i] = H[i, j] for i <= j: turns accumulated upper sums into a symmetric mean.
// One invocation owns the pair (i, j), (j, i).
struct Params { n: u32, scale: f32 }
@group(0) @binding(0) var<storage, read_write> h: array<f32>; // [n, n] sums above the diagonal, then the symmetric mean
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64)
fn finish_gram(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  let n = params.n;
  let i = at / n;
  let j = at % n;
  if (i >= n || j < i) { return; }
  let mean = h[at] * params.scale;
  h[at] = mean;
  if (j > i) { h[j * n + i] = mean; }
}
