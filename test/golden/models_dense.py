"""Checkpoints of the other dense structures: GPT-2, OPT, GPT-NeoX, Gemma 2 and 3, Phi-3 stretched, OLMo 2, Granite, Llama with YaRN."""
import torch
from models_case import COMMON, VOCABULARY, Case, old_rope, rope

TOKENS = dict(vocab_size=VOCABULARY, bos_token_id=1, eos_token_id=2, pad_token_id=None)
GPT2 = dict(**TOKENS, n_positions=48, n_embd=24, n_layer=2, n_head=2)
OPT = dict(**TOKENS, hidden_size=24, num_hidden_layers=2, ffn_dim=36, max_position_embeddings=44, num_attention_heads=2)
NEOX = dict(**TOKENS, hidden_size=32, num_hidden_layers=2, intermediate_size=40, num_attention_heads=2, max_position_embeddings=48)
GEMMA = {**COMMON, "num_hidden_layers": 3, "tie_word_embeddings": True, "rms_norm_eps": 1e-6, "query_pre_attn_scalar": 20, "sliding_window": 9}

# GPT-2 stores its matrices input first.
CONV1D = [(r"(c_attn|c_proj|c_fc)\.weight", lambda noise: noise * 1.5 / noise.shape[0] ** 0.5)]
# The exact gelu and the tanh form differ by 5e-4 at most: what comes in is around -2, where gelu is small, and what it makes counts much.
GELU = [(r"(c_fc|dense_h_to_4h)\.bias", lambda noise: 0.5 * noise - 2), (r"c_fc\.weight|dense_h_to_4h\.weight", lambda noise: 0.6 * noise / min(noise.shape) ** 0.5),
        (r"mlp\.c_proj\.weight|dense_4h_to_h\.weight", lambda noise: 1.5 * noise)]
# Gemma's gains are 1 + w.
ONE_PLUS = [("norm", lambda noise: 0.3 * noise)]
ALL_FULL = dict(layer_types=["full_attention"] * 3)
STRETCHED = rope("longrope", 10000.0, short_factor=[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], long_factor=[1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0])
# A base of 100 and an original context of 32 spread the eight pairs: some are kept, some mixed, some divided.
YARN = rope("yarn", 100.0, factor=4.0, original_max_position_embeddings=32, beta_fast=2.0, beta_slow=0.5)


def original_gpt2(config, tensors):
    """As the first files were written: no prefix, and the causal mask among the tensors."""
    mask = torch.ones(config["n_positions"], config["n_positions"], dtype=tensors["transformer.wte.weight"].dtype).tril()[None, None]
    masks = {f"h.{n}.attn.bias": mask.clone() for n in range(config["n_layer"])}
    return config, {**{name.removeprefix("transformer."): t for name, t in tensors.items()}, **masks}


def without_model(config, tensors):
    """As the first files of OPT were written."""
    return config, {name.removeprefix("model."): t for name, t in tensors.items()}


def original_neox(config, tensors):
    """As Pythia's files were written: rotary_pct not said, masks and frequencies among the tensors."""
    theta = config.pop("rope_parameters")["rope_theta"]
    config["rotary_emb_base"] = theta
    size, width = config["max_position_embeddings"], config["hidden_size"] // config["num_attention_heads"] // 4
    extra = {}
    for n in range(config["num_hidden_layers"]):
        extra[f"gpt_neox.layers.{n}.attention.bias"] = torch.ones(size, size, dtype=torch.bool).tril()[None, None]
        extra[f"gpt_neox.layers.{n}.attention.masked_bias"] = torch.tensor(-1e9)
        extra[f"gpt_neox.layers.{n}.attention.rotary_emb.inv_freq"] = theta ** (-torch.arange(0, width, 2) / width)
    return config, {**tensors, **extra}


def old_gemma3(config, tensors):
    """As the first files of Gemma 3 were written: two bases and a pattern at the top, and a scaling, which is of the full layers."""
    full, sliding = config["rope_parameters"]["full_attention"], config["rope_parameters"]["sliding_attention"]
    config.update(rope_theta=full["rope_theta"], rope_local_base_freq=sliding["rope_theta"], sliding_window_pattern=2,
                  rope_scaling=dict(rope_type="linear", factor=full["factor"]))
    for field in ["rope_parameters", "layer_types", "_sliding_window_pattern"]:
        config.pop(field, None)
    return config, tensors


def hub_gemma3(config, tensors):
    """As the first files with a vision tower were written."""
    text, _ = old_gemma3(config["text_config"], {})
    return {**config, "text_config": text}, {name.replace("vision_tower.", "vision_tower.vision_model."): t for name, t in tensors.items()}


