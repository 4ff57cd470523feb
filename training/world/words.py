"""How people name what the world shows: every noun, adjective and place, with the wordings that training mixes."""
from __future__ import annotations

import random
from typing import Dict, Sequence, Tuple

from .scene import Thing

# The first wording of each list is the canonical one, used in answers.
SHAPE_WORDS: Dict[str, Tuple[str, ...]] = {
    "sphere": ("sphere", "ball"), "cube": ("cube", "box", "block"), "cylinder": ("cylinder", "can"),
    "cone": ("cone",), "torus": ("torus", "ring", "donut"),
}
COLOUR_WORDS: Dict[str, Tuple[str, ...]] = {
    "red": ("red",), "orange": ("orange",), "yellow": ("yellow",), "green": ("green",), "cyan": ("cyan", "turquoise"),
    "blue": ("blue",), "purple": ("purple", "violet"), "white": ("white",),
}
SIZE_WORDS: Dict[str, Tuple[str, ...]] = {"small": ("small", "little", "tiny"), "large": ("large", "big")}
MATERIAL_WORDS: Dict[str, Tuple[str, ...]] = {"matte": ("matte", "dull"), "metal": ("metal", "shiny", "metallic")}
FLOOR_PLACES: Dict[str, Tuple[str, ...]] = {
    "wood": ("on a wooden floor", "on wood", "on wooden planks"), "grass": ("on grass", "on a lawn", "on the grass"),
    "sand": ("on sand", "on a beach", "in the desert"), "checkered": ("on a checkered floor", "on a chessboard floor"),
    "stone": ("on a stone floor", "on stone", "on grey tiles"), "snow": ("on snow", "in the snow"),
}
FLOOR_NAMES: Dict[str, str] = {"wood": "wood", "grass": "grass", "sand": "sand", "checkered": "checkered", "stone": "stone", "snow": "snow"}
SKY_TIMES: Dict[str, Tuple[str, ...]] = {
    "day": ("by day", "during the day", "in daylight"), "dusk": ("at dusk", "at sunset", "in the evening"), "night": ("at night", "in the dark"),
}
NUMBERS = ("zero", "one", "two", "three", "four", "five")


def word(rng: random.Random, words: Sequence[str], plain: float = 0.65) -> str:
    """The canonical wording with probability `plain`, else any."""
    return words[0] if rng.random() < plain else rng.choice(list(words))


def article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def plural(noun: str) -> str:
    return {"torus": "tori", "box": "boxes"}.get(noun, noun + "s")


def noun_phrase(rng: random.Random, thing: Thing, colour: float = 1.0, size: float = 0.15, material: float = 0.15) -> str:
    """`small metal red cube`: each attribute is named with the given probability."""
    parts = []
    if rng.random() < size:
        parts.append(word(rng, SIZE_WORDS[thing.size]))
    if rng.random() < material:
        parts.append(word(rng, MATERIAL_WORDS[thing.material]))
    if rng.random() < colour:
        parts.append(word(rng, COLOUR_WORDS[thing.colour], 0.85))
    parts.append(word(rng, SHAPE_WORDS[thing.shape]))
    return " ".join(parts)


def naming(rng: random.Random, thing: Thing, others: Sequence[Thing]) -> str:
    """The shortest description that singles the thing out among the others, sometimes with more than needed."""
    noun = word(rng, SHAPE_WORDS[thing.shape])
    colour = word(rng, COLOUR_WORDS[thing.colour], 0.85)
    if not others and rng.random() < 0.3:
        return "object"
    if all(o.shape != thing.shape for o in others) and rng.random() < 0.6:
        return noun
    if all((o.shape, o.colour) != (thing.shape, thing.colour) for o in others):
        return f"{colour} {noun}"
    return f"{word(rng, SIZE_WORDS[thing.size])} {word(rng, MATERIAL_WORDS[thing.material])} {colour} {noun}"
