"""A second task for the visual decoder while it learns: halfway through, to name what each part of the picture will show.

The velocity's error is mostly texture and noise: which thing stands where, and which word it comes from, is a small part of it and is
learnt late. The world knows the answer for every latent pixel, so a linear layer on the decoder's inner features is asked for shape and
colour, at all times; it is left out of the checkpoint. (The idea of Yu et al. 2024, "Representation alignment for generation", with the
world's own labels in place of another network's features.)
"""
from __future__ import annotations

from typing import Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .flow import pack
from .world.render import render
from .world.scene import COLOURS, SHAPES, Scene

NOTHING_WEIGHT = 0.3  # floor and sky are most of a picture
CLASSES = (1 + len(SHAPES), 1 + len(COLOURS))  # of shapes and of colours; 0 = no thing


def seen_labels(scenes: Sequence[Scene], columns: int = 16, rows: int = 16) -> Tensor:
    """Shape and colour in the middle of every latent pixel: uint8 [n,2,rows,columns], 0 = no thing."""
    names = np.zeros((len(scenes), 256, 2), np.uint8)
    for row, scene in zip(names, scenes):
        for k, thing in enumerate(scene.things, 1):
            row[k] = 1 + SHAPES.index(thing.shape), 1 + COLOURS.index(thing.colour)
    instances = render(scenes, columns, rows, samples=1)[2].reshape(len(scenes), -1)
    found = np.take_along_axis(names, instances[..., None].astype(np.int64), 1)
    return torch.from_numpy(found.reshape(len(scenes), rows, columns, 2)).permute(0, 3, 1, 2).contiguous()


class Naming(nn.Module):
    """Inner features of the decoder -> shape and colour of the 2×2 latent pixels of each token."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.names = nn.Linear(size, 4 * sum(CLASSES))

    def forward(self, hidden: Tensor) -> Tuple[Tensor, Tensor]:
        """hidden [B,n,D] -> logits of shapes [B,n,4,6] and colours [B,n,4,9]."""
        shapes, colours = self.names(F.layer_norm(hidden, hidden.shape[-1:])).unflatten(-1, (4, sum(CLASSES))).split(CLASSES, -1)
        return shapes, colours

    def loss(self, hidden: Tensor, seen: Tensor) -> Tensor:
        """Mean cross entropy of both; hidden [B,n,D], seen [B,2,h,w] as `seen_labels` gives it."""
        wanted = pack(seen).long()  # [B,n,8]: four shapes, four colours
        parts = []
        for logits, target, count in zip(self(hidden), wanted.split(4, -1), CLASSES):
            weight = torch.ones(count, device=hidden.device)
            weight[0] = NOTHING_WEIGHT
            parts.append(F.cross_entropy(logits.flatten(0, 2), target.flatten(), weight))
        return torch.stack(parts).mean()
