#!/usr/bin/env python3
"""Positions that Idefics3 and SmolVLM give the patches of a side, by bucketed fractions in float32: the sides up to 128 where they are not 0, 1, 2, …

  positions.py    writes test/golden/positions.json: {side: [[patch, position], …]}
"""
import json
from pathlib import Path
import torch


def buckets(side):
    """As modeling_smolvlm.SmolVLMVisionEmbeddings.forward works them out for whole square pictures."""
    boundaries = torch.arange(1 / side, 1.0, 1 / side)
    step = 1.0 / torch.tensor([side])
    fractions = torch.arange(side, dtype=torch.float32)[None, :] * step[:, None]
    return torch.bucketize(torch.clamp(fractions, max=(1.0 - 1e-6)), boundaries, right=True)[0].tolist()


if __name__ == "__main__":
    table = {side: [[i, at] for i, at in enumerate(buckets(side)) if i != at] for side in range(1, 129)}
    Path(__file__).with_suffix(".json").write_text(json.dumps({side: moved for side, moved in table.items() if moved}) + "\n")
