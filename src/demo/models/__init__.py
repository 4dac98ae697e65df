"""The structures of the zoo. A structure is a class with

SHAPE    its sizes, as one dict
TOKENS   how many tokens its whole training takes
RATE     the peak learning rate
BATCH    windows, or pictures, in a step, when that is not 32
TASK     what it is trained on when that is not the stories alone: see batches.py
forward(ids [B, T]) -> logits [B, T, vocab]
tensors() -> {name: tensor} and config() -> dict   the published layout, from which transformers can load it
"""
from models.dense import Llama
from models.experts import FineExperts, Mixtral
from models.llava import Llava
from models.mamba import Mamba, Mamba2

STRUCTURES = {"llama": Llama, "mixtral": Mixtral, "qwen2_moe": FineExperts, "mamba": Mamba, "mamba2": Mamba2, "llava": Llava}
