// KL(p ‖ q) = Σ_c p_c (ln p_c − ln q_c), p the reference's and q this model's distribution, added up over vocabulary chunks;
// and whether both have the same most likely token. Needs the finished `running` of head_score for both.
// Because Σp = Σq = 1, the summand may be written p·d + q − p with d = ln p − ln q. That is p·(d + e^−d − 1) ≥ 0: no term is
// negative, small divergences are not lost in cancellation, and equal logits give exactly zero.
// One workgroup owns one token; its lanes stride over the chunk, and the first lane adds up their sums in order.
struct Params {
  rows: u32,
  cols: u32,
  first_row: u32,
  phase: u32, // bit 0: first chunk
}
override WG: u32 = 64;
@group(0) @binding(0) var<storage, read> reference: array<f32>; // [rows, cols] logits of the reference
@group(0) @binding(1) var<storage, read> logits: array<f32>; // [rows, cols] logits of this model
@group(0) @binding(2) var<storage, read> running_reference: array<vec4f>; // [tokens, 4] see head_score
@group(0) @binding(3) var<storage, read> running: array<vec4f>; // [tokens, 4]
@group(0) @binding(4) var<storage, read_write> kld: array<f32>; // [tokens] nats
@group(0) @binding(5) var<storage, read_write> agree: array<f32>; // [tokens] 1 or 0
@group(0) @binding(6) var<uniform> params: Params;

var<workgroup> sums: array<f32, WG>;

@compute @workgroup_size(WG)
fn head_compare(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = linear_group(group, groups);
  let inside = row < params.rows;
  let token = params.first_row + min(row, params.rows - 1);
  let r = running_reference[token];
  let t = running[token];
  let log_r = log(r.y);
  let log_t = log(t.y);
  let begin = row * params.cols;
  var sum = 0.0;
  if (inside) {
    for (var c = lane; c < params.cols; c += WG) {
      let ln_p = (reference[begin + c] - r.x) - log_r;
      let ln_q = (logits[begin + c] - t.x) - log_t;
      let d = ln_p - ln_q;
      let p = exp(ln_p);
      if (abs(d) < 0.25) {
        // d + e^−d − 1 by its series: six terms leave less than 1e-7 of it at |d| = 0.25.
        sum += p * d * d * (0.5 - d * (1.0 / 6.0 - d * (1.0 / 24.0 - d * (1.0 / 120.0 - d * (1.0 / 720.0 - d / 5040.0)))));
      } else {
        sum += p * d + (exp(ln_q) - p);
      }
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (inside && lane == 0) {
    var total = 0.0;
    for (var i = 0u; i < WG; i++) {
      total += sums[i];
    }
    if ((params.phase & 1) != 0) {
      kld[token] = total;
      agree[token] = select(0.0, 1.0, r.w == t.w);
    } else {
      kld[token] += total;
    }
  }
}
