// Grid parameters of every row and group: fit over the columns [g·group, (g+1)·group) of the original order; a shorter last group is
// a group of its own. One invocation owns one row and group of columns. Concatenated with a grid file.
struct Params {
  cols: u32,
  // Parameter sets of a row: SETS for each group of columns.
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
@group(0) @binding(2) var<storage, read> group_of: array<u32>; // [cols] parameter set of each column of W
@group(0) @binding(3) var<storage, read> importance: array<f32>; // [cols] weight of an error in each column of W
@group(0) @binding(4) var<storage, read_write> parameters: array<f32>; // [rows, groups, 2] the grid's
@group(0) @binding(5) var<uniform> params: Params;

fn target_value(row: u32, col: u32) -> f32 {
  return W[row * params.cols + position[col]];
}

fn importance_of(col: u32) -> f32 {
  return importance[position[col]];
}

@compute @workgroup_size(WG)
fn group_fit(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = params.first + linear_group(wid, groups) * WG + lane;
  if (i >= params.last) {
    return;
  }
  let across = params.groups / SETS;
  let begin = (i % across) * params.group;
  fit(i / across, begin, min(begin + params.group, params.cols));
  for (var s = 0u; s < SETS; s++) {
    parameters[2 * (i * SETS + s)] = fitted[s].x;
    parameters[2 * (i * SETS + s) + 1] = fitted[s].y;
  }
}
