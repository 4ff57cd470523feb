"""The decoder's training data: cached chunks of scenes, of edits and of every other task, drawn at random."""
from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from torch import Tensor

from .common import Unreadable, load_state
from .latents import FOLDER
from .naming import seen_labels
from .task_latents import FOLDER as TASKS
from .world.scene import Scene, trainable


@dataclass
class Row:
    """One sample with context pictures, in the order of their axis index 1, 2."""

    contexts: Sequence[Tensor]  # each [C,16,16]
    conditions: Sequence[Tensor]  # each uint8 [56,56,3]: the context as the vision encoder sees it
    target: Tensor  # [C,16,16]
    text: str
    seen: Optional[Tensor] = None  # what stands in the target: uint8 [2,16,16], see `naming`


Picture = Tuple[Scene, Tensor, Tensor]  # scene, latents [C,16,16], what stands where: uint8 [2,16,16], see `naming`


class Dataset:
    def __init__(self, log: Optional[Callable[[str], None]] = print) -> None:
        """Takes in what is there; `log` is told which chunks are left out."""
        self.log = log
        self.loaded: Set[str] = set()
        self.single: List[Picture] = []
        self.several: List[Picture] = []
        self.rows: Dict[str, List[Row]] = defaultdict(list)
        self.refresh()

    def __len__(self) -> int:
        return len(self.single) + len(self.several)

    def refresh(self) -> None:
        """Takes in chunks written since the last call."""
        for path in sorted(FOLDER.glob("*.pt")) + sorted(TASKS.glob("*.pt")):
            if str(path) in self.loaded:
                continue
            self.loaded.add(str(path))
            try:
                chunk = load_state(path)
            except Unreadable as error:  # one chunk of many; it can be made again
                if self.log is not None:
                    self.log(f"left out: {error}")
                continue
            if path.parent == TASKS:
                self.take_tasks(chunk)
            else:
                self.take_scenes(chunk)

    def take_scenes(self, chunk: dict) -> None:
        """A chunk of `latents`; scenes that training may not show (held out after the chunk was made) are left out."""
        scenes, latents = chunk["scenes"], chunk["latents"]
        labels = seen_labels(scenes)
        for scene, z, seen in zip(scenes, latents, labels):
            if scene.things and trainable(scene.things):
                (self.single if len(scene.things) == 1 else self.several).append((scene, z, seen))
        for a, b, text in chunk["edits"]:
            if trainable(scenes[a].things) and trainable(scenes[b].things):
                self.rows["edit"].append(Row((latents[a],), (chunk["conditions"][a],), latents[b], text, labels[b]))

    def take_tasks(self, chunk: dict) -> None:
        latents, conditions = chunk["latents"], chunk["conditions"]
        for kind, contexts, target, text in chunk["rows"]:
            self.rows[kind].append(Row([latents[i] for i in contexts], [conditions[i] for i in contexts], latents[target], text))

    def picture(self, rng: random.Random, several: float) -> Picture:
        """A scene with its latents and what stands where in it; of two or more things with probability `several`."""
        return rng.choice(self.several if self.several and rng.random() < several else self.single)

    def kinds(self, shares: Mapping[str, float]) -> Tuple[List[str], List[float]]:
        """The kinds of which there are rows, with their shares."""
        known = [(kind, share) for kind, share in shares.items() if self.rows.get(kind) and share > 0]
        return [kind for kind, _ in known], [share for _, share in known]

    def row(self, rng: random.Random, kind: str) -> Row:
        return rng.choice(self.rows[kind])
