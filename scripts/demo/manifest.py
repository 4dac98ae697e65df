#!/usr/bin/env python3
"""Writes public/demo/manifest.json from the training log. usage: manifest.py LOG.json DEMODIR"""
import json, os, sys

FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
NOTES = {100: "The whole run, with the learning rate decayed to zero.", 20: "A branch of the same run after a fifth of the planned training, with its own decay.",
         3: "A branch of the same run near its beginning, with its own decay."}


def main():
    with open(sys.argv[1]) as f: log = {x["level"]: x for x in json.load(f)}
    models = []
    for level in (100, 20, 3):
        name = f"level-{level}"; x = log[name]; d = os.path.join(sys.argv[2], name)
        models.append({"id": name, "label": "Demo, fully trained" if level == 100 else f"Demo, {100 * x['tokens'] / log['level-100']['tokens']:.0f}% of the training", "tokensSeen": x["tokens"], "parameters": x["parameters"], "tokensPerParameter": round(x["tokens"] / x["parameters"], 1),
                       "note": NOTES[level], "bytes": sum(os.path.getsize(os.path.join(d, n)) for n in FILES), "files": [f"{name}/{f}" for f in FILES]})
    with open(os.path.join(sys.argv[2], "manifest.json"), "w") as f: json.dump({"models": models}, f, indent=1); f.write("\n")


if __name__ == "__main__": main()
