// op(B) = Bᵀ for B [n, k] stored as bfloat16, two to a word, low half first: an f32 cut to its upper 16 bits.
@group(0) @binding(1) var<storage, read> b: array<u32>; // [n, k] right factor, transposed, two bfloat16 to a word

// Where columns col … col+3 of op(B) begin, in elements. Columns past the end repeat the last.
fn starts(col: u32) -> vec4u {
  return four(col, params.n - 1) * params.k;
}

fn element(at: u32) -> f32 {
  return bitcast<f32>((b[at / 2] >> (16 * (at % 2))) << 16);
}

// Row k of op(B) in the four columns that begin at `at`.
fn weights(at: vec4u, k: u32) -> vec4f {
  return vec4f(element(at.x + k), element(at.y + k), element(at.z + k), element(at.w + k));
}
