"""What detector and depth estimator train on: fresh pictures of everything the world can show, clean and as a model might draw them."""
from __future__ import annotations

import random
from typing import List, Tuple

import numpy as np
from PIL import Image, ImageFilter

from .world.render import render
from .world.scene import Scene, random_scene


def any_scene(rng: random.Random) -> Scene:
    """A judge must know what the drawing model never saw: every fifth scene shows held-out pairs only."""
    return random_scene(rng, rng.choice((1, 2, 3, 4, 4)), held_out=rng.random() < 0.2)


def worn(rng: random.Random, picture: np.ndarray) -> np.ndarray:
    """Soft, noisy or unevenly lit, as generated pictures are; half of the pictures stay as they were rendered."""
    if rng.random() < 0.5:
        return picture
    image = Image.fromarray(picture)
    if rng.random() < 0.6:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.6)))
    out = np.asarray(image).astype(np.float32)
    if rng.random() < 0.5:
        coarse = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(2, 14), (16, 16, 3)).astype(np.float32)
        bumps = np.stack([np.asarray(Image.fromarray(coarse[..., c]).resize(picture.shape[1::-1], Image.BICUBIC)) for c in range(3)], -1)
        out = out + bumps
    if rng.random() < 0.5:
        out = out * rng.uniform(0.88, 1.12)
    if rng.random() < 0.4:
        out = out + np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(1, 10), out.shape)
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def batch(rng: random.Random, count: int, wear: bool = True, size: int = 128) -> Tuple[List[Scene], np.ndarray, np.ndarray, np.ndarray]:
    """Scenes, pictures uint8 [n,h,w,3] (worn or clean), depth float32 [n,h,w], instances uint8 [n,h,w]."""
    scenes = [any_scene(rng) for _ in range(count)]
    rgb, depth, instances = render(scenes, size, size)
    if wear:
        rgb = np.stack([worn(rng, p) for p in rgb])
    return scenes, rgb, depth, instances
