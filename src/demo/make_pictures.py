#!/usr/bin/env python3
"""Writes the bundled sets of pictures: one to evaluate on and one to calibrate on, each a folder of PNG files with a JSON line for every text.

usage: make_pictures.py OUTDIR [--evaluation 30] [--calibration 20] [--questions 4]

Every picture has one caption and questions of different kinds, each with all answers of its kind to choose from. The first line says how captions
and questions are written: as in training (pictures.py). Captions and first questions of all pictures come first, so that a part of a set has many
pictures. The names of the splits, "evaluation set" and "calibration set", seed the pictures: training saw none of them.
"""
import argparse, json, os, random, shutil
from pictures import ANSWERS, ask, caption, draw, png, possible

KINDS = list(ANSWERS)
WRITTEN = {"tell": "<image>{caption}\n", "ask": "<image>q: {question}\na: {answer}\n"}
SETS = {
    "evaluation": ("Shapes (evaluation)", "Pictures of two to five shapes, seed evaluation set."),
    "calibration": ("Shapes (calibration)", "Pictures of two to five shapes, seed calibration set."),
}


def asked(scene, kinds, rng, split):
    """A question of each of the kinds that the scene answers, its answer drawn first as far as the scene allows."""
    for kind in kinds:
        found = sorted(possible(kind, scene, rng, split)); answers = [a for a in ANSWERS[kind] if a in [x[1] for x in found]]
        if found: answer = rng.choice(answers); yield kind, *rng.choice([x for x in found if x[1] == answer])


def one(split, i, questions):
    """A picture and its records, without its name: the caption, the question that the scene was made for, others."""
    rng = random.Random(f"bitcurve pictures/{split}/{i}"); first = KINDS[i % len(KINDS)]; scene, q, a = ask(first, rng, split)
    others = rng.sample([k for k in KINDS if k != first], len(KINDS) - 1); more = list(asked(scene, others, rng, split))[:questions - 1]
    told = [{"question": q, "answer": a, "choices": ANSWERS[k]} for k, q, a in [(first, q, a), *more]]
    return draw(scene, rng, split), [{"caption": caption(scene, rng)}, *told]


def write(out, name, count, questions):
    """One set; returns its entry in the manifest."""
    folder = os.path.join(out, name); shutil.rmtree(folder, ignore_errors=True); os.makedirs(folder); rounds = [[] for _ in range(questions)]; files = []
    for i in range(count):
        picture, (c, *asked_of) = one(f"{name} set", i, questions); files.append(f"shapes-{i:02d}.png")
        with open(os.path.join(folder, files[-1]), "wb") as f: f.write(png(picture))
        for k, x in enumerate(asked_of): rounds[k] += [{"image": files[-1], **y} for y in ([c, x] if k == 0 else [x])]
    records = sum(rounds, []); listed = f"shapes-{name}.jsonl"
    with open(os.path.join(folder, listed), "w") as f: f.writelines(json.dumps(x) + "\n" for x in [WRITTEN, *records])
    label, note = SETS[name]; names = [listed, *files]
    return {"id": f"{name}-shapes", "label": label, "kind": name, "list": f"{name}/{listed}", "pictures": [f"{name}/{x}" for x in files], "texts": len(records),
            "bytes": sum(os.path.getsize(os.path.join(folder, x)) for x in names), "note": note}


def main():
    p = argparse.ArgumentParser(); p.add_argument("out"); p.add_argument("--evaluation", type=int, default=30); p.add_argument("--calibration", type=int, default=20); p.add_argument("--questions", type=int, default=4); a = p.parse_args()
    sets = [write(a.out, name, getattr(a, name), a.questions) for name in SETS]
    with open(os.path.join(a.out, "manifest.json"), "w") as f: json.dump({"sets": sets}, f, indent=1); f.write("\n")


if __name__ == "__main__": main()
