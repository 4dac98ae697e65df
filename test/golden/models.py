#!/usr/bin/env python3
"""Makes the goldens of the model room: tiny random checkpoints with logits from transformers in float32, and logits of stories260K.

usage: models.py [--check] [--into FOLDER] [--stories FOLDER] [NAME …]
       (all models, or those named; writes beside itself, into models/, or into FOLDER; needs torch 2.13, transformers 5.24, safetensors)

The tables (MODELS) are in models_llama.py, models_dense.py, models_experts.py, models_state.py and models_pictures.py; what a case says, in models_case.py.
Each folder holds config.json and model.safetensors (as stored: f64, f32, f16 or bf16), ids.json ({"windows": [[id, …], …]}) and logits.f32
(little-endian float32, [windows, length, vocabulary]). Half-precision checkpoints are computed in float32 from their stored values.
Where there are pictures, pixels.f32 holds them (little-endian float32), and ids.json has their shape besides, and which of them each window has:
{"windows": …, "pixels": [images, 3, height, width], "images": [[index, …], …]}.

A case is only worth something if its options show. With --check every option that a table says to bite is switched off, which must change the
logits by more than 1e-3 of their norm, and float64 must agree with float32 to 2e-6. Whether the choice of experts is clear is always looked at.
"""
import argparse, json, pathlib, shutil, tempfile
import torch
from models_case import change, exact_logits_of, load, logits_of, relative, router_gap, run, save_reference, without
from models_dense import MODELS as DENSE
from models_experts import MODELS as EXPERTS
from models_llama import LLAMA
from models_pictures import MODELS as PICTURES
from models_state import MODELS as STATE_SPACE

HERE = pathlib.Path(__file__).parent / "models"
CASES = {**LLAMA, **DENSE, **EXPERTS, **STATE_SPACE, **PICTURES}
GAP, BITE, NOISE = 1e-4, 1e-3, 2e-6


def check(name, case, folder, windows, logits, pictures):
    """Every option that should bite does, and float32 is a fair reference."""
    noise = relative(logits, exact_logits_of(folder, windows, **pictures))
    print(f"{name}: float32 is {noise:.1e} from float64")
    faults = [f"{name}: {noise} from float64"] if noise > NOISE else []
    for bite in case.bites:
        with tempfile.TemporaryDirectory() as other:
            other = pathlib.Path(other) / name
            shutil.copytree(folder, other)
            if not callable(bite):
                change(other, without(bite))
            model = load(other)
            if callable(bite):
                bite(model)
            effect = relative(run(model, windows, **pictures), logits)
        bite = getattr(bite, "__name__", bite)
        print(f"    {bite}: {effect:.1e}")
        faults += [f"{name}: {bite} changes the logits by {effect} only"] if not effect > BITE else []
    return faults


def make(name, case, target, checked):
    """Writes the folder of a case, and returns what is wrong with it."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    save_reference(case, target)
    windows = torch.randint(0, case.vocabulary, (2, case.length), generator=torch.Generator().manual_seed(case.seed)).tolist()
    ids, pictures = {"windows": windows}, {}
    if case.pictures:
        pixels, images, windows = case.pictures(case, windows)
        ids, pictures = {"windows": windows, "pixels": list(pixels.shape), "images": images}, dict(pixels=pixels, images=images)
        (target / "pixels.f32").write_bytes(pixels.astype("<f4").tobytes())
    logits = logits_of(target, windows, **pictures)
    faults = []
    if case.router:
        gap = router_gap(load(target), case, windows, **pictures)
        print(f"{name}: experts are chosen by {gap:.1e} at least")
        faults += [f"{name}: experts are chosen by {gap} only: take another seed"] if gap < GAP else []
    if checked:
        faults += check(name, case, target, windows, logits, pictures)
    if case.disguise:
        change(target, case.disguise)
    write_results(target, ids, logits)
    print(name, sum(f.stat().st_size for f in target.iterdir()), "bytes")
    return faults


def write_results(target, ids, logits):
    (target / "ids.json").write_text(json.dumps(ids) + "\n")
    (target / "logits.f32").write_bytes(logits.tobytes())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--into", type=pathlib.Path, default=HERE)
    arguments.add_argument("--stories")
    arguments.add_argument("names", nargs="*")
    given = arguments.parse_args()
    unknown = set(given.names) - set(CASES)
    assert not unknown, f"no case is called {unknown}"
    faults = [fault for name, case in CASES.items() if not given.names or name in given.names for fault in make(name, case, given.into / name, given.check)]
    if given.stories:
        target = given.into / "stories260K-f32"
        target.mkdir(exist_ok=True)
        windows = [[1] + torch.randint(3, 512, (63,), generator=torch.Generator().manual_seed(99)).tolist()]
        write_results(target, {"windows": windows}, logits_of(given.stories, windows))
    assert not faults, "\n".join(faults)


main()
