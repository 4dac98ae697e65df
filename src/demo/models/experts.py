"""Mixture of experts, gathered: every expert computes the tokens that were sent to it, and no others.

`Mixtral` is coarse: eight experts, two a token, the softmax over the chosen two. `FineExperts` is fine: sixteen experts, four a
token with the unnormalised softmax over all, and an expert that all tokens share. Its shared expert has no gate, so that it is
DeepSeekMoE; as Qwen2-MoE it is saved with a gate of zeros, which is a factor of one half, and the shared down matrix doubled.
"""
import torch
import torch.nn as nn, torch.nn.functional as F
from models.fused import Gate, gate_backward
from models.parts import Attention, Gated, Language, attention_tensors, branch, llama_config, rms

BALANCE = 0.01


class Gathered(torch.autograd.Function):
    """y[t] = sum over j of weight[t, j] * E_e(x[t]) with e = chosen[t, j].

    x [T, D], weight [T, k], chosen [T, k], gate and up as `gu` [E, 2F, D], `down` [E, D, F]. The rows are sorted by expert, in the
    order of the tokens within an expert, so that sums run in the same order every time.
    """

    @staticmethod
    def forward(ctx, x, weight, chosen, gu, down, dtype):
        t, k = chosen.shape; order = chosen.flatten().argsort(stable=True); token = order // k
        place = torch.empty_like(order); place[order] = torch.arange(len(order))
        ends = chosen.flatten().bincount(minlength=len(gu)).cumsum(0).tolist(); spans = list(zip([0] + ends[:-1], ends))
        rows, gu16, down16 = x.to(dtype)[token], gu.to(dtype), down.to(dtype)
        both = rows.new_empty(len(rows), gu.shape[1]); out = rows.new_empty(len(rows), x.shape[1])
        for e, (a, b) in enumerate(spans): torch.mm(rows[a:b], gu16[e].T, out=both[a:b])
        both = both.float(); inner = Gate.apply(both).to(dtype)
        for e, (a, b) in enumerate(spans): torch.mm(inner[a:b], down16[e].T, out=out[a:b])
        share = weight.flatten()[order].to(dtype)[:, None]
        ctx.spans, ctx.shape, ctx.kinds = spans, (t, k), (x.dtype, weight.dtype); ctx.save_for_backward(rows, both, inner, out, share, token, place, gu16, down16)
        return (out * share)[place].view(t, k, -1).sum(1)

    @staticmethod
    def backward(ctx, dy):
        rows, both, inner, out, share, token, place, gu, down = ctx.saved_tensors; t, k = ctx.shape
        dy = dy.to(rows.dtype)[token]; dweight = (dy.float() * out).sum(-1)[place].view(t, k).to(ctx.kinds[1]); dout = dy * share
        dinner = torch.empty_like(inner); ddown = torch.empty(down.shape); dgu = torch.empty(gu.shape); drows = torch.empty_like(rows)
        for e, (a, b) in enumerate(ctx.spans):
            torch.mm(dout[a:b], down[e], out=dinner[a:b]); ddown[e] = dout[a:b].T @ inner[a:b]
        dboth = gate_backward(both, dinner).to(rows.dtype)
        for e, (a, b) in enumerate(ctx.spans):
            torch.mm(dboth[a:b], gu[e], out=drows[a:b]); dgu[e] = dboth[a:b].T @ rows[a:b]
        return drows[place].view(t, k, -1).sum(1).to(ctx.kinds[0]), dweight, None, dgu, ddown, None


class Experts(nn.Module):
    """Router and experts of a layer. After a forward pass `load` [E] holds the tokens of every expert and `balance` the loss of unequal loads."""

    def __init__(self, c, normalise):
        super().__init__()
        n, d, f = c["experts"], c["hidden"], c["inter"]; self.k, self.normalise = c["chosen"], normalise
        self.router = nn.Parameter(torch.randn(n, d) * .6 * d ** -.5)
        self.gu = nn.Parameter(torch.randn(n, 2 * f, d) * .6 * d ** -.5); self.down = nn.Parameter(torch.randn(n, d, f) * .6 * branch(c["layers"]) * f ** -.5)

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        with torch.autocast("cpu", enabled=False): logits = F.linear(flat.float(), self.router)
        p = logits.softmax(-1); top, chosen = logits.topk(self.k, -1)
        weight = top.softmax(-1) if self.normalise else p.gather(1, chosen)
        self.load = chosen.detach().flatten().bincount(minlength=len(self.router))
        self.balance = len(self.router) * (self.load / flat.shape[0] * p.mean(0)).sum() / self.k
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        return Gathered.apply(flat, weight, chosen, self.gu, self.down, dtype).view_as(x)


