#!/usr/bin/env python3
"""Pictures of a few objects, with captions, and questions whose answers are balanced.

usage: pictures.py OUTDIR [--count 64] [--split page]     writes pictures as PNG and scenes.json with their texts, and the best
                                                          accuracy that is possible without looking

A picture is 56 x 56: 4 x 4 cells of 14, and every object, 12 x 12, lies inside one cell. There are two to five of them, no two equal
in shape and colour; each has its own brightness and lies up to one pixel off the middle; the ground is one of four greys, with noise.
Two pairs of shape and colour (UNSEEN) and one place within the cell (both offsets +1) are kept from training. Every sample is
named by a split and an index, and the same name always gives the same sample.

A question draws its answer first, then a scene that has it; so whoever sees only the text can do no better than guess (6 of 34 for
colours and shapes, since two of 36 pairs are not drawn; evenly among all answers otherwise).
A caption would give the answers away, so a text has either a caption or questions.
"""
import argparse, json, os, random, struct, zlib
import numpy as np

SHAPES = ["circle", "square", "triangle", "cross", "ring", "bar"]
COLORS = {"red": (205, 40, 40), "green": (40, 160, 60), "blue": (45, 70, 205), "yellow": (225, 205, 50), "white": (240, 240, 240), "black": (20, 20, 20)}
NAMES = list(COLORS)
GROUNDS = (90, 115, 140, 165)
PAIRS = [(s, c) for s in SHAPES for c in NAMES]
UNSEEN = [("triangle", "yellow"), ("ring", "blue")]
SEEN = [x for x in PAIRS if x not in UNSEEN]
NUMBERS = ["zero", "one", "two", "three", "four", "five"]
QUADRANTS = ["top left", "top right", "bottom left", "bottom right"]
ANSWERS = {"color": NAMES, "shape": SHAPES, "count of a color": NUMBERS[1:5], "count of a shape": NUMBERS[1:5], "count of all": NUMBERS[2:6], "exists": ["yes", "no"], "quadrant": QUADRANTS, "direction": ["left", "right", "above", "below"], "same color": ["yes", "no"]}
CELLS = [(r, c) for r in range(4) for c in range(4)]


def _masks():
    y, x = np.mgrid[:12, :12] - 5.5; far = np.hypot(x, y)
    return {"circle": far < 6, "square": np.maximum(abs(x), abs(y)) < 5, "triangle": (y < 5) & (abs(x) < (y + 6) * .55), "cross": ((abs(x) < 2) | (abs(y) < 2)), "ring": (far < 6) & (far > 3.2), "bar": abs(y) < 2.6}


MASKS = _masks()


def pairs_of(split): return PAIRS if split == "pairs" else SEEN


class Scene:
    """Objects as (shape, colour, cell), in the order of their cells."""

    def __init__(self, objects): self.objects = sorted(objects, key=lambda o: o[2])


def scene(rng, split, fixed=(), count=None, allowed=lambda s, c: True):
    """A scene with the `fixed` objects (shape, colour, cell or None), filled up to `count` with others that are `allowed`."""
    count = max(count or rng.randint(2, 5), len(fixed)); objects = list(fixed)
    pool = [x for x in pairs_of(split) if allowed(*x) and x not in [o[:2] for o in fixed]]
    objects += [(*x, None) for x in rng.sample(pool, min(count - len(fixed), len(pool)))]
    free = [x for x in CELLS if x not in [o[2] for o in objects]]; rng.shuffle(free)
    return Scene([o if o[2] else (o[0], o[1], free.pop()) for o in objects])


