#!/usr/bin/env python3
"""Golden values for the solver, in numpy: GPTQ written from the paper (arXiv 2210.17323, algorithm 1) with the conventions of its
published code, and rounding to nearest in float32. Independent of the project's own references.

usage: quant.py [HF_FOLDER_OF_STORIES260K]      writes quant/gptq.json, gptq.bin, rtn.json and, given the folder, stories.json

gptq.bin: W [rows, cols] float32, the upper triangle of H [cols, cols] row by row float32, then the codes of every case as a dense
little-endian bit stream.
rtn.json and stories.json hold only sums over rounded weights, no weights.
"""
import json
import os
import struct
import sys

import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "quant")
ROWS, COLS = 120, 172


def find(w, bits, sym, mse=False):
    """Scale and zero of each row of w: the range holds 0, the scale is a half, as it is stored; mse is the published search with
    exponent 2.4."""
    top = 2**bits - 1
    lo, hi = np.minimum(w.min(1), 0), np.maximum(w.max(1), 0)
    if sym:
        hi = np.maximum(-lo, hi)
        lo = np.where(lo < 0, -hi, lo)
    none = (lo == 0) & (hi == 0)
    lo, hi = np.where(none, -1, lo), np.where(none, 1, hi)

    def settle(lo, hi):
        s = ((hi - lo) / np.float32(top)).astype(np.float32).astype(np.float16).astype(w.dtype)
        z = np.full_like(s, (top + 1) / 2) if sym else np.minimum(np.round(-lo / s), top)
        return s, z

    s, z = settle(lo, hi)
    if mse:
        best = np.full(len(w), np.inf)
        for i in range(int(.8 * 100)):
            p = 1 - i / 100
            s1, z1 = settle(p * lo, p * hi)
            err = (np.abs(value(code(w, s1[:, None], z1[:, None], top), s1[:, None], z1[:, None]) - w)**2.4).sum(1)
            better = err < best
            best[better], s[better], z[better] = err[better], s1[better], z1[better]
    return s[:, None], z[:, None]


def code(x, s, z, top):
    return np.clip(np.round(x / s) + z, 0, top)


def value(c, s, z):
    return s * (c - z)


def gar(diag, g):
    """Group-aware order (arXiv 2505.14638)."""
    whole = len(diag) // g
    inside = [sorted(range(i * g, i * g + g), key=lambda j: (-diag[j], j)) for i in range(whole)]
    groups = sorted(range(whole), key=lambda i: (-diag[inside[i][0]], i))
    return [j for i in groups for j in inside[i]] + list(range(whole * g, len(diag)))


