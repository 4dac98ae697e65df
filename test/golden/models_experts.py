"""Checkpoints of mixtures of experts: Mixtral, Qwen 2 and 3 MoE, OLMoE, DeepSeek and DeepSeek-V2."""
from models_case import COMMON, Case, rope

# Heads of four, the least that the lab takes.
SMALL = {**COMMON, "hidden_size": 24, "intermediate_size": 20, "num_attention_heads": 6}
QWEN = dict(num_experts=6, num_experts_per_tok=3, moe_intermediate_size=12)
# A rotary width of 8, a base of 100 and an original context of 16: one pair is kept, one mixed, two are divided.
YARN = dict(factor=4.0, original_max_position_embeddings=16, beta_fast=2.0, beta_slow=0.5)
LATENT = dict(hidden_size=32, num_attention_heads=4, num_key_value_heads=4, num_hidden_layers=3, first_k_dense_replace=1, n_shared_experts=2, moe_intermediate_size=8, kv_lora_rank=12,
              qk_rope_head_dim=8, qk_nope_head_dim=12, rms_norm_eps=1e-6)
DEEPSEEK = dict(qkv_bias=False, num_hidden_layers=3, mlp_only_layers=[0], num_experts=6, num_experts_per_tok=2, moe_intermediate_size=10, shared_expert_intermediate_size=20)


def first_deepseek(config, tensors):
    """The same model as DeepSeek (V1), which transformers has no class for: its shared experts have no gate, and here the gate is 1/2 and down twice as large."""
    renamed = {}
    for name, t in tensors.items():
        if "shared_expert_gate" in name:
            assert not t.any()
            continue
        renamed[name.replace("shared_expert.", "shared_experts.")] = t / 2 if "shared_expert.down_proj" in name else t
    fields = {key: config[key] for key in COMMON if key in config}
    fields.update(architectures=["DeepseekForCausalLM"], model_type="deepseek", num_hidden_layers=3, n_routed_experts=6, n_shared_experts=2, num_experts_per_tok=2, moe_intermediate_size=10,
                  first_k_dense_replace=1, moe_layer_freq=1, norm_topk_prob=False, scoring_func="softmax", hidden_act="silu", attention_bias=False,
                  rope_theta=config["rope_parameters"]["rope_theta"], rope_scaling=None, aux_loss_alpha=0.001, seq_aux=True, torch_dtype="float32")
    return fields, renamed


def old_yarn(config, tensors):
    """As DeepSeek's own files are written."""
    scaling = config.pop("rope_parameters")
    config["rope_theta"] = scaling.pop("rope_theta")
    config["rope_scaling"] = {"type": scaling.pop("rope_type"), **{key: scaling[key] for key in [*YARN, "mscale", "mscale_all_dim"]}}
    return config, tensors


def small_latents(name):
    """Latents of about a hundredth, so that the 1e-6 of their norms shows; kv_a's last rows are a key that has no norm."""
    def make(noise):
        matrix = noise * 1.5 / noise.shape[1] ** 0.5
        matrix[: LATENT["kv_lora_rank"]] *= 0.005
        return matrix
    return name, make


def latent_epsilon(model):
    """The norms of the latents with rms_norm_eps."""
    norms = [m for name, m in model.named_modules() if name.endswith("_a_layernorm")]
    assert norms and all(m.variance_epsilon == 1e-6 for m in norms)
    for m in norms:
        m.variance_epsilon = model.config.rms_norm_eps


def experts(kind, seed, fields, dtype="float32", **more):
    return Case(kind, fields, dtype, seed=seed, common=SMALL, router=r"mlp\.gate$", **more)


