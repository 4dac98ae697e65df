// The register tile of the matrix kernels: sums of 4 rows × 4 columns, one f32 accumulator each. A larger tile is several of these.
struct Tile { r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f }

// One step of the sums: `left` holds the left factor's values of the four rows, `right` the right factor's of the four columns.
fn add(t: Tile, left: vec4f, right: vec4f) -> Tile {
  return Tile(
    fma(vec4f(left.x), right, t.r0),
    fma(vec4f(left.y), right, t.r1),
    fma(vec4f(left.z), right, t.r2),
    fma(vec4f(left.w), right, t.r3),
  );
}

// The sums by row, for reading them in a loop.
fn rows_of(t: Tile) -> array<vec4f, 4> {
  return array<vec4f, 4>(t.r0, t.r1, t.r2, t.r3);
}

// Four rows or columns from `at`; those past the last repeat it, and their sums are not stored.
fn four(at: u32, last: u32) -> vec4u {
  return min(vec4u(at, at + 1, at + 2, at + 3), vec4u(last));
}
