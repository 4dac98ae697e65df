// Functions that PyTorch runs as many passes over memory, in one, forward and backward, float32.
#include <cstdint>
#include "vector.h"

// The last columns of a row, filled up with `rest`.
static inline V part(const float* p, int n, float rest) { V v = all(rest); for (int j = 0; j < n; j++) v[j] = p[j]; return v; }

extern "C" {

// inner = silu(g) u; both is [rows, 2F], g before u.
void gate_forward(long rows, int F, const float* both, float* inner) {
  for (long r = 0; r < rows; r++) for (int i = 0; i < F; i += L) { V g = at(both + r * 2 * F + i); at(inner + r * F + i) = g * sigmoid(g) * at(both + r * 2 * F + F + i); }
}
void gate_backward(long rows, int F, const float* both, const float* dinner, float* dboth) {
  for (long r = 0; r < rows; r++) for (int i = 0; i < F; i += L) {
    V g = at(both + r * 2 * F + i), u = at(both + r * 2 * F + F + i), s = sigmoid(g), d = at(dinner + r * F + i);
    at(dboth + r * 2 * F + i) = d * u * s * (1.f + g * (1.f - s)); at(dboth + r * 2 * F + F + i) = d * g * s;
  }
}

// Rotary positions: the halves of every head of x [rows, heads, 2 half] turn by the angle of the token; rows at a distance of `step`.
// sign -1 turns back. cos and sin are [T, half].
void turn(long rows, int T, int heads, int half, long step, const float* x, const float* cos, const float* sin, float sign, float* out) {
  for (long r = 0; r < rows; r++) for (int h = 0; h < heads; h++) for (int i = 0; i < half; i += L) {
    const float* p = x + r * step + h * 2 * half; float* q = out + (r * heads + h) * 2 * half;
    V a = at(p + i), b = at(p + half + i), c = at(cos + r % T * half + i), s = sign * at(sin + r % T * half + i);
    at(q + i) = a * c - b * s; at(q + half + i) = b * c + a * s;
  }
}

// y = x / sqrt(mean(x^2) + eps) * gain; scale [rows] keeps the factor of every row.
void norm_forward(long rows, int D, float eps, const float* x, const float* gain, float* y, float* scale) {
  for (long r = 0; r < rows; r++) {
    V s = V{}; for (int i = 0; i < D; i += L) { V v = at(x + r * D + i); s += v * v; }
    float f = 1.f / __builtin_sqrtf(total(s) / D + eps); scale[r] = f;
    for (int i = 0; i < D; i += L) at(y + r * D + i) = at(x + r * D + i) * f * at(gain + i);
  }
}
// dgain is added to.
void norm_backward(long rows, int D, const float* x, const float* gain, const float* scale, const float* dy, float* dx, float* dgain) {
  for (long r = 0; r < rows; r++) {
    float f = scale[r]; V s = V{}; for (int i = 0; i < D; i += L) s += at(dy + r * D + i) * at(gain + i) * at(x + r * D + i);
    float m = total(s) * f * f / D;
    for (int i = 0; i < D; i += L) {
      V v = at(x + r * D + i), d = at(dy + r * D + i);
      at(dx + r * D + i) = f * (d * at(gain + i) - v * m); at(dgain + i) += d * v * f;
    }
  }
}

// Losses [rows] in nats of the targets under softmax(z), z [rows, n]; 0 where the target is negative. total [rows] keeps log sum exp.
void loss_forward(long rows, int n, const float* z, const int64_t* target, float* loss, float* sums) {
  int whole = n / L * L;
  for (long r = 0; r < rows; r++) {
    const float* p = z + r * n; V m = part(p + whole, n - whole, -1e30f), s;
    for (int i = 0; i < whole; i += L) { V v = at(p + i); m = pick(v > m, v, m); }
    float top = m[0]; for (int j = 1; j < L; j++) top = m[j] > top ? m[j] : top;
    s = exponential(part(p + whole, n - whole, -1e30f) - top);
    for (int j = n - whole; j < L; j++) s[j] = 0;
    for (int i = 0; i < whole; i += L) s += exponential(at(p + i) - top);
    sums[r] = top + __builtin_logf(total(s)); loss[r] = target[r] < 0 ? 0.f : sums[r] - p[target[r]];
  }
}
// dz = weight (softmax(z) - 1 at the target), 0 where the target is negative.
void loss_backward(long rows, int n, float weight, const float* z, const int64_t* target, const float* sums, float* dz) {
  int whole = n / L * L;
  for (long r = 0; r < rows; r++) {
    const float* p = z + r * n; float *q = dz + r * n, w = target[r] < 0 ? 0.f : weight;
    for (int i = 0; i < whole; i += L) at(q + i) = w * exponential(at(p + i) - sums[r]);
    V rest = w * exponential(part(p + whole, n - whole, -1e30f) - sums[r]); for (int j = whole; j < n; j++) q[j] = rest[j - whole];
    if (target[r] >= 0) q[target[r]] -= w;
  }
}
}
