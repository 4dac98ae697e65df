"""What the models are trained and tested on: windows of the stream of stories, and pictures with texts."""
import os
import numpy as np, torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from models.fused import Loss
from models.llava import DEVIATION, IMAGE, MEAN
from pictures import ANSWERS, sample, written
from tower import sighted
from stories import chunk


class Stories:
    """Batches of windows of the shards of make_data.py, shuffled within a shard; `place` is where to go on."""

    def __init__(self, folder, tokenizer, n, batch):
        self.folder, self.n, self.batch = folder, n, batch
        ids = Tokenizer.from_file(os.path.join(tokenizer, "tokenizer.json")).encode("\n\n".join(chunk("validation", 0, 60000))).ids
        self.held = torch.tensor([ids[i:i + n] for i in range(0, len(ids) - n + 1, n)][:64])
        self.seek((0, 0))

    @property
    def place(self): return self.shard, self.at

    def seek(self, place): self.shard, self.at = place; self.load()

    def load(self):
        name = os.path.join(self.folder, f"shard-{self.shard:04d}.bin")
        if not os.path.exists(name): raise SystemExit(f"{name} is missing: the stream is shorter than the training. Write more shards with make_data.py, then go on with --resume.")
        ids = np.fromfile(name, np.uint16); rng = np.random.default_rng(self.shard); off = rng.integers(self.n)
        k = (len(ids) - off - 1) // self.n; self.ids = ids; self.starts = rng.permutation(k) * self.n + off

    def next(self):
        if self.at + self.batch > len(self.starts): self.shard += 1; self.at = 0; self.load()
        s = self.starts[self.at:self.at + self.batch]; self.at += self.batch
        return torch.from_numpy(self.ids[s[:, None] + np.arange(self.n + 1)].astype(np.int64))

    def loss(self, model, windows):
        """Mean loss in nats per token, and the number of tokens of the batch."""
        z = model(windows[:, :-1].contiguous())
        return Loss.apply(z.view(-1, z.shape[-1]), windows[:, 1:].reshape(-1)), windows[:, 1:].numel()

    @torch.no_grad()
    def validate(self, model):
        """Mean loss on 64 windows that no shard holds, float32."""
        return {"validation": sum(self.loss(model, x)[0].item() * len(x) for x in self.held.split(16)) / len(self.held)}


def pixels(pictures):
    """Pictures [S, S, 3] uint8, normalised as CLIP's [B, 3, S, S]."""
    x = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    return ((x - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)).contiguous()


class Pictures:
    """Four batches of pictures with captions or questions, then one of stories, so that the model goes on reading without pictures.

    Without a folder of shards there are pictures for tests only. A row is the first id, sixteen ids IMAGE, and at most 80 ids of text; questions that do not fit are left out, the last first.
    """

    def __init__(self, folder, tokenizer, n, batch, split="train"):
        self.stories = folder and Stories(folder, tokenizer, n, batch * 3 // 8); self.batch, self.split = batch, split
        self.tokenizer = Tokenizer.from_file(os.path.join(tokenizer, "tokenizer.json")); self.seen = self.turn = 0

    @property
    def place(self): return self.stories.place, self.seen, self.turn

    def seek(self, place): story, self.seen, self.turn = place; self.stories.seek(story)

    def row(self, picture, text, most=80):
        ids = self.encode(written(text))
        while len(ids) > most: text = text[:-1]; ids = self.encode(written(text))
        return picture, ids

    def encode(self, text): return self.tokenizer.encode(text, add_special_tokens=False).ids

    def gather(self, rows):
        """Rows of (picture, ids) as ids [B, T], targets [B, T] (-100 where none) and pixels [B, 3, S, S]."""
        longest = max(len(x) for _, x in rows); ids = torch.full((len(rows), 18 + longest), 1); target = torch.full_like(ids, -100)
        ids[:, 0] = 0; ids[:, 1:17] = IMAGE
        for k, (_, x) in enumerate(rows):
            ids[k, 17:17 + len(x)] = torch.tensor(x); target[k, 16:17 + len(x)] = torch.tensor(x + [1])
        return ids, target, pixels([p for p, _ in rows])

    def prepare(self, model):
        """The tower comes to see before the whole is trained; what it came to is told in the log."""
        return {"tower": sighted(model.tower, self.split, self.batch, pixels)}

    def next(self):
        self.turn += 1
        if self.turn % 5 == 0: return self.stories.next()
        rows = [self.row(*sample(self.split, self.seen + i)) for i in range(self.batch)]; self.seen += self.batch
        return self.gather(rows)

    def loss(self, model, batch):
        if torch.is_tensor(batch): return self.stories.loss(model, batch)
        ids, target, seen = batch; z = model(ids, seen)
        return Loss.apply(z.view(-1, z.shape[-1]), target.view(-1)), ids.numel()

    @torch.no_grad()
    def accuracy(self, model, split, kind, count):
        """The share of right answers among those of the kind (the most probable one, all its ids together) over `count` pictures."""
        answers = [self.encode(" " + x + "\n") for x in ANSWERS[kind]]; right = 0
        for i in range(count):
            picture, [(q, a)] = sample(split, i, kind); asked = self.encode(f"q: {q}\na:")
            ids, target, seen = self.gather([(picture, asked + x) for x in answers]); target[:, :16 + len(asked)] = -100
            loss = F.cross_entropy(model(ids, seen).float().transpose(1, 2), target, ignore_index=-100, reduction="none")
            for k, x in enumerate(answers): loss[k, 16 + len(asked) + len(x):] = 0  # the end of the text is not part of the answer
            right += ANSWERS[kind][loss.sum(1).argmin()] == a
        return right / count

    @torch.no_grad()
    def captions(self, model, split, count):
        """Mean loss of captions in nats per token, with their pictures and with the next picture instead."""
        rows = [self.row(*sample(split, i, "caption")) for i in range(count)]; ids, target, seen = self.gather(rows)
        return tuple(F.cross_entropy(model(ids, p).float().transpose(1, 2), target, ignore_index=-100).item() for p in (seen, seen.roll(1, 0)))

    def validate(self, model, count=24):
        right, wrong = self.captions(model, "validation", 64); found = {k: self.accuracy(model, "validation", k, count) for k in ANSWERS}
        return {**self.stories.validate(model), "caption": right, "caption of another picture": wrong, **found}


TASKS = {"stories": Stories, "pictures": Pictures}
