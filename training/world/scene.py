"""Scenes of the Toybox world: what can stand in a picture, and how one is drawn at random without overlap."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import Optional, Sequence, Tuple

SHAPES = ("sphere", "cube", "cylinder", "cone", "torus")
COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "white")
SIZES = ("small", "large")
MATERIALS = ("matte", "metal")
FLOORS = ("wood", "grass", "sand", "checkered", "stone", "snow")
SKIES = ("day", "dusk", "night")

RADIUS = {"small": 0.66, "large": 1.0}
# Colour-shape pairs that no training picture, caption, question or edit ever shows: the test of composition.
HELD_OUT_PAIRS = frozenset({("purple", "cube"), ("yellow", "torus"), ("cyan", "cone"), ("orange", "sphere"), ("green", "cylinder")})
# Two things that no training picture shows together, though it shows each of them.
HELD_OUT_DUOS = frozenset(frozenset(duo) for duo in (
    (("cyan", "cube"), ("red", "cube")), (("red", "cone"), ("red", "torus")), (("red", "cone"), ("white", "cylinder")),
    (("blue", "cone"), ("white", "torus")), (("blue", "sphere"), ("yellow", "cube")), (("red", "sphere"), ("white", "cone")),
    (("orange", "cone"), ("yellow", "sphere")), (("cyan", "torus"), ("orange", "cylinder")), (("blue", "cylinder"), ("green", "cube")),
    (("blue", "cylinder"), ("purple", "cone")), (("cyan", "cube"), ("orange", "torus")), (("green", "torus"), ("red", "cone")),
))


@dataclass(frozen=True)
class Thing:
    """One solid: attributes by name, position on the floor (x to the right, z towards the viewer), yaw in radians."""

    shape: str
    colour: str
    size: str = "large"
    material: str = "matte"
    x: float = 0.0
    z: float = 0.0
    yaw: float = 0.0

    @property
    def radius(self) -> float:
        return RADIUS[self.size]


@dataclass(frozen=True)
class Scene:
    """Everything a picture shows; `distance` is the camera's, kept by edits so that all else stays in place."""

    things: Tuple[Thing, ...]
    floor: str = "wood"
    sky: str = "day"
    distance: float = 5.2


def allowed(colour: str, shape: str) -> bool:
    """Whether training may show this pair."""
    return (colour, shape) not in HELD_OUT_PAIRS


def trainable(things: Sequence[Thing]) -> bool:
    """Whether training may show these things together: no held-out pair and no held-out duo among them."""
    seen = {(t.colour, t.shape) for t in things}
    return not (seen & HELD_OUT_PAIRS) and not any(duo <= seen for duo in HELD_OUT_DUOS)


def clear(thing: Thing, others: Sequence[Thing], gap: float = 0.12) -> bool:
    """Whether a thing stands free of all others (on the floor, and not straight behind one of them)."""
    for other in others:
        reach = thing.radius + other.radius
        dx, dz = thing.x - other.x, thing.z - other.z
        if math.hypot(dx, dz) < reach + gap or abs(dx) < 0.55 * reach:
            return False
    return True


def random_yaw(rng: random.Random, shape: str) -> float:
    """Any yaw; a torus is kept within 45 degrees of facing the viewer because edge-on it is a bar."""
    return rng.uniform(-0.8, 0.8) if shape == "torus" else rng.uniform(-math.pi, math.pi)


def random_thing(rng: random.Random, held_out: bool = False) -> Thing:
    """A thing with random attributes, at the origin; only held-out colour-shape pairs when `held_out`."""
    while True:
        colour, shape = rng.choice(COLOURS), rng.choice(SHAPES)
        if allowed(colour, shape) != held_out:
            break
    return Thing(shape, colour, rng.choice(SIZES), rng.choice(MATERIALS), yaw=random_yaw(rng, shape))


def place(rng: random.Random, thing: Thing, others: Sequence[Thing], distance: float, spread: float = 1.0) -> Optional[Thing]:
    """The thing at a free spot inside the view, or None when none was found."""
    for _ in range(60):
        z = rng.uniform(-1.3, 0.9) * spread
        half = 0.36 * (distance - z) - 0.75 * thing.radius  # stay within the 50 degrees of view
        moved = replace(thing, x=rng.uniform(-half, half) * spread, z=z)
        if clear(moved, others):
            return moved
    return None


def random_scene(rng: random.Random, count: Optional[int] = None, held_out: bool = False) -> Scene:
    """A scene of `count` things (1 to 4 when None). Up to two are seen from near, more from further away.

    Training may show it, unless `held_out`: then every thing is of a held-out colour-shape pair.
    """
    if count is None:
        count = rng.choice((1, 1, 2, 2, 3, 4))
    while True:
        distance = 5.2 if count <= 2 else 6.6
        things: list = []
        for _ in range(count):
            thing = random_thing(rng, held_out)
            if count >= 3 and rng.random() < 0.4:
                thing = replace(thing, size="small")
            placed = place(rng, thing, things, distance, 0.6 if count == 1 else 1.0)
            if placed is None:
                break
            things.append(placed)
        if len(things) == count and (held_out or trainable(things)):
            return Scene(tuple(things), rng.choice(FLOORS), rng.choice(SKIES), distance)
