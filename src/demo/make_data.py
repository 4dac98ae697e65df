#!/usr/bin/env python3
"""Writes the training stream: shards of uint16 token ids, made of generator chunks with real text mixed in.

usage: make_data.py TOKENIZERDIR OUTDIR --tokens N [--text FILE ...] [--share 0.12] [--first I --step S] [--more N]

One to four documents, parted by blank lines, form a text; a text begins with <s> and ends with </s>. FILEs are plain text
(documents parted by blank lines), WikiText token files (*.tokens.txt) or JSON lines with a "text" field. Shard i holds
the generator chunk ("train", i), so that the same command gives the same stream. --more N: N more tickets for the almanac
beside the 154 of all kinds.
"""
import argparse, json, os, random, re
import numpy as np
from tokenizers import Tokenizer
from stories import chunk


def pieces(doc, size=1500):
    """A long document in parts of at most about `size` characters, cut at line or sentence ends."""
    while len(doc) > size:
        cut = max(doc.rfind("\n", 0, size), doc.rfind(". ", 0, size) + 1)
        if cut < size // 3: cut = size
        yield doc[:cut].strip(); doc = doc[cut:].strip()
    if doc: yield doc


def plain_wiki(text):
    """WikiText token form back to plain prose; sentences with unknown words are left out."""
    out = []
    for line in text.split("\n"):
        s = " ".join(x for x in re.split(r"(?<= [.]) ", line.strip()) if "<unk>" not in x)
        s = re.sub(r" @([-,.])@ ", r"\1", s)
        s = re.sub(r" ([,.;:!?)%])", r"\1", s); s = s.replace("( ", "(").replace(" 's", "'s").replace(" n't", "n't")
        s = re.sub(r'" ([^"]*?) "', r'"\1"', s)
        if len(s) > 40: out.append(s)
    return out


def real(files):
    docs = []
    for f in files:
        with open(f, encoding="utf-8") as h: text = h.read()
        if f.endswith(".jsonl"): got = [json.loads(x)["text"] for x in text.split("\n") if x.strip()]
        elif f.endswith(".tokens.txt"): got = plain_wiki(text)
        else: got = [x.strip() for x in re.split(r"\n\s*\n|<\|endoftext\|>", text)]
        docs += [p for d in got if d for p in pieces(d) if len(p) > 80]
    return docs


def main():
    p = argparse.ArgumentParser(); p.add_argument("tokenizer"); p.add_argument("out"); p.add_argument("--tokens", type=float, required=True); p.add_argument("--text", nargs="*", default=[])
    p.add_argument("--share", type=float, default=.12); p.add_argument("--chunk", type=int, default=8_000_000); p.add_argument("--first", type=int, default=0); p.add_argument("--step", type=int, default=1); p.add_argument("--more", type=int, default=0); a = p.parse_args()
    tok = Tokenizer.from_file(os.path.join(a.tokenizer, "tokenizer.json")); os.makedirs(a.out, exist_ok=True)
    extra = real(a.text); total = 0; i = a.first
    print("real documents", len(extra), "characters", sum(map(len, extra)), flush=True)
    while total < a.tokens:
        rng = random.Random(f"mix/{i}"); docs = chunk("train", i, a.chunk, a.more)
        if extra:
            want = a.share / (1 - a.share) * a.chunk
            while want > 0: d = rng.choice(extra); docs.append(d); want -= len(d)
        rng.shuffle(docs); texts = []; j = 0
        while j < len(docs): k = rng.randint(1, 4); texts.append("\n\n".join(docs[j:j + k])); j += k
        ids = []
        for k in range(0, len(texts), 2000):
            for e in tok.encode_batch(texts[k:k + 2000]): ids += e.ids; ids.append(1)
        name = os.path.join(a.out, f"shard-{i:04d}.bin"); np.array(ids, np.uint16).tofile(name + ".part"); os.rename(name + ".part", name)
        total += len(ids); print(f"shard {i}: {len(ids)} tokens, {total} in all", flush=True); i += a.step


if __name__ == "__main__": main()
