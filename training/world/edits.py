"""Edits: a scene and an instruction give another scene. Everything not named stays exactly where it is."""
from __future__ import annotations

import random
from dataclasses import replace
from typing import Callable, List, Optional, Tuple

from .scene import COLOURS, FLOORS, SHAPES, SIZES, SKIES, Scene, Thing, allowed, clear, place, random_thing, random_yaw, trainable
from .words import COLOUR_WORDS, FLOOR_PLACES, MATERIAL_WORDS, SHAPE_WORDS, article, naming, noun_phrase, word

Edit = Optional[Tuple[Scene, str]]  # None: this edit does not apply to this scene


def others(scene: Scene, thing: Thing) -> List[Thing]:
    return [t for t in scene.things if t is not thing]


def swap(scene: Scene, old: Thing, new: Optional[Thing]) -> Scene:
    """The scene with one thing replaced, or removed when `new` is None."""
    things = [new if t is old else t for t in scene.things]
    return replace(scene, things=tuple(t for t in things if t is not None))


def recolour(rng: random.Random, scene: Scene) -> Edit:
    thing = rng.choice(scene.things)
    colour = rng.choice([c for c in COLOURS if c != thing.colour and allowed(c, thing.shape)])
    name, to = naming(rng, thing, others(scene, thing)), word(rng, COLOUR_WORDS[colour], 0.85)
    text = rng.choice(("make the {} {}", "make the {} {}", "turn the {} {}", "paint the {} {}", "change the color of the {} to {}",
                       "color the {} {}", "change the {} to {}")).format(name, to)
    return swap(scene, thing, replace(thing, colour=colour)), text


def resky(rng: random.Random, scene: Scene) -> Edit:
    sky = rng.choice([s for s in SKIES if s != scene.sky])
    texts = {"day": ("make it day", "make it daytime", "turn it into day", "set the scene by day"),
             "dusk": ("make it dusk", "make it evening", "turn it into sunset", "set the scene at dusk"),
             "night": ("make it night", "make it dark", "turn it into night", "set the scene at night")}
    return replace(scene, sky=sky), rng.choice(texts[sky])


def refloor(rng: random.Random, scene: Scene) -> Edit:
    floor = rng.choice([f for f in FLOORS if f != scene.floor])
    names = {"wood": "wood", "grass": "grass", "sand": "sand", "checkered": "a checkered floor", "stone": "stone", "snow": "snow"}
    options = (f"change the floor to {names[floor]}", f"make the floor {names[floor]}", f"put it {word(rng, FLOOR_PLACES[floor])}",
               f"replace the ground with {names[floor]}")
    return replace(scene, floor=floor), rng.choice(options)


def remove(rng: random.Random, scene: Scene) -> Edit:
    if len(scene.things) < 2:
        return None
    thing = rng.choice(scene.things)
    name = naming(rng, thing, others(scene, thing))
    return swap(scene, thing, None), rng.choice(("remove the {}", "delete the {}", "take away the {}", "erase the {}")).format(name)


def add(rng: random.Random, scene: Scene) -> Edit:
    if len(scene.things) >= 3:
        return None
    thing = place(rng, random_thing(rng), scene.things, scene.distance)
    if thing is None:
        return None
    text = rng.choice(("add {}", "add {}", "put {} in the picture", "insert {}")).format(article(noun_phrase(rng, thing)))
    return replace(scene, things=scene.things + (thing,)), text


def reshape(rng: random.Random, scene: Scene) -> Edit:
    thing = rng.choice(scene.things)
    shape = rng.choice([s for s in SHAPES if s != thing.shape and allowed(thing.colour, s)])
    name, to = naming(rng, thing, others(scene, thing)), article(word(rng, SHAPE_WORDS[shape]))
    yaw = random_yaw(rng, shape) if shape == "torus" else thing.yaw
    text = rng.choice(("replace the {} with {}", "turn the {} into {}", "make the {} {}", "change the {} to {}")).format(name, to)
    return swap(scene, thing, replace(thing, shape=shape, yaw=yaw)), text


def resize(rng: random.Random, scene: Scene) -> Edit:
    thing = rng.choice(scene.things)
    size = SIZES[1 - SIZES.index(thing.size)]
    name = naming(rng, thing, others(scene, thing))
    to = {"small": ("smaller", "small", "tiny"), "large": ("bigger", "larger", "large")}[size]
    return swap(scene, thing, replace(thing, size=size)), f"make the {name} {rng.choice(to)}"


