// What an attention kernel makes of q·k, and which keys a query sees; by its own params.
fn scored(s: vec4f) -> vec4f {
  let scaled = s * params.scale;
  if (params.cap == 0.0) {
    return scaled;
  }
  let part = scaled / params.cap;
  return params.cap * vec4f(soft_sign(part.x), soft_sign(part.y), soft_sign(part.z), soft_sign(part.w));
}

fn sees(rows: vec4u, keys: vec4u) -> vec4<bool> {
  if (params.all != 0) {
    return keys < vec4u(params.length);
  }
  return (keys <= rows) & (rows - keys < vec4u(params.window));
}
