"""Processes that prepare training data while a device trains: scenes and captions, questions, rows of tasks.

Encoding is left to the device. Whoever renders faster renders: where the device does, scenes travel as their packed records.
"""
from __future__ import annotations

import multiprocessing as mp
import os
import queue
import random
import time
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch

from . import presets
from .common import set_threads
from .naming import seen_labels
from .preprocess import Preprocessor
from .text.prompts import UNCONDITIONAL, condition_chat, edit_prompt, t2i_prompt
from .text.tokenizer import Tokenizer
from .world import tasks
from .world.captions import COLOURLESS, caption
from .world.edits import edit
from .world.render import pack, render
from .world.scene import Scene, random_scene

KINDS = ("vae", "text", "see", "draw", "tasks")
BATCH = {"vae": 24, "text": 128, "see": 48, "draw": 32, "tasks": 8}  # samples in a message


def tail_ids(tokenizer: Tokenizer, prompt: str) -> List[int]:
    """Ids of a condition chat, IMAGE placeholders included."""
    return tokenizer.encode(condition_chat(prompt))


def scene_for_drawing(rng: random.Random) -> Scene:
    scene = random_scene(rng, rng.choice((1, 1, 1, 2, 2, 2, 3, 4)))
    if len(scene.things) > 1 and rng.random() < 0.15:
        from .latents import twins
        scene = twins(rng, scene)
    return scene


Sizes = Sequence[Tuple[int, int]]


def scenes_message(rng: random.Random, scenes: List[Scene], size: Tuple[int, int], rendering: bool) -> Dict[str, Any]:
    """Scenes of one size (width, height), as pictures or as records."""
    return {"size": size, **({"pictures": render(scenes, *size)[0]} if rendering else {"packed": pack(scenes)})}


