#!/usr/bin/env python3
"""Trains the demo model, a small Llama, on the shards of make_data.py, and writes three levels of training.

usage: train.py TOKENIZERDIR DATADIR OUTDIR --minutes M [--resume]

The learning rate warms up, stays, and decays linearly to zero over the last part of the time. The earlier levels are
branches: at a given share of the time the weights and the optimizer are set aside, the rate decays, the level is
written, and training goes on from what was set aside. A level is a folder in Hugging Face layout with f16 weights.
"""
import argparse, copy, glob, json, os, shutil, time
import numpy as np, torch
import torch.nn as nn, torch.nn.functional as F
from safetensors.torch import save_file
from tokenizers import Tokenizer
from stories import chunk

CFG = dict(vocab=512, hidden=128, layers=3, heads=4, kv=2, inter=256, context=256, theta=10000.0, eps=1e-5)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        h, d = c["hidden"], c["hidden"] // c["heads"]
        self.c, self.d = c, d
        self.n1, self.n2 = nn.Parameter(torch.ones(h)), nn.Parameter(torch.ones(h))
        self.qkv = nn.Linear(h, (c["heads"] + 2 * c["kv"]) * d, bias=False); self.o = nn.Linear(h, h, bias=False)
        self.gu = nn.Linear(h, 2 * c["inter"], bias=False); self.down = nn.Linear(c["inter"], h, bias=False)

    def forward(self, x, cos, sin):
        c, d = self.c, self.d
        b, t, h = x.shape
        q, k, v = self.qkv(F.rms_norm(x, (h,), self.n1, c["eps"])).split([c["heads"] * d, c["kv"] * d, c["kv"] * d], -1)

        def turn(z, n):
            lo, hi = z.view(b, t, n, d).chunk(2, -1)
            return torch.cat([lo * cos - hi * sin, hi * cos + lo * sin], -1).to(v.dtype).transpose(1, 2)
        r = c["heads"] // c["kv"]
        k = turn(k, c["kv"]).repeat_interleave(r, 1); v = v.view(b, t, c["kv"], d).transpose(1, 2).repeat_interleave(r, 1)
        a = F.scaled_dot_product_attention(turn(q, c["heads"]), k, v, is_causal=True)
        x = x + self.o(a.transpose(1, 2).reshape(b, t, h))
        g, u = self.gu(F.rms_norm(x, (h,), self.n2, c["eps"])).chunk(2, -1)
        return x + self.down(F.silu(g) * u)


class Llama(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed = nn.Parameter(torch.randn(c["vocab"], c["hidden"]) * .02)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c["layers"])); self.norm = nn.Parameter(torch.ones(c["hidden"]))
        for b in self.blocks:
            for m, s in ((b.qkv, 1), (b.gu, 1), (b.o, (2 * c["layers"]) ** -.5), (b.down, (2 * c["layers"]) ** -.5)): nn.init.normal_(m.weight, std=.6 * s * m.in_features ** -.5)
        d = c["hidden"] // c["heads"]
        a = torch.outer(torch.arange(c["context"]), c["theta"] ** (-torch.arange(0, d, 2) / d))
        self.register_buffer("cos", a.cos()[:, None], False); self.register_buffer("sin", a.sin()[:, None], False)

    def forward(self, x, y):
        h = F.embedding(x, self.embed)
        for b in self.blocks: h = b(h, self.cos, self.sin)
        z = F.linear(F.rms_norm(h, (h.shape[-1],), self.norm, self.c["eps"]), self.embed)
        return F.cross_entropy(z.float().view(-1, z.shape[-1]), y.reshape(-1))


