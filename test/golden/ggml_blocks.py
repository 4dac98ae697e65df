#!/usr/bin/env python3
"""Makes block vectors with the ggml library itself: bytes of every block format, with and without an importance matrix.

usage: ggml_blocks.py LIBGGML_BASE_SO     (writes quant/ggml-blocks.json beside itself; needs numpy)

Any build of ggml without fused multiply-add serves, e.g. libggml-base of a Python wheel of whisper.cpp. Inputs are random, of our own:
rows of 256 weights with outliers, of one sign, with sub-blocks of zeros and of very small weights, constant, and all zero.
"""
import base64, ctypes, json, pathlib, sys
import numpy as np

TYPES = {"q4_0": (2, 32, 18), "q4_1": (3, 32, 20), "q5_0": (6, 32, 22), "q5_1": (7, 32, 24), "q8_0": (8, 32, 34),
         "q2_k": (10, 256, 84), "q3_k": (11, 256, 110), "q4_k": (12, 256, 144), "q5_k": (13, 256, 176),
         "q6_k": (14, 256, 210), "iq4_nl": (20, 32, 18)}
ROWS, COLS = 8, 256

lib = ctypes.CDLL(sys.argv[1])
lib.ggml_quantize_chunk.restype = ctypes.c_size_t
lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]

rng = np.random.default_rng(2026)
x = (rng.standard_normal((ROWS, COLS)) * 0.03).astype(np.float32)
x[1, ::37] *= 12
x[2] = np.abs(x[2])
x[3, 32:64] = 0
x[3, 96:128] *= np.float32(1e-5)
x[4] = np.float32(0.0125)
x[5] = 0
x[6] = np.round(x[6] * 64) / 64  # many ties
x[7] = rng.standard_t(3, COLS).astype(np.float32) * np.float32(0.02)
importance = np.exp(rng.standard_normal(COLS) * 1.2).astype(np.float32)


def encode(a):
    return base64.b64encode(a.tobytes()).decode()


def quantize(kind, weights):
    number, columns, size = TYPES[kind]
    out = np.zeros(ROWS * COLS // columns * size, np.uint8)
    lib.ggml_quantize_chunk(number, x.ctypes.data, out.ctypes.data, 0, ROWS, COLS, weights)
    return encode(out)


result = {"rows": ROWS, "cols": COLS, "x": encode(x), "importance": encode(importance),
          "plain": {k: quantize(k, None) for k in TYPES},
          "weighted": {k: quantize(k, importance.ctypes.data) for k in TYPES}}
path = pathlib.Path(__file__).parent / "quant" / "ggml-blocks.json"
path.write_text(json.dumps(result, indent=1) + "\n")
print(path, path.stat().st_size)
