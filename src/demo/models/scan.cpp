// The parts of a state-space block for which PyTorch has no usable form on a CPU, forward and backward, float32.
// Rows are tokens; channels are the vector dimension, sixteen at a time, so the number of channels is a multiple of sixteen.
// Sums run in one fixed order: the same input gives the same bits.
#include <cstring>
#include <vector>
#include "vector.h"

extern "C" {

// out[t] = silu(bias + sum over j of w[j] * x[t - 3 + j]), zeros before the window. x has `step` floats a row; w is [4, I].
void conv_forward(int batch, int T, int I, long step, const float* x, const float* w, const float* bias, float* out) {
  for (int b = 0; b < batch; b++) for (int t = 0; t < T; t++) for (int i = 0; i < I; i += L) {
    V s = at(bias + i);
    for (int j = 0; j < 4; j++) if (t - 3 + j >= 0) s += at(w + j * I + i) * at(x + ((long)b * T + t - 3 + j) * step + i);
    at(out + ((long)b * T + t) * I + i) = s * sigmoid(s);
  }
}

// dx [batch, T, I]; dw [4, I] and dbias [I] are added to.
void conv_backward(int batch, int T, int I, long step, const float* x, const float* w, const float* bias, const float* dout, float* dx, float* dw, float* dbias) {
  for (int b = 0; b < batch; b++) {
    float* d = dx + (long)b * T * I; memset(d, 0, sizeof(float) * T * I);
    for (int t = 0; t < T; t++) for (int i = 0; i < I; i += L) {
      V s = at(bias + i);
      for (int j = 0; j < 4; j++) if (t - 3 + j >= 0) s += at(w + j * I + i) * at(x + ((long)b * T + t - 3 + j) * step + i);
      V g = sigmoid(s); g = at(dout + ((long)b * T + t) * I + i) * g * (1.f + s * (1.f - g));
      at(dbias + i) += g;
      for (int j = 0; j < 4; j++) if (t - 3 + j >= 0) {
        at(dw + j * I + i) += g * at(x + ((long)b * T + t - 3 + j) * step + i);
        at(d + (long)(t - 3 + j) * I + i) += g * at(w + j * I + i);
      }
    }
  }
}

}

// S[n] = exp(delta A[n]) S[n] + delta u B[n] with delta = softplus(dt + bias); out = (sum of C[n] S[n] + D u) silu(z).
// u, dt, out [batch, T, I]; z has `step` floats a row; B, C [batch, T, N]; A, negative, is [N, I] or, when all states of a channel
// have the same (`one`), [I]; keep [batch, ceil(T / Q), N, I] takes the state before every Q-th token.
#define SIZES int batch, int T, int I, int N, int Q, long step
#define INPUTS const float *u, const float *dt, const float *z, const float *B, const float *C, const float *A, const float *bias, const float *D
template <bool one> static void forward(SIZES, INPUTS, float* out, float* keep) {
  long M = (long)N * I; std::vector<float> S(M); int chunks = (T + Q - 1) / Q;
  for (int b = 0; b < batch; b++) {
    memset(S.data(), 0, sizeof(float) * M);
    for (int t = 0; t < T; t++) {
      if (t % Q == 0) memcpy(keep + ((long)b * chunks + t / Q) * M, S.data(), sizeof(float) * M);
      long row = (long)b * T + t; const float *Bt = B + row * N, *Ct = C + row * N;
      for (int i = 0; i < I; i += L) {
        V x = at(u + row * I + i), d = softplus(at(dt + row * I + i) + at(bias + i)), dx = d * x, y = at(D + i) * x, g = at(z + row * step + i), a;
        if (one) a = exponential(d * at(A + i));
        for (int n = 0; n < N; n++) {
          long k = (long)n * I + i;
          if (!one) a = exponential(d * at(A + k));
          V v = a * at(S.data() + k) + dx * Bt[n];
          at(S.data() + k) = v; y += v * Ct[n];
        }
        at(out + row * I + i) = y * g * sigmoid(g);
      }
    }
  }
}

