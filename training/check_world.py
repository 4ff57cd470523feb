"""Proves on fresh draws that what is held out never leaks and that the world keeps its promises: `python3 -m training.check_world`.

Looks at what scenes hold and at what every text says, so a wrong word is found as well as a wrong picture.
"""
from __future__ import annotations

import argparse
import itertools
import random
import re
from typing import Iterable, List, Tuple

import numpy as np

from .batches import binding
from .dataset import Dataset
from .text.wording import instruction, studio
from .world.captions import caption, canonical
from .world.edits import KINDS as EDITS
from .world.edits import edit
from .world.questions import question
from .world.render import render
from .world.scene import HELD_OUT_DUOS, HELD_OUT_PAIRS, Scene, random_scene, trainable
from .world.tasks import NAMES, counted, sample
from .world.words import COLOUR_WORDS, MATERIAL_WORDS, SHAPE_WORDS, plural

COLOUR_OF = {w: c for c, words in COLOUR_WORDS.items() for w in words}
SHAPE_OF = {form: s for s, words in SHAPE_WORDS.items() for w in words for form in (w, plural(w))}
BETWEEN = "|".join(w for words in MATERIAL_WORDS.values() for w in words)
SPOKEN = re.compile(rf"\b({'|'.join(COLOUR_OF)}) (?:(?:{BETWEEN}) )?({'|'.join(SHAPE_OF)})\b")


def spoken(text: str) -> List[Tuple[str, str]]:
    """Colour-shape pairs that a text names."""
    return [(COLOUR_OF[c], SHAPE_OF[s]) for c, s in SPOKEN.findall(text.lower())]


def check_texts(texts: Iterable[str]) -> int:
    count = 0
    for text in texts:
        pairs = set(spoken(text))
        assert not pairs & HELD_OUT_PAIRS, f"a held-out pair is named: {text}"
        assert not any(duo <= pairs for duo in HELD_OUT_DUOS), f"a held-out duo is named: {text}"
        count += 1
    return count


def check_draws(count: int, seed: int = 31) -> None:
    rng, texts, scenes = random.Random(seed), [], []
    for _ in range(count):
        scene = random_scene(rng)
        after, text = edit(rng, scene)
        scenes += [scene, after]
        ask, answer = question(rng, scene)
        texts += [caption(rng, scene, detail=0.5), canonical(scene), text, f"{ask} {answer}", binding(rng, scene)[0]]
    assert all(trainable(s.things) for s in scenes), "a scene shows what is held out"
    print(f"{len(scenes)} scenes, {check_texts(texts)} texts: nothing held out")


def check_tasks(count: int, seed: int = 32) -> None:
    rng = random.Random(seed)
    rows = [sample(rng) for _ in range(count)]
    assert all(trainable(s.things) for r in rows for s in r.scenes), "a task shows what is held out"
    found = counted(rows)
    assert all(found[name] for name in NAMES), f"a task is never drawn: {found}"
    for r in rows:
        assert len(r.contexts) == (2 if r.kind == "two" else 1) and all(c.shape == r.target.shape for c in r.contexts)
    print(f"{count} rows of tasks, {check_texts(r.text for r in rows)} instructions: nothing held out; {found}")


def check_cache() -> None:
    data = Dataset()
    assert all(trainable(s.things) for s, *_ in itertools.chain(data.single, data.several))
    texts = [row.text for rows in data.rows.values() for row in rows]
    print(f"cache: {len(data)} pictures, {check_texts(texts)} rows: nothing held out")


def check_edits(seed: int = 33) -> None:
    """Everything that an edit does not name keeps its pixels, but for light, shadow and mirror images near what changed."""
    rng = random.Random(seed)
    for kind, _ in EDITS:
        kept = []
        for _ in range(12):
            scene = random_scene(rng, rng.choice((2, 3)))
            try:
                after, _ = edit(rng, scene, kind)
            except ValueError:
                continue
            a, b = render([scene, after])[0].astype(int)
            kept.append(float((np.abs(a - b).max(-1) <= 2).mean()))
            assert a.shape == b.shape and (a != b).any(), f"{kind.__name__} changes nothing"
        print(f"{kind.__name__}: {np.mean(kept):.2f} of the pixels unchanged")


def check_wording() -> None:
    for name, task in studio()["tasks"].items():
        assert task["template"].count("{prompt}") == 1 and instruction(name, "") == task["template"].replace("{prompt}", "").strip(), name
        assert all(w.count("{prompt}") == 1 for w in task["wordings"]), name


def check_seeds() -> None:
    a, b = (sample(random.Random(5)) for _ in range(2))
    assert a.text == b.text and (a.target == b.target).all(), "the same seed gives another row"
    for scene in (random_scene(random.Random(6), 3, held_out=True) for _ in range(5)):
        assert isinstance(scene, Scene) and all((t.colour, t.shape) in HELD_OUT_PAIRS for t in scene.things)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=600)
    args = parser.parse_args()
    check_wording()
    check_seeds()
    check_draws(args.draws)
    check_edits()
    check_tasks(args.rows)
    check_cache()


if __name__ == "__main__":
    main()
