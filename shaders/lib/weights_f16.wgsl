// op(B) = Bᵀ for B [n, 4·k4] stored as binary16, two to a word, low half first. Arithmetic is f32.
@group(0) @binding(1) var<storage, read> b: array<vec2u>; // [n, k4] right factor, transposed, four halves each

fn halves(at: u32) -> vec4f {
  let words = b[at];
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

// Rows 4k … 4k+3 of op(B), columns col … col+3. Columns past the end repeat the last.
fn weights(k: u32, col: u32) -> mat4x4f {
  let last = params.n - 1;
  let k4 = params.k4;
  return transpose(mat4x4f(
    halves(min(col, last) * k4 + k),
    halves(min(col + 1, last) * k4 + k),
    halves(min(col + 2, last) * k4 + k),
    halves(min(col + 3, last) * k4 + k),
  ));
}
