#!/usr/bin/env python3
"""Compares a saved level in transformers, float32, with the model that was trained.

usage: parity.py STRUCTURE TRAINDIR DATADIR [--level level-100]     TRAINDIR: what train.py wrote

Two relative errors of the logits (Frobenius) on held out windows: against the trained model with its weights rounded to f16, which
has to be the error of f32 sums, and against the trained model itself, which is what the rounding to f16 does.
"""
import argparse, os
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText
from batches import TASKS
from models import STRUCTURES


def opened(folder):
    """The saved model in transformers, float32."""
    kind = AutoModelForImageTextToText if hasattr(AutoConfig.from_pretrained(folder), "vision_config") else AutoModelForCausalLM
    return kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


@torch.no_grad()
def main():
    p = argparse.ArgumentParser(); p.add_argument("structure", choices=STRUCTURES); p.add_argument("trained"); p.add_argument("data"); p.add_argument("--level", default="level-100"); a = p.parse_args()
    folder = os.path.join(a.trained, a.level); structure = STRUCTURES[a.structure]; model, saved = structure(), opened(folder)
    model.load_state_dict(torch.load(folder + ".pt")); task = TASKS[getattr(structure, "TASK", "stories")](a.data, folder, model.c["context"], 8); batch = task.next()
    mine, theirs = ((batch[:, :-1],), {"input_ids": batch[:, :-1]}) if torch.is_tensor(batch) else ((batch[0], batch[2]), {"input_ids": batch[0], "pixel_values": batch[2]})
    want = saved(**theirs).logits; exact = model(*mine)
    for n, x in model.named_parameters():
        if not n.endswith(("A_log", ".D", "dt_bias")): x.copy_(x.half())
    rounded = model(*mine)
    print(f"{a.structure} {a.level}: {((want - rounded).norm() / want.norm()).item():.1e} against the rounded weights, {((want - exact).norm() / want.norm()).item():.1e} against the trained ones")


if __name__ == "__main__": main()