class CoarseBlock(nn.Module):
    def __init__(self, c):
        super().__init__(); self.eps = c["eps"]
        self.n1, self.n2 = nn.Parameter(torch.ones(c["hidden"])), nn.Parameter(torch.ones(c["hidden"]))
        self.attention, self.experts = Attention(c), Experts(c, True)

    def forward(self, h):
        h = h + self.attention(rms(h, self.n1, self.eps))
        return h + self.experts(rms(h, self.n2, self.eps))


class FineBlock(CoarseBlock):
    def __init__(self, c):
        super().__init__(c); self.experts.normalise = False; self.shared = Gated(c["hidden"], c["shared"], c["layers"])

    def forward(self, h):
        h = h + self.attention(rms(h, self.n1, self.eps)); x = rms(h, self.n2, self.eps)
        return h + self.experts(x) + self.shared(x)


class Routed(Language):
    def extra(self):
        """What is added to the loss of the last forward pass: 0.01 times the balance losses of all layers."""
        return BALANCE * sum(b.experts.balance for b in self.blocks)

    def load(self):
        """Tokens of every expert in the last forward pass, [layers, E]."""
        return torch.stack([b.experts.load for b in self.blocks])

    def decayed(self): return super().decayed() + [w for b in self.blocks for w in (b.experts.gu, b.experts.down)]

    def layers(self, router, name, gate, up, down):
        w = {"model.embed_tokens.weight": self.embed, "model.norm.weight": self.norm}
        for i, b in enumerate(self.blocks):
            p = f"model.layers.{i}."; w |= attention_tensors(p, b) | {p + router: b.experts.router}
            for e, (gu, d) in enumerate(zip(b.experts.gu, b.experts.down)):
                g, u = gu.chunk(2); w |= {f"{p}{name}.{e}.{gate}.weight": g, f"{p}{name}.{e}.{up}.weight": u, f"{p}{name}.{e}.{down}.weight": d}
        return w


class Mixtral(Routed):
    SHAPE = dict(vocab=512, hidden=128, layers=3, heads=4, kv=2, experts=8, chosen=2, inter=96, context=256, theta=10000.0, eps=1e-5)
    TOKENS, RATE = 45e6, 3e-3

    def __init__(self, c=None): super().__init__(c or self.SHAPE, CoarseBlock)

    def tensors(self): return self.layers("block_sparse_moe.gate.weight", "block_sparse_moe.experts", "w1", "w3", "w2")

    def config(self):
        c = self.c
        return {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", **llama_config(c), "intermediate_size": c["inter"], "num_local_experts": c["experts"], "num_experts_per_tok": c["chosen"],
                "sliding_window": None, "router_jitter_noise": 0.0, "output_router_logits": False, "router_aux_loss_coef": BALANCE}


class FineExperts(Routed):
    SHAPE = dict(vocab=512, hidden=128, layers=3, heads=4, kv=2, experts=16, chosen=4, inter=48, shared=96, context=256, theta=10000.0, eps=1e-5)
    TOKENS, RATE = 45e6, 3e-3

    def __init__(self, c=None): super().__init__(c or self.SHAPE, FineBlock)

    def tensors(self, structure="qwen2_moe"):
        w = self.layers("mlp.gate.weight", "mlp.experts", "gate_proj", "up_proj", "down_proj"); qwen = structure == "qwen2_moe"
        for i, b in enumerate(self.blocks):
            p = f"model.layers.{i}.mlp.shared_expert{'' if qwen else 's'}"; g, u, d = b.shared.parts()
            w |= {p + ".gate_proj.weight": g, p + ".up_proj.weight": u, p + ".down_proj.weight": 2 * d if qwen else d}
            if qwen: w[p + "_gate.weight"] = torch.zeros(1, self.c["hidden"])
        return w

    def config(self, structure="qwen2_moe"):
        c = self.c; common = {**llama_config(c), "num_experts_per_tok": c["chosen"], "moe_intermediate_size": c["inter"], "norm_topk_prob": False, "output_router_logits": False}
        if structure == "deepseek":
            return {"architectures": ["DeepseekForCausalLM"], "model_type": "deepseek", **common, "intermediate_size": c["shared"], "n_routed_experts": c["experts"], "n_shared_experts": c["shared"] // c["inter"],
                    "first_k_dense_replace": 0, "moe_layer_freq": 1, "scoring_func": "softmax", "aux_loss_alpha": BALANCE, "rope_scaling": None, "attention_bias": False}
        return {"architectures": ["Qwen2MoeForCausalLM"], "model_type": "qwen2_moe", **common, "intermediate_size": c["shared"], "num_experts": c["experts"], "shared_expert_intermediate_size": c["shared"],
                "decoder_sparse_step": 1, "mlp_only_layers": [], "qkv_bias": False, "use_sliding_window": False, "sliding_window": None, "router_aux_loss_coef": BALANCE}
