#!/usr/bin/env python3
"""Names the levels that train.py wrote after their share of the tokens, and writes the demo's manifest.json from the training log.

train.py names a level after the share of the time that was planned for it; on a machine with other work the share of the tokens
differs, and that is what the page tells. usage: manifest.py LOG.json DEMODIR
"""
import json, os, sys

FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
WHOLE = "The whole run, with the learning rate decayed to zero."
BRANCH = "A branch of the same run, with a decay of its own."


def main():
    with open(sys.argv[1]) as f: log = sorted(json.load(f), key=lambda x: -x["tokens"])
    models = []
    for x in log:
        share = round(100 * x["tokens"] / log[0]["tokens"])
        name = f"level-{share}"
        d = os.path.join(sys.argv[2], name)
        if x["level"] != name: os.rename(os.path.join(sys.argv[2], x["level"]), d)
        models.append({
            "id": name, "label": f"Demo, {share}% of the training", "tokensSeen": x["tokens"], "parameters": x["parameters"],
            "tokensPerParameter": round(x["tokens"] / x["parameters"], 1), "note": WHOLE if share == 100 else BRANCH,
            "bytes": sum(os.path.getsize(os.path.join(d, n)) for n in FILES), "files": [f"{name}/{f}" for f in FILES],
        })
    with open(os.path.join(sys.argv[2], "manifest.json"), "w") as f: json.dump({"models": models}, f, indent=1); f.write("\n")


if __name__ == "__main__": main()
