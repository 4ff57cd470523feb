"""Trains the depth estimator: closeness of every pixel relative to the nearest one: `python3 -m training.depth --minutes 8`.

Its map is what the depth control of the drawing model was trained on: 1 at the nearest point, 0 in the sky (`world/controls.py`).
"""
from __future__ import annotations

import argparse
import random
from typing import Any, Dict, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .judge import READY, arguments, export, load, train
from .looks import batch
from .model.unet import UNet
from .preprocess import to_vae
from .world.controls import disparity

CONFIG: Dict[str, Any] = {
    "_class_name": "UNet", "task": "depth", "in_channels": 3, "out_channels": 1, "widths": [16, 32, 64, 96, 96], "norm_groups": 8, "fine_channels": 8,
    "picture_size": 128, "parts": {"depth": ["closeness"]},
}


def make_batch(size: int, count: int):
    def make(rng: random.Random) -> Tuple[Tensor, ...]:
        _, rgb, depth, _ = batch(rng, count, size=size)
        return to_vae(rgb), torch.from_numpy(np.stack([disparity(d) for d in depth]))
    return make


def loss_of(out: Tensor, target: Tensor) -> Tensor:
    """L1 of the closeness and of its slopes, which keeps contours sharp."""
    p = torch.sigmoid(out[:, 0])
    slope = lambda v, axis: v.diff(dim=axis)
    return F.l1_loss(p, target) + sum(F.l1_loss(slope(p, a), slope(target, a)) for a in (1, 2))


def closeness(out: Tensor) -> Tensor:
    """Outputs [B,1,h,w] -> closeness [B,h,w], 1 at the nearest pixel of each picture."""
    p = torch.sigmoid(out[:, 0])
    return p / p.flatten(1).max(1).values[:, None, None]


def correlation(a: Tensor, b: Tensor) -> Tensor:
    """Pearson correlation of each picture's values, [B]."""
    a, b = (v.flatten(1) - v.flatten(1).mean(1, keepdim=True) for v in (a, b))
    return (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp(min=1e-9)


@torch.no_grad()
def measure(model: UNet, count: int = 300, seed: int = 9_101) -> Dict[str, Any]:
    """Mean correlation with the true closeness and mean absolute error, on clean and on worn fresh scenes."""
    facts: Dict[str, Any] = {}
    for name, wear in (("clean", False), ("worn", True)):
        _, rgb, depth, instances = batch(random.Random(seed + wear), count, wear)
        target = torch.from_numpy(np.stack([disparity(d) for d in depth]))
        found = closeness(torch.cat([model(p) for p in to_vae(rgb).split(8)]))
        on = torch.from_numpy(instances > 0)
        facts[name] = {"correlation": round(float(correlation(found, target).mean()), 4), "error": round(float((found - target).abs().mean()), 4),
                       "error_on_things": round(float((found - target).abs()[on].mean()), 4)}
    return facts


def main() -> None:
    args = arguments(argparse.ArgumentParser())
    model = train("depth", CONFIG, args, make_batch(CONFIG["picture_size"], args.batch), loss_of)
    folder = (args.out if args.out else READY) / "depth"
    export(folder, model, CONFIG, {})
    model, _ = load(folder)
    export(folder, model, CONFIG, measure(model, args.count))


if __name__ == "__main__":
    main()
