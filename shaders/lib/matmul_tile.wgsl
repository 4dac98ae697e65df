// What the tiles of the matmul have in common: how they read A, the strip that the wider ones are made of, and what is done with a
// finished sum.

// Where rows row … row+3 of A begin. Rows past the end repeat the last; their sums are not stored.
fn left_starts(row: u32) -> vec4u {
  return four(row, params.m - 1) * params.k;
}

// Column k of A in the four rows that begin at `at`.
fn left(at: vec4u, k: u32) -> vec4f {
  return vec4f(a[at.x + k], a[at.y + k], a[at.z + k], a[at.w + k]);
}

// Sums of 4 rows × 8 columns: of each row the near four and the far four.
struct Strip { n0: vec4f, f0: vec4f, n1: vec4f, f1: vec4f, n2: vec4f, f2: vec4f, n3: vec4f, f3: vec4f }

// One step of the sums, for the four rows that begin at `at`; near and far: row k of op(B). A value of A serves all eight columns before
// the next is loaded: four that wait in registers cost the tile of 16 rows a third of its speed on a software adapter.
fn add_strip(t: Strip, at: vec4u, k: u32, near: vec4f, far: vec4f) -> Strip {
  let a0 = vec4f(a[at.x + k]);
  let n0 = fma(a0, near, t.n0);
  let f0 = fma(a0, far, t.f0);
  let a1 = vec4f(a[at.y + k]);
  let n1 = fma(a1, near, t.n1);
  let f1 = fma(a1, far, t.f1);
  let a2 = vec4f(a[at.z + k]);
  let n2 = fma(a2, near, t.n2);
  let f2 = fma(a2, far, t.f2);
  let a3 = vec4f(a[at.w + k]);
  return Strip(n0, f0, n1, f1, n2, f2, fma(a3, near, t.n3), fma(a3, far, t.f3));
}

fn store(row: u32, col: u32, sum: f32) {
  if (row >= params.m || col >= params.n) { return; }
  let at = row * params.ldc + params.first_col + col;
  let scaled = params.alpha * sum;
  if (params.accumulate == 1) { c[at] += scaled; } else { c[at] = scaled; }
}
