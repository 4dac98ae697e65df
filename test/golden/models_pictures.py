"""Checkpoints that look at pictures: LLaVA with CLIP and SigLIP towers, SmolVLM, Idefics3, VILA."""
import numpy as np
import torch
from models_case import VOCABULARY, Case

IMAGE = 63  # the id that stands where a picture's features go
TEXT = dict(vocab_size=VOCABULARY, hidden_size=24, intermediate_size=28, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64,
            bos_token_id=1, eos_token_id=2, pad_token_id=None)
TOWER = dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=7)
CLIP = dict(TOWER, model_type="clip_vision_model", projection_dim=16)
SIGLIP = dict(TOWER, model_type="siglip_vision_model")
LLAVA = dict(image_token_index=IMAGE, image_seq_length=16, vision_feature_layer=-2)


# A convolution of patches is a matrix of 3 x patch x patch columns.
WEIGHTS = [(r"patch_embedding\.weight", lambda noise: noise * 1.5 / noise[0].numel() ** 0.5)]
# What comes to a projector's gelu lies around -1.7, where gelu is small, so that the exact form shows against the tanh form.
GELU = [(r"linear_1\.bias", lambda noise: 0.5 * noise - 1.7), (r"linear_1\.weight", lambda noise: 0.4 * noise / noise.shape[1] ** 0.5), (r"linear_2\.weight", lambda noise: noise)]


VILA = [(r"mm_projector\.layers\.1\.weight", lambda noise: 1 + 0.3 * noise), (r"mm_projector\.layers\.2\.bias", lambda noise: 0.5 * noise - 1.7),
        (r"mm_projector\.layers\.2\.weight", lambda noise: 0.4 * noise / noise.shape[1] ** 0.5), (r"mm_projector\.layers\.4\.weight", lambda noise: noise)]


def pictures(tokens, windows_have, image=IMAGE, tower="vision_config"):
    """Three pictures, tokens places each, in the windows that are said to have them: runs of places after some text and between it."""
    def place(case, windows):
        generator = torch.Generator().manual_seed(case.seed + 1000)
        size = case.fields[tower]["image_size"]
        pixels = torch.randn(3, 3, size, size, generator=generator).numpy().astype(np.float32)
        for ids, images in zip(windows, windows_have):
            for order in range(len(images)):
                start = 2 + order * (tokens + 2)
                assert start + tokens < len(ids) - 1
                ids[start : start + tokens] = [image] * tokens
        return pixels, windows_have, windows
    return place


def renamed(prefixes):
    """Tensors under other names: {beginning: beginning, …}, the first that fits."""
    def names(tensors):
        fit = lambda name: next(name.replace(old, new, 1) for old, new in prefixes.items() if name.startswith(old))
        return {fit(name): t for name, t in tensors.items()}
    return names


