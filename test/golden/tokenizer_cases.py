#!/usr/bin/env python3
"""What the reference implementations make of patterns, added tokens, gaps in the vocabulary and settings. Reads tokenizers/*.json (made by
tokenizer_vectors.py), writes tokenizer_cases.json:

  splits: [{pattern, behavior, invert, lengths: for each of `texts`, characters of every piece}]   Rust `tokenizers`, Split on its own
  cases:  [{name, base, edits, settings, config, ids: for each of `texts`}]                         Rust `tokenizers`, or AutoTokenizer

`edits` replace keys of the base's tokenizer.json; those under "model" replace keys of its model.

usage: tokenizer_cases.py   (needs: pip install tokenizers transformers)

The patterns are those of published tokenizers, named after the model; their text is quoted as data.
"""
import json
import os
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
from tokenizers import Regex, Tokenizer, pre_tokenizers
from transformers import AutoTokenizer, logging

logging.set_verbosity_error()
HERE = Path(__file__).parent

TEXTS = [
    " The miller's daughter COUNTED 12345 sacks,  they'll see: 3.14!\n\n  x",
    "I'M, we'Ve, don't I'd'S 'ſ 'K \u00e9te\u0301 ﬁ ½ Ⅷ ٣٤٥ 七 \u200b\ufeffbom\u0085nel\u00a0nbsp",
    "水车停了，村里很安静。 Кошка спит. توقفت، نعم。 Ο μύλος.\r\n\t ひらがな カタカナ 한국어",
    "   \n \n\r\n   \t\t  a  b   ",
    "snake_case camelCase HTTPServer2 path/to/file.ts#L12 => {[()]} $$ ... ?! -- `q` ~x~ 1234567 000",
    "🐈‍⬛🔥👩🏽‍🌾 🇩🇪 \U0001d4d0\U00010348 \x07bell <s>x</s> mill milling the mill, watermill <s>",
    "",
]

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
PATTERNS = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama3": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen3.5": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "possessive": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "tekken": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "deepseek-digits": r"\p{N}{1,3}",
    "deepseek-cjk": r"[一-龥぀-ゟ゠-ヿ]+",
    "deepseek-v3": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "deepseek-llm-1": r"[\r\n]",
    "deepseek-llm-2": r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ]+",
    "deepseek-llm-3": r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
    "deepseek-llm-4": r"\s+$",
    "deepseek-llm-5": r"[一-龥ࠀ-一가-퟿]+",
    "deepseek-coder-1": r"\s?\p{L}+",
    "deepseek-coder-2": r"\s?\p{P}+",
    "bloom": r" ?[^(\s|[.,!?…。，、।۔،])]+",
    "falcon-digits": r"[0-9][0-9][0-9]",
    "kimi": r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "chameleon": r"<sentinel:[0-9]+>|(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z|([\t\n]|    |  )|\p{N}|[\p{P}!-/:-@\[-`{-~]",
    "superbpe": r"\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))",
    "words": r"\w+|[^\w\s]+",
    "digits of d": r"\d{1,3}|\D+?\s",
    "lazy": r"a.*?b|\s{2,}?",
}
# One behaviour after another, on matches that touch, that are far apart, and that are empty.
BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
SIMPLE = [r"\s", r"\p{L}+", r"x*"]


def lengths(pattern, behavior, invert):
    split = pre_tokenizers.Split(Regex(pattern), behavior=behavior, invert=invert)
    return [[len(piece) for piece, _ in split.pre_tokenize_str(text)] for text in TEXTS]


splits = [dict(pattern=p, behavior="Isolated", invert=False, lengths=lengths(p, "isolated", False)) for p in PATTERNS.values()]
for behavior in BEHAVIORS:
    for pattern in SIMPLE:
        for invert in (False, True):
            name = "".join(word.title() for word in behavior.split("_"))
            splits.append(dict(pattern=pattern, behavior=name, invert=invert, lengths=lengths(pattern, behavior, invert)))


def edited(base, edits):
    tokenizer = json.loads((HERE / "tokenizers" / f"{base}.json").read_text(encoding="utf-8"))["tokenizer"]
    changes = dict(edits)
    tokenizer["model"].update(changes.pop("model", {}))
    for token in changes.pop("without", []):
        del tokenizer["model"]["vocab"][token]
    # The reference implementation numbers them on from the vocabulary, whatever the file says.
    for i, token in enumerate(changes.pop("added", [])):
        token["id"] = len(tokenizer["model"]["vocab"]) + i
        tokenizer["added_tokens"].append(token)
    tokenizer.update(changes)
    return tokenizer


def added(content, **flags):
    return {**dict(id=None, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=False), **flags}


def by_rust(name, base, **edits):
    tokenizer = Tokenizer.from_str(json.dumps(edited(base, edits)))
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    return dict(name=name, base=base, edits=edits, settings={}, config={}, ids=ids)


def by_auto(base, model_type, settings, **edits):
    config = dict(model_type=model_type, vocab_size=4000)
    with tempfile.TemporaryDirectory() as folder:
        for file, content in {"tokenizer": edited(base, edits), "tokenizer_config": settings, "config": config}.items():
            Path(folder, f"{file}.json").write_text(json.dumps(content), encoding="utf-8")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    said = ", ".join(f"{key} {value}" for key, value in settings.items())
    return dict(name=f"{base} for {model_type}: {said}", base=base, edits=edits, settings=settings, config=config, ids=ids)


