"""Edits: a scene and an instruction give another scene. Everything not named stays exactly where it is."""
from __future__ import annotations

import random
from dataclasses import replace
from typing import Callable, List, Optional, Tuple

from .scene import COLOURS, FLOORS, SHAPES, SIZES, SKIES, Scene, Thing, allowed, place, random_thing, random_yaw
from .words import COLOUR_WORDS, FLOOR_PLACES, MATERIAL_WORDS, SHAPE_WORDS, SKY_TIMES, article, naming, noun_phrase, word

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


KINDS: Tuple[Tuple[Callable[[random.Random, Scene], Edit], float], ...] = (
    (recolour, 6), (resky, 4), (refloor, 3), (remove, 2), (add, 2), (reshape, 2), (resize, 1), (rematerial, 0.5),
)


def edit(rng: random.Random, scene: Scene) -> Tuple[Scene, str]:
    """A random edit that applies to the scene: the scene afterwards and the instruction."""
    while True:
        result = rng.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0](rng, scene)
        if result is not None:
            return result