HUB = renamed({"vision_tower.": "vision_tower.vision_model.", "": ""})
NEW = renamed({"vision_tower.": "model.vision_tower.", "multi_modal_projector.": "model.multi_modal_projector.", "language_model.model.": "model.language_model.", "language_model.lm_head.": "lm_head."})
NEW_INNER = renamed({"model.vision_tower.": "model.vision_tower.vision_model.", "": ""})
# What the published configurations say of their parts; the rest is by default.
SAID_TEXT = ["model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings"]
SAID_TOWER = ["model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "image_size", "patch_size", "projection_dim"]


def hub(config, tensors):
    """As the conversions on the hub are written: short configurations, the first names."""
    parts = dict(text_config={key: config["text_config"][key] for key in SAID_TEXT}, vision_config={key: config["vision_config"][key] for key in SAID_TOWER})
    short = {key: value for key, value in config.items() if key not in ["multimodal_projector_bias", "tie_word_embeddings"]}
    return {**short, **parts}, HUB(tensors)


def picture(kind, seed, fields, tokens, windows_have, dtype="float16", weights=WEIGHTS, **more):
    return Case(kind, fields, dtype, seed=seed, common={}, weights=weights, vocabulary=60, pictures=pictures(tokens, windows_have), **more)


def along_rows(model):
    model.columns_first = False


def by_tanh(model):
    model.mm_projector.layers[3] = torch.nn.GELU("tanh")


# That the pictures count at all, and whether the tower sees where a patch lies.
SEEN = [(r"patch_embedding\.weight", 0), (r"position_embedding", 0)]
ONE_AND_TWO = [[0], [2, 1]]
THREE = [[0, 1, 2], [2, 0]]

MODELS = {
    "llava": picture("llava", 400, dict(LLAVA, text_config=dict(TEXT, model_type="llama"), vision_config=CLIP), 16, ONE_AND_TWO, weights=WEIGHTS + GELU, edit=hub,
                     bites=[*SEEN, {"vision_feature_layer": -1}, {"vision_config": {"hidden_act": "gelu"}}, {"vision_config": {"layer_norm_eps": 1e-1}}, ("class_embedding", 0), ("pre_layrnorm", 0.5),
                            {"projector_hidden_act": "gelu_pytorch_tanh"}, (r"linear_2\.bias", 0), {"text_config": {"rms_norm_eps": 1e-2}}]),
    "llava-siglip": picture("llava", 401, dict(LLAVA, vision_feature_select_strategy="full", text_config=dict(TEXT, model_type="qwen2", num_key_value_heads=1, tie_word_embeddings=True), vision_config=SIGLIP),
                            16, ONE_AND_TWO, bites=[*SEEN, {"vision_feature_layer": -1}, {"vision_config": {"hidden_act": "quick_gelu"}}, (r"patch_embedding\.bias", 0), (r"v_proj\.bias", 0)]),
    "llava-new": picture("llava", 402, dict(LLAVA, text_config=dict(TEXT, model_type="mistral", num_key_value_heads=1, head_dim=16, sliding_window=13), vision_config=CLIP), 16, ONE_AND_TWO,
                         edit=lambda config, tensors: (config, NEW(tensors)), bites=[*SEEN, {"text_config": {"sliding_window": None}}, {"vision_config": {"hidden_act": "gelu_pytorch_tanh"}}]),
    # Features of the last layer, with the one of the class token.
    "llava-full": picture("llava", 403, {**LLAVA, "vision_feature_layer": -1, "vision_feature_select_strategy": "full", "image_seq_length": 17, "multimodal_projector_bias": False,
                                         "text_config": dict(TEXT, model_type="llama", num_key_value_heads=1), "vision_config": CLIP}, 17, [[0], [1]],
                          edit=lambda config, tensors: (config, NEW_INNER(NEW(tensors))), bites=[*SEEN, {"vision_feature_layer": -2}, ("class_embedding", 0)]),
    # 4 x 4 patches in blocks of 2 x 2.
    "smolvlm": picture("smolvlm", 404, dict(image_token_id=IMAGE, scale_factor=2, tie_word_embeddings=True, text_config=dict(TEXT, model_type="llama", num_key_value_heads=1, tie_word_embeddings=True),
                                            vision_config=dict(TOWER, image_size=32, patch_size=8)), 4, THREE,
                       bites=[*SEEN, ("post_layernorm", 0.5), {"vision_config": {"hidden_act": "quick_gelu"}}, {"vision_config": {"layer_norm_eps": 1e-1}}]),
    # 6 x 6 patches in blocks of 3 x 3.
    "idefics3": picture("idefics3", 405, dict(image_token_id=IMAGE, scale_factor=3, text_config=dict(TEXT, model_type="llama", num_key_value_heads=1),
                                              vision_config=dict(TOWER, hidden_size=16, image_size=24, patch_size=4)), 4, THREE,
                        bites=[*SEEN, ("post_layernorm", 0.5), {"vision_config": {"hidden_act": "relu"}}]),
    # 5 x 5 patches in blocks of 2 x 2, the last ones half empty.
    "vila": Case("llava_llama", dict(llm=dict(TEXT, model_type="llama", num_key_value_heads=1, tie_word_embeddings=False), vision_tower=dict(TOWER, model_type="siglip_vision_model", num_hidden_layers=3, image_size=20, patch_size=4)),
                 "float16", seed=406, common={}, weights=WEIGHTS + VILA, vocabulary=60, pictures=pictures(9, ONE_AND_TWO, image=VOCABULARY, tower="vision_tower"),
                 bites=[*SEEN, {"mm_vision_select_layer": -1}, {"mm_vision_select_layer": -3}, {"vision_tower": {"hidden_act": "quick_gelu"}}, (r"layers\.1\.weight", 0.5), (r"layers\.1\.bias", 0),
                        (r"layers\.2\.bias", 0), (r"layers\.4\.bias", 0), along_rows, by_tanh]),
}
