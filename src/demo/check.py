#!/usr/bin/env python3
"""Perplexity of the demo's levels in transformers, float32: full precision, RTN, and GPTQ as a cross-check.

usage: check.py DEMODIR TEXT [--calibration TEXT] [--levels level-100,level-7] [--max-tokens 40960] [--json FILE]

Protocol: the whole text is encoded once, cut into windows of 256 ids that do not overlap, the tail is dropped, and every
id of a window but its first is scored. Rounding: asymmetric grid per row or per group along the input axis, with zero
inside the range, on every Linear but the head. GPTQ (per row, no reordering, damping 1%, blocks in order with quantized
inputs) needs --calibration: 128 windows of that text.
"""
import argparse, json, math, os
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

N = 256


def grid(x, bits):
    """Scale and zero point of each row of x."""
    lo, hi = x.amin(1, keepdim=True).clamp(max=0), x.amax(1, keepdim=True).clamp(min=0)
    flat = lo == hi
    scale = torch.where(flat, 2.0, hi - lo) / (2 ** bits - 1)
    return scale, torch.round(-torch.where(flat, -1.0, lo) / scale)


def snap(x, scale, zero, bits): return scale * ((torch.round(x / scale) + zero).clamp(0, 2 ** bits - 1) - zero)


def rtn(w, bits, group):
    return torch.cat([snap(x, *grid(x, bits), bits) for x in w.split(group or w.shape[1], 1)], 1)


def gptq(w, h, bits, group):
    w = w.double().clone(); h = h.double().clone(); n = w.shape[1]
    dead = h.diag() == 0; h[dead, dead] = 1; w[:, dead] = 0
    h += torch.eye(n, dtype=h.dtype) * .01 * h.diag().mean()
    u = torch.linalg.cholesky(torch.linalg.inv(h), upper=True); out = torch.empty_like(w)
    scale, zero = grid(w, bits)
    for j in range(n):
        if group and j % group == 0: scale, zero = grid(w[:, j:j + group], bits)
        q = snap(w[:, j:j + 1], scale, zero, bits); out[:, j:j + 1] = q
        w[:, j:] -= (w[:, j:j + 1] - q) / u[j, j] * u[j:j + 1, j:]
    return out.float()


def linears(model): return [(n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and "lm_head" not in n]


def gptq_model(model, ids, bits, group):
    """Quantizes the Linears in the order of the computation; those that share an input share a Hessian."""
    for i in range(model.config.num_hidden_layers):
        for names in (("q_proj", "k_proj", "v_proj"), ("o_proj",), ("gate_proj", "up_proj"), ("down_proj",)):
            ms = [m for n, m in linears(model) if f"layers.{i}." in n and n.split(".")[-1] in names]; h = 0

            def hook(m, args):
                nonlocal h
                x = args[0].reshape(-1, args[0].shape[-1]).double(); h = h + 2 * x.T @ x / len(ids)
            k = ms[0].register_forward_pre_hook(hook)
            for x in ids.split(16): model(x)
            k.remove()
            for m in ms: m.weight.copy_(gptq(m.weight, h, bits, group))


def windows(tok, path, most):
    with open(path, encoding="utf-8") as f: ids = tok(f.read())["input_ids"]
    ids = ids[:most]
    return torch.tensor([ids[i:i + N] for i in range(0, len(ids) - N + 1, N)])


def perplexity(model, ids):
    total = 0.0
    for x in ids.split(16): total -= torch.log_softmax(model(x).logits[:, :-1].double(), -1).gather(2, x[:, 1:, None]).sum().item()
    return math.exp(total / (ids.shape[0] * (N - 1)))


@torch.no_grad()
def main():
    p = argparse.ArgumentParser(); p.add_argument("demo"); p.add_argument("text"); p.add_argument("--calibration"); p.add_argument("--levels", default="level-100,level-7")
    p.add_argument("--max-tokens", type=int, default=40960); p.add_argument("--json"); a = p.parse_args()
    rows = []
    for level in a.levels.split(","):
        d = os.path.join(a.demo, level); tok = AutoTokenizer.from_pretrained(d); model = AutoModelForCausalLM.from_pretrained(d, dtype=torch.float32).eval()
        assert tok("a")["input_ids"][0] == tok.bos_token_id == 0 and tok.eos_token_id == 1
        sure = "Zürich – 3½ €\n\n日本 🙂\tend  "; assert tok.decode(tok(sure)["input_ids"], skip_special_tokens=True) == sure
        ids = windows(tok, a.text, a.max_tokens); keep = {n: m.weight.clone() for n, m in linears(model)}
        full = perplexity(model, ids); rows.append({"level": level, "method": "none", "perplexity": full})
        print(f"{level}: {sum(x.numel() for x in model.parameters())} parameters, {len(ids)} windows, full precision {full:.4f}", flush=True)
        cal = windows(tok, a.calibration, 128 * N) if a.calibration else None
        for method in ("rtn", "gptq") if a.calibration else ("rtn",):
            for group in (None, 32):
                for bits in (8, 4, 3, 2) if method == "rtn" else (4, 3, 2):
                    if method == "rtn":
                        for n, m in linears(model): m.weight.copy_(rtn(keep[n], bits, group))
                    else: gptq_model(model, cal, bits, group)
                    v = perplexity(model, ids)
                    for n, m in linears(model): m.weight.copy_(keep[n])
                    rows.append({"level": level, "method": method, "bits": bits, "group": group or "row", "perplexity": v, "change": v / full - 1})
                    print(f"  {method:4} {bits} bits, {'per row  ' if not group else 'group 32'}: {v:10.4f}  {100 * (v / full - 1):+10.2f}%", flush=True)
    if a.json:
        with open(a.json, "w") as f: json.dump(rows, f, indent=1); f.write("\n")


if __name__ == "__main__": main()
