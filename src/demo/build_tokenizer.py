#!/usr/bin/env python3
"""Trains the demo's tokenizer: byte-level BPE, 512 ids, <s> = 0 first in every text, </s> = 1.

usage: build_tokenizer.py OUTDIR [--text FILE ...]      texts to mix in beside the generator (about a tenth)
"""
import argparse, json, os
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from stories import chunk


def main():
    p = argparse.ArgumentParser(); p.add_argument("out"); p.add_argument("--text", nargs="*", default=[]); p.add_argument("--size", type=int, default=512); a = p.parse_args()
    texts = chunk("tokenizer", 0, 6_000_000)
    for f in a.text:
        with open(f, encoding="utf-8") as h: texts.append(h.read()[:300_000])
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=a.size, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 0)])])
    os.makedirs(a.out, exist_ok=True); tok.save(os.path.join(a.out, "tokenizer.json"))
    with open(os.path.join(a.out, "tokenizer_config.json"), "w") as h:
        json.dump({"add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": None, "pad_token": None, "clean_up_tokenization_spaces": False,
                   "model_max_length": 256, "tokenizer_class": "PreTrainedTokenizerFast"}, h, indent=1); h.write("\n")
    t = "\n\n".join(chunk("tokenizer", 1, 200_000)); n = len(tok.encode(t).ids); print("vocab", tok.get_vocab_size(), "characters per token", len(t) / n)


if __name__ == "__main__": main()
