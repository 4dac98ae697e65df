// op(B) = B for B [k, n] stored f32: a plain product.
@group(0) @binding(1) var<storage, read> b: array<f32>; // [k, n] right factor

// Where columns col … col+3 of B begin. Columns past the end repeat the last.
fn starts(col: u32) -> vec4u {
  return four(col, params.n - 1);
}

// Row k of B in the four columns that begin at `at`.
fn weights(at: vec4u, k: u32) -> vec4f {
  let row = k * params.n;
  return vec4f(b[row + at.x], b[row + at.y], b[row + at.z], b[row + at.w]);
}
