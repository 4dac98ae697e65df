// H[i, j] *= scale and H[j, i] = H[i, j] for i <= j, both in rows [top, top + rows) of H: turns accumulated upper sums into a symmetric
// mean. One invocation owns the pair (i, j), (j, i); what lies right of those columns is scaled alone (see mirror.wgsl).
struct Params { n: u32, top: u32, rows: u32, scale: f32 }
@group(0) @binding(0) var<storage, read_write> h: array<f32>; // [rows, n] sums above the diagonal, then the mean
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64)
fn finish_gram(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  let n = params.n;
  let i = at / n;
  let j = at % n;
  if (i >= params.rows || j < params.top + i) { return; }
  let mean = h[at] * params.scale;
  h[at] = mean;
  let under = j - params.top;
  if (under > i && under < params.rows) { h[under * n + params.top + i] = mean; }
}