def draw_message(rng: random.Random, tokenizer: Tokenizer, count: int, sizes: Sizes, rendering: bool) -> Dict[str, Any]:
    """Scenes with their captions and what stands where in their latents; six in ten at the native size."""
    scenes = [scene_for_drawing(rng) for _ in range(count)]
    size = sizes[0] if len(sizes) == 1 or rng.random() < 0.6 else rng.choice(sizes[1:])
    texts = [caption(rng, s, detail=0.25, place=0.6, time=0.5, opening=0.15, colourless=COLOURLESS) for s in scenes]
    seen = seen_labels(scenes, size[0] // 8, size[1] // 8).numpy()
    return {**scenes_message(rng, scenes, size, rendering), "seen": seen, "ids": [tail_ids(tokenizer, t2i_prompt(t)) for t in texts]}


def tasks_message(rng: random.Random, tokenizer: Tokenizer, pre: Preprocessor, count: int) -> Dict[str, Any]:
    rows = []
    for _ in range(count):
        s = tasks.sample(rng)
        n = len(s.contexts)
        rows.append({"contexts": np.stack(s.contexts), "target": s.target, "conditions": np.stack([pre.condition(c) for c in s.contexts]),
                     "ids": tail_ids(tokenizer, edit_prompt(s.text, n)), "bare": tail_ids(tokenizer, edit_prompt(UNCONDITIONAL, n)), "kind": s.kind})
    return {"rows": rows}


def see_message(rng: random.Random, tokenizer: Tokenizer, pre: Preprocessor, count: int, size: int, blind: int) -> Dict[str, Any]:
    from .batches import understanding_batch
    b = understanding_batch(rng, tokenizer, pre, count, 3, blind, 0.2, size)
    text = lambda t: {k: getattr(t, k).numpy() for k in ("ids", "targets", "weights", "picture")}
    return {"pixels": b.pixels.half().numpy(), "grid": b.grid, "labels": b.labels.numpy(), "text": text(b.text), "pairs": text(b.pairs), "blind": text(b.blind)}


def text_message(rng: random.Random, tokenizer: Tokenizer, count: int) -> Dict[str, Any]:
    from .batches import binding, text_batch
    rows = []
    for _ in range(count):
        scene, kind = random_scene(rng), rng.random()
        if kind < 0.5:
            text, ask, answer = binding(rng, scene)
            rows.append((f"<image>\n{text}. {ask}", answer, 0))
        elif kind < 0.7:
            rows.append((edit_prompt(edit(rng, scene)[1]), "", 0))
        else:
            rows.append((t2i_prompt(caption(rng, scene, detail=0.5)), "", 0))
    t = text_batch(tokenizer, rows, 0.3)
    return {k: getattr(t, k).numpy() for k in ("ids", "targets", "weights", "picture")}


def work(rank: int, seed: int, sizes: Sizes, folder: str, wanted: Any, rendering: Any, queues: Dict[str, Any]) -> None:
    """Fills the queues of wanted kinds until ended."""
    set_threads(1)
    size = sizes[0][0]
    tasks.draw_at(size)
    rng, tokenizer, pre = random.Random(seed * 1009 + rank), Tokenizer.load(folder), Preprocessor(presets.PREPROCESSOR)
    make = {
        "vae": lambda: scenes_message(rng, [random_scene(rng) for _ in range(BATCH["vae"])], sizes[0], bool(rendering.value)),
        "draw": lambda: draw_message(rng, tokenizer, BATCH["draw"], sizes, bool(rendering.value)), "tasks": lambda: tasks_message(rng, tokenizer, pre, BATCH["tasks"]),
        "see": lambda: see_message(rng, tokenizer, pre, BATCH["see"], size, BATCH["see"] // 2), "text": lambda: text_message(rng, tokenizer, BATCH["text"]),
    }
    parent = os.getppid()
    while os.getppid() == parent:  # a trainer that was killed leaves nobody behind
        kinds = [k for i, k in enumerate(KINDS) if wanted[i] > 0 and not queues[k].full()]
        if not kinds:
            time.sleep(0.02)
            continue
        kind = rng.choices(kinds, [wanted[KINDS.index(k)] for k in kinds])[0]
        try:
            queues[kind].put(make[kind](), timeout=1)
        except queue.Full:
            continue


class Feed:
    """The queues and their processes; `want` says what the present stage needs."""

    def __init__(self, workers: int, seed: int, sizes: Sizes, tokenizer_folder: Any) -> None:
        context = mp.get_context("spawn")  # a process that has talked to a GPU must not be forked
        self.wanted = context.Array("d", [0.0] * len(KINDS))
        self.rendering = context.Value("b", 1)  # 0: the device renders
        self.queues = {k: context.Queue(maxsize=12) for k in KINDS}
        self.processes = [context.Process(target=work, args=(i, seed, sizes, str(tokenizer_folder), self.wanted, self.rendering, self.queues), daemon=True) for i in range(workers)]
        for p in self.processes:
            p.start()

    def want(self, shares: Dict[str, float]) -> None:
        for i, kind in enumerate(KINDS):
            self.wanted[i] = float(shares.get(kind, 0))

    def take(self, kind: str, timeout: float = 120) -> Dict[str, Any]:
        """The next message of a kind; an error when every process has died."""
        end = time.time() + timeout
        while True:
            try:
                return self.queues[kind].get(timeout=2)
            except queue.Empty:
                if not any(p.is_alive() for p in self.processes):
                    raise RuntimeError("every data process has ended") from None
                if time.time() > end:
                    raise RuntimeError(f"no {kind} data for {timeout:.0f} s") from None

    def poll(self, kind: str) -> Optional[Dict[str, Any]]:
        try:
            return self.queues[kind].get_nowait()
        except queue.Empty:
            return None

    def close(self) -> None:
        self.want({})
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            p.join(5)
        for q in self.queues.values():
            q.cancel_join_thread()
            q.close()


def padded(rows: Sequence[Sequence[int]], pad: int) -> torch.Tensor:
    """Ids of different lengths -> [B,L], padded at the end."""
    length = max(map(len, rows))
    return torch.tensor([list(r) + [pad] * (length - len(r)) for r in rows])
