#!/usr/bin/env python3
"""Perplexity of the zoo's models in transformers, float32: full precision and rounded to nearest; for pictures also captions and answers.

usage: check_zoo.py FOLDER TEXT [--max-tokens 40960] [--bits 8,4,3,2] [--pictures N] [--json FILE]

Protocol and grid are check.py's. Rounded are the matrices of attention and MLP, of every expert and of the shared expert, and in_proj
and out_proj of a state-space block; not the head, a router, a convolution, x_proj, dt_proj or what belongs to pictures. `all four`
rounds x_proj and dt_proj too.
"""
import argparse, json, os
import torch
from transformers import AutoTokenizer
from batches import Pictures
from check import perplexity, rtn, windows
from parity import opened
from pictures import ANSWERS

ROUNDED = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "gate_up_proj", "in_proj", "out_proj")
STEPS = ("x_proj", "dt_proj")
OUTSIDE = ("vision_tower", "multi_modal_projector", "lm_head")


def matrices(model, names):
    """The matrices to round: linear layers [out, in], and experts held as one tensor [E, out, in]."""
    return [(n, x) for n, x in model.named_parameters() if x.dim() in (2, 3) and n.removesuffix(".weight").split(".")[-1] in names and not any(y in n for y in OUTSIDE)]


class Seen:
    """A model of pictures as the tasks of batches.py call it."""

    def __init__(self, model): self.model = model

    def __call__(self, ids, pixels): return self.model(input_ids=ids, pixel_values=pixels).logits


@torch.no_grad()
def main():
    p = argparse.ArgumentParser(); p.add_argument("folder"); p.add_argument("text"); p.add_argument("--max-tokens", type=int, default=40960); p.add_argument("--bits", default="8,4,3,2"); p.add_argument("--pictures", type=int, default=0)
    p.add_argument("--json"); a = p.parse_args(); torch.set_num_threads(1)
    model, tok = opened(a.folder), AutoTokenizer.from_pretrained(a.folder); ids = windows(tok, a.text, a.max_tokens); rows = []
    kept = {n: x.clone() for n, x in matrices(model, ROUNDED + STEPS)}; full = perplexity(model, ids)
    print(f"{a.folder}: {sum(x.numel() for x in model.parameters())} parameters, {len(ids)} windows, full precision {full:.4f}", flush=True); rows.append({"method": "none", "perplexity": full})
    sets = [("", ROUNDED)] + ([("all four, ", ROUNDED + STEPS)] if matrices(model, STEPS) else [])
    for name, chosen in sets:
        for group in (None, 32):
            for bits in map(int, a.bits.split(",")):
                for n, x in matrices(model, chosen): x.copy_(rtn(kept[n].flatten(0, -2), bits, group).view_as(x))
                v = perplexity(model, ids)
                for n, x in matrices(model, ROUNDED + STEPS): x.copy_(kept[n])
                rows.append({"method": name + "rtn", "bits": bits, "group": group or "row", "perplexity": v, "change": v / full - 1})
                print(f"  {name}RTN {bits} bits, {'per row  ' if not group else 'group 32'}: {v:10.4f}  {100 * (v / full - 1):+10.2f}%", flush=True)
    if a.pictures:
        seen = Seen(model); task = Pictures(None, a.folder, 256, 1)
        for split in ("test", "pairs", "place"):
            kinds = [k for k in ANSWERS if split != "pairs" or k in ("color", "shape", "quadrant", "direction", "exists")]
            right, wrong = task.captions(seen, split, min(a.pictures, 256)); found = {k: task.accuracy(seen, split, k, a.pictures) for k in kinds}
            rows.append({"split": split, "caption": right, "caption of another picture": wrong, **found}); print(json.dumps(rows[-1]), flush=True)
    if a.json:
        with open(a.json, "w") as f: json.dump(rows, f, indent=1); f.write("\n")


if __name__ == "__main__": main()