def export(model, tokdir, out):
    """Hugging Face layout, f16."""
    c = model.c; d = c["hidden"] // c["heads"]; w = {"model.embed_tokens.weight": model.embed, "model.norm.weight": model.norm}
    for i, b in enumerate(model.blocks):
        p = f"model.layers.{i}."
        q, k, v = b.qkv.weight.split([c["heads"] * d, c["kv"] * d, c["kv"] * d]); g, u = b.gu.weight.chunk(2)
        w |= {p + "input_layernorm.weight": b.n1, p + "post_attention_layernorm.weight": b.n2, p + "self_attn.q_proj.weight": q, p + "self_attn.k_proj.weight": k, p + "self_attn.v_proj.weight": v,
              p + "self_attn.o_proj.weight": b.o.weight, p + "mlp.gate_proj.weight": g, p + "mlp.up_proj.weight": u, p + "mlp.down_proj.weight": b.down.weight}
    os.makedirs(out, exist_ok=True)
    save_file({k: v.detach().to(torch.float16).contiguous() for k, v in w.items()}, os.path.join(out, "model.safetensors"), metadata={"format": "pt"})
    cfg = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": c["vocab"], "hidden_size": c["hidden"], "intermediate_size": c["inter"], "num_hidden_layers": c["layers"],
           "num_attention_heads": c["heads"], "num_key_value_heads": c["kv"], "head_dim": d, "max_position_embeddings": c["context"], "hidden_act": "silu", "rms_norm_eps": c["eps"], "rope_theta": c["theta"],
           "rope_scaling": None, "attention_bias": False, "mlp_bias": False, "attention_dropout": 0.0, "initializer_range": 0.02, "use_cache": True, "tie_word_embeddings": True,
           "bos_token_id": 0, "eos_token_id": 1, "torch_dtype": "float16"}
    with open(os.path.join(out, "config.json"), "w") as h: json.dump(cfg, h, indent=1); h.write("\n")
    for f in ("tokenizer.json", "tokenizer_config.json"): shutil.copy(os.path.join(tokdir, f), out)


class Stream:
    """Windows of context + 1 ids from the shards in order, shuffled within a shard."""

    def __init__(self, folder, n, batch, shard=0, at=0):
        self.folder, self.n, self.batch, self.shard, self.at = folder, n, batch, shard, at
        self.load()

    def load(self):
        name = os.path.join(self.folder, f"shard-{self.shard:04d}.bin")
        while not os.path.exists(name):
            if self.shard and not glob.glob(os.path.join(self.folder, "*.part")) and time.time() - max(map(os.path.getmtime, glob.glob(os.path.join(self.folder, "*.bin")))) > 60:
                print("stream at its end, from the start again", flush=True); self.shard = 0; name = os.path.join(self.folder, "shard-0000.bin"); break
            time.sleep(1)
        ids = np.fromfile(name, np.uint16); rng = np.random.default_rng(self.shard); off = rng.integers(self.n)
        k = (len(ids) - off - 1) // self.n; self.ids = ids; self.starts = rng.permutation(k) * self.n + off

    def next(self):
        if self.at + self.batch > len(self.starts): self.shard += 1; self.at = 0; self.load()
        s = self.starts[self.at:self.at + self.batch]; self.at += self.batch
        return torch.from_numpy(self.ids[s[:, None] + np.arange(self.n + 1)].astype(np.int64))


