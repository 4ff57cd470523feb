"""Writes the evaluation set of the built-in model: `python3 -m training.evaluate [FOLDER]`.

Prompts, pictures, instructions and what must be seen afterwards, at most 3 MB, from seeds that no training uses. The engine
draws and judges it: `npm run studio -- bench toybox`. One line of set.json is one item; `expect` holds conditions that
test/bench/support/toyboxJudge.ts understands.
"""
from __future__ import annotations

import argparse
import base64
import json
import random
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

import numpy as np
from PIL import Image, ImageFilter

from .common import ROOT
from .evaluation_set import EvaluationSet, Item
from .text.wording import fill
from .world import edits
from .world.captions import caption
from .world.controls import canny, cut_out, depth_map
from .world.masks import around, border
from .world.questions import KINDS as QUESTIONS, pair_question
from .world.render import render
from .world.scene import COLOURS, FLOORS, HELD_OUT_DUOS, HELD_OUT_PAIRS, SHAPES, SKIES, Scene, Thing, allowed, random_scene, trainable
from .world.styles import STYLE_WORDS, STYLES
from .world.words import NUMBERS, article, noun_phrase, plural

SEED, SIDE = 40_404, 128
GENEVAL, PER_ROW = 60, 30
# The scenes that the hand-written instructions speak of.
FREE_SCENES = (Scene((Thing("cube", "red", x=-0.1, z=0.2, yaw=0.4),), "wood", "day"),
               Scene((Thing("sphere", "green", x=-0.9, z=0.0), Thing("cone", "blue", x=1.0, z=0.1)), "stone", "day"),
               Scene((Thing("cylinder", "white", x=0.2, z=0.0),), "snow", "dusk"),
               Scene((Thing("cube", "yellow", x=-1.0, z=0.1, yaw=0.5), Thing("torus", "purple", x=0.9, z=0.2, yaw=0.2)), "grass", "day"))


def pair(t: Thing) -> List[str]:
    return [t.shape, t.colour]


