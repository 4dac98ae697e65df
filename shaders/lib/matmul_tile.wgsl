// What every register tile of the matmul does: four steps of k for four columns, and the store.

// acc + Σ_i a[i]·b[i], summed in the order of k.
fn step(acc: vec4f, a: vec4f, b: mat4x4f) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], acc))));
}

fn store(row: u32, col: u32, value: vec4f) {
  if (row >= params.m) { return; }
  let at = row * params.ldc + params.first_col + col;
  for (var i = 0u; i < min(4u, params.n - col); i++) {
    let scaled = params.alpha * value[i];
    if (params.accumulate == 1) { c[at + i] += scaled; } else { c[at + i] = scaled; }
  }
}
