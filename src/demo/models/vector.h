// Sixteen floats at a time, and the functions of them that are needed; float32.
#pragma once
#include <cstdint>
#include <cstring>

typedef float V __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t W __attribute__((vector_size(64)));
static const int L = 16;
static inline V at(const float* p) { return *(const V*)p; }
static inline V& at(float* p) { return *(V*)p; }
static inline V all(float x) { return V{} + x; }
static inline V pick(W mask, V a, V b) { return (V)(((W)a & mask) | ((W)b & ~mask)); }
static inline float total(V x) { float s = 0; for (int j = 0; j < L; j++) s += x[j]; return s; }

// e^x by 2^(whole part) times a polynomial of the rest; relative error 2e-7; arguments under -87 count as -87, over 88 as 88.
static inline V exponential(V x) {
  x = pick(x > all(88.f), all(88.f), pick(x < all(-87.f), all(-87.f), x));
  V t = x * 1.44269504f, r = (t + 12582912.f) - 12582912.f, f = (x - r * 0.693145752f) - r * 1.42860677e-6f;
  V p = f * (1.f / 5040) + 1.f / 720;
  p = p * f + 1.f / 120; p = p * f + 1.f / 24; p = p * f + 1.f / 6; p = p * f + .5f; p = p * f + 1.f; p = p * f + 1.f;
  return p * (V)((__builtin_convertvector(r, W) + 127) << 23);
}
static inline V sigmoid(V x) { return 1.f / (1.f + exponential(-x)); }
// log(1 + e^x) as max(x, 0) + log1p(e^-|x|), the logarithm by its series in s = e / (2 + e).
static inline V softplus(V x) {
  V e = exponential(pick(x > all(0.f), -x, x)), s = e / (2.f + e), q = s * s, p = all(1.f / 15);
  for (int k = 13; k > 0; k -= 2) p = p * q + 1.f / k;
  return pick(x > all(0.f), x, all(0.f)) + 2.f * s * p;
}
