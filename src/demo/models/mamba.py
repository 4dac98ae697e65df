"""Mamba 1 and Mamba 2."""
import math
import torch
import torch.nn as nn, torch.nn.functional as F
from models.parts import Language, branch, matrix, rms
from models.scan import Convolution, Scan


def time_bias(n):
    """Biases whose softplus is spread evenly, in the logarithm, over 0.001 to 0.1."""
    t = torch.exp(torch.rand(n) * math.log(100) + math.log(.001))
    return t + torch.log(-torch.expm1(-t))


class FirstBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        i, n, r = 2 * c["hidden"], c["state"], c["rank"]; self.eps, self.sizes = c["eps"], (r, n, n)
        self.norm = nn.Parameter(torch.ones(c["hidden"])); self.inward, self.out = matrix(2 * i, c["hidden"]), matrix(c["hidden"], i, branch(c["layers"]))
        self.conv, self.conv_bias = nn.Parameter((torch.rand(i, 1, 4) - .5)), nn.Parameter(torch.zeros(i))
        self.x, self.dt = matrix(r + 2 * n, i), nn.Linear(r, i, bias=False); nn.init.uniform_(self.dt.weight, -r ** -.5, r ** -.5)
        self.dt_bias = nn.Parameter(time_bias(i)); self.A_log = nn.Parameter(torch.arange(1, n + 1).float().log().repeat(i, 1)); self.D = nn.Parameter(torch.ones(i))

    def forward(self, h):
        u, z = self.inward(rms(h, self.norm, self.eps)).chunk(2, -1)
        u = Convolution.apply(u, self.conv, self.conv_bias); dt, B, C = self.x(u).split(self.sizes, -1)
        return h + self.out(Scan.apply(u, self.dt(dt), z, B, C, -torch.exp(self.A_log), self.dt_bias, self.D))


class Mamba(Language):
    SHAPE = dict(vocab=512, hidden=128, layers=6, state=16, rank=8, context=256, eps=1e-5)
    TOKENS, RATE = 30e6, 2e-3

    def __init__(self, c=None): super().__init__(c or self.SHAPE, FirstBlock)

    def tensors(self):
        w = {"backbone.embeddings.weight": self.embed, "backbone.norm_f.weight": self.norm}
        for i, b in enumerate(self.blocks):
            p = f"backbone.layers.{i}."; m = p + "mixer."
            w |= {p + "norm.weight": b.norm, m + "in_proj.weight": b.inward.weight, m + "conv1d.weight": b.conv, m + "conv1d.bias": b.conv_bias, m + "x_proj.weight": b.x.weight, m + "dt_proj.weight": b.dt.weight,
                  m + "dt_proj.bias": b.dt_bias, m + "A_log": b.A_log, m + "D": b.D, m + "out_proj.weight": b.out.weight}
        return w

    def config(self):
        c = self.c
        return {"architectures": ["MambaForCausalLM"], "model_type": "mamba", "vocab_size": c["vocab"], "hidden_size": c["hidden"], "state_size": c["state"], "num_hidden_layers": c["layers"], "expand": 2,
                "intermediate_size": 2 * c["hidden"], "conv_kernel": 4, "time_step_rank": c["rank"], "use_bias": False, "use_conv_bias": True, "hidden_act": "silu", "layer_norm_epsilon": c["eps"],
                "residual_in_fp32": True, "rescale_prenorm_residual": False, "initializer_range": 0.02, "use_cache": True, "tie_word_embeddings": True, "bos_token_id": 0, "eos_token_id": 1, "torch_dtype": "float16"}


class SecondBlock(nn.Module):
    """One group: B and C are the same for all heads, decay and step are one number a head."""

    def __init__(self, c):
        super().__init__()
        i, n, h = 2 * c["hidden"], c["state"], c["heads"]; self.eps, self.sizes, self.head = c["eps"], (i, i + 2 * n, h), i // h
        self.norm = nn.Parameter(torch.ones(c["hidden"])); self.inward, self.out = matrix(sum(self.sizes), c["hidden"]), matrix(c["hidden"], i, branch(c["layers"]))
        self.conv, self.conv_bias = nn.Parameter((torch.rand(i + 2 * n, 1, 4) - .5)), nn.Parameter(torch.zeros(i + 2 * n))
        self.dt_bias = nn.Parameter(time_bias(h)); self.A_log = nn.Parameter((torch.rand(h) * 15 + 1).log()); self.D = nn.Parameter(torch.ones(h)); self.gain = nn.Parameter(torch.ones(i))

    def forward(self, h):
        z, xbc, dt = self.inward(rms(h, self.norm, self.eps)).split(self.sizes, -1)
        i = self.sizes[0]; n = (self.sizes[1] - i) // 2; x, B, C = Convolution.apply(xbc, self.conv, self.conv_bias).split((i, n, n), -1)
        def wide(v): return v.repeat_interleave(self.head, -1)
        y = Scan.apply(x, wide(dt), z, B, C, wide(-torch.exp(self.A_log)), wide(self.dt_bias), wide(self.D))
        return h + self.out(rms(y, self.gain, self.eps))


class Mamba2(Language):
    SHAPE = dict(vocab=512, hidden=128, layers=6, heads=8, state=32, context=256, eps=1e-5)
    TOKENS, RATE = 30e6, 2e-3

    def __init__(self, c=None): super().__init__(c or self.SHAPE, SecondBlock)

    def tensors(self):
        w = {"backbone.embeddings.weight": self.embed, "backbone.norm_f.weight": self.norm}
        for i, b in enumerate(self.blocks):
            p = f"backbone.layers.{i}."; m = p + "mixer."
            w |= {p + "norm.weight": b.norm, m + "in_proj.weight": b.inward.weight, m + "conv1d.weight": b.conv, m + "conv1d.bias": b.conv_bias, m + "dt_bias": b.dt_bias, m + "A_log": b.A_log, m + "D": b.D,
                  m + "norm.weight": b.gain, m + "out_proj.weight": b.out.weight}
        return w

    def config(self):
        c = self.c
        return {"architectures": ["Mamba2ForCausalLM"], "model_type": "mamba2", "vocab_size": c["vocab"], "hidden_size": c["hidden"], "state_size": c["state"], "num_hidden_layers": c["layers"], "expand": 2,
                "num_heads": c["heads"], "head_dim": 2 * c["hidden"] // c["heads"], "n_groups": 1, "conv_kernel": 4, "chunk_size": 64, "use_bias": False, "use_conv_bias": True, "hidden_act": "silu",
                "layer_norm_epsilon": c["eps"], "rms_norm": True, "residual_in_fp32": True, "rescale_prenorm_residual": False, "initializer_range": 0.02, "use_cache": True, "tie_word_embeddings": True,
                "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1, "torch_dtype": "float16"}
