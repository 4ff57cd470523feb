"""Instructions of tasks as studio.json words them: the one place from which training and engine take them."""
from __future__ import annotations

import json
import random
from functools import lru_cache
from typing import Any, Dict, Tuple

from ..common import ROOT

# Colours that a fill may be named by, as the engine reads them.
NAMED = {"grey": (128, 128, 128), "gray": (128, 128, 128), "white": (255, 255, 255), "black": (0, 0, 0)}


@lru_cache(maxsize=1)
def studio() -> Dict[str, Any]:
    """studio.json without what a training measures."""
    return json.loads((ROOT / "studio.json").read_text())


def fill(task: str) -> Tuple[int, int, int]:
    """The colour of unknown pixels in a task's context picture, 0..255."""
    return NAMED[studio()["tasks"][task]["fill"]]


def instruction(task: str, prompt: str) -> str:
    """The instruction that the engine makes of a person's words."""
    return studio()["tasks"][task]["template"].replace("{prompt}", prompt.strip()).strip()


def varied(rng: random.Random, task: str, prompt: str) -> str:
    """The engine's wording half of the time, else one that a person might choose."""
    entry = studio()["tasks"][task]
    if rng.random() < 0.5:
        return instruction(task, prompt)
    return rng.choice(entry["wordings"]).replace("{prompt}", prompt.strip()).strip()
