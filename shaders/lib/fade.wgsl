// exp(−a) for a ≥ 0, to 2e-7 of its value. The built-in exponential is allowed an error that grows with a, and has it: 1e-6 at 40. Here a
// difference that is exact leaves −½ … ½ beside a whole number: the first by its series, and for each bit of the second a factor.
fn fade(a: f32) -> f32 {
  let capped = min(a, 104.0); // where f32 ends
  let whole = round(capped);
  let f = whole - capped;
  let bits = u32(whole);
  var e = 1.0 / 40320.0;
  e = e * f + 1.0 / 5040.0;
  e = e * f + 1.0 / 720.0;
  e = e * f + 1.0 / 120.0;
  e = e * f + 1.0 / 24.0;
  e = e * f + 1.0 / 6.0;
  e = e * f + 0.5;
  e = e * f + 1.0;
  e = e * f + 1.0;
  e *= select(1.0, 0.367879441, (bits & 1) != 0);
  e *= select(1.0, 0.135335283, (bits & 2) != 0);
  e *= select(1.0, 0.0183156389, (bits & 4) != 0);
  e *= select(1.0, 0.000335462628, (bits & 8) != 0);
  e *= select(1.0, 1.12535175e-7, (bits & 16) != 0);
  e *= select(1.0, 1.26641655e-14, (bits & 32) != 0);
  e *= select(1.0, 1.60381089e-28, (bits & 64) != 0);
  return e;
}
