"""The dense reference: Llama."""
import torch
import torch.nn as nn
from models.parts import Attention, Gated, Language, attention_tensors, llama_config, rms


class Block(nn.Module):
    def __init__(self, c):
        super().__init__(); self.eps = c["eps"]
        self.n1, self.n2 = nn.Parameter(torch.ones(c["hidden"])), nn.Parameter(torch.ones(c["hidden"]))
        self.attention, self.mlp = Attention(c), Gated(c["hidden"], c["inter"], c["layers"])

    def forward(self, h):
        h = h + self.attention(rms(h, self.n1, self.eps))
        return h + self.mlp(rms(h, self.n2, self.eps))


class Llama(Language):
    SHAPE = dict(vocab=512, hidden=128, layers=3, heads=4, kv=2, inter=256, context=256, theta=10000.0, eps=1e-5)
    TOKENS, RATE = 60e6, 3e-3

    def __init__(self, c=None): super().__init__(c or self.SHAPE, Block)

    def tensors(self, prefix="model."):
        w = {prefix + "embed_tokens.weight": self.embed, prefix + "norm.weight": self.norm}
        for i, b in enumerate(self.blocks):
            p = f"{prefix}layers.{i}."; g, u, d = b.mlp.parts()
            w |= attention_tensors(p, b) | {p + "mlp.gate_proj.weight": g, p + "mlp.up_proj.weight": u, p + "mlp.down_proj.weight": d}
        return w

    def config(self):
        return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **llama_config(self.c), "intermediate_size": self.c["inter"], "rope_scaling": None, "attention_bias": False, "mlp_bias": False}
