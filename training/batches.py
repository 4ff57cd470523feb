"""Batches for the language side: pictures with questions, captions with questions, instructions."""
from __future__ import annotations

import random
from dataclasses import dataclass
from typing import List, Optional, Tuple

import numpy as np
import torch
from torch import Tensor

from .model.aimv2 import Grid, merge_order
from .preprocess import Preprocessor
from .text.prompts import answer_chat, condition_chat, edit_prompt, t2i_prompt, with_pictures
from .text.tokenizer import IMAGE, Tokenizer
from .world.captions import caption
from .world.edits import edit
from .world.questions import pair_question, question
from .world.render import render
from .world.scene import COLOURS, MATERIALS, SHAPES, Scene, random_scene

IGNORE = -100


@dataclass
class TextBatch:
    """Token ids after the picture [S,R] (padded), what to predict there, its weight, and each row's picture."""

    ids: Tensor
    targets: Tensor
    weights: Tensor
    picture: Tensor


def text_batch(tokenizer: Tokenizer, rows: List[Tuple[str, str, int]], context_weight: float) -> TextBatch:
    """Rows (prompt with the places of its pictures, answer or '', index of a picture or of a pair) to padded tensors.

    Only what follows the last picture is here: assemble() writes what stands before. Answer tokens weigh 1, tokens of the
    prompt `context_weight`: the language model then also learns to expect text.
    """
    sequences = []
    for prompt, answer, picture in rows:
        chat = tokenizer.encode(answer_chat(prompt) if answer else condition_chat(prompt))
        head = chat[len(chat) - chat[::-1].index(IMAGE):]
        tail = tokenizer.encode(answer) + [tokenizer.eos] if answer else []
        sequences.append((head, tail, picture))
    length = max(len(h) + len(t) for h, t, _ in sequences)
    ids = torch.full((len(rows), length), tokenizer.pad)
    targets, weights = torch.full_like(ids, IGNORE), torch.zeros(len(rows), length)
    for i, (head, tail, _) in enumerate(sequences):
        full = torch.tensor(head + tail)
        ids[i, :len(full)] = full
        targets[i, :len(full) - 1] = full[1:]
        weights[i, :len(full) - 1] = context_weight
        if tail:
            weights[i, len(head) - 1:len(full) - 1] = min(1.0, 4 / len(tail))  # a long description must not drown short answers
    return TextBatch(ids, targets, weights, torch.tensor([p for _, _, p in sequences]))


def patch_labels(scenes: List[Scene], instances: np.ndarray, grid: Grid) -> Tensor:
    """What each patch's centre shows, in merge order: [B,N,4] of colour, shape, material (0 = none, k+1 = k-th) and which thing it is (0 = none)."""
    tables = np.zeros((len(scenes), 7, 4), np.int64)
    for table, scene in zip(tables, scenes):
        for i, t in enumerate(scene.things):
            table[i + 1] = COLOURS.index(t.colour) + 1, SHAPES.index(t.shape) + 1, MATERIALS.index(t.material) + 1, i + 1
    size = instances.shape[1]
    rows, columns = (((np.arange(n) + 0.5) * size / n).astype(int) for n in grid)
    seen = instances[:, rows][:, :, columns].reshape(len(scenes), -1)
    labels = torch.from_numpy(np.take_along_axis(tables, seen[..., None].astype(np.int64), 1))
    return torch.stack([merge_order(l, grid, 2) for l in labels])


@dataclass
class UnderstandingBatch:
    pixels: Tensor
    grid: Grid
    labels: Tensor
    text: TextBatch
    pairs: TextBatch  # questions about two pictures, which are the picture of that index and the next one
    blind: TextBatch  # rows about a caption or an instruction; their picture is the white one


def seen_scenes(rng: random.Random, pre: Preprocessor, pictures: int, coarse: float, size: int = 128) -> Tuple[List[Scene], Tensor, Grid, Tensor]:
    """Fresh scenes with the patches of their pictures, the grid, and what each patch shows; with probability `coarse` at the size of a condition picture."""
    scenes = [random_scene(rng, rng.choice((1, 1, 1, 2, 2, 3, 4))) for _ in range(pictures)]
    rgb, _, instances = render(scenes, size, size)
    view = pre.condition if rng.random() < coarse else pre.understanding
    pixels, grid = pre.patches([view(p) for p in rgb])
    return scenes, pixels, grid, patch_labels(scenes, instances, grid)


def understanding_batch(rng: random.Random, tokenizer: Tokenizer, pre: Preprocessor, pictures: int, per: int, blind: int, coarse: float,
                        size: int = 128) -> UnderstandingBatch:
    """`pictures` fresh scenes of `size` pixels with `per` questions each."""
    scenes, pixels, grid, labels = seen_scenes(rng, pre, pictures, coarse, size)
    rows = []
    for i, scene in enumerate(scenes):
        for _ in range(per):
            ask, answer = question(rng, scene)
            rows.append((f"<image>\n{ask}", answer, i))
    others = []
    for _ in range(blind):
        scene = random_scene(rng)
        if rng.random() < 0.3:
            others.append((edit_prompt(edit(rng, scene)[1]), "", 0))
        else:
            others.append((t2i_prompt(caption(rng, scene, detail=0.5)), "", 0))
    for scene in scenes[:max(1, blind // 2)]:
        text, ask, answer = binding(rng, scene)
        others.append((f"<image>\n{text}. {ask}", answer, 0))
    pairs = []
    for i in range(0, pictures - 1, 2):
        ask, answer = pair_question(rng, scenes[i], scenes[i + 1])
        pairs.append((with_pictures(ask, 2), answer, i))
    return UnderstandingBatch(pixels, grid, labels, text_batch(tokenizer, rows, 0.05), text_batch(tokenizer, pairs, 0.05),
                              text_batch(tokenizer, others, 0.1))


def binding(rng: random.Random, scene: Scene) -> Tuple[str, str, str]:
    """A full caption, a question that it answers, and the answer: reading practice without a picture."""
    things = scene.things
    text = t2i_prompt("")[len("<image>\n"):] + caption(rng, scene, detail=0.0, place=1.0, time=1.0, opening=0.0)
    unique = [t for t in things if t.shape in text and sum(o.shape == t.shape for o in things) == 1 and t.colour in text]
    kind = rng.random()
    if unique and kind < 0.7:
        t = rng.choice(unique)
        return text, f"What color is the {t.shape}?", t.colour
    if kind < 0.85:
        return text, "What time of day is it?", scene.sky
    return text, "What is the floor made of?", scene.floor


def decode_answer(tokenizer: Tokenizer, ids: List[int]) -> str:
    return tokenizer.decode(ids[:ids.index(tokenizer.eos)] if tokenizer.eos in ids else ids).strip()


def chunked(values: List, size: int) -> List[List]:
    return [values[i:i + size] for i in range(0, len(values), size)]


def white(size: Optional[int] = 128) -> np.ndarray:
    return np.full((size, size, 3), 255, np.uint8)
