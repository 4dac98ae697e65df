// op(B) = Bᵀ for B [n, 4·k4] stored f32: a linear layer's weights.
@group(0) @binding(1) var<storage, read> b: array<vec4f>; // [n, k4] right factor, transposed

// Rows 4k … 4k+3 of op(B), columns col … col+3. Columns past the end repeat the last.
fn weights(k: u32, col: u32) -> mat4x4f {
  let last = params.n - 1;
  let k4 = params.k4;
  return transpose(mat4x4f(
    b[min(col, last) * k4 + k],
    b[min(col + 1, last) * k4 + k],
    b[min(col + 2, last) * k4 + k],
    b[min(col + 3, last) * k4 + k],
  ));
}
