#!/usr/bin/env python3
"""Copies the levels that train.py wrote to the demo's folder and names them in its manifest.json; entries of other structures stay.

usage: manifest.py TRAINDIR DEMODIR [--levels 100,30,7]
"""
import argparse, json, os, shutil

NAMES = {"llama": ("level", "Demo"), "mixtral": ("mixtral", "Demo, 8 experts"), "qwen2_moe": ("qwen2-moe", "Demo, 16 fine experts and a shared one"), "mamba": ("mamba", "Demo, Mamba"), "mamba2": ("mamba2", "Demo, Mamba 2"),
         "llava": ("llava", "Demo with pictures")}
WHOLE = "The whole run, with the learning rate decayed to zero."
BRANCH = "A branch of the same run, with a decay of its own."


def main():
    p = argparse.ArgumentParser(); p.add_argument("trained"); p.add_argument("demo"); p.add_argument("--levels", default="100"); a = p.parse_args()
    with open(os.path.join(a.trained, "log.json")) as f: log = json.load(f)
    prefix, label = NAMES[log["structure"]]; path = os.path.join(a.demo, "manifest.json"); models = []
    if os.path.exists(path):
        with open(path) as f: models = [x for x in json.load(f)["models"] if x["id"].rpartition("-")[0] != prefix]
    for share in a.levels.split(","):
        [x] = [x for x in log["levels"] if x["level"] == f"level-{share}"]; name = f"{prefix}-{share}"
        shutil.copytree(os.path.join(a.trained, x["level"]), os.path.join(a.demo, name), dirs_exist_ok=True); d = os.path.join(a.demo, name); files = sorted(os.listdir(d))
        models.append({
            "id": name, "label": f"{label}, {share}% of the training", "tokensSeen": x["tokens"], "parameters": log["parameters"],
            "tokensPerParameter": round(x["tokens"] / log["parameters"], 1), "note": WHOLE if share == "100" else BRANCH,
            "bytes": sum(os.path.getsize(os.path.join(d, n)) for n in files), "files": [f"{name}/{f}" for f in files],
        })
    with open(path, "w") as f: json.dump({"models": models}, f, indent=1); f.write("\n")


if __name__ == "__main__": main()
