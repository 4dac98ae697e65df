// op(B) = B for B [4·k4, n4·4] stored f32, n4 = ⌈n/4⌉ words of four columns: a plain product.
@group(0) @binding(1) var<storage, read> b: array<vec4f>; // [4·k4, n4] right factor

// Rows 4k … 4k+3 of B, columns col … col+3. Columns past the end repeat the last four.
fn weights(k: u32, col: u32) -> mat4x4f {
  let n4 = (params.n + 3) / 4;
  let at = 4 * k * n4 + min(col / 4, n4 - 1);
  return mat4x4f(b[at], b[at + n4], b[at + 2 * n4], b[at + 3 * n4]);
}
