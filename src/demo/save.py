#!/usr/bin/env python3
"""Writes a trained level once more as a folder in Hugging Face layout, the fine experts also as DeepSeekMoE.

usage: save.py STRUCTURE LEVEL.pt TOKENIZERDIR OUTDIR [--as deepseek]
"""
import argparse
import torch
import layout
from models import STRUCTURES


def main():
    p = argparse.ArgumentParser(); p.add_argument("structure", choices=STRUCTURES); p.add_argument("level"); p.add_argument("tokenizer"); p.add_argument("out"); p.add_argument("--as", dest="name"); a = p.parse_args()
    model = STRUCTURES[a.structure](); model.load_state_dict(torch.load(a.level)); name = [a.name] if a.name else []
    layout.write(a.out, model.tensors(*name), model.config(*name), a.tokenizer)


if __name__ == "__main__": main()
