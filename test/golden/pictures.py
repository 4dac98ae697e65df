#!/usr/bin/env python3
"""Pictures as Pillow 13.0.0 reads and resizes them, and as the image processors of transformers 5.24.0 that work with Pillow prepare them.

  pictures.py         writes test/golden/pictures: files in every kind of PNG that is read, each with its pixels over white, and cases.json with
                      what becomes of drawn pictures
  pictures.py check   makes them anew in memory, and says where a file differs

Run with Pillow, numpy and transformers; PyTorch is not needed. Pixels are raw bytes, [height, width, 3]; of prepared pictures [pictures, 3,
height, width], before they are normalised, but for one that is.
"""
import io, json, sys
from pathlib import Path
import numpy as np
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil
from transformers.models.smolvlm.processing_smolvlm import get_image_prompt_string

FOLDER = Path(__file__).parent / "pictures"
FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}


def drawn(width, height):
    """Slopes with hard edges where they wrap: the same formula is in test/formats/pictures.test.ts."""
    y, x, c = np.mgrid[:height, :width, :3]
    return Image.fromarray((((3 * x * x + 5 * y * y + 7 * x * y * (c + 1) + 85 * c) // 8) % 256).astype(np.uint8))


def over_white(image):
    image = image.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image).convert("RGB"))


def files():
    """PNG files by name: (bytes, pixels over white)."""
    base = drawn(19, 14)
    grey = base.convert("L")
    alpha = Image.fromarray(np.asarray(drawn(19, 14))[..., 1])
    with_alpha = base.copy(); with_alpha.putalpha(alpha)
    grey_alpha = grey.copy(); grey_alpha.putalpha(alpha)
    few = base.quantize(16)
    images = {"colour": (base, {}), "grey": (grey, {}), "colour-alpha": (with_alpha, {}), "grey-alpha": (grey_alpha, {}), "palette": (base.quantize(200), {}), "palette-4": (few, dict(bits=4)),
              "palette-2": (base.quantize(4), dict(bits=2)), "palette-clear": (few, dict(bits=4, transparency=bytes(range(0, 256, 16)))), "bilevel": (base.convert("1"), {}),
              "colour-key": (base, dict(transparency=tuple(np.asarray(base)[3, 5].tolist()))), "grey-key": (grey, dict(transparency=int(np.asarray(grey)[2, 7])))}
    made = {}
    for name, (image, options) in images.items():
        data = io.BytesIO(); image.save(data, "PNG", **options)
        made[name] = data.getvalue(), over_white(Image.open(io.BytesIO(data.getvalue())))
    refused = {"interlaced": None, "sixteen": Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)}
    for name, image in refused.items():
        if image:
            data = io.BytesIO(); image.save(data, "PNG"); made[name] = data.getvalue(), None
    return made


RESIZES = [((40, 30), (24, 17), name) for name in FILTERS] + [((31, 47), (40, 59), name) for name in FILTERS] + [((300, 200), (21, 13), "lanczos"), ((300, 200), (21, 13), "bicubic"), ((5, 4), (33, 4), "bicubic"), ((3, 90), (3, 7), "lanczos"), ((1, 1), (6, 5), "lanczos")]
OPENAI = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
SIZES = [(50, 37), (37, 50), (61, 20), (16, 90), (96, 96)]


def processors():
    """(name, class, its config, options of the call, sizes of pictures)."""
    clip = dict(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}, resample=3, **OPENAI)
    siglip = dict(size={"height": 24, "width": 24}, resample=3)
    tiles = dict(size={"longest_edge": 96}, max_image_size={"longest_edge": 32})
    return [("clip", CLIPImageProcessorPil, clip, SIZES), ("llava", LlavaImageProcessorPil, clip, SIZES[:2]), ("llava-padded", LlavaImageProcessorPil, dict(clip, do_pad=True), SIZES[:4]), ("siglip", SiglipImageProcessorPil, siglip, SIZES[:3]),
            ("idefics3", Idefics3ImageProcessorPil, dict(tiles, do_image_splitting=True), SIZES), ("idefics3-whole", Idefics3ImageProcessorPil, dict(tiles, do_image_splitting=False), SIZES[:3]),
            ("smolvlm", SmolVLMImageProcessorPil, dict(size={"longest_edge": 40}, max_image_size={"longest_edge": 48}, do_image_splitting=True), SIZES[:3])]


def prepared(kind, config, size, **options):
    made = kind(**config, **options)(drawn(*size), return_tensors="np", **(dict(return_row_col_info=True) if "max_image_size" in config else {}))
    pixels = made["pixel_values"]
    return pixels[0] if pixels.ndim == 5 else pixels, [int(np.ravel(made[key])[0]) if key in made else 0 for key in ("rows", "cols")]


def goldens():
    """Content by name of file."""
    out, cases = {}, dict(resizes=[], prepared=[], prompts=[])
    for name, (data, pixels) in files().items():
        out[f"{name}.png"] = data
        if pixels is not None: out[f"{name}.rgb"] = pixels.tobytes()
    parts = []
    def keep(array):
        """Where the bytes of an array begin in bytes.bin."""
        at = sum(map(len, parts)); parts.append(array.tobytes()); return at
    for source, size, name in RESIZES:
        cases["resizes"].append(dict(source=source, size=size, filter=name, at=keep(np.asarray(drawn(*source).resize(size, FILTERS[name])))))
    for name, kind, config, sizes in processors():
        for size in sizes:
            pixels, (rows, cols) = prepared(kind, config, size, do_rescale=False, do_normalize=False)
            assert (pixels == np.round(pixels)).all()
            cases["prepared"].append(dict(name=name, config=dict(config, image_processor_type=kind.__name__), source=size, shape=pixels.shape, rows=rows, cols=cols, at=keep(pixels.astype(np.uint8))))
    _, kind, config, sizes = processors()[0]
    pixels, _ = prepared(kind, config, sizes[0])
    out["normalised.f32"] = pixels.astype("<f4").tobytes()
    for rows, cols in [(0, 0), (1, 2), (3, 2)]:
        cases["prompts"].append(dict(rows=rows, cols=cols, text=get_image_prompt_string(rows, cols, 3, "<fake_token_around_image>", "<image>", "<global-img>")))
    out["bytes.bin"] = b"".join(parts)
    out["cases.json"] = (json.dumps(cases) + "\n").encode()
    return out


if __name__ == "__main__":
    made = goldens()
    if sys.argv[1:] == ["check"]:
        wrong = [name for name, data in made.items() if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != data]
        sys.exit(f"other than in the folder: {', '.join(wrong)}" if wrong else 0)
    FOLDER.mkdir(exist_ok=True)
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)
