// A = −exp(A_log) of a state-space model, finite whatever the file holds: a state that decays at e⁸⁰ is forgotten at once.
fn decay_rate(a_log: vec4f) -> vec4f {
  return -exp(min(a_log, vec4f(80.0)));
}
