"""Every task of the paper's data section as (context pictures, instruction, target picture), drawn at random.

Context pictures are made exactly as the engine makes them: masked and new pixels under the task's fill with a hard edge,
control maps as they are, references in the order in which a person gives them.
"""
from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Callable, Dict, List, Tuple

import numpy as np

from ..text.wording import fill, varied
from . import edits
from .captions import caption
from .controls import canny, cut_out, depth_map
from .masks import anywhere, around, border
from .render import render
from .scene import Scene, Thing, place, random_scene, random_yaw, trainable
from .styles import STYLE_WORDS, STYLES, blurred, greyscale, noisy
from .words import FLOOR_PLACES, SKY_TIMES, article, naming, noun_phrase, word


@dataclass
class Sample:
    """One row of training data; all pictures uint8 [h,w,3]."""

    kind: str
    contexts: List[np.ndarray]
    target: np.ndarray
    text: str
    scenes: Tuple[Scene, ...]  # everything shown or spoken of: what the leak check looks at


_side = 128  # pixels; a process draws at one size


def draw_at(size: int) -> None:
    """Sets the size of all pictures that this process draws from now on."""
    global _side
    _side = size


def shown(scene: Scene) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A scene's RGB, depth and instances."""
    rgb, depth, instances = render([scene], _side, _side)
    return rgb[0], depth[0], instances[0]


def picture(scene: Scene) -> np.ndarray:
    return shown(scene)[0]


def alone(rng: random.Random, thing: Thing) -> np.ndarray:
    return cut_out(rng, thing, fill("subject"), _side)


def some_scene(rng: random.Random, most: int = 4) -> Scene:
    return random_scene(rng, min(most, rng.choice((1, 1, 1, 2, 2, 3, 4))))


def words_for(rng: random.Random, scene: Scene, empty: float = 0.0) -> str:
    return "" if rng.random() < empty else caption(rng, scene, detail=0.25, place=0.5, time=0.4)


def edited(kind: Callable) -> Callable[[random.Random], Sample]:
    def make(rng: random.Random) -> Sample:
        while True:
            scene = some_scene(rng, 3)
            if kind is edits.remove and rng.random() < 0.4 and len(scene.things) > 1:
                thing = rng.choice(scene.things)
                after, text = edits.swap(scene, thing, None), varied(rng, "remove", naming(rng, thing, edits.others(scene, thing)))
            else:
                try:
                    after, text = edits.edit(rng, scene, kind)
                except ValueError:
                    continue
            return Sample("edit", [picture(scene)], picture(after), text, (scene, after))
    return make


def restyle(rng: random.Random) -> Sample:
    scene = some_scene(rng)
    source, style = picture(scene), rng.choice(list(STYLES))
    return Sample("restyle", [source], STYLES[style](source), varied(rng, "restyle", word(rng, STYLE_WORDS[style])), (scene,))


def inpaint(rng: random.Random) -> Sample:
    """The hole holds one thing (named), or whatever lies there (the whole picture described, or nothing said)."""
    scene = some_scene(rng)
    target, _, instances = shown(scene)
    thing = rng.randrange(len(scene.things))
    shape = instances == thing + 1
    if rng.random() < 0.65 and shape.sum() > 40:
        mask = around(rng, shape)
        text = article(noun_phrase(rng, scene.things[thing], size=0.2, material=0.3)) if rng.random() < 0.75 else words_for(rng, scene)
    else:
        mask, text = anywhere(rng, *shape.shape), words_for(rng, scene, empty=0.5)
    return Sample("inpaint", [np.where(mask[..., None], np.asarray(fill("inpaint"), np.uint8), target)], target, varied(rng, "inpaint", text), (scene,))


def outpaint(rng: random.Random) -> Sample:
    scene = some_scene(rng)
    target = picture(scene)
    mask = border(rng, *target.shape[:2])
    context = np.where(mask[..., None], np.asarray(fill("outpaint"), np.uint8), target)
    return Sample("outpaint", [context], target, varied(rng, "outpaint", words_for(rng, scene, empty=0.3)), (scene,))


def edges(rng: random.Random, target: np.ndarray) -> np.ndarray:
    """The engine's defaults mostly; sometimes thresholds that a person chose."""
    low = 100 if rng.random() < 0.6 else rng.choice((50, 75, 150))
    return canny(target, low, 2 * low)


def controlled(control: str) -> Callable[[random.Random], Sample]:
    def make(rng: random.Random) -> Sample:
        scene = some_scene(rng)
        rgb, depth, _ = shown(scene)
        context = edges(rng, rgb) if control == "canny" else depth_map(depth)
        return Sample(control, [context], rgb, varied(rng, control, words_for(rng, scene, empty=0.1)), (scene,))
    return make


def with_subject(rng: random.Random) -> Tuple[Scene, Thing]:
    """A scene and one of its things that no other looks like."""
    while True:
        scene = random_scene(rng, rng.choice((1, 1, 2, 3)))
        thing = rng.choice(scene.things)
        if all((t.shape, t.colour) != (thing.shape, thing.colour) for t in edits.others(scene, thing)):
            return scene, thing