def new_names(config, tensors):
    """The names of releases from 4.52 on: everything inside model."""
    renamed = {f"model.{name}".replace("model.language_model.model.", "model.language_model."): t for name, t in tensors.items()}
    assert any(name.startswith("model.language_model.layers.") for name in renamed)
    return config, renamed


def su(config, tensors):
    """The first name of longrope, in the first format."""
    config, tensors = old_rope(config, tensors)
    scaling = config["rope_scaling"]
    config["rope_scaling"] = dict(type="su", short_factor=scaling["short_factor"], long_factor=scaling["long_factor"])
    return config, tensors


def two_bases(full, sliding, **more):
    return dict(rope_parameters=dict(full_attention=dict(rope_theta=full, **more), sliding_attention=dict(rope_type="default", rope_theta=sliding)))


def gemma(kind, seed, fields, dtype="bfloat16", **more):
    return Case(kind, fields, dtype, seed=seed, common=GEMMA, weights=ONE_PLUS, **more)


TOWER = dict(model_type="siglip_vision_model", hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=8, vision_use_head=False)


def nested(seed, edit, scaling, bites):
    """Gemma 3 beside a vision tower: the text part alone, without pictures."""
    text = dict(GEMMA, model_type="gemma3_text", hidden_size=24, num_attention_heads=2, num_key_value_heads=1, head_dim=16, layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                **two_bases(5000.0, 100.0, rope_type="linear", factor=scaling))
    return Case("gemma3", dict(text_config=text, vision_config=TOWER, mm_tokens_per_image=1, image_token_index=63, boi_token_index=62, eoi_token_index=61), "bfloat16", seed=seed, common={},
                weights=ONE_PLUS, edit=edit, vocabulary=61, bites=[{"text_config": bite} for bite in bites])


