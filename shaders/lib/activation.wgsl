// Activations of transformers, by ACTIVATION: 0 silu, 1 relu, 2 gelu (exact), 3 gelu by tanh, 4 quick gelu.
override ACTIVATION: u32 = 0;

fn activation(x: f32) -> f32 {
  switch ACTIVATION {
    case 1: {
      return max(x, 0.0);
    }
    case 2: {
      return x * (0.5 + 0.5 * erf(x * 0.70710678));
    }
    case 3: {
      return x * (0.5 + 0.5 * soft_sign(0.79788456 * (x + 0.044715 * x * x * x)));
    }
    case 4: {
      return x / (1.0 + exp(min(-1.702 * x, 80.0)));
    }
    default: {
      // exp(80) is finite in f32 and 1 / (1 + exp(80)) is zero to all digits: no infinity is ever formed.
      return x / (1.0 + exp(min(-x, 80.0)));
    }
  }
}

// The error function to 1.5e-7 (Hastings, 1955; Abramowitz and Stegun, 7.1.26).
fn erf(x: f32) -> f32 {
  let z = min(abs(x), 6.0);
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - tail * exp(-z * z));
}
