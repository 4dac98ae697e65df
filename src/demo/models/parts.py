"""What several structures have in common: the norm, attention with rotary positions, the gated MLP, embedding and head."""
import torch
import torch.nn as nn, torch.nn.functional as F
from models.fused import Gate, Norm, Turn


def rms(x, gain, eps): return Norm.apply(x, gain, eps)


def matrix(rows, columns, scale=1.0):
    """A linear layer without bias; its weights are drawn with a deviation of 0.6 / sqrt(columns), times `scale`."""
    m = nn.Linear(columns, rows, bias=False); nn.init.normal_(m.weight, std=.6 * scale * columns ** -.5)
    return m


def branch(layers):
    """The scale of matrices that write to the stream: it grows with the number of branches, two a layer."""
    return (2 * layers) ** -.5


class Attention(nn.Module):
    """Causal attention, grouped heads, rotary positions in halves: [B, T, D] -> [B, T, D], norm and residual not included."""

    def __init__(self, c):
        super().__init__()
        self.heads, self.kv, self.d = c["heads"], c["kv"], c["hidden"] // c["heads"]
        self.qkv = matrix((self.heads + 2 * self.kv) * self.d, c["hidden"]); self.o = matrix(c["hidden"], self.heads * self.d, branch(c["layers"]))
        a = torch.outer(torch.arange(c["context"]), c["theta"] ** (-torch.arange(0, self.d, 2) / self.d))
        self.register_buffer("cos", a.cos(), False); self.register_buffer("sin", a.sin(), False)

    def parts(self): return self.qkv.weight.split([self.heads * self.d, self.kv * self.d, self.kv * self.d])

    def forward(self, x):
        b, t, _ = x.shape; r = self.heads // self.kv
        qk, v = self.qkv(x).split([(self.heads + self.kv) * self.d, self.kv * self.d], -1); qk = Turn.apply(qk, self.cos, self.sin).to(v.dtype)
        q, k = qk.view(b, t, -1, self.d).transpose(1, 2).split([self.heads, self.kv], 1); v = v.view(b, t, self.kv, self.d).transpose(1, 2)
        a = F.scaled_dot_product_attention(q, k.repeat_interleave(r, 1), v.repeat_interleave(r, 1), is_causal=True)
        return self.o(a.transpose(1, 2).reshape(b, t, self.heads * self.d))


class Gated(nn.Module):
    """down(silu(gate x) * up x); gate and up are held as one matrix."""

    def __init__(self, hidden, inter, layers):
        super().__init__(); self.gu = matrix(2 * inter, hidden); self.down = matrix(hidden, inter, branch(layers))

    def parts(self): return (*self.gu.weight.chunk(2), self.down.weight)

    def forward(self, x): return self.down(Gate.apply(self.gu(x)))


class Language(nn.Module):
    """Embedding, blocks (each adds its branches to the stream), last norm, and the embedding again as the head."""

    def __init__(self, c, block):
        super().__init__(); self.c = c
        self.embed = nn.Parameter(torch.randn(c["vocab"], c["hidden"]) * .02)
        self.blocks = nn.ModuleList(block(c) for _ in range(c["layers"])); self.norm = nn.Parameter(torch.ones(c["hidden"]))

    def stream(self, h):
        for b in self.blocks: h = b(h)
        return F.linear(rms(h, self.norm, self.c["eps"]), self.embed)

    def forward(self, ids): return self.stream(F.embedding(ids, self.embed))

    def decayed(self):
        """The parameters that take weight decay: the matrices of the linear layers."""
        return [m.weight for m in self.modules() if isinstance(m, nn.Linear)]


def attention_tensors(prefix, block):
    q, k, v = block.attention.parts()
    return {prefix + "input_layernorm.weight": block.n1, prefix + "post_attention_layernorm.weight": block.n2, prefix + "self_attn.q_proj.weight": q, prefix + "self_attn.k_proj.weight": k,
            prefix + "self_attn.v_proj.weight": v, prefix + "self_attn.o_proj.weight": block.attention.o.weight}


def llama_config(c):
    """The fields of config.json that all structures with Llama's attention have."""
    return {"vocab_size": c["vocab"], "hidden_size": c["hidden"], "num_hidden_layers": c["layers"], "num_attention_heads": c["heads"], "num_key_value_heads": c["kv"], "head_dim": c["hidden"] // c["heads"],
            "max_position_embeddings": c["context"], "hidden_act": "silu", "rms_norm_eps": c["eps"], "rope_theta": c["theta"], "attention_dropout": 0.0, "initializer_range": 0.02, "use_cache": True,
            "tie_word_embeddings": True, "bos_token_id": 0, "eos_token_id": 1, "torch_dtype": "float16"}
