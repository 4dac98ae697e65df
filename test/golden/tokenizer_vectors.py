#!/usr/bin/env python3
"""Trains tiny tokenizers of the styles that checkpoints use, and records what the reference implementation (Rust `tokenizers`) makes of
hostile texts. Writes tokenizers/<style>.json: {tokenizer, vectors: [{text, ids, idsWithSpecials, decoded, decodedTail}]}.

usage: tokenizer_vectors.py   (needs: pip install tokenizers)

Not named tokenizers.py: it would hide the package from every script in this folder. The training text is written for this file.
"""
import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = Path(__file__).parent / "tokenizers"
VOCABULARY = 420

PROSE = """
The miller's daughter counted sacks: one, two, three, and then she'd lost count again. "They're heavier than they look," she said; the
miller laughed, because he'd carried 1024 of them in 37 years and never weighed one. On Tuesdays the river ran low, and the wheel's groan
could be heard as far as the chapel. Nobody minded. It wasn't a loud village, it hadn't been since 1987, and the groan kept time.
    if (wheel.turns < 12) {
        return wheel.oil(3.5);
    }
Der Müller schlief; die Tochter zählte weiter: 4, 5, 6. Où était le chat? Là-bas, près du feu. Кошка спит у огня, и мельница молчит.
水车停了，村里很安静。猫在火边睡觉。Ο μύλος σταμάτησε. توقفت الطاحونة. 🐈 🐈‍⬛ slept, and 🔥 burned low.
She had written it all down in a ledger: who came, what they brought, how much was ground, what was owed. The ledger had 256 pages, each
ruled by hand, and on the last she'd drawn the wheel. We'll see, I'd say, whether you've the patience; I'm sure they'll ask.
"""

TEXTS = [
    "",
    "a",
    " ",
    "   leading and trailing   ",
    "The miller counted sacks.",
    "\n\n\nThree lines up,\r\ntwo\r\rdown.\t\ttabs\n",
    "x" * 300,
    " " * 70 + "indented" + "\n" * 9 + " " * 5,
    "I'M SURE THEY'LL ask; we've, you'd, it's, can't. i'd I'D",
    "2048 and 3.14159, 1,000,000; x² + y³ = ½, Ⅷ, ٣٤٥, 七",
    "e\u0301 versus \u00e9, n\u0303 versus \u00f1; \ufb01 ligature; \u1e9e\u00df; \u0130stanbul",
    "水车停了，村里很安静。 Кошка спит. توقفت. Ο μύλος.",
    "🐈‍⬛🔥👩🏽‍🌾 🇩🇪 end",
    "\u00a0nbsp\u2003em\u3000wide\u200bzero\ufeffbom\u0085nel",
    "<s> in the text </s>, <unk> and <|end|>  <|end|>x",
    "▁already▁marked ▁▁ text",
    "snake_case, camelCase, kebab-case::path/to/file.ts#L12 => {[()]}",
    "\U00010348\U0001d4d0 rare planes \u0378 unassigned \x07bell",
]


def long_text():
    """Words of the prose in random order: long enough that pieces meet in every way."""
    rng = random.Random(7)
    words = PROSE.split(" ")
    return " ".join(rng.choice(words) for _ in range(1500))


GPT4_LIKE = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BYTES = pre_tokenizers.ByteLevel.alphabet()


def template(token, id):
    return processors.TemplateProcessing(single=f"{token} $A", pair=f"{token} $A {token}:1 $B:1", special_tokens=[(token, id)])


def train(tokenizer, specials, alphabet):
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=specials, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([PROSE], trainer)
    return tokenizer


def gpt2():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return train(t, ["<|end|>"], BYTES)


def llama3():
    t = Tokenizer(models.BPE(ignore_merges=True))
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(GPT4_LIKE), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    t.decoder = decoders.ByteLevel()
    train(t, ["<|begin|>", "<|end|>"], BYTES)
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template("<|begin|>", 0)])
    return t


def qwen2():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(GPT4_LIKE.replace("{1,3}", "")), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return train(t, ["<|end|>"], BYTES)


def smollm():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    t.decoder = decoders.ByteLevel()
    return train(t, ["<|end|>"], BYTES)


def with_bytes(t, special):
    """A SentencePiece-like model: the trained pieces after <unk>, <s>, </s> and the 256 byte tokens."""
    model = json.loads(t.to_str())["model"]
    order = sorted(model["vocab"], key=model["vocab"].get)
    tokens = special + [f"<0x{b:02X}>" for b in range(256)] + [token for token in order if token not in special]
    merges = [tuple(m) for m in model["merges"]]
    made = Tokenizer(
        models.BPE({token: i for i, token in enumerate(tokens)}, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    made.normalizer, made.pre_tokenizer, made.decoder = t.normalizer, t.pre_tokenizer, t.decoder
    made.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    made.post_processor = template("<s>", 1)
    return made


SPECIAL = ["<unk>", "<s>", "</s>"]
SPACES = decoders.Sequence(
    [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
)


def llama2():
    """No pre-tokenizer. Trained with words split, as SentencePiece trains; used without."""
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    train(t, SPECIAL, [])
    t.pre_tokenizer = None
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = SPACES
    made = with_bytes(t, SPECIAL)
    return made


def llama2_unsplit():
    """Merges that cross words, which no published Llama has: nowhere may a cut assume that they do not."""
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = SPACES
    train(t, SPECIAL, [])
    return with_bytes(t, SPECIAL)


def metaspace(split, scheme):
    def make():
        t = Tokenizer(models.BPE(unk_token="<unk>"))
        t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
        t.decoder = SPACES
        train(t, SPECIAL, [])
        return with_bytes(t, SPECIAL)

    return make


STYLES = {
    "gpt2": gpt2,
    "llama3": llama3,
    "qwen2": qwen2,
    "smollm": smollm,
    "llama2": llama2,
    "llama2-unsplit": llama2_unsplit,
    "metaspace-first": metaspace(False, "first"),
    "metaspace-split": metaspace(True, "always"),
}

OUT.mkdir(exist_ok=True)
for style, make in STYLES.items():
    tokenizer = make()
    vectors = []
    for text in [*TEXTS, PROSE, long_text()]:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        vectors.append(
            {
                "text": text,
                "ids": ids,
                "idsWithSpecials": tokenizer.encode(text).ids,
                "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                # From the middle of characters, too.
                "decodedTail": tokenizer.decode(ids[len(ids) // 2 :], skip_special_tokens=False),
            }
        )
    content = {"tokenizer": json.loads(tokenizer.to_str()), "vectors": vectors}
    (OUT / f"{style}.json").write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(style, tokenizer.get_vocab_size(), sum(len(v["ids"]) for v in vectors))