def subject(rng: random.Random) -> Sample:
    """A thing cut out on white, and the scene to put it in; what the picture shows need not be said again."""
    scene, thing = with_subject(rng)
    text = words_for(rng, scene)
    if len(scene.things) == 1 and rng.random() < 0.7:
        text = f"{rng.choice(('the object', 'it', 'the same object', 'this'))} {word(rng, FLOOR_PLACES[scene.floor])} {word(rng, SKY_TIMES[scene.sky])}"
    return Sample("subject", [alone(rng, thing)], picture(scene), varied(rng, "subject", text), (scene,))


def style(rng: random.Random) -> Sample:
    """Another picture in a style, and what to draw in it."""
    scene, other, name = some_scene(rng), some_scene(rng), rng.choice(list(STYLES))
    return Sample("style", [STYLES[name](picture(other))], STYLES[name](picture(scene)), varied(rng, "style", words_for(rng, scene)), (scene, other))


def restored(task: str, damage: Callable[[random.Random, np.ndarray], np.ndarray], empty: float) -> Callable[[random.Random], Sample]:
    def make(rng: random.Random) -> Sample:
        scene = some_scene(rng)
        target = picture(scene)
        return Sample(task, [damage(rng, target)], target, varied(rng, task, words_for(rng, scene, empty)), (scene,))
    return make


def put_in(rng: random.Random) -> Sample:
    """The first picture is the scene, the second a thing to add to it."""
    while True:
        scene, thing = random_scene(rng, rng.choice((1, 1, 2))), random_scene(rng, 1).things[0]
        placed = place(rng, replace(thing, yaw=random_yaw(rng, thing.shape)), scene.things, scene.distance)
        if placed is not None and trainable(scene.things + (placed,)):
            break
    after = replace(scene, things=scene.things + (placed,))
    text = rng.choice(("add the object of the second image", "put the object of the second image into the first image",
                       "add the object of the second picture to the first", "insert the second object", "put this object in the scene"))
    return Sample("two", [picture(scene), alone(rng, placed)], picture(after), text, (scene, after))


def exchange(rng: random.Random) -> Sample:
    """The first picture's thing becomes the second picture's."""
    while True:
        scene, new = random_scene(rng, rng.choice((1, 2))), random_scene(rng, 1).things[0]
        old = rng.choice(scene.things)
        after = edits.swap(scene, old, replace(new, x=old.x, z=old.z, size=old.size))
        if (old.shape, old.colour) != (new.shape, new.colour) and trainable(after.things):
            break
    name = naming(rng, old, edits.others(scene, old))
    text = rng.choice(("replace the {} with the object of the second image", "replace the {} with the second object",
                       "turn the {} into the object of the second picture")).format(name)
    return Sample("two", [picture(scene), alone(rng, new)], picture(after), text, (scene, after))


def control_with_reference(rng: random.Random) -> Sample:
    """A control map, and a thing or a style that the second picture shows."""
    scene, thing = with_subject(rng)
    rgb, depth, _ = shown(scene)
    control = rng.choice(("canny", "depth"))
    context = edges(rng, rgb) if control == "canny" else depth_map(depth)
    if rng.random() < 0.5:
        text = words_for(rng, scene) if rng.random() < 0.5 else f"the object of the second image {word(rng, FLOOR_PLACES[scene.floor])}"
        return Sample("two", [context, alone(rng, thing)], rgb, varied(rng, control, text), (scene,))
    other, name = some_scene(rng), rng.choice(list(STYLES))
    text = f"{words_for(rng, scene)} in the style of the second image"
    return Sample("two", [context, STYLES[name](picture(other))], STYLES[name](rgb), varied(rng, control, text), (scene, other))


def two_subjects(rng: random.Random) -> Sample:
    """Two things cut out, drawn together."""
    while True:
        scene = random_scene(rng, 2)
        a, b = rng.sample(scene.things, 2)
        if (a.shape, a.colour) != (b.shape, b.colour):
            break
    text = words_for(rng, scene) if rng.random() < 0.5 else f"both objects {word(rng, FLOOR_PLACES[scene.floor])} {word(rng, SKY_TIMES[scene.sky])}"
    return Sample("two", [alone(rng, t) for t in (a, b)], picture(scene), varied(rng, "subject", text), (scene,))


KINDS: Tuple[Tuple[Callable[[random.Random], Sample], float], ...] = (
    (edited(edits.recolour), 4), (edited(edits.resky), 3), (edited(edits.refloor), 3), (edited(edits.remove), 4), (edited(edits.add), 4),
    (edited(edits.reshape), 3), (edited(edits.resize), 1.5), (edited(edits.rematerial), 0.5), (edited(edits.move), 4), (edited(edits.several), 3),
    (restyle, 3), (inpaint, 5), (outpaint, 3), (controlled("canny"), 3), (controlled("depth"), 3), (subject, 4), (style, 2),
    (restored("colourise", lambda rng, p: greyscale(p), 0.3), 2), (restored("denoise", noisy, 0.8), 1.5), (restored("deblur", blurred, 0.8), 1.5),
    (put_in, 1.5), (exchange, 1), (control_with_reference, 1.5), (two_subjects, 1),
)
NAMES = ("edit", "restyle", "inpaint", "outpaint", "canny", "depth", "subject", "style", "colourise", "denoise", "deblur", "two")


def sample(rng: random.Random) -> Sample:
    """A row of any task."""
    return rng.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0](rng)


def counted(rows: List[Sample]) -> Dict[str, int]:
    return {name: sum(r.kind == name for r in rows) for name in NAMES}
