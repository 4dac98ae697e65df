"""Writes a model as a folder in Hugging Face layout: f16 weights, except those that have to stay in f32."""
import json, os, shutil
import torch
from safetensors.torch import save_file

SINGLE = ("A_log", ".D", "dt_bias", "dt_proj.bias")  # they enter an exponential that is applied at every token


def write(folder, tensors, config, tokenizer):
    os.makedirs(folder, exist_ok=True)
    stored = {k: v.detach().to(torch.float32 if k.endswith(SINGLE) else torch.float16).contiguous().clone() for k, v in tensors.items()}
    save_file(stored, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(folder, "config.json"), "w") as h: json.dump(config, h, indent=1); h.write("\n")
    for f in ("tokenizer.json", "tokenizer_config.json"): shutil.copy(os.path.join(tokenizer, f), folder)
