#!/usr/bin/env python3
"""Makes the goldens of the model room: tiny random checkpoints with logits from transformers in float32, and logits of stories260K.

usage: models.py [--stories FOLDER] [NAME …]     (all models, or those named; writes beside itself, into models/; needs torch, transformers, safetensors)

Each folder holds config.json and model.safetensors (as stored: f64, f32, f16 or bf16), ids.json ({"windows": [[id, …], …]}) and logits.f32
(little-endian float32, [windows, length, vocabulary]). Half-precision checkpoints are computed in float32 from their stored values.
"""
import argparse, json, pathlib, shutil
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

HERE = pathlib.Path(__file__).parent / "models"
COMMON = dict(vocab_size=64, hidden_size=32, intermediate_size=28, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=32, rms_norm_eps=1e-5, tie_word_embeddings=False,
              bos_token_id=1, eos_token_id=2, pad_token_id=None)


def rope(kind, theta=10000.0, **more):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=theta, **more))


# name: (model_type, what differs, stored type, window length)
MODELS = {
    "llama": ("llama", {}, "float32", 40),
    "llama-biased": ("llama", dict(attention_bias=True, mlp_bias=True, num_attention_heads=2, num_key_value_heads=1, hidden_size=24, head_dim=20), "float32", 33),
    "llama-tied-f16": ("llama", dict(tie_word_embeddings=True), "float16", 40),
    "llama-odd-bf16": ("llama", dict(intermediate_size=35), "bfloat16", 20),
    # A base of 100 and an original context of 16 spread the pairs over all three regions of the ramp.
    "llama-llama3": ("llama", dict(head_dim=16, **rope("llama3", 100.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)), "float32", 64),
    "llama-linear": ("llama", rope("linear", factor=4.0), "float32", 48),
    "llama-dynamic": ("llama", rope("dynamic", factor=2.0), "float32", 64),
    "mistral": ("mistral", dict(sliding_window=7, head_dim=8), "float32", 48),
    "qwen2": ("qwen2", dict(tie_word_embeddings=True), "bfloat16", 40),
    "qwen2-window": ("qwen2", dict(use_sliding_window=True, sliding_window=9, max_window_layers=1), "float32", 40),
    "qwen3": ("qwen3", dict(head_dim=16, **rope("default", 1000000.0)), "float32", 40),
    "llama-double": ("llama", {}, "float64", 40),
    "llama-bare": ("llama", {}, "float32", 40),
    "llama-tied-own-head": ("llama", {}, "float32", 40),
    "llama-tied-by-head": ("llama", {}, "float32", 40),
    "llama-rope-both": ("llama", rope("default", 10000.0), "float32", 48),
    # The fourth of five layers does not rotate, and slides.
    "smollm3": ("smollm3", dict(num_hidden_layers=5, use_sliding_window=True, sliding_window=9, attention_bias=True, mlp_bias=True, intermediate_size=20, **rope("default", 5000000.0)), "float32", 40),
    "smollm3-bare": ("smollm3", dict(num_hidden_layers=4, use_sliding_window=True, sliding_window=9, intermediate_size=20, tie_word_embeddings=True, rms_norm_eps=1e-6), "float32", 40),
    # Typed apart from rotating.
    "smollm3-typed": ("smollm3", dict(num_hidden_layers=3, sliding_window=7, no_rope_layers=[1, 0, 1, 1], layer_types=["sliding_attention", "full_attention", "full_attention"], intermediate_size=20), "float32", 40),
    "phi3": ("phi3", dict(sliding_window=9, **rope("default")), "float32", 40),
    "phi3-bare": ("phi3", dict(num_attention_heads=2, num_key_value_heads=2, hidden_size=24, tie_word_embeddings=True, **rope("default")), "bfloat16", 33),
}
# Written in the format of releases before 5: rope_theta and rope_scaling at the top.
OLD_FORMAT = {"llama-llama3", "llama-linear"}

# Written as other tools leave them: changes of the tensors and of config.json after saving. The logits are of what transformers makes of that.
AFTERWARDS = {
    "llama-bare": (lambda t: {name.removeprefix("model."): value for name, value in t.items()}, {}),
    "llama-tied-own-head": (lambda t: t, dict(tie_word_embeddings=True)),
    "llama-tied-by-head": (lambda t: {n: v for n, v in t.items() if "embed_tokens" not in n}, dict(tie_word_embeddings=True)),
    "llama-rope-both": (lambda t: t, dict(rope_scaling=dict(rope_type="linear", factor=4.0))),
}
# Fields that are taken out of config.json after saving.
LEFT_OUT = {
    "smollm3-bare": {"no_rope_layers", "no_rope_layer_interval", "layer_types", "rope_parameters", "tie_word_embeddings", "rms_norm_eps", "attention_bias", "mlp_bias"},
}


def random_weights(model, seed):
    """Larger than an initialisation would be, so that attention is far from uniform and every bias and norm counts."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name:
                p.copy_(1 + 0.3 * noise)
            elif name.endswith("bias"):
                p.copy_(0.5 * noise)
            elif "embed" in name or "lm_head" in name:
                p.copy_(noise)
            else:
                p.copy_(noise * 1.5 / p.shape[1] ** 0.5)


def logits_of(folder, windows):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        return np.stack([model(torch.tensor([ids]), use_cache=False).logits[0].numpy() for ids in windows]).astype("<f4")


def write_results(target, windows, logits):
    (target / "ids.json").write_text(json.dumps({"windows": windows}) + "\n")
    (target / "logits.f32").write_bytes(logits.tobytes())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--stories")
    arguments.add_argument("names", nargs="*")
    given = arguments.parse_args()
    stories = given.stories
    for seed, (name, (kind, differs, dtype, length)) in enumerate(MODELS.items()):
        if given.names and name not in given.names:
            continue
        target = HERE / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        config = AutoConfig.for_model(kind, **{**COMMON, **differs})
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
        random_weights(model, seed)
        model.to(getattr(torch, dtype)).save_pretrained(target)
        (target / "generation_config.json").unlink(missing_ok=True)
        if name in OLD_FORMAT:
            path = target / "config.json"
            values = json.loads(path.read_text())
            scaling = values.pop("rope_parameters")
            values["rope_theta"] = scaling.pop("rope_theta")
            values["rope_scaling"] = scaling
            path.write_text(json.dumps(values, indent=2) + "\n")
        if name in AFTERWARDS:
            edit, values = AFTERWARDS[name]
            path = target / "model.safetensors"
            save_file(edit(load_file(path)), path, metadata={"format": "pt"})
            path = target / "config.json"
            path.write_text(json.dumps({**json.loads(path.read_text()), **values}, indent=2) + "\n")
        if name in LEFT_OUT:
            path = target / "config.json"
            values = json.loads(path.read_text())
            path.write_text(json.dumps({k: v for k, v in values.items() if k not in LEFT_OUT[name]}, indent=2) + "\n")
        windows = torch.randint(0, 64, (2, length), generator=torch.Generator().manual_seed(seed)).tolist()
        write_results(target, windows, logits_of(target, windows))
        print(name, sum(f.stat().st_size for f in target.iterdir()), "bytes")
    if stories:
        target = HERE / "stories260K-f32"
        target.mkdir(exist_ok=True)
        windows = [[1] + torch.randint(3, 512, (63,), generator=torch.Generator().manual_seed(99)).tolist()]
        write_results(target, windows, logits_of(stories, windows))


main()
