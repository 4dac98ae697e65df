"""What methods.ts compares with, in PyTorch on the processor, float32. Called as `methods.py FOLDER`; reads one line for each run from
standard input, `NAME ROWS COLS ...`, works on the matrices in the folder (W.f32 [rows, cols], and H.f32, magnitude.f32 where they
are) and answers with the seconds and a number that shows what was computed. The files are read once and not timed."""
import sys
import time
from functools import lru_cache
from pathlib import Path

import torch

folder = Path(sys.argv[1])


@lru_cache(None)
def read(name, *shape):
    return torch.frombuffer(bytearray((folder / f"{name}.f32").read_bytes()), dtype=torch.float32).view(*shape)


def hadamard(rows, cols):
    """Walsh-Hadamard along rows, as the usual reshaping butterflies; cols a power of two."""
    x = read("W", rows, cols)
    h = 1
    while h < cols:
        x = x.view(rows, cols // (2 * h), 2, h)
        x = torch.stack((x[:, :, 0] + x[:, :, 1], x[:, :, 0] - x[:, :, 1]), 2)
        h *= 2
    y = x.reshape(rows, cols) / cols**0.5
    return y.abs().sum().item()


@lru_cache(None)
def e8p_table():
    """The rows of the absolute table are in the folder, written by the caller: both sides encode on one codebook."""
    return read("table", 256, 8)


def e8p(rows, cols):
    """Exact nearest point of the E8P codebook for every 8 columns: both shifts, every row of absolute values, one flip where the
    parity of the signs asks for it (QuIP#, arXiv 2402.04396)."""
    A = e8p_table()
    odd = (A.sum(1).round().to(torch.int64) % 2).bool()
    x = (read("W", rows, cols) * (1.03 / read("W", rows, cols).pow(2).mean().sqrt())).view(-1, 8)
    total = 0.0
    for chunk in x.split(8192):
        best = None
        for shift in (0.25, -0.25):
            y = chunk - shift
            magnitude = y.abs()
            negative = (y < 0).sum(1) % 2 == 1
            score = 2 * magnitude @ A.T - A.pow(2).sum(1)
            penalty = 4 * (magnitude[:, None, :] * A[None]).amin(2)
            score = torch.where(negative[:, None] != odd[None], score - penalty, score)
            error = y.pow(2).sum(1) - score.amax(1)
            best = error if best is None else torch.minimum(best, error)
        total += best.sum().item()
    return total / x.numel()


def awq(rows, cols, bits, group):
    """Scale search over 20 exponents by the quadratic form, AWQ's quantizer on groups."""
    W, H, magnitude = read("W", rows, cols), read("H", cols, cols), read("magnitude", cols)
    top = 2**bits - 1
    losses = []
    for i in range(20):
        s = magnitude.pow(i / 20).clamp(min=1e-4)
        s = s / (s.max() * s.min()).sqrt()
        g = (W * s).view(rows, -1, group)
        low, high = g.amin(2, keepdim=True), g.amax(2, keepdim=True)
        scale = (high - low).clamp(min=1e-5) / top
        zero = (-torch.round(low / scale)).clamp(0, top)
        q = (torch.round(g / scale) + zero).clamp(0, top)
        D = ((q - zero) * scale).view(rows, cols) / s - W
        losses.append(((D @ H) * D).sum())
    return torch.stack(losses).min().item()


def lorc(rows, cols, rank):
    """Rank-r part by torch's own randomised SVD, two power iterations. Its start is random: the number differs from run to run."""
    E = read("W", rows, cols)
    U, S, V = torch.svd_lowrank(E, q=rank + 8, niter=2)
    A, B = U[:, :rank] * S[:rank], V[:, :rank].T
    return (E - A @ B).norm().item()


methods = {"hadamard": hadamard, "e8p": e8p, "awq": awq, "lorc": lorc}
for line in sys.stdin:
    name, *numbers = line.split()
    numbers = [int(n) for n in numbers]
    begin = time.perf_counter()
    value = methods[name](*numbers)
    print(time.perf_counter() - begin, value, flush=True)
