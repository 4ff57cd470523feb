"""The decoder's training data: cached chunks of scenes and latents, drawn at random."""
from __future__ import annotations

import random
from dataclasses import dataclass
from typing import List, Set, Tuple

import torch
from torch import Tensor

from .latents import FOLDER
from .world.scene import Scene


@dataclass
class EditRow:
    source: Tensor  # [C,16,16]
    target: Tensor  # [C,16,16]
    condition: Tensor  # uint8 [56,56,3]: the source as the vision encoder sees it
    text: str


class Dataset:
    def __init__(self) -> None:
        self.loaded: Set[str] = set()
        self.single: List[Tuple[Scene, Tensor]] = []
        self.several: List[Tuple[Scene, Tensor]] = []
        self.edits: List[EditRow] = []
        self.refresh()

    def __len__(self) -> int:
        return len(self.single) + len(self.several)

    def refresh(self) -> None:
        """Takes in chunks written since the last call."""
        for path in sorted(FOLDER.glob("*.pt")):
            if path.name in self.loaded:
                continue
            chunk = torch.load(path)
            self.loaded.add(path.name)
            for scene, z in zip(chunk["scenes"], chunk["latents"]):
                if scene.things:
                    (self.single if len(scene.things) == 1 else self.several).append((scene, z))
            for a, b, text in chunk["edits"]:
                self.edits.append(EditRow(chunk["latents"][a], chunk["latents"][b], chunk["conditions"][a], text))

    def picture(self, rng: random.Random, several: float) -> Tuple[Scene, Tensor]:
        """A scene with its latents; of two or more things with probability `several`."""
        return rng.choice(self.several if self.several and rng.random() < several else self.single)

    def edit(self, rng: random.Random) -> EditRow:
        return rng.choice(self.edits)
