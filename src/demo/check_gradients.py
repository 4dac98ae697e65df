#!/usr/bin/env python3
"""Compares the functions that have their own backward pass, values and gradients, with plain forms in float64. Prints the relative error of each."""
import torch
import torch.nn.functional as F
from models.experts import Gathered
from models.fused import Gate, Loss, Norm, Turn
from models.scan import Convolution, Scan


def loop_convolution(x, weight, bias):
    p = F.pad(x, (0, 0, 3, 0))
    return F.silu(bias + sum(weight[:, 0, j] * p[:, j:j + x.shape[1]] for j in range(4)))


def loop_scan(u, dt, z, B, C, A, bias, D):
    d = F.softplus(dt + bias); s = torch.zeros(u.shape[0], u.shape[2], B.shape[2], dtype=u.dtype); out = []
    for t in range(u.shape[1]):
        s = torch.exp(d[:, t, :, None] * (A if A.dim() == 2 else A[:, None])) * s + (d[:, t] * u[:, t])[..., None] * B[:, t, None]
        out.append((s * C[:, t, None]).sum(-1) + D * u[:, t])
    return torch.stack(out, 1) * F.silu(z)


def all_experts(x, weight, chosen, gu, down):
    """Every expert computes every token; those that were not chosen count nothing."""
    g, u = torch.einsum("td,efd->tef", x, gu).chunk(2, -1); y = torch.einsum("tef,edf->ted", F.silu(g) * u, down)
    return (y.gather(1, chosen[..., None].expand(-1, -1, x.shape[1])) * weight[..., None]).sum(1)


def loop_turn(x, cos, sin):
    a, b = x.unflatten(-1, (-1, 2, cos.shape[1])).unbind(-2); c, s = cos[:, None].double(), sin[:, None].double()
    return torch.stack([a * c - b * s, b * c + a * s], -2).flatten(-3)


def compare(name, fast, loop, args):
    a = [x.clone().requires_grad_() for x in args]; b = [x.double().clone().requires_grad_() for x in args]
    y, want = fast(*a), loop(*b); pull = torch.randn_like(y)
    got = torch.autograd.grad((y * pull).sum(), a); true = torch.autograd.grad((want * pull.double()).sum(), b)
    print(name, " ".join(f"{((p.double() - q).norm() / q.norm()).item():.1e}" for p, q in zip((y, *got), (want, *true))))


def main():
    torch.manual_seed(0)
    for b, t, i, n in ((2, 53, 32, 16), (1, 16, 48, 8), (3, 256, 64, 16)):
        both = torch.randn(b, t, 2 * i)
        compare(f"convolution {b} {t} {i}", lambda x, w, c: Convolution.apply(x.chunk(2, -1)[0], w, c), lambda x, w, c: loop_convolution(x.chunk(2, -1)[0], w, c), (both, torch.randn(i, 1, 4), torch.randn(i)))
        for kind, A in (("Mamba 1", -torch.rand(i, n) * 4), ("Mamba 2", -torch.rand(i) * 4)):
            args = (torch.randn(b, t, i), torch.randn(b, t, i), both, torch.randn(b, t, n), torch.randn(b, t, n), A, torch.randn(i) - 3, torch.randn(i))
            compare(f"scan of {kind}, {b} {t} {i} {n}", lambda u, d, z, *r: Scan.apply(u, d, z.chunk(2, -1)[1], *r), lambda u, d, z, *r: loop_scan(u, d, z.chunk(2, -1)[1], *r), args)
    compare("gate", Gate.apply, lambda x: F.silu(x.chunk(2, -1)[0]) * x.chunk(2, -1)[1], (torch.randn(7, 5, 96) * 3,))
    compare("norm", lambda x, g: Norm.apply(x, g, 1e-5), lambda x, g: F.rms_norm(x, (48,), g, 1e-5), (torch.randn(7, 5, 48), torch.randn(48)))
    angle = torch.rand(9, 16) * 6; cos, sin = angle.cos(), angle.sin()
    compare("turn", lambda x: Turn.apply(x[..., :96], cos, sin), lambda x: loop_turn(x[..., :96], cos, sin), (torch.randn(2, 9, 128),))
    for n in (32, 37):
        target = torch.randint(0, n, (50,)); target[::7] = -100
        compare(f"loss over {n}", lambda z: Loss.apply(z, target), lambda z: F.cross_entropy(z, target), (torch.randn(50, n) * 9,))
    chosen = torch.stack([torch.randperm(7)[:3] for _ in range(50)]) % 6  # an expert that is chosen twice, and one that nobody chooses
    args = (torch.randn(50, 16), torch.rand(50, 3), torch.randn(7, 32, 16), torch.randn(7, 16, 16))
    compare("gathered experts", lambda x, w, g, d: Gathered.apply(x, w, chosen, g, d, torch.float32), lambda x, w, g, d: all_experts(x, w, chosen, g, d), args)


if __name__ == "__main__": main()
