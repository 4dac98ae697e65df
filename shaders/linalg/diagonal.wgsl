// d[i] = H[i, i] for rows [top, top + rows).   One invocation owns one element.
struct Params { n: u32, top: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> h: array<f32>; // [rows, n] rows of a square matrix
@group(0) @binding(1) var<storage, read_write> d: array<f32>; // [1, n] its diagonal
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn diagonal(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = linear_group(group, groups) * 64 + lane;
  if (i < params.rows) { d[params.top + i] = h[i * (params.n + 1) + params.top]; }
}
