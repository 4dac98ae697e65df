"""Checkpoints of the Llama family: Llama, Mistral, Qwen 2 and 3, SmolLM3, Phi-3."""
from models_case import Case, old_rope, rope

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
# Written as other tools leave them, or in the format of releases before 5.
MORE = {
    "llama-llama3": dict(edit=old_rope),
    "llama-linear": dict(edit=old_rope),
    "llama-bare": dict(edit=lambda config, tensors: (config, {name.removeprefix("model."): t for name, t in tensors.items()})),
    "llama-tied-own-head": dict(values=dict(tie_word_embeddings=True)),
    "llama-tied-by-head": dict(edit=lambda config, tensors: (config, {n: t for n, t in tensors.items() if "embed_tokens" not in n}),
                               values=dict(tie_word_embeddings=True)),
    "llama-rope-both": dict(values=dict(rope_scaling=dict(rope_type="linear", factor=4.0))),
    "smollm3-bare": dict(left_out={"no_rope_layers", "no_rope_layer_interval", "layer_types", "rope_parameters", "tie_word_embeddings", "rms_norm_eps", "attention_bias", "mlp_bias"}),
}
LLAMA = {name: Case(kind, differs, dtype, length, seed, **MORE.get(name, {})) for seed, (name, (kind, differs, dtype, length)) in enumerate(MODELS.items())}