MODELS = {
    # The base is 1e6 where nothing is said.
    "mixtral": experts("mixtral", 300, dict(num_local_experts=5, intermediate_size=16), left_out={"rope_parameters"},
                       bites=[{"rope_theta": 10000.0}, {"num_experts_per_tok": 1}, (r"\.gate\.weight", 0.5), (r"experts\.4\.w2", 0), (r"experts\.0\.w1", 0)]),
    "mixtral-fused": experts("mixtral", 301, dict(num_local_experts=6, sliding_window=9, **rope("default", 10000.0)), "bfloat16", saved=dict(save_original_format=False),
                             bites=[{"sliding_window": None}, {"num_experts_per_tok": 3}, (r"experts\.down_proj", 0)]),
    "qwen2-moe": experts("qwen2_moe", 301, dict(QWEN, shared_expert_intermediate_size=16), "float16",
                         bites=[{"norm_topk_prob": True}, ("shared_expert_gate", 0), (r"shared_expert\.down", 0), (r"q_proj\.bias", 0), (r"v_proj\.bias", 0), ("experts.5.down", 0)]),
    # Layers 0 and 2 slide, 1 and 3 have experts.
    "qwen2-moe-sparse": experts("qwen2_moe", 203, dict(QWEN, num_hidden_layers=4, decoder_sparse_step=2, norm_topk_prob=True, shared_expert_intermediate_size=8, use_sliding_window=True, sliding_window=9,
                                                       max_window_layers=3), "float16", left_out={"layer_types"},
                                bites=[{"max_window_layers": 2}, {"use_sliding_window": False}, {"norm_topk_prob": False}, {"layer_types": ["sliding_attention"] * 4}, (r"_proj\.bias", 0)]),
    "qwen3-moe": experts("qwen3_moe", 231, dict(QWEN, num_hidden_layers=3, norm_topk_prob=True, mlp_only_layers=[1], head_dim=16, use_sliding_window=True, sliding_window=11), "float16",
                         bites=[{"norm_topk_prob": False}, {"use_sliding_window": False}, {"num_experts_per_tok": 2}, (r"q_norm", 2)]),
    "olmoe": experts("olmoe", 301, dict(num_experts=8, num_experts_per_tok=3, intermediate_size=12, norm_topk_prob=True, clip_qkv=0.7), "float16",
                     bites=[{"clip_qkv": None}, {"norm_topk_prob": False}, {"num_experts_per_tok": 4}, ("k_norm", 2)]),
    "deepseek": experts("qwen2_moe", 206, DEEPSEEK, "float16", weights=[("shared_expert_gate", lambda noise: 0 * noise)], disguise=first_deepseek,
                        bites=[{"norm_topk_prob": True}, (r"shared_expert\.down", 0), (r"layers\.0\.mlp\.down", 0)]),
    "deepseek-v2": experts("deepseek_v2", 207, dict(LATENT, q_lora_rank=None, v_head_dim=12, n_routed_experts=6, num_experts_per_tok=2, **rope("yarn", 100.0, mscale=0.707, mscale_all_dim=0.707, **YARN)),
                           "float16", edit=old_yarn,
                           bites=[{"rope_scaling": {"factor": 1.0}}, {"rope_scaling": {"mscale_all_dim": 0.0}}, {"rope_scaling": {"original_max_position_embeddings": 32}}, ("shared_experts.down", 0),
                                  ("kv_a_layernorm", 2)]),
    # The weights of the chosen are not normalised, whatever norm_topk_prob says.
    "deepseek-v2-full": experts("deepseek_v2", 208, dict(LATENT, q_lora_rank=12, v_head_dim=16, n_routed_experts=8, num_experts_per_tok=3, n_group=4, topk_group=2, topk_method="group_limited_greedy",
                                                         routed_scaling_factor=2.5, norm_topk_prob=True, rms_norm_eps=1e-5, **rope("yarn", 100.0, mscale=1.0, mscale_all_dim=0.5, **YARN)),
                                "bfloat16", weights=[small_latents("kv_a_proj"), small_latents("q_a_proj")],
                                bites=[latent_epsilon, {"topk_method": "greedy"}, {"topk_group": 3}, {"routed_scaling_factor": 1.0}, {"rope_parameters": {"mscale": 0.5}},
                                       {"rope_parameters": {"mscale_all_dim": 1.0}}, {"rope_parameters": {"factor": 1.0}}, ("q_a_layernorm", 2)]),
}