def main():
    p = argparse.ArgumentParser(); p.add_argument("tokenizer"); p.add_argument("data"); p.add_argument("out"); p.add_argument("--minutes", type=float, required=True); p.add_argument("--batch", type=int, default=32)
    p.add_argument("--lr", type=float, default=3e-3); p.add_argument("--wd", type=float, default=.03); p.add_argument("--decay", type=float, default=.15); p.add_argument("--threads", type=int, default=2)
    p.add_argument("--levels", default="3,20"); p.add_argument("--seed", type=int, default=1); p.add_argument("--resume", action="store_true"); a = p.parse_args()
    torch.set_num_threads(a.threads); torch.manual_seed(a.seed); os.makedirs(a.out, exist_ok=True)
    c = CFG; model = Llama(c); params = sum(x.numel() for x in model.parameters()); print("parameters", params, flush=True)
    mats = [x for n, x in model.named_parameters() if x.dim() == 2 and n != "embed"]; rest = [x for n, x in model.named_parameters() if x.dim() == 1 or n == "embed"]
    opt = torch.optim.AdamW([{"params": mats, "weight_decay": a.wd}, {"params": rest, "weight_decay": 0.0}], lr=a.lr, betas=(.9, .95), fused=True)
    loss_of = torch.compile(model)
    tok = Tokenizer.from_file(os.path.join(a.tokenizer, "tokenizer.json")); ids = tok.encode("\n\n".join(chunk("validation", 0, 60000))).ids
    n = c["context"]; val = torch.tensor([ids[i:i + n] for i in range(0, len(ids) - n + 1, n)][:64])
    stream, used, spent = Stream(a.data, n, a.batch), 0, 0.0
    budget = a.minutes * 60; levels = [(int(x), float(x) / 100) for x in a.levels.split(",")]; log = []
    state = os.path.join(a.out, "state.pt")
    if a.resume and os.path.exists(state):
        s = torch.load(state, weights_only=False); model.load_state_dict(s["model"]); opt.load_state_dict(s["opt"]); used, spent, levels, log = s["used"], s["spent"], s["levels"], s["log"]; stream = Stream(a.data, n, a.batch, *s["stream"])
    start = time.time() - spent; branch = None; step = 0; run = None; told = kept = time.time()

    def ev():
        tot = cnt = 0
        with torch.no_grad():
            for x in val.split(16):
                y = x[:, 1:]; pad = torch.cat([y, torch.full((len(x), 1), -100)], 1); tot += model(x, pad).item() * y.numel(); cnt += y.numel()
        return tot / cnt

    def write(name):
        v = ev(); export(model, a.tokenizer, os.path.join(a.out, name))
        log.append({"level": name, "tokens": used, "minutes": round((time.time() - start) / 60, 1), "validation": v, "parameters": params}); print(json.dumps(log[-1]), flush=True)
        with open(os.path.join(a.out, "log.json"), "w") as h: json.dump(log, h, indent=1)

    while True:
        now = (time.time() - start) / budget
        if branch is None and levels and now >= levels[0][1] * (1 - a.decay):
            branch = (copy.deepcopy(model.state_dict()), copy.deepcopy(opt.state_dict()), used, now)
        lr = a.lr * min(1, (used / (a.batch * n) + 1) / 200)
        if branch: lr *= max(0, (levels[0][1] - now) / (levels[0][1] - branch[3] + 1e-9)) if levels[0][1] > branch[3] else 0
        else: lr *= min(1, max(0, (1 - now) / a.decay))
        if (branch and now >= levels[0][1]) or (not branch and now >= 1):
            if not branch: write("level-100"); break
            write(f"level-{levels[0][0]}"); model.load_state_dict(branch[0]); opt.load_state_dict(branch[1]); used = branch[2]; branch = None; levels.pop(0); continue
        for g in opt.param_groups: g["lr"] = lr
        w = stream.next(); x, y = w[:, :-1].contiguous(), w[:, 1:].contiguous()
        with torch.autocast("cpu", torch.bfloat16): loss = loss_of(x, y)
        loss.backward(); nn.utils.clip_grad_norm_(model.parameters(), 1.0); opt.step(); opt.zero_grad(set_to_none=True)
        used += x.numel(); step += 1
        if step % 50 == 0: l = loss.item(); run = l if run is None else .8 * run + .2 * l
        if time.time() - told > 30:
            v = ev(); told = time.time(); print(f"{(told - start) / 60:6.1f} min  {used / 1e6:7.2f}M tokens  lr {lr:.5f}  train {run or 0:.4f}  validation {v:.4f}  shard {stream.shard}{'  branch' if branch else ''}", flush=True)
        if time.time() - kept > 240 and branch is None:
            kept = time.time(); torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "used": used, "spent": kept - start, "levels": levels, "log": log, "stream": (stream.shard, stream.at)}, state + ".part"); os.replace(state + ".part", state)


if __name__ == "__main__": main()
