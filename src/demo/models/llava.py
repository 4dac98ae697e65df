"""LLaVA-1.5: a CLIP tower, which learns to see first (tower.py), a projector of two layers, and Llama, trained together. The tower's last block is in use (feature layer -1)."""
import torch
import torch.nn as nn, torch.nn.functional as F
from models.dense import Llama
from models.parts import branch

IMAGE = 512
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def linear(rows, columns, scale=1.0):
    m = nn.Linear(columns, rows); nn.init.normal_(m.weight, std=.6 * scale * columns ** -.5); nn.init.zeros_(m.bias)
    return m


class TowerBlock(nn.Module):
    def __init__(self, c):
        super().__init__(); d = c["width"]; self.heads = c["heads"]
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d); self.qkv, self.o = linear(3 * d, d), linear(d, d, branch(c["layers"])); self.fc1, self.fc2 = linear(4 * d, d), linear(d, 4 * d, branch(c["layers"]))

    def forward(self, x):
        b, t, d = x.shape; q, k, v = (y.view(b, t, self.heads, -1).transpose(1, 2) for y in self.qkv(self.n1(x)).chunk(3, -1))
        x = x + self.o(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, d)); y = self.fc1(self.n2(x))
        return x + self.fc2(y * torch.sigmoid(1.702 * y))


class Tower(nn.Module):
    """Pictures [B, 3, S, S] -> features of the patches, row by row [B, (S / patch)^2, width]."""

    def __init__(self, c):
        super().__init__(); d, n = c["width"], (c["image"] // c["patch"]) ** 2
        self.patch = nn.Conv2d(3, d, c["patch"], c["patch"], bias=False); nn.init.normal_(self.patch.weight, std=.6 * (3 * c["patch"] ** 2) ** -.5)
        self.first, self.places = nn.Parameter(torch.randn(d) * .02), nn.Parameter(torch.randn(n + 1, d) * .02)
        self.before, self.blocks = nn.LayerNorm(d), nn.ModuleList(TowerBlock(c) for _ in range(c["layers"]))

    def forward(self, pixels):
        p = self.patch(pixels).flatten(2).transpose(1, 2)
        x = self.before(torch.cat([self.first.expand(len(p), 1, -1), p], 1) + self.places)
        for b in self.blocks: x = b(x)
        return x[:, 1:]


class Llava(Llama):
    SHAPE = Llama.SHAPE | dict(vocab=513, tower=dict(width=64, layers=3, heads=4, image=56, patch=14))
    TOKENS, RATE, TASK = 60e6, 1.5e-3, "pictures"; BATCH = 64

    def __init__(self, c=None):
        super().__init__(c or self.SHAPE); t, d = self.c["tower"], self.c["hidden"]
        self.tower, self.linear1, self.linear2 = Tower(t), linear(d, t["width"]), linear(d, d)

    def forward(self, ids, pixels=None):
        """Logits. With pixels [B, 3, S, S], normalised, the patches take the places of the ids IMAGE, which follow the first id."""
        h = F.embedding(ids, self.embed)
        if pixels is not None:
            f = self.linear2(F.gelu(self.linear1(self.tower(pixels)))); h = torch.cat([h[:, :1], f.to(h.dtype), h[:, 1 + f.shape[1]:]], 1)
        return self.stream(h)

    def decayed(self): return super().decayed() + [self.tower.patch.weight]

    def tensors(self):
        v = "vision_tower.vision_model."; e = v + "embeddings."; t = self.tower; d = self.c["tower"]["width"]
        w = super().tensors("language_model.model.") | {e + "class_embedding": t.first, e + "patch_embedding.weight": t.patch.weight, e + "position_embedding.weight": t.places}
        layers = {v + "pre_layrnorm": t.before, "multi_modal_projector.linear_1": self.linear1, "multi_modal_projector.linear_2": self.linear2}
        for i, b in enumerate(t.blocks):
            p = f"{v}encoder.layers.{i}."; layers |= {p + "layer_norm1": b.n1, p + "layer_norm2": b.n2, p + "self_attn.out_proj": b.o, p + "mlp.fc1": b.fc1, p + "mlp.fc2": b.fc2}
            for n, m, bias in zip("qkv", b.qkv.weight.chunk(3), b.qkv.bias.chunk(3)): w |= {f"{p}self_attn.{n}_proj.weight": m, f"{p}self_attn.{n}_proj.bias": bias}
        for n, m in layers.items(): w |= {n + ".weight": m.weight, n + ".bias": m.bias}
        return w | {v + "post_layernorm.weight": torch.ones(d), v + "post_layernorm.bias": torch.zeros(d)}  # LLaVA does not use it

    def config(self):
        t = self.c["tower"]
        return {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "image_token_index": IMAGE, "image_seq_length": (t["image"] // t["patch"]) ** 2, "vision_feature_layer": -1,
                "vision_feature_select_strategy": "default", "projector_hidden_act": "gelu", "multimodal_projector_bias": True, "text_config": super().config(),
                "vision_config": {"model_type": "clip_vision_model", "hidden_size": t["width"], "intermediate_size": 4 * t["width"], "projection_dim": t["width"], "num_hidden_layers": t["layers"], "num_attention_heads": t["heads"],
                                  "num_channels": 3, "image_size": t["image"], "patch_size": t["patch"], "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "attention_dropout": 0.0},
                "tie_word_embeddings": True, "bos_token_id": 0, "eos_token_id": 1, "torch_dtype": "float16"}
