// −ln p(target) without the logits in memory at once: for each token, over chunks of the vocabulary in order,
//   m' = max(m, max_c z_c);  s' = s·exp(m − m') + Σ_c exp(z_c − m');  after the last chunk  nll = ln s + m − z_target
// One workgroup owns one token; its lanes stride over the chunk. Trees of fixed shape; of equal logits the first is the argmax.
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

var<workgroup> best: array<f32, 256>;
var<workgroup> place: array<u32, 256>;
var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(WG)
fn head_score(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = linear_group(group, groups);
  let inside = row < params.rows;
  let begin = row * params.cols;
  var top = -3.0e38;
  var at = 0xffffffffu;
  if (inside) {
    for (var c = lane; c < params.cols; c += WG) {
      let z = logits[begin + c];
      if (z > top) {
        top = z;
        at = c;
      }
    }
  }
  best[lane] = top;
  place[lane] = at;
  workgroupBarrier();
  for (var step = WG / 2; step > 0; step /= 2) {
    if (lane < step) {
      let other = best[lane + step];
      if (other > best[lane] || (other == best[lane] && place[lane + step] < place[lane])) {
        best[lane] = other;
        place[lane] = place[lane + step];
      }
    }
    workgroupBarrier();
  }
  let maximum = best[0];
  var sum = 0.0;
  if (inside) {
    for (var c = lane; c < params.cols; c += WG) {
      sum += exp(logits[begin + c] - maximum);
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var step = WG / 2; step > 0; step /= 2) {
    if (lane < step) {
      sums[lane] += sums[lane + step];
    }
    workgroupBarrier();
  }
  if (!inside || lane != 0) {
    return;
  }
  let token = params.first_row + row;
  var state = vec4f(maximum, sums[0], 0.0, f32(params.first_col + place[0]));
  if ((params.phase & 1) == 0) {
    let before = running[token];
    let joint = max(before.x, maximum);
    state.x = joint;
    state.y = before.y * exp(before.x - joint) + sums[0] * exp(maximum - joint);
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
