"""One golden of the model room: a tiny random checkpoint of a model structure, and how it is made, read and put to the test."""
import dataclasses, json, re
from typing import Callable
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText
from double import Double
import vila

VOCABULARY = 64
COMMON = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=28, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=32, rms_norm_eps=1e-5, tie_word_embeddings=False,
              bos_token_id=1, eos_token_id=2, pad_token_id=None)


@dataclasses.dataclass
class Case:
    """The reference reads config and tensors as they are after `values`, `left_out` and `edit`, in this order, and before `disguise`."""
    kind: str  # model_type
    fields: dict  # of the configuration, beside COMMON
    dtype: str = "float32"  # as stored
    length: int = 40  # tokens of a window
    seed: int = 0
    common: dict = dataclasses.field(default_factory=lambda: COMMON)
    weights: list = dataclasses.field(default_factory=list)  # (pattern of names, noise -> weight), before the rules of random_weights
    saved: dict = dataclasses.field(default_factory=dict)  # options of save_pretrained
    values: dict = dataclasses.field(default_factory=dict)  # put into config.json after saving
    left_out: set = dataclasses.field(default_factory=set)  # taken out of config.json after saving
    edit: Callable | None = None  # (config, tensors) -> the same, as other tools leave them
    disguise: Callable | None = None  # (config, tensors) -> the same, in a spelling that transformers does not read
    vocabulary: int = VOCABULARY  # ids are below it
    router: str | None = None  # pattern of the modules that choose experts
    pictures: Callable | None = None  # (case, windows) -> (pixels [images, 3, height, width], images of every window, windows)
    bites: list = dataclasses.field(default_factory=list)  # what must change the logits: see without(), or model -> nothing, changed in place


def rope(kind, theta=10000.0, **more):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=theta, **more))


def old_rope(config, tensors):
    """The format of releases before 5: rope_theta and rope_scaling at the top."""
    scaling = config.pop("rope_parameters")
    config["rope_theta"] = scaling.pop("rope_theta")
    config["rope_scaling"] = scaling
    return config, tensors


def random_weights(model, case):
    """Larger than an initialisation would be, so that attention is far from uniform and every bias and norm counts."""
    generator = torch.Generator().manual_seed(case.seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            own = next((make for pattern, make in case.weights if re.search(pattern, name)), None)
            if own:
                p.copy_(own(noise))
            elif name.endswith("bias"):
                p.copy_(0.5 * noise)
            elif "norm" in name or "ln_" in name:
                p.copy_(1 + 0.3 * noise)
            elif re.search("embed|lm_head|wte|wpe", name):
                p.copy_(noise)
            else:
                p.copy_(noise * 1.5 / p.shape[-1] ** 0.5)


def change(folder, edit):
    """Rewrites config.json and model.safetensors of a folder by edit(config, tensors)."""
    if in_parts(folder):
        return vila.change(folder, edit)
    config, tensors = edit(json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_file({name: t.contiguous() for name, t in tensors.items()}, folder / "model.safetensors", metadata={"format": "pt"})


def in_parts(folder):
    return (folder / "llm").is_dir()


def save_reference(case, folder):
    """Writes the checkpoint that transformers reads for the logits."""
    if case.kind == "llava_llama":
        model = vila.build(case.fields)
        random_weights(model, case)
        return vila.save(model.to(getattr(torch, case.dtype)), folder)
    config = AutoConfig.for_model(case.kind, **{**case.common, **case.fields})
    model = auto(config).from_config(config, attn_implementation="eager")
    random_weights(model, case)
    model.to(getattr(torch, case.dtype)).save_pretrained(folder, **case.saved)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if case.values or case.left_out or case.edit:
        path = folder / "config.json"
        values = {**json.loads(path.read_text()), **case.values}
        path.write_text(json.dumps({k: v for k, v in values.items() if k not in case.left_out}, indent=2) + "\n")
    if case.edit:
        change(folder, case.edit)


def auto(config):
    return AutoModelForImageTextToText if hasattr(config, "vision_config") else AutoModelForCausalLM


def load(folder, dtype=torch.float32):
    if in_parts(folder):
        return vila.load(folder, dtype)
    return auto(AutoConfig.from_pretrained(folder)).from_pretrained(folder, dtype=dtype, attn_implementation="eager", experts_implementation="eager").eval()


def run(model, windows, pixels=None, images=None):
    """Logits [windows, length, vocabulary]; images gives the indices into pixels of every window."""
    with torch.no_grad():
        rows = []
        for index, ids in enumerate(windows):
            given = {}
            if pixels is not None:
                seen = torch.from_numpy(pixels[images[index]]).to(model.dtype)
                # Idefics3 and SmolVLM take the pictures of each window of a batch.
                given["pixel_values"] = seen[None] if hasattr(model.config, "scale_factor") else seen
            rows.append(model(torch.tensor([ids]), use_cache=False, **given).logits[0].numpy())
        return np.stack(rows)


def logits_of(folder, windows, **pictures):
    return run(load(folder), windows, **pictures).astype("<f4")


def exact_logits_of(folder, windows, **pictures):
    """The same in float64: how far the float32 of a correct model may be from the reference."""
    torch.set_default_dtype(torch.float64)
    try:
        with Double():
            return run(load(folder, torch.float64), windows, **{key: v.astype("f8") if key == "pixels" else v for key, v in pictures.items()})
    finally:
        torch.set_default_dtype(torch.float32)


def relative(a, b):
    return float(np.linalg.norm(a.astype("f8") - b) / np.linalg.norm(b.astype("f8")))


def without(bite):
    """An edit that switches something off: {field: other value, …} of config.json, nested fields by nesting, or (pattern of tensors, factor)."""
    def merge(values, other):
        return {**values, **{k: merge(values.get(k) or {}, v) if isinstance(v, dict) else v for k, v in other.items()}}

    def edit(config, tensors):
        if isinstance(bite, dict):
            return merge(config, bite), tensors
        pattern, factor = bite
        assert any(re.search(pattern, name) for name in tensors), f"no tensor is called {pattern}"
        return config, {name: (t * factor).to(t.dtype) if re.search(pattern, name) else t for name, t in tensors.items()}

    return edit


def router_gap(model, case, windows, **pictures):
    """The smallest difference of probability between a chosen expert and the best one not chosen, over all tokens and layers, groups alike."""
    gaps = []
    config = model.config.get_text_config()

    def margin(p, k):
        ordered = p.sort(-1, descending=True).values
        gaps.append(float((ordered[..., k - 1] - ordered[..., k]).min()))

    def see(module, inputs, output):
        x = inputs[0].reshape(-1, inputs[0].shape[-1]).double()
        p = torch.softmax(x @ module.weight.double().T, -1)
        if getattr(config, "topk_method", None) == "group_limited_greedy":
            best = p.view(len(p), config.n_group, -1).max(-1).values
            margin(best, config.topk_group)
            kept = best >= best.sort(-1, descending=True).values[:, config.topk_group - 1 : config.topk_group]
            p = (p.view(len(p), config.n_group, -1) * kept[..., None]).flatten(1)
        margin(p, config.num_experts_per_tok)

    hooks = [m.register_forward_hook(see) for name, m in model.named_modules() if re.search(case.router, name)]
    assert hooks, f"no module is called {case.router}"
    run(model, windows, **pictures)
    for hook in hooks:
        hook.remove()
    return min(gaps)
