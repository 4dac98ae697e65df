// peak[i, g] = max |w| of row i in the columns [g·group, (g+1)·group); a shorter last group is a group of its own. One invocation owns
// one row and group. W [rows, cols], peak [rows, groups].
struct Params {
  cols: u32,
  groups: u32,
  // Columns per group.
  group: u32,
  count: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> W: array<f32>; // [rows, cols] weights
@group(0) @binding(1) var<storage, read_write> peak: array<f32>; // [rows, groups] largest magnitudes
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn group_peak(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = linear_group(wid, groups) * WG + lane;
  if (i >= params.count) {
    return;
  }
  let row = i / params.groups * params.cols;
  let begin = i % params.groups * params.group;
  var most = 0.0;
  for (var col = begin; col < min(begin + params.group, params.cols); col++) {
    most = max(most, abs(W[row + col]));
  }
  peak[i] = most;
}