def quadrant(cell): return QUADRANTS[cell[0] // 2 * 2 + cell[1] // 2]


def direction(a, b):
    """Where cell a lies as seen from cell b, when they share a row or a column; else None."""
    if a[0] == b[0]: return "left" if a[1] < b[1] else "right"
    if a[1] == b[1]: return "above" if a[0] < b[0] else "below"


def subject(rng, split): return rng.choice(UNSEEN if split == "pairs" else SEEN)


def ask(kind, rng, split):
    """A scene, a question of that kind about it, and its answer: drawn first and evenly, for colours and shapes evenly over all pairs."""
    answer = rng.choice(ANSWERS[kind])
    if kind in ("color", "shape"):
        s, c = subject(rng, split)
        if kind == "color": return scene(rng, split, [(s, c, None)], allowed=lambda a, b: a != s), f"what color is the {s}?", c
        return scene(rng, split, [(s, c, None)], allowed=lambda a, b: b != c), f"what is the {c} thing?", s
    if kind == "count of all": return scene(rng, split, count=NUMBERS.index(answer)), "how many things?", answer
    if kind.startswith("count"):
        at = 1 if kind == "count of a color" else 0; k = NUMBERS.index(answer)
        of = rng.choice([x for x in (NAMES if at else SHAPES)]); fixed = [(*x, None) for x in rng.sample([x for x in SEEN if x[at] == of], k)]
        return scene(rng, split, fixed, rng.randint(max(2, k), 5), lambda a, b: (b if at else a) != of), f"how many {of} things?" if at else f"how many {plural(of)}?", answer
    if kind == "exists":
        s, c = subject(rng, split); near = rng.random() < .5; fixed = [(s, c, None)]
        if answer == "no": fixed = [(*rng.choice([x for x in SEEN if x[1] == c and x[0] != s]), None), (*rng.choice([x for x in SEEN if x[0] == s and x[1] != c]), None)] if near else []
        return scene(rng, split, fixed, allowed=lambda a, b: (a, b) != (s, c)), f"is there a {c} {s}?", answer
    if kind == "quadrant":
        s, c = subject(rng, split); cell = rng.choice([x for x in CELLS if quadrant(x) == answer])
        return scene(rng, split, [(s, c, cell)]), f"where is the {c} {s}?", answer
    if kind == "direction":
        (s, c), cells = subject(rng, split), rng.choice([(a, b) for a in CELLS for b in CELLS if a != b and direction(a, b) == answer]); other = rng.choice([x for x in SEEN if x != (s, c)])
        return scene(rng, split, [(s, c, cells[0]), (*other, cells[1])]), f"where is the {c} {s} from the {other[1]} {other[0]}?", answer
    s, s2 = rng.sample(SHAPES, 2); c, c2 = rng.choice([(x, y) for x in NAMES for y in NAMES if (x == y) == (answer == "yes") and (s, x) in SEEN and (s2, y) in SEEN])
    return scene(rng, split, [(s, c, None), (s2, c2, None)], allowed=lambda a, b: a not in (s, s2)), f"are the {s} and the {s2} the same color?", answer


def plural(shape): return shape + ("es" if shape == "cross" else "s")


def possible(kind, sc, rng, split):
    """All questions of that kind that the scene answers, as (question, answer)."""
    o = sc.objects; shapes, colors = [x[0] for x in o], [x[1] for x in o]
    if kind == "color": return [(f"what color is the {s}?", c) for s, c, _ in o if shapes.count(s) == 1]
    if kind == "shape": return [(f"what is the {c} thing?", s) for s, c, _ in o if colors.count(c) == 1]
    if kind == "count of all": return [("how many things?", NUMBERS[len(o)])]
    if kind == "count of a color": return [(f"how many {c} things?", NUMBERS[colors.count(c)]) for c in set(colors) if colors.count(c) < 5]
    if kind == "count of a shape": return [(f"how many {plural(s)}?", NUMBERS[shapes.count(s)]) for s in set(shapes) if shapes.count(s) < 5]
    if kind == "exists": return [(f"is there a {c} {s}?", "yes") for s, c, _ in o] + [(f"is there a {c} {s}?", "no") for s, c in rng.sample(SEEN, 6) if (s, c) not in [x[:2] for x in o]]
    if kind == "quadrant": return [(f"where is the {c} {s}?", quadrant(p)) for s, c, p in o]
    if kind == "direction": return [(f"where is the {a[1]} {a[0]} from the {b[1]} {b[0]}?", direction(a[2], b[2])) for a in o for b in o if a is not b and direction(a[2], b[2])]
    once = [x for x in o if shapes.count(x[0]) == 1]
    return [(f"are the {a[0]} and the {b[0]} the same color?", "yes" if a[1] == b[1] else "no") for a in once for b in once if a is not b]


def follow(sc, rng, split):
    """Another question about the scene; the answer is drawn before the question, as far as the scene allows."""
    while True:
        kind = rng.choice(list(ANSWERS)); answer = rng.choice(ANSWERS[kind]); found = sorted(x for x in possible(kind, sc, rng, split) if x[1] == answer)
        if found: return rng.choice(found)


def named(o): return f"a {o[1]} {o[0]}"


def listed(objects):
    words = [named(o) for o in objects]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def caption(sc, rng):
    """One of six ways to tell what the picture shows."""
    way = rng.randrange(6); o = list(sc.objects); n = NUMBERS[len(o)]
    if way == 4:
        a, b = rng.sample(o, 2); d = direction(a[2], b[2])
        if d: return f"{named(a)} {d + ' of' if d in ('left', 'right') else d} {named(b)}" + (f", and {listed([x for x in o if x not in (a, b)])}." if len(o) > 2 else ".")
    if way == 5:
        a = rng.choice(o); rest = [x for x in o if x is not a]
        return f"{named(a)} in the {quadrant(a[2])}, with {listed(rest)}."
    return [f"the picture shows {listed(o)}.", f"here we see {listed(o)}.", f"{n} things: {listed(o)}.", f"there is {listed(o)}.", f"{listed(o)}."][way]


def draw(sc, rng, split):
    """[56, 56, 3] uint8."""
    noise = np.random.default_rng(rng.getrandbits(32)); picture = noise.normal(rng.choice(GROUNDS), 4, (56, 56, 3))
    places = [(1, 1)] if split == "place" else [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (1, 1)]
    for s, c, (row, column) in sc.objects:
        dy, dx = rng.choice(places); y, x = row * 14 + 1 + dy, column * 14 + 1 + dx
        light = 1 + rng.uniform(-.1, .1); region = picture[y:y + 12, x:x + 12]; m = MASKS[s]
        region[m] += np.array(COLORS[c]) * light - region[m].mean(0)
    return picture.clip(0, 255).round().astype(np.uint8)


def sample(split, index, kind=None):
    """A picture and its text as pieces: kind None draws half captions and half three to four questions; "caption", or a kind of ANSWERS for one question.

    Returns (picture, [(given, told)]): `given` is what a reader is asked, `told` what belongs after it.
    """
    rng = random.Random(f"bitcurve pictures/{split}/{kind}/{index}")
    if kind == "caption" or kind is None and rng.random() < .5:
        sc = scene(rng, split, [(*subject(rng, split), None)]); text = [("", caption(sc, rng))]
    else:
        sc, q, a = ask(kind or rng.choice(list(ANSWERS)), rng, split); text = [(q, a)]
        for _ in range(0 if kind else rng.randint(2, 3)): text.append(follow(sc, rng, split))
    return draw(sc, rng, split), text


def written(text): return "".join(f"q: {q}\na: {a}\n" if q else f"{a}\n" for q, a in text)


def filtered(picture):
    """Lines of a PNG file, each with the filter before it that leaves the smallest bytes: nothing, left, above, their mean, Paeth's."""
    h, w, _ = picture.shape; x = picture.reshape(h, -1).astype(np.int16); left, above, corner = np.zeros((3, h, 3 * w), np.int16); left[:, 3:] = x[:, :-3]; above[1:] = x[:-1]; corner[1:, 3:] = x[:-1, :-3]
    a, b, c = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner); paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, above, corner))
    kinds = np.stack([(x - y).astype(np.uint8) for y in (0 * x, left, above, (left + above) // 2, paeth)]); best = np.minimum(kinds, 256 - kinds.astype(int)).sum(2).argmin(0)
    return np.concatenate([best[:, None].astype(np.uint8), kinds[best, np.arange(h)]], 1)


def png(picture):
    h, w, _ = picture.shape
    def part(name, body): return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) + part(b"IDAT", zlib.compress(filtered(picture).tobytes(), 9)) + part(b"IEND", b"")


def main():
    p = argparse.ArgumentParser(); p.add_argument("out"); p.add_argument("--count", type=int, default=64); p.add_argument("--split", default="page"); a = p.parse_args()
    os.makedirs(a.out, exist_ok=True); kinds = [None, *ANSWERS]; told = []
    for i in range(a.count):
        kind = kinds[i % len(kinds)] or "caption"; picture, text = sample(a.split, i, kind); name = f"picture-{i:02d}.png"
        with open(os.path.join(a.out, name), "wb") as f: f.write(png(picture))
        told.append({"file": name, "kind": kind, "text": written(text)})
    guess = {k: round(6 / len(SEEN) if k in ("color", "shape") else 1 / len(v), 4) for k, v in ANSWERS.items()}
    with open(os.path.join(a.out, "scenes.json"), "w") as f: json.dump({"best guess without the picture": guess, "never seen together in training": UNSEEN, "pictures": told}, f, indent=1); f.write("\n")


if __name__ == "__main__": main()
