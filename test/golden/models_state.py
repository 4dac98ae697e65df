"""Checkpoints of state-space models: Mamba, Falcon-Mamba, Mamba-2. Computed by the loops in PyTorch, for which no kernel may be installed."""
import importlib.util
import math
import torch
from models_case import VOCABULARY, Case

for package in ["kernels", "mamba_ssm", "causal_conv1d", "mambapy"]:
    assert importlib.util.find_spec(package) is None, f"{package} is installed: it would take the place of the loops"

TOKENS = dict(vocab_size=VOCABULARY, bos_token_id=1, eos_token_id=2, pad_token_id=None)
MAMBA = dict(TOKENS, hidden_size=24, state_size=8, num_hidden_layers=3, time_step_rank=2)
MAMBA2 = dict(TOKENS, hidden_size=24, state_size=8, num_hidden_layers=3, num_heads=4, head_dim=12, n_groups=1, chunk_size=16)


def step_bias(noise):
    """Biases whose steps softplus(bias) lie between 0.001 and 0.1, evenly by their logarithm, as Mamba begins."""
    step = 0.001 * 100 ** (0.5 + 0.5 * torch.erf(noise / math.sqrt(2)))
    return step + torch.log(-torch.expm1(-step))


# The direct path D is small, so that the state counts.
WEIGHTS = [("A_log", lambda noise: 0.5 + 0.8 * noise), (r"mixer\.D$", lambda noise: 0.3 * noise), (r"dt_bias|dt_proj\.bias", step_bias),
           (r"conv1d\.weight", lambda noise: 0.7 * noise), (r"x_proj|dt_proj\.weight", lambda noise: 0.8 * noise / noise.shape[1] ** 0.5)]
# How the state behaves: decays, steps, what it takes in and gives out.
STATE = [("A_log", 0.5), (r"mixer\.D$", 0), ("conv1d", 0.5), ("x_proj", 0.5), (r"dt_proj\.bias", 0.9), (r"dt_proj\.weight", 0.5)]
STATE2 = [("A_log", 0.5), (r"mixer\.D$", 0), ("conv1d", 0.5), ("dt_bias", 0.9), (r"mixer\.norm", 2)]


def original_names(tensors):
    renamed = {name.replace("backbone.embeddings.", "backbone.embedding."): t for name, t in tensors.items()}
    return {**renamed, "lm_head.weight": renamed["backbone.embedding.weight"].clone()}


def original_mamba(config, tensors):
    """As the authors write it: everything by default, a vocabulary that is rounded up, a head in spite of being tied."""
    return dict(d_model=config["hidden_size"], n_layer=config["num_hidden_layers"], vocab_size=VOCABULARY - 3, ssm_cfg={}, rms_norm=True,
                residual_in_fp32=True, fused_add_norm=True, pad_vocab_size_multiple=8), original_names(tensors)


def original_mamba2(config, tensors):
    return dict(d_model=config["hidden_size"], d_intermediate=0, n_layer=config["num_hidden_layers"], vocab_size=VOCABULARY - 3, rms_norm=True,
                ssm_cfg=dict(layer="Mamba2", d_state=config["state_size"], headdim=config["head_dim"]), attn_layer_idx=[], attn_cfg={},
                residual_in_fp32=True, fused_add_norm=True, pad_vocab_size_multiple=16, tie_embeddings=True), original_names(tensors)


def bare_infinity(config, tensors):
    """As releases before 5 write it, which is not JSON."""
    return {**config, "time_step_limit": [0.0, float("inf")]}, tensors


def mamba(kind, seed, fields, common, dtype="float32", **more):
    return Case(kind, fields, dtype, seed=seed, common=common, weights=WEIGHTS, **more)


MODELS = {
    # The rank of the steps is left to be found: a sixteenth of 24, rounded up.
    "mamba": mamba("mamba", 300, {}, MAMBA, values=dict(time_step_rank="auto"), bites=[*STATE, ("conv1d.bias", 0)]),
    "mamba-biased": mamba("mamba", 301, dict(num_hidden_layers=2, use_bias=True, use_conv_bias=False, expand=3, conv_kernel=3, tie_word_embeddings=False, layer_norm_epsilon=1e-2), MAMBA, "float16",
                          bites=[*STATE, (r"in_proj\.bias", 0), (r"out_proj\.bias", 0), {"layer_norm_epsilon": 1e-5}]),
    "mamba-original": mamba("mamba", 302, dict(hidden_size=16, state_size=16, time_step_rank=1), MAMBA, vocabulary=VOCABULARY - 3, disguise=original_mamba, bites=STATE),
    "falcon-mamba": mamba("falcon_mamba", 303, dict(tie_word_embeddings=False, mixer_rms_eps=1e-2), MAMBA, "float16", bites=[*STATE[:3], *STATE[4:], {"mixer_rms_eps": 1e-6}]),
    # Three chunks of 16, and limits as transformers 5 writes them.
    "mamba2": mamba("mamba2", 304, {}, MAMBA2, length=48, bites=STATE2),
    "mamba2-infinity": mamba("mamba2", 305, dict(num_hidden_layers=2, tie_word_embeddings=True), MAMBA2, "bfloat16", edit=bare_infinity, bites=STATE2),
    "mamba2-groups": mamba("mamba2", 306, dict(n_groups=2, time_step_limit=(0.0, 0.05), layer_norm_epsilon=1e-2), MAMBA2, "float16", length=41,
                           bites=[*STATE2, {"time_step_limit": [0.0, 1.0]}, {"layer_norm_epsilon": 1e-5}]),
    "mamba2-original": mamba("mamba2", 307, dict(hidden_size=32, state_size=16, head_dim=16, tie_word_embeddings=True, chunk_size=256, num_hidden_layers=2), MAMBA2, vocabulary=VOCABULARY - 3,
                             disguise=original_mamba2, bites=STATE2),
}
