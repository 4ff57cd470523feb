"""Questions about a scene and their exact answers."""
from __future__ import annotations

import random
from typing import Callable, List, Optional, Tuple

from .captions import canonical
from .scene import COLOURS, SHAPES, Scene, Thing, random_thing
from .words import COLOUR_WORDS, FLOOR_NAMES, NUMBERS, SHAPE_WORDS, article, naming, plural, word

Pair = Tuple[str, str]


def others(scene: Scene, thing: Thing) -> List[Thing]:
    return [t for t in scene.things if t is not thing]


def ask_colour(rng: random.Random, scene: Scene) -> Pair:
    alone = [t for t in scene.things if sum(o.shape == t.shape for o in scene.things) == 1]
    thing = rng.choice(alone or scene.things[:1])
    if not alone:
        return ask_count(rng, scene)
    noun = "object" if len(scene.things) == 1 and rng.random() < 0.5 else word(rng, SHAPE_WORDS[thing.shape])
    color = rng.choice(("color", "colour", "color"))
    return rng.choice((f"What {color} is the {noun}?", f"what {color} is the {noun}", f"Which {color} does the {noun} have?",
                       f"What is the {color} of the {noun}?")), thing.colour


def ask_shape(rng: random.Random, scene: Scene) -> Pair:
    alone = [t for t in scene.things if sum(o.colour == t.colour for o in scene.things) == 1]
    if not alone:
        return ask_count(rng, scene)
    thing = rng.choice(alone)
    if len(scene.things) == 1 and rng.random() < 0.6:
        return rng.choice(("What shape is the object?", "What shape is it?", "Which shape is this?", "What object is this?", "What is it?")), thing.shape
    return rng.choice((f"What shape is the {thing.colour} object?", f"What is the {thing.colour} object?")), thing.shape


def ask_count(rng: random.Random, scene: Scene) -> Pair:
    if rng.random() < 0.6:
        return rng.choice(("How many objects are there?", "How many objects are in the picture?", "how many objects", "Count the objects.",
                           "How many things do you see?")), NUMBERS[len(scene.things)]
    if rng.random() < 0.5:
        shape = rng.choice([t.shape for t in scene.things] + [rng.choice(SHAPES)])
        return f"How many {plural(word(rng, SHAPE_WORDS[shape]))} are there?", NUMBERS[sum(t.shape == shape for t in scene.things)]
    colour = rng.choice([t.colour for t in scene.things] + [rng.choice(COLOURS)])
    return f"How many {colour} objects are there?", NUMBERS[sum(t.colour == colour for t in scene.things)]


def ask_size(rng: random.Random, scene: Scene) -> Pair:
    thing = rng.choice(scene.things)
    return rng.choice(("What size is the {}?", "How big is the {}?")).format(naming(rng, thing, others(scene, thing))), thing.size


def ask_material(rng: random.Random, scene: Scene) -> Pair:
    thing = rng.choice(scene.things)
    return rng.choice(("What is the {} made of?", "What material is the {}?")).format(naming(rng, thing, others(scene, thing))), thing.material


def ask_existence(rng: random.Random, scene: Scene) -> Pair:
    if rng.random() < 0.5:
        thing = rng.choice(scene.things)
        colour, shape = thing.colour, thing.shape
    else:
        stranger = random_thing(rng)  # never a held-out pair: training does not speak of those either
        colour, shape = stranger.colour, stranger.shape
    answer = any(t.colour == colour and t.shape == shape for t in scene.things)
    what = article(f"{word(rng, COLOUR_WORDS[colour], 0.85)} {word(rng, SHAPE_WORDS[shape])}")
    return rng.choice((f"Is there {what}?", f"Do you see {what}?", f"Is {what} in the picture?")), "yes" if answer else "no"


def ask_floor(rng: random.Random, scene: Scene) -> Pair:
    return rng.choice(("What is the floor made of?", "What floor is it?", "What is on the ground?", "What kind of floor is this?")), FLOOR_NAMES[scene.floor]


def ask_time(rng: random.Random, scene: Scene) -> Pair:
    return rng.choice(("What time of day is it?", "Is it day, dusk or night?", "When is this?")), scene.sky


def ask_relation(rng: random.Random, scene: Scene) -> Pair:
    if len(scene.things) != 2 or abs(scene.things[0].x - scene.things[1].x) < 0.5:
        return ask_existence(rng, scene)
    a, b = rng.sample(scene.things, 2)
    if (a.shape, a.colour) == (b.shape, b.colour):
        return ask_count(rng, scene)
    side = rng.choice(("left", "right"))
    answer = (a.x < b.x) == (side == "left")
    return f"Is the {naming(rng, a, [b])} {side} of the {naming(rng, b, [a])}?", "yes" if answer else "no"


def ask_description(rng: random.Random, scene: Scene) -> Pair:
    return rng.choice(("Describe the image.", "Describe the picture.", "What do you see?", "describe this picture")), canonical(scene)


KINDS: Tuple[Tuple[Callable[[random.Random, Scene], Pair], float], ...] = (
    (ask_colour, 4), (ask_shape, 4), (ask_count, 3), (ask_size, 1), (ask_material, 1), (ask_existence, 2),
    (ask_floor, 1), (ask_time, 1), (ask_relation, 1), (ask_description, 2),
)


def question(rng: random.Random, scene: Scene) -> Pair:
    """A random question with its answer."""
    return rng.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0](rng, scene)


def ask_which(rng: random.Random, a: Scene, b: Scene) -> Optional[Pair]:
    pairs = [{(t.colour, t.shape) for t in s.things} for s in (a, b)]
    side = rng.randrange(2)
    alone = sorted(pairs[side] - pairs[1 - side])
    if not alone:
        return None
    colour, shape = rng.choice(alone)
    what = article(f"{word(rng, COLOUR_WORDS[colour], 0.85)} {word(rng, SHAPE_WORDS[shape])}")
    return rng.choice((f"Which picture shows {what}?", f"Which image has {what}?", f"In which picture is there {what}?")), ORDER[side]


def ask_more(rng: random.Random, a: Scene, b: Scene) -> Optional[Pair]:
    if len(a.things) == len(b.things):
        return None
    more = rng.random() < 0.6
    side = (len(b.things) > len(a.things)) == more
    return rng.choice(("Which picture has {} objects?", "Which image shows {} objects?")).format("more" if more else "fewer"), ORDER[side]


def ask_same(rng: random.Random, a: Scene, b: Scene) -> Pair:
    if rng.random() < 0.5:
        return rng.choice(("Is it the same time of day in both pictures?", "Do both pictures show the same time of day?")), "yes" if a.sky == b.sky else "no"
    return rng.choice(("Is the floor the same in both pictures?", "Do both pictures have the same floor?")), "yes" if a.floor == b.floor else "no"


def ask_of_one(rng: random.Random, a: Scene, b: Scene) -> Pair:
    """A plain question about one of the two."""
    side = rng.randrange(2)
    ask, answer = rng.choice((ask_colour, ask_shape, ask_count, ask_floor, ask_time))(rng, (a, b)[side])
    return f"{ask.rstrip('?.')} in the {ORDER[side]} picture?", answer


ORDER = ("first", "second")


def pair_question(rng: random.Random, a: Scene, b: Scene) -> Pair:
    """A question about two pictures with its answer."""
    kind = rng.choices((ask_which, ask_more, ask_same, ask_of_one), (3, 1, 1, 3))[0]
    return kind(rng, a, b) or ask_of_one(rng, a, b)
