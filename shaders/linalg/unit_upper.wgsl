// R̃[i, j] = R[i, j] / R[j, j]: every column divided by its pivot, so that the diagonal is one.   One invocation owns one element.
struct Params { n: u32 }
@group(0) @binding(0) var<storage, read> r: array<f32>; // [n, n] upper triangular, positive diagonal
@group(0) @binding(1) var<storage, read_write> unit: array<f32>; // [n, n] unit upper triangular
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn unit_upper(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = linear_group(group, groups) * 64 + lane;
  let i = at / params.n;
  let j = at % params.n;
  if (i >= params.n) { return; }
  // The diagonal is set, not divided: a division may be off by an ulp.
  if (i == j) { unit[at] = 1.0; } else { unit[at] = r[at] / r[j * (params.n + 1)]; }
}