BYTES = [f"<0x{b:02X}>" for b in range(0x80, 0x100)]
cases = [
    by_rust("added: single word", "gpt2", added=[added("mill", single_word=True)]),
    by_rust("added: single word, normalized", "llama2", added=[added("mill", single_word=True, normalized=True)]),
    by_rust("added: takes space before", "gpt2", added=[added("mill", lstrip=True)]),
    by_rust("added: takes space after", "gpt2", added=[added("mill", rstrip=True), added("see", lstrip=True)]),
    by_rust("added: takes space on both sides", "gpt2", added=[added("x</", lstrip=True, rstrip=True, special=True)]),
    by_rust("added: one begins another", "gpt2", added=[added("mill"), added("milling"), added("lling")]),
    by_rust("added: longer one is not a word", "gpt2", added=[added("mill"), added("mill ", single_word=True)]),
    by_rust("added: normalized and not", "llama2", added=[added("the mill", normalized=True), added("mill")]),
    by_rust("unknown: fused", "llama2", without=BYTES),
    by_rust("unknown: one by one", "llama2", without=BYTES, model=dict(fuse_unk=False)),
    by_rust("unknown: dropped", "llama2", without=BYTES, model=dict(unk_token=None)),
    by_rust("unknown: no bytes at all, fused", "llama2", model=dict(byte_fallback=False)),
    by_rust("unknown: no bytes at all, dropped", "llama2", model=dict(byte_fallback=False, unk_token=None)),
    by_rust("unknown: dropped between words", "metaspace-split", model=dict(byte_fallback=False, unk_token=None)),
    by_rust("replace: an expression", "gpt2", normalizer=dict(type="Replace", pattern=dict(Regex=r"\s{2,}|l+"), content="$&-")),
    by_rust("falcon", "gpt2", pre_tokenizer=dict(type="Sequence", pretokenizers=[
        dict(type="Punctuation", behavior="Contiguous"), dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True),
        dict(type="Digits", individual_digits=False),
        dict(type="Split", pattern=dict(Regex="[0-9][0-9][0-9]"), behavior="Isolated", invert=False)])),
    by_rust("gemma", "llama2", normalizer=dict(type="Replace", pattern=dict(String=" "), content="▁"),
            pre_tokenizer=dict(type="Split", pattern=dict(String=" "), behavior="MergedWithPrevious", invert=False)),
    by_rust("bytes with a space before", "gpt2", pre_tokenizer=dict(type="ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True)),
]
FLAGS = [{}, dict(add_prefix_space=True), dict(add_prefix_space=False), dict(add_prefix_space=None, legacy=True), dict(legacy=False)]
for base in ("llama2", "metaspace-first"):
    for flags in FLAGS:
        cases.append(by_auto(base, "llama", dict(tokenizer_class="LlamaTokenizer", **flags)))
cases.append(by_auto("llama2", "llama", dict(tokenizer_class="LlamaTokenizerFast", legacy=False)))
cases.append(by_auto("llama2", "llama", dict(tokenizer_class="LlamaTokenizer", legacy=True), without=BYTES))
cases.append(by_auto("llama2", "mistral", dict(tokenizer_class="LlamaTokenizer", legacy=False)))
cases.append(by_auto("llama2", "llama", dict(tokenizer_class="PreTrainedTokenizerFast", add_prefix_space=False, legacy=False)))
cases.append(by_auto("llama2", "llama", {}))
cases.append(by_auto("llama3", "llama", dict(tokenizer_class="LlamaTokenizer", add_prefix_space=True)))
for flags in FLAGS[:3]:
    cases.append(by_auto("gpt2", "llama", dict(tokenizer_class="GPT2Tokenizer", **flags)))
    cases.append(by_auto("gpt2", "qwen3", dict(tokenizer_class="GPT2TokenizerFast", **flags)))
    cases.append(by_auto("gpt2", "mistral", dict(tokenizer_class="GPT2Tokenizer", **flags)))
    cases.append(by_auto("gpt2", "llama", dict(tokenizer_class="PreTrainedTokenizerFast", **flags)))
    cases.append(by_auto("qwen2", "qwen2", dict(tokenizer_class="Qwen2Tokenizer", **flags)))
    cases.append(by_auto("qwen2", "qwen2", dict(tokenizer_class="GPT2Tokenizer", **flags)))
    cases.append(by_auto("qwen2", "qwen3", dict(**flags)))
    cases.append(by_auto("qwen2", "llama", dict(tokenizer_class="Qwen2Tokenizer", **flags)))

lines = [json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in [*splits, *cases]]
head = f'{{"texts":{json.dumps(TEXTS, ensure_ascii=False)},\n"splits":[\n'
content = head + ",\n".join(lines[: len(splits)]) + '\n],\n"cases":[\n' + ",\n".join(lines[len(splits) :]) + "\n]}\n"
(HERE / "tokenizer_cases.json").write_text(content, encoding="utf-8")
print(len(splits), "splits,", len(cases), "cases,", len(content.encode()), "bytes")
