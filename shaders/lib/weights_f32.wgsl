// op(B) = Bᵀ for B [n, k] stored f32: a linear layer's weights.
@group(0) @binding(1) var<storage, read> b: array<f32>; // [n, k] right factor, transposed

// Where columns col … col+3 of op(B) begin. Columns past the end repeat the last.
fn starts(col: u32) -> vec4u {
  return four(col, params.n - 1) * params.k;
}

// Row k of op(B) in the four columns that begin at `at`.
fn weights(at: vec4u, k: u32) -> vec4f {
  return vec4f(b[at.x + k], b[at.y + k], b[at.z + k], b[at.w + k]);
}