// Gradients du, ddt, dz [batch, T, I] and dB, dC [batch, T, N] are written; dA (of A's size), dbias and dD [I] are added to.
template <bool one> static void backward(SIZES, INPUTS, const float* keep, const float* dout, float* du, float* ddt, float* dz, float* dB, float* dC, float* dA, float* dbias, float* dD) {
  long M = (long)N * I, K = one ? I : M; int chunks = (T + Q - 1) / Q;
  std::vector<float> S((Q + 1) * M), decay(Q * K), delta((long)Q * I), y((long)Q * I), G(M), b1(N * L), c1(N * L);
  for (int b = 0; b < batch; b++) {
    memset(G.data(), 0, sizeof(float) * M);
    for (int c = chunks - 1; c >= 0; c--) {
      int from = c * Q, to = from + Q < T ? from + Q : T;
      memcpy(S.data(), keep + ((long)b * chunks + c) * M, sizeof(float) * M);
      for (int t = from; t < to; t++) {  // the states, decays and outputs of the chunk once more
        long row = (long)b * T + t; int q = t - from; const float *Bt = B + row * N, *Ct = C + row * N;
        for (int i = 0; i < I; i += L) {
          V x = at(u + row * I + i), d = softplus(at(dt + row * I + i) + at(bias + i)), dx = d * x, o = at(D + i) * x, a;
          if (one) { a = exponential(d * at(A + i)); at(decay.data() + q * K + i) = a; }
          for (int n = 0; n < N; n++) {
            long k = (long)n * I + i;
            if (!one) { a = exponential(d * at(A + k)); at(decay.data() + q * K + k) = a; }
            V v = a * at(S.data() + q * M + k) + dx * Bt[n];
            at(S.data() + (q + 1) * M + k) = v; o += v * Ct[n];
          }
          at(delta.data() + (long)q * I + i) = d; at(y.data() + (long)q * I + i) = o;
        }
      }
      for (int t = to - 1; t >= from; t--) {
        long row = (long)b * T + t; int q = t - from; const float *Bt = B + row * N, *Ct = C + row * N;
        memset(b1.data(), 0, sizeof(float) * N * L); memset(c1.data(), 0, sizeof(float) * N * L);
        for (int i = 0; i < I; i += L) {
          V x = at(u + row * I + i), d = at(delta.data() + (long)q * I + i), dx = d * x, g = at(z + row * step + i), s = sigmoid(g), o = at(dout + row * I + i), dy = o * g * s, sumB = V{}, sumA = V{}, a;
          at(dz + row * I + i) = o * at(y.data() + (long)q * I + i) * s * (1.f + g * (1.f - s));
          if (one) a = at(decay.data() + q * K + i);
          for (int n = 0; n < N; n++) {
            long k = (long)n * I + i;
            if (!one) a = at(decay.data() + q * K + k);
            V r = at(G.data() + k) + dy * Ct[n], ra = r * a, rs = ra * at(S.data() + q * M + k);
            at(c1.data() + n * L) += dy * at(S.data() + (q + 1) * M + k); at(b1.data() + n * L) += r * dx; sumB += r * Bt[n]; at(G.data() + k) = ra;
            if (one) sumA += rs;
            else { sumA += rs * at(A + k); at(dA + k) += rs * d; }
          }
          if (one) { at(dA + i) += sumA * d; sumA *= at(A + i); }
          V e = (sumA + x * sumB) * sigmoid(at(dt + row * I + i) + at(bias + i));
          at(ddt + row * I + i) = e; at(dbias + i) += e; at(du + row * I + i) = d * sumB + at(D + i) * dy; at(dD + i) += dy * x;
        }
        for (int n = 0; n < N; n++) { dB[row * N + n] = total(at(b1.data() + n * L)); dC[row * N + n] = total(at(c1.data() + n * L)); }
      }
    }
  }
}

extern "C" {
void scan_forward(int one, SIZES, INPUTS, float* out, float* keep) {
  (one ? forward<true> : forward<false>)(batch, T, I, N, Q, step, u, dt, z, B, C, A, bias, D, out, keep);
}
void scan_backward(int one, SIZES, INPUTS, const float* keep, const float* dout, float* du, float* ddt, float* dz, float* dB, float* dC, float* dA, float* dbias, float* dD) {
  (one ? backward<true> : backward<false>)(batch, T, I, N, Q, step, u, dt, z, B, C, A, bias, D, keep, dout, du, ddt, dz, dB, dC, dA, dbias, dD);
}
}
