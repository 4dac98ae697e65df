// The half-precision number next to x, half to even, as f32: by bits, because the rounding of pack2x16float and its treatment of small
// values are the implementation's. Below 2⁻¹⁴ the halves are multiples of 2⁻²⁴. What overflows becomes the largest half.
fn half(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let sign = bits & 0x80000000;
  let magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x477ff000) {
    return bitcast<f32>(sign | 0x477fe000);
  }
  if (magnitude < 0x38800000) {
    let small = round(bitcast<f32>(magnitude) * 0x1p24f) * 0x1p-24f;
    return bitcast<f32>(sign | bitcast<u32>(small));
  }
  return bitcast<f32>(sign | ((magnitude + 0xfff + ((magnitude >> 13) & 1)) & 0xffffe000));
}

// A positive step as a half: never 0, so that weights can be divided by it; the least step takes nearly zero weights to 0.
fn half_step(x: f32) -> f32 {
  return max(half(x), 0x1p-24f);
}