def gptq(W, H, bits, group=None, sym=False, mse=False, order=None, static=False, stale=False, damp=.01):
    """Codes in the original column order, and what the published code prints as its error."""
    W, H, n, top = W.copy(), H.copy(), W.shape[1], 2**bits - 1
    row = find(W, bits, sym, mse)
    dead = np.diag(H) == 0
    H[dead, dead] = 1
    W[:, dead] = 0
    statics = [find(W[:, a:a + group], bits, sym, mse) for a in range(0, n, group)] if static else None
    diag = np.diag(H)
    perm = {None: np.arange(n), "activation": np.argsort(-diag, kind="stable")}.get(order)
    if order == "group-aware":
        perm = np.array(gar(diag, group))
    W, H = W[:, perm], H[perm][:, perm]
    H[np.arange(n), np.arange(n)] += damp * np.mean(np.diag(H))
    U = np.linalg.cholesky(np.linalg.inv(H)).T
    C, loss, block = np.zeros(W.shape), 0., 128 if stale else 1
    for i1 in range(0, n, block):
        i2 = min(i1 + block, n)
        W1, E = W[:, i1:i2].copy(), np.zeros((len(W), i2 - i1))
        for i in range(i2 - i1):
            j = i1 + i
            if group is None:
                s, z = row
            elif static:
                s, z = statics[perm[j] // group]
            elif j % group == 0:
                s, z = find(W[:, j:j + group], bits, sym, mse)
            C[:, j:j + 1] = code(W1[:, i:i + 1], s, z, top)
            q = value(C[:, j:j + 1], s, z)
            e = (W1[:, i:i + 1] - q) / U[j, j]
            loss += float((e**2).sum() / 2)
            W1[:, i:] -= e @ U[j:j + 1, j:i2]
            E[:, i] = e[:, 0]
        W[:, i2:] -= E @ U[i1:i2, i2:]
    back = np.argsort(perm)
    return C[:, back].astype(np.uint8), loss


def problem(seed):
    """Weights of a transformer's size; inputs with few causes and outlier columns. Exact in float32."""
    rng = np.random.default_rng(seed)
    W = (rng.standard_normal((ROWS, COLS)) * .02).astype(np.float32)
    A = rng.standard_normal((24, COLS)) / np.sqrt(24)
    X = rng.standard_normal((600, 24)) @ A + .3 * rng.standard_normal((600, COLS))
    X *= np.exp(.7 * rng.standard_normal(COLS)) * np.where(np.arange(COLS) % 29 == 7, 20, 1)
    X[:, [5, 99]] = 0
    H = (X.T @ X / 600).astype(np.float32)
    return W, np.triu(H) + np.triu(H, 1).T


def write_gptq():
    W, H = problem(20260101)
    cases, blob = [], [W.tobytes(), H[np.triu_indices(COLS)].tobytes()]
    for bits in (2, 3, 4):
        for options in (
                dict(), dict(order="activation"), dict(sym=True), dict(mse=True), dict(group=32), dict(group=64),
                dict(group=128), dict(group=32, order="activation"), dict(group=64, order="activation", static=True),
                dict(group=128, static=True), dict(group=32, order="group-aware"), dict(group=32, stale=True)):
            C, printed = gptq(W.astype(float), H.astype(float), bits, **options)
            bit = (C.reshape(-1, 1) >> np.arange(bits)) & 1
            blob.append(np.packbits(bit.astype(np.uint8).ravel(), bitorder="little").tobytes())
            cases.append({"bits": bits, "group": None, "sym": False, "mse": False, "order": None, "static": False,
                          "stale": False, **options, "printedLoss": printed})
    with open(os.path.join(HERE, "gptq.bin"), "wb") as fh:
        fh.write(b"".join(blob))
    dump("gptq.json", {"rows": ROWS, "cols": COLS, "damping": .01, "cases": cases})


def tensors(folder):
    """Every two-dimensional F32 tensor of the blocks."""
    with open(os.path.join(folder, "model.safetensors"), "rb") as fh:
        size, = struct.unpack("<Q", fh.read(8))
        header = json.loads(fh.read(size))
        body = fh.read()
    for name, t in sorted(header.items()):
        if name != "__metadata__" and len(t["shape"]) == 2 and ".layers." in name:
            a, b = t["data_offsets"]
            yield name, np.frombuffer(body[a:b], np.float32).reshape(t["shape"])


def rtn_cases(matrices):
    """Sums over the rounded matrices: sum of squares, of magnitudes, and a sum with signs that depend on the place."""
    cases = []
    for bits in (8, 6, 5, 4, 3, 2):
        for group in (None, 32, 64):
            for sym in (False, True):
                sums = np.zeros(3)
                for w in matrices:
                    for a in range(0, w.shape[1], group or w.shape[1]):
                        x = w[:, a:a + (group or w.shape[1])]
                        s, z = find(x, bits, sym)
                        q = value(code(x, s, z, 2**bits - 1), s, z).astype(float)
                        place = (np.arange(len(w))[:, None] * 31 + (a + np.arange(x.shape[1])) * 17) % 7 - 3
                        sums += [(q**2).sum(), np.abs(q).sum(), (q * place).sum()]
                cases.append({"bits": bits, "group": group, "symmetric": sym, "sums": sums.tolist()})
    return cases


def dump(name, content):
    with open(os.path.join(HERE, name), "w") as fh:
        json.dump(content, fh, indent=1)
        fh.write("\n")


os.makedirs(HERE, exist_ok=True)
write_gptq()
dump("rtn.json", {"tensors": 1, "cases": rtn_cases([problem(20260101)[0]])})
if len(sys.argv) > 1:
    real = [w for _, w in tensors(sys.argv[1])]
    dump("stories.json", {"tensors": len(real), "cases": rtn_cases(real)})
