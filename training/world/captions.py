"""Captions of scenes, from the bare `a red cube` to a full description."""
from __future__ import annotations

import random

from .scene import Scene
from .words import COLOUR_WORDS, FLOOR_PLACES, NUMBERS, SHAPE_WORDS, SKY_TIMES, article, noun_phrase, plural, word

COLOURLESS = 0.25  # of the captions for drawing leave colours open, as people do; without them "a cylinder" is drawn as an empty floor
OPENINGS = ("a picture of ", "an image of ", "a photo of ", "draw ", "show me ", "there is ")


def relation(rng: random.Random, scene: Scene, colour: float = 1.0) -> str:
    """Two things and how they stand to each other as seen by the viewer, or just both."""
    a, b = rng.sample(scene.things, 2)
    first, second = article(noun_phrase(rng, a, colour)), article(noun_phrase(rng, b, colour))
    dx, dz = a.x - b.x, a.z - b.z
    options = [f"{first} and {second}", f"{first} next to {second}", f"{first} and {second}"]
    if abs(dx) > 0.5:
        side = "left" if dx < 0 else "right"
        options += [f"{first} to the {side} of {second}", f"{first} {side} of {second}"]
    if abs(dz) > 0.6:
        options.append(f"{first} {'in front of' if dz > 0 else 'behind'} {second}")
    return rng.choice(options)


def objects(rng: random.Random, scene: Scene, detail: float, colour: float = 1.0) -> str:
    """The things of a scene in words; `detail` is the probability of naming size and material, `colour` that of a thing's colour."""
    things = scene.things
    if len(things) == 1:
        return article(noun_phrase(rng, things[0], colour, size=detail, material=detail))
    same = {(t.shape, t.colour) for t in things}
    if len(same) == 1:
        t = things[0]
        named = f"{word(rng, COLOUR_WORDS[t.colour])} " if colour > 0 else ""
        return f"{NUMBERS[len(things)]} {named}{plural(word(rng, SHAPE_WORDS[t.shape]))}"
    if len({t.shape for t in things}) == 1 and rng.random() < 0.6:
        return f"{NUMBERS[len(things)]} {plural(word(rng, SHAPE_WORDS[things[0].shape]))}"
    if len(things) == 2:
        return relation(rng, scene, colour)
    if rng.random() < 0.15:
        return f"{NUMBERS[len(things)]} objects"
    names = [article(noun_phrase(rng, t, colour, size=detail / 2, material=detail / 2)) for t in rng.sample(things, len(things))]
    return ", ".join(names[:-1]) + " and " + names[-1]


def caption(rng: random.Random, scene: Scene, detail: float = 0.3, place: float = 0.5, time: float = 0.5, opening: float = 0.1, colourless: float = 0.0) -> str:
    """One caption; the probabilities say how often size and material, floor, time of day and an opening are named, and how often no colour is."""
    text = objects(rng, scene, detail, 0.0 if colourless > 0 and rng.random() < colourless else 1.0)
    where, when = rng.random() < place, rng.random() < time
    tail = [word(rng, FLOOR_PLACES[scene.floor])] if where else []
    tail += [word(rng, SKY_TIMES[scene.sky])] if when else []
    if rng.random() < opening:
        text = rng.choice(OPENINGS) + text
    return " ".join([text] + tail)


def canonical(scene: Scene) -> str:
    """The answer to `describe the image`: things from left to right, floor, time, canonical words only."""
    names = [article(f"{t.size} {t.material} {t.colour} {t.shape}") for t in sorted(scene.things, key=lambda t: t.x)]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return f"{listed} {FLOOR_PLACES[scene.floor][0]} {SKY_TIMES[scene.sky][0]}"
