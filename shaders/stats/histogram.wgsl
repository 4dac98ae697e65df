// counts[b] = how many x lie in bin b of BINS equal bins over ±reach; what lies outside counts in the first or last. Each invocation
// walks every (all invocations)-th element; counts are whole numbers, so their order does not matter. x [1, count], counts [1, BINS].
const BINS: u32 = 32;
struct Params {
  count: u32,
  reach: f32,
}
override WG: u32 = 64;

@group(0) @binding(0) var<storage, read> x: array<f32>; // [1, count] values
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>>; // [1, BINS] result, zeroed before
@group(0) @binding(2) var<uniform> params: Params;
var<workgroup> local: array<atomic<u32>, BINS>;

@compute @workgroup_size(WG)
fn histogram(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  for (var i = id.x; i < params.count; i += groups.x * WG) {
    let place = (x[i] / params.reach + 1.0) * 0.5 * f32(BINS);
    atomicAdd(&local[u32(clamp(place, 0.0, f32(BINS) - 1.0))], 1u);
  }
  workgroupBarrier();
  if (lane < BINS) {
    atomicAdd(&counts[lane], atomicLoad(&local[lane]));
  }
}
