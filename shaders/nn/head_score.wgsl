// −ln p(target) without the logits in memory at once: for each token, over chunks of the vocabulary in order,
//   m' = max(m, max_c z_c);  s' = s·exp(m − m') + Σ_c exp(z_c − m');  after the last chunk  nll = ln s + m − z_target
// One workgroup owns one token; its lanes stride over the chunk, each with a maximum and sum of its own, which the first lane then
// joins in order. Of equal logits the first is the argmax.
struct Params {
  rows: u32, // tokens in the tile
  cols: u32, // vocabulary entries in the chunk
  first_row: u32,
  first_col: u32,
  phase: u32, // bit 0: first chunk, bit 1: last chunk
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> logits: array<f32>; // [rows, cols] one tile
@group(0) @binding(1) var<storage, read> targets: array<u32>; // [tokens]
@group(0) @binding(2) var<storage, read_write> running: array<vec4f>; // [tokens, 4] maximum, sum, target's logit, argmax
@group(0) @binding(3) var<storage, read_write> nll: array<f32>; // [tokens]
@group(0) @binding(4) var<uniform> params: Params;

const lowest = -3.0e38; // below any logit, and finite

// Of each lane; one without columns keeps the lowest maximum and a sum of 0.
var<workgroup> tops: array<f32, WG>;
var<workgroup> places: array<u32, WG>;
var<workgroup> sums: array<f32, WG>;

@compute @workgroup_size(WG)
fn head_score(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = linear_group(group, groups);
  let begin = row * params.cols;
  if (row < params.rows) {
    var top = lowest;
    var at = 0xffffffffu;
    for (var c = lane; c < params.cols; c += WG) {
      let z = logits[begin + c];
      if (z > top) {
        top = z;
        at = c;
      }
    }
    var sum = 0.0;
    for (var c = lane; c < params.cols; c += WG) {
      sum += exp(logits[begin + c] - top);
    }
    tops[lane] = top;
    places[lane] = at;
    sums[lane] = sum;
  }
  workgroupBarrier();
  if (row >= params.rows || lane != 0) {
    return;
  }
  var maximum = lowest;
  var place = 0xffffffffu;
  for (var i = 0u; i < WG; i++) {
    if (tops[i] > maximum || (tops[i] == maximum && places[i] < place)) {
      maximum = tops[i];
      place = places[i];
    }
  }
  var sum = 0.0;
  for (var i = 0u; i < WG; i++) {
    sum += sums[i] * exp(tops[i] - maximum);
  }
  let token = params.first_row + row;
  var state = vec4f(maximum, sum, 0.0, f32(params.first_col + place));
  if ((params.phase & 1) == 0) {
    let before = running[token];
    let joint = max(before.x, maximum);
    state.x = joint;
    state.y = before.y * exp(before.x - joint) + sum * exp(maximum - joint);
    state.z = before.z;
    state.w = select(state.w, before.w, before.x >= maximum);
  }
  let target_col = targets[token] - params.first_col; // wraps to a large number when the target lies before the chunk
  if (target_col < params.cols) {
    state.z = logits[begin + target_col];
  }
  running[token] = state;
  if ((params.phase & 2) != 0) {
    nll[token] = log(state.y) + (state.x - state.z);
  }
}
