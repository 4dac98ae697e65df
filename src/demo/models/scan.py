"""The functions of scan.cpp with their gradients: what the blocks of the state-space models are made of."""
import ctypes
import torch
from models.native import call

CHUNK = 16  # tokens between two states that are kept for the backward pass


def rows(x):
    """x [B, T, I] in float32 with whole rows at one distance, and that distance in floats."""
    x = x.float()
    if x.stride(2) != 1 or x.stride(0) != x.shape[1] * x.stride(1): x = x.contiguous()
    return x, ctypes.c_long(x.stride(1))


class Convolution(torch.autograd.Function):
    """silu(bias + causal convolution of four taps): x [B, T, I], weight [I, 1, 4], bias [I] -> [B, T, I]."""

    @staticmethod
    def forward(ctx, x, weight, bias):
        x, step = rows(x); b, t, i = x.shape; taps = weight.squeeze(1).T.contiguous(); out = x.new_empty(b, t, i)
        assert i % 16 == 0 and taps.shape[0] == 4
        call("conv_forward", b, t, i, step, x, taps, bias, out); ctx.save_for_backward(x, taps, bias); ctx.step = step
        return out

    @staticmethod
    def backward(ctx, dout):
        x, taps, bias = ctx.saved_tensors; b, t, i = x.shape; dout = dout.float().contiguous()
        dx, dtaps, dbias = torch.empty(b, t, i), torch.zeros_like(taps), torch.zeros_like(bias)
        call("conv_backward", b, t, i, ctx.step, x, taps, bias, dout, dx, dtaps, dbias)
        return dx, dtaps.T[:, None], dbias


class Scan(torch.autograd.Function):
    """The state update with its gate: u, dt, z [B, T, I], B, C [B, T, N], bias, D [I] -> [B, T, I]; see scan.cpp.

    A, negative, is [I, N] (Mamba 1) or [I], when all states of a channel decay alike (Mamba 2).
    """

    @staticmethod
    def forward(ctx, u, dt, z, B, C, A, bias, D):
        u, dt, B, C, bias, D = (x.float().contiguous() for x in (u, dt, B, C, bias, D)); z, step = rows(z); b, t, i = u.shape; n = B.shape[2]; one = int(A.dim() == 1); A = A.T.contiguous() if A.dim() == 2 else A.contiguous()
        assert i % 16 == 0
        out, keep = torch.empty_like(u), torch.empty(b, -(-t // CHUNK), n, i)
        call("scan_forward", one, b, t, i, n, CHUNK, step, u, dt, z, B, C, A, bias, D, out, keep); ctx.save_for_backward(u, dt, z, B, C, A, bias, D, keep); ctx.step, ctx.one = step, one
        return out

    @staticmethod
    def backward(ctx, dout):
        u, dt, z, B, C, A, bias, D, keep = ctx.saved_tensors; b, t, i = u.shape; dout = dout.float().contiguous()
        du, ddt, dz, dB, dC = (torch.empty(x.shape) for x in (u, dt, z, B, C)); dA, dbias, dD = torch.zeros_like(A), torch.zeros_like(bias), torch.zeros_like(D)
        call("scan_backward", ctx.one, b, t, i, B.shape[2], CHUNK, ctx.step, u, dt, z, B, C, A, bias, D, keep, dout, du, ddt, dz, dB, dC, dA, dbias, dD)
        return du, ddt, dz, dB, dC, dA if ctx.one else dA.T, dbias, dD
