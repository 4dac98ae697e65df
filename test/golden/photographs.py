#!/usr/bin/env python3
"""Photographs as Pillow 13.0.0 reads them: JPEG and WebP files that the page's browser unpacks, beside two PNG files that its own reader does.

usage: photographs.py      writes test/golden/photographs: files, photographs.jsonl that tells of them, and sizes.json; of each file its pixels over
                           white, turned as the file says, [height, width, 3] bytes (.rgb)

Sizes are no multiples of the blocks of 8 and 16 pixels, so that edges are seen. Profiles of colour are not applied, as transformers does not.
"""
import json, io
from pathlib import Path
import numpy as np
from PIL import Image, ImageCms, ImageOps

FOLDER = Path(__file__).parent / "photographs"


def drawn(width, height):
    """Soft slopes with two hard shapes, as photographs have them."""
    y, x = np.mgrid[:height, :width].astype(float)
    a = np.stack([110 + 90 * np.sin(x / 17), 120 + 80 * np.cos(y / 13), 100 + 60 * np.sin((x + y) / 23)], -1)
    a[height // 4:height // 2, width // 5:width // 2] = (200, 40, 30)
    a[np.hypot(x - .7 * width, y - .6 * height) < height / 5] = (30, 60, 190)
    return Image.fromarray(a.round().astype(np.uint8))


def main():
    FOLDER.mkdir(exist_ok=True); base = drawn(101, 75); turned = Image.Exif(); turned[0x0112] = 6
    clear = base.copy(); clear.putalpha(Image.fromarray((np.mgrid[:75, :101][1] * 255 // 100).astype(np.uint8)))
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    files = {"plain.jpg": (base, dict(quality=92)), "fine.jpg": (base, dict(quality=95, subsampling=0)), "progressive.jpg": (base, dict(quality=90, progressive=True)), "grey.jpg": (base.convert("L"), dict(quality=90)),
             "turned.jpg": (base, dict(quality=92, exif=turned)), "profile.png": (base, dict(icc_profile=wide)), "clear.png": (clear, {}), "lossless.webp": (base, dict(lossless=True)), "clear.webp": (clear, dict(lossless=True, exact=True)), "lossy.webp": (base, dict(quality=90))}
    sizes = {}
    for name, (image, options) in files.items():
        data = io.BytesIO(); image.save(data, {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[name.split(".")[1]], **options); (FOLDER / name).write_bytes(data.getvalue())
        back = ImageOps.exif_transpose(Image.open(io.BytesIO(data.getvalue()))).convert("RGBA"); flat = Image.alpha_composite(Image.new("RGBA", back.size, (255, 255, 255, 255)), back).convert("RGB")
        (FOLDER / (name + ".rgb")).write_bytes(np.asarray(flat).tobytes()); sizes[name] = list(flat.size)
    (FOLDER / "photographs.jsonl").write_text("".join(json.dumps({"image": n, "caption": n}) + "\n" for n in files))
    (FOLDER / "sizes.json").write_text(json.dumps(sizes) + "\n")


if __name__ == "__main__": main()
