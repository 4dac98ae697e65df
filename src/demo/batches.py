"""What the models are trained and tested on: windows of the stream of stories."""
import os
import numpy as np, torch
import torch.nn.functional as F
from tokenizers import Tokenizer
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
        return F.cross_entropy(z.float().view(-1, z.shape[-1]), windows[:, 1:].reshape(-1)), windows[:, 1:].numel()

    @torch.no_grad()
    def validate(self, model):
        """Mean loss on 64 windows that no shard holds, float32."""
        return {"validation": sum(self.loss(model, x)[0].item() * len(x) for x in self.held.split(16)) / len(self.held)}
