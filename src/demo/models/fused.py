"""The functions of fused.cpp with their gradients. They say the same as the PyTorch calls beside them, in float32."""
import ctypes
import torch
from models.native import call


def flat(x): return x.float().contiguous()


class Gate(torch.autograd.Function):
    """silu(g) * u of both [..., 2F] = [g | u]."""

    @staticmethod
    def forward(ctx, both):
        both = flat(both); f = both.shape[-1] // 2; assert f % 16 == 0
        inner = both.new_empty(*both.shape[:-1], f); call("gate_forward", ctypes.c_long(inner.numel() // f), f, both, inner); ctx.save_for_backward(both)
        return inner

    @staticmethod
    def backward(ctx, d): return gate_backward(ctx.saved_tensors[0], d)


def gate_backward(both, d):
    f = both.shape[-1] // 2; out = torch.empty_like(both); call("gate_backward", ctypes.c_long(both.numel() // (2 * f)), f, both, flat(d), out)
    return out


def turned(x, cos, sin, sign):
    """x [B, T, heads * d], its rows at one distance, turned by the angles of cos and sin [T, d / 2]."""
    b, t, n = x.shape; half = cos.shape[-1]; assert half % 16 == 0 and x.stride(2) == 1 and x.stride(0) == t * x.stride(1)
    out = x.new_empty(b, t, n); call("turn", ctypes.c_long(b * t), t, n // (2 * half), half, ctypes.c_long(x.stride(1)), x, cos, sin, ctypes.c_float(sign), out)
    return out


class Turn(torch.autograd.Function):
    """Rotary positions in halves on x [B, T, heads * d]; cos and sin are [T, d / 2]."""

    @staticmethod
    def forward(ctx, x, cos, sin): ctx.save_for_backward(cos, sin); return turned(x.float(), cos, sin, 1)

    @staticmethod
    def backward(ctx, d): return turned(flat(d), *ctx.saved_tensors, -1), None, None


class Norm(torch.autograd.Function):
    """F.rms_norm over the last axis."""

    @staticmethod
    def forward(ctx, x, gain, eps):
        x = flat(x); n = x.shape[-1]; assert n % 16 == 0
        y, scale = torch.empty_like(x), x.new_empty(x.numel() // n); call("norm_forward", ctypes.c_long(len(scale)), n, ctypes.c_float(eps), x, gain, y, scale); ctx.save_for_backward(x, gain, scale)
        return y

    @staticmethod
    def backward(ctx, d):
        x, gain, scale = ctx.saved_tensors; dx, dgain = torch.empty_like(x), torch.zeros_like(gain)
        call("norm_backward", ctypes.c_long(len(scale)), x.shape[-1], x, gain, scale, flat(d), dx, dgain)
        return dx, dgain, None


class Loss(torch.autograd.Function):
    """F.cross_entropy of z [rows, n] and target [rows], the mean over targets that are not negative."""

    @staticmethod
    def forward(ctx, z, target):
        z = flat(z); losses, sums = z.new_empty(len(z)), z.new_empty(len(z)); call("loss_forward", ctypes.c_long(len(z)), z.shape[1], z, target.contiguous(), losses, sums)
        ctx.count = int((target >= 0).sum()); ctx.save_for_backward(z, target.contiguous(), sums)
        return losses.sum() / ctx.count

    @staticmethod
    def backward(ctx, d):
        z, target, sums = ctx.saved_tensors; dz = torch.empty_like(z); call("loss_backward", ctypes.c_long(len(z)), z.shape[1], ctypes.c_float(d.item() / ctx.count), z, target, sums, dz)
        return dz, None