MODELS = {
    "gpt2": Case("gpt2", {}, common=GPT2, weights=CONV1D, seed=100,
                 bites=[{"activation_function": "relu"}, {"scale_attn_by_inverse_layer_idx": True}, {"scale_attn_weights": False}, ("wpe", 0), ("bias", 0)]),
    "gpt2-scaled": Case("gpt2", dict(n_layer=3, scale_attn_by_inverse_layer_idx=True, activation_function="gelu", n_inner=36, layer_norm_epsilon=1e-2),
                        "float16", common=GPT2, weights=GELU + CONV1D, seed=101, edit=original_gpt2,
                        bites=[{"scale_attn_by_inverse_layer_idx": False}, {"activation_function": "gelu_new"}, {"layer_norm_epsilon": 1e-5}, ("ln_f.bias", 0)]),
    "opt": Case("opt", {}, common=OPT, seed=102, bites=[{"activation_function": "gelu"}, ("embed_positions", 0), ("bias", 0), ("final_layer_norm.bias", 0)]),
    "opt-post": Case("opt", dict(do_layer_norm_before=False, word_embed_proj_dim=16), "float16", common=OPT, seed=103,
                     bites=[("project_in", 0.5), ("project_out", 0.5), ("self_attn_layer_norm.bias", 0)]),
    "opt-plain": Case("opt", dict(enable_bias=False, layer_norm_elementwise_affine=False, activation_function="gelu"), common=OPT, seed=104, edit=without_model,
                      bites=[{"activation_function": "relu"}, ("embed_positions", 0)]),
    "gpt-neox": Case("gpt_neox", dict(rope_parameters=dict(rope_type="default", rope_theta=500.0, partial_rotary_factor=0.25)), common=NEOX, weights=GELU, seed=105, edit=original_neox,
                     bites=[{"rotary_pct": 1.0}, {"rotary_emb_base": 10000}, {"use_parallel_residual": False}, {"hidden_act": "gelu_new"}, ("query_key_value.bias", 0)]),
    "gpt-neox-serial": Case("gpt_neox", dict(hidden_size=24, use_parallel_residual=False, tie_word_embeddings=True, hidden_act="gelu_new",
                                             **rope("default", 1000.0, partial_rotary_factor=0.5)), "float16", common=NEOX, weights=GELU, seed=106,
                            bites=[{"rope_parameters": {"partial_rotary_factor": 0.25}}, {"rope_parameters": {"rope_theta": 10000.0}}, {"use_parallel_residual": True}, {"hidden_act": "gelu"}]),
    # Scores and logits reach well beyond their caps.
    "gemma2": gemma("gemma2", 107, dict(head_dim=12, attn_logit_softcapping=5.0, final_logit_softcapping=8.0),
                    bites=[{"attn_logit_softcapping": None}, {"final_logit_softcapping": None}, {"query_pre_attn_scalar": 12}, {"sliding_window": 40}, ALL_FULL, {"hidden_activation": "silu"}]),
    # Heads of 256, caps of 50 and 30, tied: all by default. Files of the time call the activation gelu and mean the other one.
    "gemma2-bare": gemma("gemma2", 108, dict(hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1), length=33,
                         left_out={"head_dim", "query_pre_attn_scalar", "layer_types", "tie_word_embeddings", "rms_norm_eps", "hidden_activation", "attn_logit_softcapping",
                                   "final_logit_softcapping", "rope_parameters", "attention_bias", "use_bidirectional_attention"},
                         values=dict(hidden_act="gelu", rope_theta=10000.0),
                         bites=[{"final_logit_softcapping": None}, {"attn_logit_softcapping": None}, {"sliding_window": 40}, {"query_pre_attn_scalar": 128}, {"hidden_activation": "silu"}]),
    # The cap of scores is said and not applied: no Gemma 3 has one.
    "gemma3": gemma("gemma3_text", 109, dict(head_dim=12, attn_logit_softcapping=5.0, layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                                             **two_bases(1000000.0, 10000.0, rope_type="linear", factor=8.0)),
                    bites=[{"rope_parameters": {"full_attention": {"factor": 1.0}}}, {"rope_parameters": {"full_attention": {"rope_theta": 10000.0}}},
                           {"rope_parameters": {"sliding_attention": {"rope_theta": 1000000.0}}}, ALL_FULL, {"sliding_window": 40}, {"query_pre_attn_scalar": 12}]),
    "gemma3-old": gemma("gemma3_text", 110, dict(head_dim=16, num_key_value_heads=1, final_logit_softcapping=8.0, layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                                                 **two_bases(5000.0, 100.0, rope_type="linear", factor=8.0)), edit=old_gemma3,
                        bites=[{"rope_scaling": {"factor": 1.0}}, {"rope_theta": 100.0}, {"rope_local_base_freq": 5000.0}, {"sliding_window_pattern": 3}, {"final_logit_softcapping": None}]),
    "gemma3-nested": nested(117, hub_gemma3, 8.0, [{"rope_scaling": {"factor": 1.0}}, {"rope_local_base_freq": 5000.0}, {"sliding_window_pattern": 3}]),
    "gemma3-nested-new": nested(118, new_names, 4.0, [{"rope_parameters": {"full_attention": {"factor": 1.0}}}, ALL_FULL]),
    # 40 tokens are more than the original 16, so the long factors hold.
    "phi3-longrope": Case("phi3", dict(num_attention_heads=2, num_key_value_heads=1, sliding_window=9, max_position_embeddings=64, original_max_position_embeddings=16, **STRETCHED), seed=111,
                          bites=[{"original_max_position_embeddings": 40}, {"rope_parameters": {"attention_factor": 1.0}}, {"sliding_window": None}]),
    "phi3-su": Case("phi3", dict(num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=64, original_max_position_embeddings=16, **STRETCHED), "bfloat16", seed=112, disguise=su,
                    bites=[{"original_max_position_embeddings": 40}, {"rope_parameters": {"attention_factor": 1.0}}]),
    "phi3-partial": Case("phi3", dict(num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True, **rope("default", 500.0, partial_rotary_factor=0.75)), "float16", seed=113,
                         left_out={"rope_parameters"}, values=dict(rope_theta=500.0, partial_rotary_factor=0.75),
                         bites=[{"partial_rotary_factor": 1.0}, {"rope_theta": 10000.0}]),
    "olmo2": Case("olmo2", rope("default", 500.0), seed=114, bites=[(r"\.q_norm", 2), (r"\.k_norm", 2), ("post_attention_layernorm", 2), ("post_feedforward_layernorm", 2)]),
    "granite": Case("granite", dict(tie_word_embeddings=True, embedding_multiplier=3.0, residual_multiplier=0.6, attention_multiplier=0.2, logits_scaling=2.5, **rope("default")), seed=115,
                    bites=[{"embedding_multiplier": 1.0}, {"residual_multiplier": 1.0}, {"attention_multiplier": 8**-0.5}, {"logits_scaling": 1.0}]),
    "llama-yarn": Case("llama", dict(head_dim=16, max_position_embeddings=64, **YARN), length=64, dtype="float16", seed=116,
                       bites=[{"rope_parameters": {"factor": 1.0}}, {"rope_parameters": {"attention_factor": 1.0}}, {"rope_parameters": {"original_max_position_embeddings": 64}},
                              {"rope_parameters": {"beta_fast": 32.0}}, {"rope_parameters": {"beta_slow": 1.0}}]),
}
