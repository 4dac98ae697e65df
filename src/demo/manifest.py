#!/usr/bin/env python3
"""Copies the levels that train.py wrote to the demo's folder and names them in its manifest.json; entries of other structures stay.

usage: manifest.py TRAINDIR DEMODIR [--levels 100,30,7]
"""
import argparse, decimal, hashlib, json, math, os, shutil, struct

# By the structure's name in train.py: prefix of its folders, and what the page says of it. The page shows them in this order.
STRUCTURES = {
    "llama": ("level", "Dense", "Attention and an MLP in every block, as in Llama."),
    "mixtral": ("mixtral", "8 experts", "A router sends every token to 2 of 8 MLPs, as in Mixtral."),
    "qwen2_moe": ("qwen2-moe", "Fine experts", "Every token goes to 4 of 16 small MLPs and to one that all share, as in Qwen2-MoE."),
    "mamba": ("mamba", "Mamba", "No attention: what was read is kept in 16 states per channel, as in Mamba."),
    "mamba2": ("mamba2", "Mamba 2", "No attention: 8 heads keep what was read, each with one decay, as in Mamba 2."),
    "llava": ("llava", "Pictures", "The dense model behind an image tower: a picture takes 16 places of the text, as in LLaVA."),
}
WHOLE = "The whole run, with the learning rate decayed to zero."
BRANCH = "A branch of the same run, with a decay of its own."


def number(x):
    """As JSON.stringify writes it: no exponent from a millionth on, and whole numbers without a point."""
    if isinstance(x, int): return str(x)
    if not math.isfinite(x): return "null"
    return f"{decimal.Decimal(repr(x)).normalize():f}" if x == 0 or abs(x) >= 1e-6 else repr(x).replace("e-0", "e-")


def canonical(x):
    if isinstance(x, dict): return "{" + ",".join(f"{canonical(k)}:{canonical(x[k])}" for k in sorted(x)) + "}"
    if isinstance(x, list): return "[" + ",".join(map(canonical, x)) + "]"
    return number(x) if isinstance(x, (int, float)) and not isinstance(x, bool) else json.dumps(x, ensure_ascii=False)


def fingerprint(folder):
    """That of the page (src/formats/fingerprint.ts), by which it knows a bundled model again: config, headers, four samples of every tensor."""
    with open(os.path.join(folder, "config.json")) as f: lines = [canonical(json.load(f))]
    with open(os.path.join(folder, "model.safetensors"), "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8)); header = json.loads(f.read(length)); header.pop("__metadata__", None)
        for name in sorted(header):
            begin, end = header[name]["data_offsets"]; samples = []
            for i in range(4):
                f.seek(8 + length + begin + max(0, end - begin - 64) * i // 3); samples.append(f.read(min(64, end - f.tell() + 8 + length)).hex())
            lines.append(json.dumps([name, header[name]["dtype"], header[name]["shape"], " ".join(samples)], separators=(",", ":"), ensure_ascii=False))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def entry(demo, structure, share, tokens, parameters):
    prefix, label, _ = STRUCTURES[structure]; name = f"{prefix}-{share}"; folder = os.path.join(demo, name); files = sorted(os.listdir(folder))
    return {
        "id": name, "structure": structure, "share": share, "label": f"{label}, {share}% of the training", "tokensSeen": tokens, "parameters": parameters,
        "note": WHOLE if share == 100 else BRANCH, "fingerprint": fingerprint(folder),
        "bytes": sum(os.path.getsize(os.path.join(folder, n)) for n in files), "files": [f"{name}/{f}" for f in files],
    }


def main():
    p = argparse.ArgumentParser(); p.add_argument("trained"); p.add_argument("demo"); p.add_argument("--levels", default="100"); a = p.parse_args()
    with open(os.path.join(a.trained, "log.json")) as f: log = json.load(f)
    structure = log["structure"]; path = os.path.join(a.demo, "manifest.json"); models = []
    if os.path.exists(path):
        with open(path) as f: models = [x for x in json.load(f)["models"] if x["structure"] != structure]
    for share in map(int, a.levels.split(",")):
        [x] = [x for x in log["levels"] if x["level"] == f"level-{share}"]; folder = os.path.join(a.demo, f"{STRUCTURES[structure][0]}-{share}")
        shutil.copytree(os.path.join(a.trained, x["level"]), folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
        models.append(entry(a.demo, structure, share, x["tokens"], log["parameters"]))
    models.sort(key=lambda x: (list(STRUCTURES).index(x["structure"]), -x["share"])); here = {x["structure"] for x in models}
    structures = [{"id": s, "label": label, "text": text} for s, (_, label, text) in STRUCTURES.items() if s in here]
    with open(path, "w") as f: json.dump({"structures": structures, "models": models}, f, indent=1); f.write("\n")


if __name__ == "__main__": main()