def grid_mask(mask: np.ndarray) -> str:
    """A mask [128,128] as 32x32 cells (a cell with any pixel is in), packed bits in base64."""
    cells = mask.reshape(32, SIDE // 32, 32, SIDE // 32).any((1, 3))
    return base64.b64encode(np.packbits(cells).tobytes()).decode()


def changed(before: np.ndarray, after: np.ndarray, grow: int = 9) -> str:
    """Where an edit changes a picture, with a margin."""
    mask = Image.fromarray(((np.abs(before.astype(int) - after).max(-1) > 2) * 255).astype(np.uint8))
    return grid_mask(np.asarray(mask.filter(ImageFilter.MaxFilter(grow))) > 0)


def middle(mask: np.ndarray) -> List[float]:
    """The middle of a thing's box, as the detector gives it: shares of width and height."""
    ys, xs = np.nonzero(mask)
    return [round(float(xs.min() + xs.max() + 1) / 2 / mask.shape[1], 3), round(float(ys.min() + ys.max() + 1) / 2 / mask.shape[0], 3)]


def distinct(rng: random.Random, make: Callable[[], Tuple[str, Item]], count: int) -> List[Tuple[str, Item]]:
    found: Dict[str, Item] = {}
    for _ in range(4000):
        text, expect = make()
        found.setdefault(text, expect)
        if len(found) == count:
            break
    return list(found.items())


def geneval(out: EvaluationSet, rng: random.Random) -> None:
    """The six rows, and apart what training never showed. Plain wordings only: free phrasing has its own row."""
    shape = lambda: rng.choice(SHAPES)

    def thing() -> Tuple[str, str]:
        while True:
            colour, s = rng.choice(COLOURS), shape()
            if allowed(colour, s):
                return colour, s

    def two(held: bool = False) -> Tuple[Tuple[str, str], Tuple[str, str]]:
        while True:
            a, b = rng.choice([tuple(d) for d in sorted(map(sorted, HELD_OUT_DUOS))]) if held else (thing(), thing())
            if held or (a[1] != b[1] and trainable([Thing(s, c) for c, s in (a, b)])):
                return (a, b) if rng.random() < 0.5 else (b, a)

    def place() -> str:
        return rng.choice(("", "", " on grass", " on a wooden floor", " on sand", " on snow", " by day", " at night", " at dusk"))

    def single() -> Tuple[str, Item]:
        s = shape()
        return f"{article(s)}{place()}", {"has": [[s, None]]}

    def both() -> Tuple[str, Item]:
        a, b = rng.sample(SHAPES, 2)
        return f"{article(a)} and {article(b)}{place()}", {"has": [[a, None], [b, None]]}

    def counting() -> Tuple[str, Item]:
        colour, s = thing()
        n, named = rng.choice((2, 3, 4)), rng.random() < 0.5
        return f"{NUMBERS[n]} {colour + ' ' if named else ''}{plural(s)}{place()}", {"count": [s, colour if named else None, n]}

    def colours() -> Tuple[str, Item]:
        colour, s = thing()
        return f"{article(f'{colour} {s}')}{place()}", {"has": [[s, colour]]}

    def position() -> Tuple[str, Item]:
        (ca, a), (cb, b) = two()
        side = rng.choice(("left", "right"))
        first, second = (article(f"{ca} {a}"), article(f"{cb} {b}")) if rng.random() < 0.5 else (article(a), article(b))
        named = first != article(a)
        x, y = ([a, ca if named else None], [b, cb if named else None])
        return f"{first} {side} of {second}{place()}", {"has": [x, y], "left": [x, y] if side == "left" else [y, x]}

    def binding(held: bool = False) -> Callable[[], Tuple[str, Item]]:
        def make() -> Tuple[str, Item]:
            (ca, a), (cb, b) = two(held)
            return f"{article(f'{ca} {a}')} and {article(f'{cb} {b}')}{place()}", {"has": [[a, ca], [b, cb]]}
        return make

    def held_pair() -> Tuple[str, Item]:
        colour, s = rng.choice(sorted(HELD_OUT_PAIRS))
        return f"{article(f'{colour} {s}')}{place()}", {"has": [[s, colour]]}

    rows = (("single", single), ("two objects", both), ("counting", counting), ("colours", colours), ("position", position), ("binding", binding()),
            ("held-out pairs", held_pair), ("held-out duos", binding(True)))
    for name, make in rows:
        for text, expect in distinct(rng, make, GENEVAL if not name.startswith("held") else 30):
            out.add(f"GenEval {name}", {"kind": "textToImage", "prompt": text}, expect)


def edit_rows(out: EvaluationSet, rng: random.Random, sources: Sequence[Scene]) -> None:
    """ImgEdit: the asked change, and the rest unchanged (outside `change`)."""
    def one(kind: Callable, row: str, says: Callable[[Scene, Scene, np.ndarray], Item], global_: bool = False) -> None:
        number = 0
        for source in (sources * 3):
            if number == PER_ROW:
                return
            try:
                after, text = edits.edit(rng, source, kind)
            except ValueError:
                continue
            rgb, _, ids = render([source, after])
            new = [t for t in after.things if t not in source.things]
            if new and (ids[1] == after.things.index(new[0]) + 1).sum() < 60:
                continue  # hidden behind another thing: nothing could be seen of it
            expect = says(source, after, ids[1])
            if not global_:
                expect["rest"] = changed(rgb[0], rgb[1])
            out.add(f"ImgEdit {row}", {"kind": "edit", "prompt": text, "image": out.picture(rgb[0])}, expect)
            number += 1

    def gone(source: Scene, after: Scene) -> Item:
        """What was there is there one time less."""
        old = next(t for t in source.things if t not in after.things)
        return {"count": [old.shape, old.colour, sum(pair(t) == pair(old) for t in after.things)]}

    def at_place(source: Scene, after: Scene, ids: np.ndarray) -> Item:
        """The thing that is new or changed, where it should be."""
        new = next(t for t in after.things if t not in source.things)
        return {"has": [pair(new)], "at": [*pair(new), *middle(ids == after.things.index(new) + 1)]}

    everything = lambda after: {"has": [pair(t) for t in after.things], "floor": after.floor, "sky": after.sky}

    def added(source: Scene, after: Scene, _: np.ndarray) -> Item:
        new = next(t for t in after.things if t not in source.things)
        return {"count": [*pair(new), sum(pair(t) == pair(new) for t in after.things)]}

    one(edits.add, "add", added)
    one(edits.remove, "remove", lambda s, a, _: gone(s, a))
    one(edits.reshape, "replace", at_place)
    one(edits.recolour, "recolour", at_place)
    one(edits.move, "move", at_place)
    for i in range(PER_ROW):
        source = sources[i // 2]
        after, text = edits.edit(rng, source, (edits.refloor, edits.resky)[i % 2])
        out.add("ImgEdit background", {"kind": "edit", "prompt": text, "image": out.picture(render([source])[0][0])}, everything(after))
    for i in range(PER_ROW):
        source, style = sources[i % 12], list(STYLES)[i % len(STYLES)]
        rgb = render([source])[0][0]
        out.add("ImgEdit style", {"kind": "edit", "task": "restyle", "prompt": STYLE_WORDS[style][(i // 3) % 2], "image": out.picture(rgb)},
                {"closest": [out.picture(STYLES[style](rgb)), out.picture(rgb)]})
    one(edits.several, "hybrid", lambda _, a, __: everything(a), True)


def other_rows(out: EvaluationSet, rng: random.Random, sources: Sequence[Scene]) -> None:
    for i in range(PER_ROW):
        source = sources[i]
        rgb, depth, ids = (a[0] for a in render([source]))
        text = caption(rng, source, detail=0.0, place=1.0, time=1.0, opening=0.0)
        out.add("control canny", {"kind": "control", "control": "canny", "prompt": text, "map": out.picture(canny(rgb))})
        out.add("control depth", {"kind": "control", "control": "depth", "prompt": text, "map": out.picture(depth_map(depth))})
        thing = max(range(len(source.things)), key=lambda k: int((ids == k + 1).sum()))
        t = source.things[thing]
        hole = around(rng, ids == thing + 1)
        out.add("inpaint", {"kind": "inpaint", "image": out.picture(rgb), "mask": grid_mask(hole), "prompt": article(f"{t.colour} {t.shape}")},
                {"inside": pair(t)})
        frame = border(rng, SIDE, SIDE)
        cells = frame.reshape(32, 4, 32, 4).any((1, 3))
        free = np.nonzero(~cells.all(1))[0], np.nonzero(~cells.all(0))[0]
        left, right = int(4 * free[1][0]), int(SIDE - 4 * (free[1][-1] + 1))
        top, bottom = int(4 * free[0][0]), int(SIDE - 4 * (free[0][-1] + 1))
        out.add("outpaint", {"kind": "outpaint", "image": out.picture(rgb), "sides": [left, top, right, bottom], "prompt": text},
                {"has": [pair(x) for x in source.things], "floor": source.floor, "sky": source.sky})
        floor, sky = rng.choice(FLOORS), rng.choice(SKIES)
        out.add("subject reference", {"kind": "textToImage", "referenceTask": "subject", "references": [out.picture(cut_out(rng, t, fill("subject")))],
                "prompt": f"the object {dict(grass='on grass', wood='on a wooden floor', sand='on sand', checkered='on a checkered floor', stone='on stone', snow='on snow')[floor]}"},
                {"thing": [t.shape, t.colour, t.material]})
        out.add("VAE", {"kind": "reconstruct", "image": out.picture(rgb)})


def question_rows(out: EvaluationSet, rng: random.Random, sources: Sequence[Scene]) -> None:
    asked: Dict[str, set] = {}
    pictures = [(s, out.picture(render([s])[0][0])) for s in sources]
    for kind, _ in QUESTIONS:
        name = kind.__name__[4:]
        for scene, picture in pictures:
            ask, answer = kind(rng, scene)
            out_row = f"question {name}"
            if (ask, picture) not in asked.setdefault(name, set()) and sum(i["row"] == out_row for i in out.items) < PER_ROW:
                asked[name].add((ask, picture))
                out.add(out_row, {"kind": "understand", "prompt": ask, "images": [picture]}, {"answer": answer})
    for k in range(10):
        scene = random_scene(rng, 1, held_out=True)
        t, picture = scene.things[0], out.picture(render([scene])[0][0])
        for ask, answer in (("What color is the object?", t.colour), ("What shape is the object?", t.shape), (f"Is there {article(noun_phrase(rng, t, 1, 0, 0))}?", "yes")):
            out.add("question held-out pairs", {"kind": "understand", "prompt": ask, "images": [picture]}, {"answer": answer})


def pair_rows(out: EvaluationSet, rng: random.Random, sources: Sequence[Scene]) -> None:
    """Questions about two pictures; drawn after all else, so that the other rows stay what they were."""
    pictures = [(s, out.picture(render([s])[0][0])) for s in sources]
    while sum(i["row"] == "question two pictures" for i in out.items) < PER_ROW:
        (a, first), (b, second) = rng.sample(pictures, 2)
        ask, answer = pair_question(rng, a, b)
        out.add("question two pictures", {"kind": "understand", "prompt": ask, "images": [first, second]}, {"answer": answer})


def more_singles(out: EvaluationSet, rng: random.Random) -> None:
    """There are forty plain wordings of one thing; the row's others name floor and time. Drawn after all else, like the pairs."""
    def make() -> Tuple[str, Item]:
        s, floor, time = rng.choice(SHAPES), rng.choice(("grass", "a wooden floor", "sand", "snow")), rng.choice(("by day", "at night", "at dusk"))
        return f"{article(s)} on {floor} {time}", {"has": [[s, None]]}

    for text, expect in distinct(rng, make, GENEVAL - sum(i["row"] == "GenEval single" for i in out.items)):
        out.add("GenEval single", {"kind": "textToImage", "prompt": text}, expect)


def free_rows(out: EvaluationSet) -> None:
    written = json.loads((ROOT / "free_phrasing.json").read_text())
    words = lambda entry: {k: v for k, v in entry.items() if k not in ("text", "scene")}
    for entry in written["prompts"]:
        out.add("free phrasing prompts", {"kind": "textToImage", "prompt": entry["text"]}, words(entry))
    pictures = [out.picture(p) for p in render(FREE_SCENES)[0]]
    for entry in written["edits"]:
        out.add("free phrasing edits", {"kind": "edit", "prompt": entry["text"], "image": pictures[entry["scene"]]}, words(entry))


def write(folder: Path) -> None:
    rng, out = random.Random(SEED), EvaluationSet(folder)
    sources = []
    while len(sources) < 36:
        scene = random_scene(rng, (1, 2, 2, 3)[len(sources) % 4])
        shapes = [t.shape for t in scene.things]
        ids = render([scene])[2][0]
        if len(set(shapes)) == len(shapes) and all((ids == k + 1).sum() > 150 for k in range(len(shapes))):
            sources.append(scene)
    geneval(out, rng)
    edit_rows(out, rng, sources)
    free_rows(out)
    other_rows(out, rng, sources)
    question_rows(out, rng, sources)
    pair_rows(out, rng, sources)
    more_singles(out, rng)
    out.write()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "resources/models/toybox/evaluation")
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
