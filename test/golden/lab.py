#!/usr/bin/env python3
"""Makes the goldens of the lab: perplexity by both protocols, and what rounding to nearest does to it, by PyTorch and transformers.

usage: lab.py [HF_FOLDER_OF_STORIES260K TEXT ...]     (needs torch, transformers, numpy)
Writes lab/goldens.json beside itself, from the tiny checkpoints of models/; given the folder and texts, lab/stories.json as well: rounding
to nearest on the first 10 240 tokens of each text, by the gptq protocol.

Ids are random; the "text" of id i is the character U+0100 + i, and the tokenizer has BOS 1, which it does not add by itself. Losses,
divergences and agreement are computed in float64 from float32 logits; the grid is that of the published GPTQ code, its scales
halves as they are stored.
"""
import json, pathlib, sys
import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = pathlib.Path(__file__).parent
CONTEXT, WINDOWS, BOS = 24, 12, 1
CASES = [(None, None, False), (8, None, False), (4, None, False), (3, 8, True), (3, 16, False), (2, 8, False)]


def rtn(w, bits, group, symmetric):
    out = torch.empty_like(w)
    step, top = group or w.shape[1], 2**bits - 1
    for a in range(0, w.shape[1], step):
        x = w[:, a:a + step]
        lo, hi = x.amin(1, keepdim=True).clamp(max=0), x.amax(1, keepdim=True).clamp(min=0)
        if symmetric:
            hi = torch.maximum(-lo, hi)
            lo = torch.where(lo < 0, -hi, lo)
        none = (lo == 0) & (hi == 0)
        lo, hi = torch.where(none, -1.0, lo), torch.where(none, 1.0, hi)
        # A half, as it is stored.
        scale = ((hi - lo) / top).half().float()
        zero = torch.full_like(scale, 2**(bits - 1)) if symmetric else torch.round(-lo / scale).clamp(max=top)
        out[:, a:a + step] = scale * ((torch.round(x / scale) + zero).clamp(0, top) - zero)
    return out


def cut(ids, protocol):
    if protocol == "gptq":
        return [ids[i:i + CONTEXT] for i in range(0, len(ids) - CONTEXT + 1, CONTEXT)], 1
    ids = [BOS] + ids
    return [[BOS] + ids[i + 1:i + CONTEXT] for i in range(0, len(ids) - CONTEXT + 1, CONTEXT)], CONTEXT // 2 + 1


def log_probabilities(model, window, first):
    with torch.no_grad():
        return torch.log_softmax(model(torch.tensor([window])).logits[0].double(), -1)[first - 1:-1]


def main():
    rows = []
    rng = np.random.default_rng(5)
    ids = rng.integers(2, 64, CONTEXT * WINDOWS + 5).tolist()
    for name in ["llama", "llama-tied-f16", "qwen3"]:
        folder = HERE / "models" / name
        base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        for protocol in ["gptq", "llama.cpp"]:
            windows, first = cut(ids, protocol)
            for bits, group, symmetric in CASES if protocol == "gptq" else CASES[:3]:
                model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
                if bits:
                    with torch.no_grad():
                        for layer, m in model.named_modules():
                            if isinstance(m, torch.nn.Linear) and "lm_head" not in layer:
                                m.weight.copy_(rtn(m.weight, bits, group, symmetric))
                nll, kld, agree = [], [], []
                for window in windows:
                    p, q = log_probabilities(base, window, first), log_probabilities(model, window, first)
                    nll.append((-q.gather(1, torch.tensor(window[first:])[:, None])[:, 0]).numpy())
                    kld.append((p.exp() * (p - q)).sum(1).numpy())
                    agree.append((p.argmax(1) == q.argmax(1)).double().numpy())
                means = np.array([w.mean() for w in nll])
                rows.append(dict(model=name, protocol=protocol, bits=bits, group=group, symmetric=symmetric, windows=len(windows),
                                 tokens=sum(map(len, nll)), loss=float(np.concatenate(nll).mean()),
                                 windowDeviation=float(means.std(ddof=1)), kld=float(np.concatenate(kld).mean()),
                                 kld99=float(np.quantile(np.concatenate(kld), 0.99)), top1=float(np.concatenate(agree).mean())))
    (HERE / "lab" / "goldens.json").write_text(json.dumps(dict(context=CONTEXT, bos=BOS, ids=ids, rows=rows), indent=1) + "\n")


def stories(folder, texts):
    rows, context = [], 256
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    linear = [m for layer, m in base.named_modules() if isinstance(m, torch.nn.Linear) and "lm_head" not in layer]
    weights = [m.weight.detach().clone() for m in linear]
    for path in map(pathlib.Path, texts):
        ids = torch.tensor(tokenizer(path.read_text())["input_ids"][:40 * context]).reshape(-1, context)
        cases = [(bits, 32, False) for bits in (8, 6, 5, 4, 3, 2)]
        cases += [case for bits in (4, 3, 2) for case in ((bits, None, False), (bits, 64, True))]
        for bits, group, symmetric in cases:
            with torch.no_grad():
                for m, w in zip(linear, weights):
                    m.weight.copy_(rtn(w, bits, group, symmetric))
                logits = base(ids).logits[:, :-1].double()
                loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:])
            rows.append(dict(text=path.name, context=context, scored=40 * (context - 1), bits=bits, group=group, symmetric=symmetric,
                             perplexity=float(loss.exp())))
    (HERE / "lab" / "stories.json").write_text(json.dumps(rows, indent=1) + "\n")


main()
if len(sys.argv) > 2:
    stories(sys.argv[1], sys.argv[2:])
