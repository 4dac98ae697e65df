"""Writes a model as a folder in Hugging Face layout: f16 weights, except those that have to stay in f32."""
import json, os, shutil
import torch
from safetensors.torch import save_file
from models.llava import DEVIATION, MEAN

SINGLE = ("A_log", ".D", "dt_bias", "dt_proj.bias")  # they enter an exponential that is applied at every token


def write(folder, tensors, config, tokenizer):
    os.makedirs(folder, exist_ok=True)
    stored = {k: v.detach().to(torch.float32 if k.endswith(SINGLE) else torch.float16).contiguous().clone() for k, v in tensors.items()}
    save_file(stored, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(folder, "config.json"), "w") as h: json.dump(config, h, indent=1); h.write("\n")
    for f in ("tokenizer.json", "tokenizer_config.json"): shutil.copy(os.path.join(tokenizer, f), folder)
    if "vision_config" in config: write_pictures(folder, config["image_token_index"], config["vision_config"]["image_size"])


def write_pictures(folder, image, size):
    """What a model of pictures needs besides: the id of <image> in the tokenizer, and how pictures are made into numbers."""
    path = os.path.join(folder, "tokenizer.json")
    with open(path, encoding="utf-8") as h: t = json.load(h)
    t["added_tokens"].append({"id": image, "content": "<image>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True})
    with open(path, "w", encoding="utf-8") as h: json.dump(t, h, ensure_ascii=False)
    with open(os.path.join(folder, "preprocessor_config.json"), "w") as h:
        json.dump({"image_processor_type": "CLIPImageProcessor", "do_convert_rgb": True, "do_resize": True, "size": {"shortest_edge": size}, "resample": 3, "do_center_crop": True, "crop_size": {"height": size, "width": size},
                   "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": MEAN, "image_std": DEVIATION}, h, indent=1); h.write("\n")
