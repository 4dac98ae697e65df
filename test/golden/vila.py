"""VILA-1.5, of which transformers has no class: its SigLIP tower and its Llama, and the projector between them as the paper's code has it, in a folder of three."""
import json
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, SiglipVisionModel

PARTS = ["llm", "vision_tower", "mm_projector"]


class Vila(torch.nn.Module):
    def __init__(self, llm, vision_tower, layer=-2):
        super().__init__()
        self.llm, self.vision_tower, self.layer = llm, vision_tower, layer
        joined, width = 4 * vision_tower.config.hidden_size, llm.config.hidden_size
        projector = torch.nn.Module()
        # The first of them joins patches, and has no tensors.
        projector.layers = torch.nn.Sequential(torch.nn.Identity(), torch.nn.LayerNorm(joined), torch.nn.Linear(joined, width), torch.nn.GELU(), torch.nn.Linear(width, width))
        self.mm_projector = projector
        self.columns_first = True

    config = property(lambda self: self.llm.config)
    dtype = property(lambda self: self.llm.dtype)

    def joined(self, x):
        """[pictures, patches, width] -> a token for each 2 x 2 of them, zeros beyond the edge; down the columns."""
        side = round(x.shape[1] ** 0.5)
        grid = x.view(len(x), side, side, -1)
        grid = torch.nn.functional.pad(grid, (0, 0, 0, side % 2, 0, side % 2))
        corners = [grid[:, row::2, col::2] for row in (0, 1) for col in (0, 1)]
        blocks = torch.cat(corners, -1)
        return (blocks.transpose(1, 2) if self.columns_first else blocks).flatten(1, 2)

    def forward(self, ids, pixel_values, use_cache=False):
        states = self.vision_tower(pixel_values, output_hidden_states=True).hidden_states[self.layer]
        features = self.mm_projector.layers(self.joined(states)).flatten(0, 1)
        # The id behind the last stands for a place of a picture.
        places = ids == self.config.vocab_size
        embedded = self.llm.get_input_embeddings()(ids.masked_fill(places, 0))
        embedded[places] = features
        return self.llm(inputs_embeds=embedded, use_cache=use_cache)


def build(fields):
    make = lambda values: AutoConfig.for_model(**values)
    return Vila(AutoModelForCausalLM.from_config(make(fields["llm"]), attn_implementation="eager"), SiglipVisionModel._from_config(make(fields["vision_tower"]), attn_implementation="eager"))


def save(model, folder):
    """The folder as it is published, its tower in the names of before."""
    model.llm.save_pretrained(folder / "llm")
    (folder / "llm" / "generation_config.json").unlink(missing_ok=True)
    model.vision_tower.save_pretrained(folder / "vision_tower")
    tensors = {f"vision_model.{name}": t for name, t in load_file(folder / "vision_tower" / "model.safetensors").items()}
    save_file(tensors, folder / "vision_tower" / "model.safetensors", metadata={"format": "pt"})
    (folder / "mm_projector").mkdir()
    save_file(dict(model.mm_projector.state_dict()), folder / "mm_projector" / "model.safetensors", metadata={"format": "pt"})
    write(folder / "mm_projector" / "config.json", dict(model_type="v2l_projector", mm_projector_type="mlp_downsample", architectures=["MultimodalProjector"]))
    own = {part: json.loads((folder / part / "config.json").read_text()) for part in PARTS}
    write(folder / "config.json", dict(model_type="llava_llama", architectures=["LlavaLlamaModel"], image_aspect_ratio="resize", mm_vision_select_feature="cls_patch",
                                       mm_vision_select_layer=model.layer, mm_hidden_size=own["vision_tower"]["hidden_size"], hidden_size=own["llm"]["hidden_size"],
                                       vision_resolution=-1, interpolate_mode="linear", s2=False, **{f"{part}_cfg": values for part, values in own.items()}))


def write(path, values):
    path.write_text(json.dumps(values, indent=2) + "\n")


def load(folder, dtype):
    tower = SiglipVisionModel.from_pretrained(folder / "vision_tower", dtype=dtype, attn_implementation="eager")
    llm = AutoModelForCausalLM.from_pretrained(folder / "llm", dtype=dtype, attn_implementation="eager")
    model = Vila(llm, tower, json.loads((folder / "config.json").read_text())["mm_vision_select_layer"]).to(dtype)
    model.mm_projector.load_state_dict(load_file(folder / "mm_projector" / "model.safetensors"))
    return model.eval()


def change(folder, edit):
    """edit(config, tensors) of all parts, each under its name."""
    read = lambda path: json.loads(path.read_text())
    config = {**read(folder / "config.json"), **{part: read(folder / part / "config.json") for part in PARTS}}
    tensors = {f"{part}.{name}": t for part in PARTS for name, t in load_file(folder / part / "model.safetensors").items()}
    config, tensors = edit(config, tensors)
    for part in PARTS:
        write(folder / part / "config.json", config.pop(part))
        own = {name.removeprefix(f"{part}."): t.contiguous() for name, t in tensors.items() if name.startswith(f"{part}.")}
        save_file(own, folder / part / "model.safetensors", metadata={"format": "pt"})
    write(folder / "config.json", config)