def rematerial(rng: random.Random, scene: Scene) -> Edit:
    thing = rng.choice(scene.things)
    material = "matte" if thing.material == "metal" else "metal"
    name = naming(rng, thing, others(scene, thing))
    return swap(scene, thing, replace(thing, material=material)), f"make the {name} {word(rng, MATERIAL_WORDS[material])}"


def inside(thing: Thing, distance: float) -> bool:
    """Whether a thing stands well inside a square picture."""
    return -1.6 <= thing.z <= 1.1 and abs(thing.x) <= 0.36 * (distance - thing.z) - 0.6 * thing.radius


def move(rng: random.Random, scene: Scene) -> Edit:
    """A step to a side, nearer or further away, or to a place beside another thing."""
    thing = rng.choice(scene.things)
    rest = others(scene, thing)
    name, step = naming(rng, thing, rest), rng.uniform(0.9, 1.4)
    options = [("to the left", -step, 0.0), ("to the right", step, 0.0), ("left", -step, 0.0), ("right", step, 0.0),
               ("closer", 0.0, step), ("to the front", 0.0, step), ("further away", 0.0, -step), ("to the back", 0.0, -step)]
    if rest and rng.random() < 0.4:
        other = rng.choice(rest)
        reach, to = 1.15 * (thing.radius + other.radius) + 0.15, naming(rng, other, others(scene, other))
        options = [(f"{side} {to}", other.x + dx * reach - thing.x, other.z + dz * reach - thing.z) for side, dx, dz in (
            ("to the left of the", -1, 0), ("to the right of the", 1, 0), ("next to the", rng.choice((-1, 1)), 0))]
    where, dx, dz = rng.choice(options)
    moved = replace(thing, x=thing.x + dx, z=thing.z + dz)
    if not inside(moved, scene.distance) or not clear(moved, rest):
        return None
    text = rng.choice(("move the {} {}", "move the {} {}", "shift the {} {}", "put the {} {}", "slide the {} {}")).format(name, where)
    return swap(scene, thing, moved), text


def several(rng: random.Random, scene: Scene) -> Edit:
    """Two or three edits in one instruction. Those of things need things of different shapes: then no name changes its meaning on the way."""
    distinct = len({t.shape for t in scene.things}) == len(scene.things)
    on_things = [recolour, resize, rematerial, move, remove] if distinct else [recolour]
    chosen = rng.sample([resky, refloor, add, rng.choice(on_things)] + ([rng.choice(on_things)] if distinct else []), rng.choice((2, 2, 2, 3)))
    now, texts, touched = scene, [], []
    for kind in chosen:
        result = kind(rng, now)
        if result is None:
            return None
        changed = [t for t in now.things if t not in result[0].things]
        if any(t in touched for t in changed):
            return None
        touched += [t for t in result[0].things if t not in now.things]
        now, texts = result[0], texts + [result[1]]
    # A new thing of a shape that stands already would make an earlier or later name ambiguous.
    if add in chosen and len({t.shape for t in now.things}) < len(now.things):
        return None
    joint = rng.choice((" and ", " and ", ", then ", ", ", ". "))
    return now, ", ".join(texts[:-1]) + joint + texts[-1]


KINDS: Tuple[Tuple[Callable[[random.Random, Scene], Edit], float], ...] = (
    (recolour, 4), (resky, 2), (refloor, 2), (remove, 3), (add, 4), (reshape, 4), (resize, 1), (rematerial, 0.5), (move, 4), (several, 3),
)


def edit(rng: random.Random, scene: Scene, kind: Optional[Callable[[random.Random, Scene], Edit]] = None) -> Tuple[Scene, str]:
    """A random edit (of a kind, where one is named) that applies and that training may show: the scene afterwards and the instruction."""
    for _ in range(400):
        chosen = kind or rng.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0]
        result = chosen(rng, scene)
        # An instruction may name what was there beside what comes: neither may be held out, nor the two together.
        if result is not None and trainable((*scene.things, *result[0].things)):
            return result
    raise ValueError("no edit applies to this scene")
