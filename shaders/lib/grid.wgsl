// The linear number of a workgroup when the host has folded a long count over x and y (gpu.ts: foldGroups).
fn linear_group(group: vec3u, groups: vec3u) -> u32 {
  return group.x + group.y * groups.x;
}
