// Grid parameters of every row and group: fit over the columns [g·group, (g+1)·group) of the original order; a shorter last group is
// a group of its own. One invocation owns one row and group. Concatenated with a grid file.
struct Params {
  cols: u32,
  groups: u32,
  // Columns per group.
  group: u32,
  levels: u32,
  // Rows × groups of this dispatch: [first, last).
  first: u32,
  last: u32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> W: array<f32>; // [rows, cols] weights
@group(0) @binding(1) var<storage, read> position: array<u32>; // [cols] where W holds each original column
@group(0) @binding(2) var<storage, read> group_of: array<u32>; // [cols] group of each column of W
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>; // [rows, groups, 2] scale and zero
@group(0) @binding(4) var<uniform> params: Params;

fn target_value(row: u32, col: u32) -> f32 {
  return W[row * params.cols + position[col]];
}

@compute @workgroup_size(WG)
fn group_fit(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = params.first + linear_group(wid, groups) * WG + lane;
  if (i >= params.last) {
    return;
  }
  let begin = (i % params.groups) * params.group;
  let fitted = fit_group(i / params.groups, begin, min(begin + params.group, params.cols));
  parameters[2 * i] = fitted.x;
  parameters[2 * i + 1] = fitted.y;
}
