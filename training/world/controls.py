"""Control maps of pictures: canny edges, depth, things cut out on white."""
from __future__ import annotations

import ctypes
import random
from dataclasses import replace
from typing import Tuple

import numpy as np
from PIL import Image

from .compiled import library
from .render import render
from .scene import Scene, Thing, random_yaw


def canny(picture: np.ndarray, low: float = 100, high: float = 200) -> np.ndarray:
    """White one-pixel edges on black, uint8 [h,w,3], as the engine's control draws them (thresholds as in OpenCV)."""
    height, width = picture.shape[:2]
    source, edges = np.ascontiguousarray(picture), np.empty((height, width), np.uint8)
    pointer = lambda a: a.ctypes.data_as(ctypes.c_void_p)
    if library("canny").canny(width, height, int(low), int(high), pointer(source), pointer(edges)) != 0:
        raise MemoryError("canny")
    return np.repeat(edges[..., None], 3, 2)


def disparity(depth: np.ndarray) -> np.ndarray:
    """Distances [h,w] -> closeness relative to the nearest point, float32 in (0,1]; the sky is next to 0."""
    return (depth.min() / depth).astype(np.float32)


def depth_map(depth: np.ndarray) -> np.ndarray:
    """Distances [h,w] -> grey uint8 [h,w,3]: the nearest point white, the sky black."""
    return np.repeat((255 * disparity(depth) + 0.5).astype(np.uint8)[..., None], 3, 2)


def cut_out(rng: random.Random, thing: Thing, background: Tuple[int, int, int], size: int = 128) -> np.ndarray:
    """One thing alone on a plain background, as somebody would cut it out of another picture: uint8 [size,size,3].

    It is lit by another scene's sun, seen from anywhere and fills half to all of the frame.
    """
    posed = replace(thing, x=rng.uniform(-0.8, 0.8), z=rng.uniform(-0.6, 0.8), yaw=random_yaw(rng, thing.shape))
    rgb, _, instances = render([Scene((posed,), rng.choice(("wood", "sand", "stone", "checkered")), rng.choice(("day", "day", "dusk")))], 2 * size, 2 * size, 1)
    mask = instances[0] > 0
    picture = np.where(mask[..., None], rgb[0], np.asarray(background, np.uint8))
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    side = int(max(rows[-1] - rows[0], columns[-1] - columns[0]) * rng.uniform(1.05, 1.9)) + 2
    top, left = (rows[0] + rows[-1] - side) // 2, (columns[0] + columns[-1] - side) // 2
    pad = side
    padded = np.full((2 * size + 2 * pad, 2 * size + 2 * pad, 3), background, np.uint8)
    padded[pad:-pad, pad:-pad] = picture
    window = padded[top + pad:top + pad + side, left + pad:left + pad + side]
    return np.asarray(Image.fromarray(window).resize((size, size), Image.BICUBIC))
