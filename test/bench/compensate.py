"""GPTQ as published (arXiv 2210.17323: three factorisations, a loop over columns, lazy updates of blocks) in PyTorch on the
processor, float32. Called by compensate.ts: reads W [rows, n] and H [n, n] (float32) from a folder, writes the codes (uint8) there
and prints the seconds of each run. Blocks are as wide as groups, so that groups are fitted on weights compensated so far."""
import sys
import time
from pathlib import Path

import torch


def fit(block, top):
    low = block.amin(1).clamp(max=0)
    high = block.amax(1).clamp(min=0)
    empty = low == high
    scale = torch.where(empty, torch.ones_like(low), (high - low) / top)
    return scale, torch.round(-low / scale)


def solve(W, H, bits, group, damping):
    n = W.shape[1]
    top = 2**bits - 1
    W = W.clone()
    H = H.clone()
    H.diagonal().add_(damping * H.diagonal().mean())
    U = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(H)), upper=True)
    codes = torch.empty_like(W)
    for begin in range(0, n, group):
        end = min(begin + group, n)
        block = W[:, begin:end].clone()
        errors = torch.empty_like(block)
        scale, zero = fit(block, top)
        inner = U[begin:end, begin:end]
        for j in range(end - begin):
            w = block[:, j]
            code = (torch.round(w / scale) + zero).clamp(0, top)
            codes[:, begin + j] = code
            error = (w - scale * (code - zero)) / inner[j, j]
            block[:, j:] -= error[:, None] * inner[j, j:][None, :]
            errors[:, j] = error
        W[:, end:] -= errors @ U[begin:end, end:]
    return codes.to(torch.uint8)


def main():
    folder, rows, n, bits, group, runs = Path(sys.argv[1]), *map(int, sys.argv[2:7])
    damping = float(sys.argv[7])
    read = lambda name, shape: torch.frombuffer(bytearray((folder / name).read_bytes()), dtype=torch.float32).view(shape)
    W, H = read("W.f32", (rows, n)), read("H.f32", (n, n))
    for run in range(runs):
        begin = time.perf_counter()
        codes = solve(W, H, bits, group, damping)
        print(time.perf_counter() - begin)
    (folder / "codes.u8").write_bytes(codes.numpy().tobytes())


main()
