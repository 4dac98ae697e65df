// tanh to 2e-7 of itself and finite for every argument: WGSL's own may be off by 1e-5, and some drivers make NaN of large ones. Near zero
// its continued fraction (Lambert, 1768), where the exponential would cancel.
fn soft_sign(x: f32) -> f32 {
  if (abs(x) < 1.0) {
    let s = x * x;
    return x * (135135.0 + s * (17325.0 + s * (378.0 + s))) / (135135.0 + s * (62370.0 + s * (3150.0 + s * 28.0)));
  }
  return sign(x) * (1.0 - 2.0 / (1.0 + exp(2.0 * min(abs(x), 15.0))));
}
