#!/usr/bin/env python3
"""Makes the goldens of the tape: single blocks of transformers with their gradients by PyTorch's autograd, all in float64.

usage: tape.py [NAME …]     (all blocks, or those named; writes beside itself, into tape/; needs torch, transformers, safetensors)

Each folder is a checkpoint of one layer: config.json, and model.safetensors in F64 with the layer's tensors under their names, those
of every expert by themselves; beside them "tape.x", "tape.y" and "tape.dy" [windows, length, hidden] (what goes in and comes out, and the
loss's gradient there) and "gradient.NAME" for every tensor, "gradient.tape.x" for the input.

The modules of transformers round to float32 inside (norms, softmax, angles). Here every float32 that they ask for is a float64: their code,
no step of it written again.
"""
import argparse, pathlib, re, shutil
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModel
from double import Double
from models_state import WEIGHTS

HERE = pathlib.Path(__file__).parent / "tape"
WINDOWS, LENGTH = 2, 7
COMMON = dict(vocab_size=4, hidden_size=12, intermediate_size=10, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2,
              head_dim=4, max_position_embeddings=32, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=None)
STATE = dict(vocab_size=4, hidden_size=12, num_hidden_layers=1, state_size=4, time_step_rank=3, bos_token_id=1, eos_token_id=2, pad_token_id=None)
# name: (model_type, what differs)
BLOCKS = {
    # A base of 100 and an original context of 32 spread the pairs of a head of 8 over all three regions of the ramp.
    "llama": ("llama", dict(attention_bias=True, mlp_bias=True, head_dim=8, max_position_embeddings=64, rope_parameters=dict(rope_type="llama3", rope_theta=100.0, factor=8.0,
                            low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32))),
    "qwen3": ("qwen3", dict(use_sliding_window=True, sliding_window=4, max_window_layers=0)),
    "smollm3": ("smollm3", dict(no_rope_layers=[0], use_sliding_window=True, sliding_window=3)),
    "mixtral": ("mixtral", dict(num_local_experts=4, num_experts_per_tok=2, sliding_window=4)),
    "gemma3": ("gemma3_text", dict(query_pre_attn_scalar=6, sliding_window=4, layer_types=["sliding_attention"],
                                   rope_parameters=dict(sliding_attention=dict(rope_type="default", rope_theta=100.0)))),
    "mamba": ("mamba", {}),
}


def weight(kind, key, noise):
    """Larger than an initialisation would be, so that attention is far from uniform and every bias and gain counts."""
    own = next((make for pattern, make in WEIGHTS if kind == "mamba" and re.search(pattern, key)), None)
    if own:
        return own(noise)
    if "norm" in key:
        return 0.3 * noise if kind == "gemma3_text" else 1 + 0.3 * noise
    return 0.5 * noise if key.endswith("bias") else noise * 1.5 / noise.shape[-1] ** 0.5


def stored(key, values):
    """A parameter under the name, or the names, that files have: Mixtral's experts are one tensor each there."""
    if key.endswith("experts.gate_up_proj"):
        halves = {"w1": values.chunk(2, 1)[0], "w3": values.chunk(2, 1)[1]}
    elif key.endswith("experts.down_proj"):
        halves = {"w2": values}
    else:
        return {key.replace("mlp.gate.", "block_sparse_moe.gate."): values}
    return {f"block_sparse_moe.experts.{e}.{name}.weight": t[e] for name, t in halves.items() for e in range(len(values))}


def choice(module, inputs, output):
    """Every expert has tokens, and no choice is a close one."""
    probabilities = torch.softmax(output[0], -1).sort(-1, descending=True).values
    assert (probabilities[:, module.top_k - 1] - probabilities[:, module.top_k]).min() > 1e-3
    assert output[2].unique().numel() == module.num_experts


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("names", nargs="*")
    names = arguments.parse_args().names
    torch.set_default_dtype(torch.float64)
    for seed, (name, (kind, differs)) in enumerate(BLOCKS.items()):
        if names and name not in names:
            continue
        generator = torch.Generator().manual_seed(seed)
        normal = lambda *shape: torch.randn(*shape, generator=generator)
        config = AutoConfig.for_model(kind, **{**(STATE if kind == "mamba" else COMMON), **differs})
        with Double():
            model = AutoModel.from_config(config, attn_implementation="eager", experts_implementation="eager", dtype=torch.float64).eval()
            layer = model.layers[0]
            for key, p in layer.named_parameters():
                p.data = weight(kind, key, normal(*p.shape))
            x, dy = normal(WINDOWS, LENGTH, config.hidden_size).requires_grad_(), normal(WINDOWS, LENGTH, config.hidden_size)
            seen = []
            layer.register_forward_hook(lambda module, inputs, output: seen.append(output))
            if kind == "mixtral":
                layer.mlp.gate.register_forward_hook(choice)
            model(inputs_embeds=x, use_cache=False)
            (y,) = seen
            (y * dy).sum().backward()
        tensors = {"tape.x": x, "tape.y": y, "tape.dy": dy, "gradient.tape.x": x.grad}
        prefix = f"{'backbone' if kind == 'mamba' else 'model'}.layers.0."
        for key, p in layer.named_parameters():
            tensors |= {prefix + file_key: t for file_key, t in stored(key, p).items()}
            tensors |= {f"gradient.{prefix}{file_key}": t for file_key, t in stored(key, p.grad).items()}
        target = HERE / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        config.save_pretrained(target)
        save_file({key: t.detach().contiguous() for key, t in tensors.items()}, target / "model.safetensors", metadata={"format": "pt"})
        print(name, sum(f.stat().st_size for f in target.iterdir()), "bytes")


main()
