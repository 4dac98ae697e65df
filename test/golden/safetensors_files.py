#!/usr/bin/env python3
"""Writes safetensors files with the reference writer, and what they hold, into safetensors/.

  types.safetensors + types.json   every element type, hostile shapes, non-finite values; SHA-256 of each tensor's bytes
  sharded/                         a tiny random Llama, saved by transformers in shards with an index, with its SHA-256s in sums.json

usage: safetensors_files.py   (needs: pip install torch transformers safetensors)
"""
import hashlib
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save, save_file
from transformers import LlamaConfig, LlamaForCausalLM

OUT = Path(__file__).parent / "safetensors"
OUT.mkdir(exist_ok=True)
torch.manual_seed(11)


def digest(tensor):
    # The header is cut off: one tensor's file ends in its bytes.
    file = save({"x": tensor.contiguous()})
    begin = 8 + int.from_bytes(file[:8], "little")
    return {"shape": list(tensor.shape), "sha256": hashlib.sha256(file[begin:]).hexdigest()}


wild = torch.tensor([[1.5, float("nan"), -0.0, 3e-8], [float("inf"), 65504.0, float("-inf"), -2.0], [1e-40, 7.0, 8.0, 9.0]])
tensors = {
    "f32": wild,
    "f16": wild.half(),
    "bf16": wild.bfloat16(),
    "f32.scalar": torch.tensor(3.25),
    "f16.empty": torch.zeros(0, 5).half(),
    "bf16.deep": torch.randn(2, 1, 3, 2).bfloat16(),
    "naïve 名前 \"quoted\" \\ \n": torch.randn(3),
    "f64": torch.randn(2, 2).double(),
    "i64": torch.arange(5),
    "u8": torch.arange(7, dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
    "f8": torch.randn(4).to(torch.float8_e4m3fn),
}
save_file(tensors, OUT / "types.safetensors", metadata={"format": "pt", "note": "made for tests"})
(OUT / "types.json").write_text(json.dumps({name: digest(t) for name, t in tensors.items()}, indent=1) + "\n", encoding="utf-8")

config = LlamaConfig(
    vocab_size=64, hidden_size=16, intermediate_size=40, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=64, tie_word_embeddings=False,
)
model = LlamaForCausalLM(config).to(torch.bfloat16)
shutil.rmtree(OUT / "sharded", ignore_errors=True)
model.save_pretrained(OUT / "sharded", max_shard_size="5KB")
sums = {name: digest(t) for name, t in model.state_dict().items()}
(OUT / "sharded" / "sums.json").write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
print(sorted(p.name for p in OUT.rglob("*")))
