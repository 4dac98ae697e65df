// p = softmax(logits[t, :]);  chosen[t, :] the `count` largest of p, the lowest index first among equals, within the kept groups;
// weights[t, j] = scale · p_j / (Σ of the chosen p + epsilon), or scale · p_j where the rule does not normalise
//                                                           (Shazeer et al., 2017; groups: DeepSeek-AI, 2024, "group-limited greedy")
// One invocation owns one token. Everything is relative to the largest logit, which is always chosen: with x = exp(logit − largest) and
// Z = Σ x over all experts, p = x / Z, and p / (Σp + ε) = x / (Σx + ε Z), which no far smaller logit disturbs.
// A group's score is its best expert's, so the best expert of the groups that are still closed says which group is kept next.
struct Params {
  tokens: u32,
  experts: u32, // at most 256
  count: u32, // experts of a token
  groups: u32,
  groups_kept: u32,
  normalise: u32, // 0 or 1
  scale: f32,
  epsilon: f32,
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> logits: array<f32>; // [tokens, experts]
@group(0) @binding(1) var<storage, read_write> chosen: array<u32>; // [tokens, count] experts, the best first
@group(0) @binding(2) var<storage, read_write> weights: array<f32>; // [tokens, count]
@group(0) @binding(3) var<uniform> params: Params;

const none = 0xffffffffu;
// A bit for every expert that may still be chosen.
var<private> eligible: array<u32, 8>;

fn is_eligible(expert: u32) -> bool {
  return ((eligible[expert / 32] >> (expert % 32)) & 1) == 1;
}

// The best expert of those that are eligible, or of those that are not.
fn best(begin: u32, among_eligible: bool) -> u32 {
  var found = none;
  var top = 0.0;
  for (var e = 0u; e < params.experts; e++) {
    if (is_eligible(e) == among_eligible && (found == none || logits[begin + e] > top)) {
      found = e;
      top = logits[begin + e];
    }
  }
  return found;
}

@compute @workgroup_size(WG)
fn route(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let token = linear_group(group, groups) * WG + local;
  if (token >= params.tokens) {
    return;
  }
  let begin = token * params.experts;
  let size = params.experts / params.groups;
  for (var i = 0u; i < 8; i++) {
    eligible[i] = 0;
  }
  for (var kept = 0u; kept < params.groups_kept; kept++) {
    let first = best(begin, false) / size * size;
    for (var e = first; e < first + size; e++) {
      eligible[e / 32] |= 1u << (e % 32);
    }
  }
  let out = token * params.count;
  var largest = 0.0;
  var chosen_sum = 0.0;
  for (var j = 0u; j < params.count; j++) {
    let expert = best(begin, true);
    eligible[expert / 32] &= ~(1u << (expert % 32));
    let z = logits[begin + expert];
    largest = select(largest, z, j == 0);
    let x = exp(z - largest);
    chosen[out + j] = expert;
    weights[out + j] = x;
    chosen_sum += x;
  }
  var sum = 0.0;
  for (var e = 0u; e < params.experts; e++) {
    sum += exp(logits[begin + e] - largest);
  }
  let factor = params.scale / select(sum, chosen_sum + params.epsilon * sum, params.normalise == 1);
  for (var j = 0u; j < params.count; j++) {
    weights[out + j] *= factor;
  }
}
