"""The tower of a picture model learns to see before the whole is trained, as published models start from a tower that sees.

From the features of each patch one linear layer, which is thrown away, has to tell the shape and the colour of what lies there, or
that nothing does. Trained jointly from nothing, the whole model came to tell colours by their names, but after 200,000 pictures
its answers to questions about shapes were still guesses.
"""
import random
import numpy as np, torch
import torch.nn as nn, torch.nn.functional as F
from pictures import NAMES, SHAPES, draw, scene, subject

STEPS, RATE = 600, 1.5e-3


def scenes(split, first, count):
    """Pictures, and of the 16 patches of each the shape and the colour, [count, 16]; one more than there are where nothing lies."""
    pictures, shapes, colors = [], np.full((count, 16), len(SHAPES)), np.full((count, 16), len(NAMES))
    for i in range(count):
        rng = random.Random(f"bitcurve pictures/{split}/tower/{first + i}"); made = scene(rng, split, [(*subject(rng, split), None)]); pictures.append(draw(made, rng, split))
        for s, c, (row, column) in made.objects: shapes[i, 4 * row + column], colors[i, 4 * row + column] = SHAPES.index(s), NAMES.index(c)
    return pictures, torch.from_numpy(shapes), torch.from_numpy(colors)


def sighted(tower, split, batch, pixels):
    """Trains the tower in place. Returns the steps, the pictures seen, and the shares of shapes and colours of objects that are told right in 256 pictures for tests."""
    head = nn.Linear(tower.places.shape[1], len(SHAPES) + len(NAMES) + 2); parameters = [*tower.parameters(), *head.parameters()]
    opt = torch.optim.AdamW(parameters, lr=RATE, betas=(.9, .95), weight_decay=.03)
    def told(pictures): return head(tower(pixels(pictures))).split([len(SHAPES) + 1, len(NAMES) + 1], -1)
    for step in range(STEPS):
        for g in opt.param_groups: g["lr"] = RATE * min(1, (step + 1) / 100, (STEPS - step) / (.2 * STEPS))
        pictures, *right = scenes(split, step * batch, batch)
        sum(F.cross_entropy(z.flatten(0, 1), y.flatten()) for z, y in zip(told(pictures), right)).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0); opt.step(); opt.zero_grad(set_to_none=True)
    with torch.no_grad():
        pictures, shapes, colors = scenes("validation", 0, 256); there = shapes < len(SHAPES)
        shape, color = ((z.argmax(-1) == y)[there].float().mean().item() for z, y in zip(told(pictures), (shapes, colors)))
    return {"steps": STEPS, "pictures": STEPS * batch, "shape": round(shape, 4), "color": round(color, 4)}
