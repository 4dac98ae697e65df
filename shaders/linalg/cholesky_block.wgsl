// The diagonal block of a step: A = S·Sᵀ with S upper triangular, from the last column to the first,
//   S[i, k] = (A[i, k] − Σ_{l>k} S[i, l]·S[k, l]) / √p,   p = A[k, k] − Σ_{l>k} S[k, l]².
// One workgroup owns the block, one invocation a row. A pivot p that is not a positive normal number (told by its bits: nothing
// here relies on NaN) sets the flag and counts as 1.
struct Params { size: u32, top: u32, first: u32, block: u32 }
const BLOCK = 32u;
@group(0) @binding(0) var<storage, read_write> r: array<f32>; // [rows, size] from row top: block at (first, first), changed in place
@group(0) @binding(1) var<storage, read_write> corner: array<f32>; // [block, block] S, for the rows above it
@group(0) @binding(2) var<storage, read_write> failed: array<u32>; // [1, 1] 1 when a pivot was not positive
@group(0) @binding(3) var<uniform> params: Params;
// One word more than a row, so that rows start in different banks.
var<workgroup> s: array<f32, 1056>;

@compute @workgroup_size(BLOCK)
fn cholesky_block(@builtin(local_invocation_index) lane: u32) {
  // `block` is BLOCK, kept from the compiler: unrolled, these loops take seconds to compile on a software adapter.
  let block = params.block;
  let base = (params.first - params.top) * params.size + params.first;
  for (var j = 0u; j < block; j++) { s[j * 33 + lane] = r[base + j * params.size + lane]; }
  workgroupBarrier();
  let row = lane * 33;
  for (var k = block; k > 0; k--) {
    let col = k - 1;
    let pivot_row = col * 33;
    var value = s[row + col];
    var pivot = s[pivot_row + col];
    // The pivot is summed by every lane: cheaper than a second barrier.
    for (var l = k; l < block; l++) {
      let p = s[pivot_row + l];
      value = fma(-s[row + l], p, value);
      pivot = fma(-p, p, pivot);
    }
    workgroupBarrier();
    let bits = bitcast<u32>(pivot);
    if (bits < 0x00800000u || bits >= 0x7f800000u) {
      pivot = 1.0;
      if (lane == 0) { failed[0] = 1; }
    }
    let root = sqrt(pivot);
    if (lane < col) { s[row + col] = value / root; } else if (lane == col) { s[row + col] = root; }
    workgroupBarrier();
  }
  for (var j = 0u; j < block; j++) {
    if (j <= lane) {
      r[base + j * params.size + lane] = s[j * 33 + lane];
      corner[j * block + lane] = s[j * 33 + lane];
    }
  }
}
