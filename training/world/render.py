"""Scenes to pictures: the C ray caster, compiled at first use and called through ctypes."""
from __future__ import annotations

import ctypes
from typing import Sequence, Tuple

import numpy as np

from .compiled import library
from .scene import FLOORS, SHAPES, SKIES, Scene

MAX_OBJECTS, HEADER, RECORD = 6, 4, 9
# Linear RGB reflectances, chosen to stay apart under all three skies.
COLOUR_RGB = {
    "red": (0.80, 0.018, 0.018), "orange": (0.95, 0.26, 0.01), "yellow": (0.95, 0.76, 0.02), "green": (0.02, 0.40, 0.05),
    "cyan": (0.02, 0.66, 0.72), "blue": (0.02, 0.06, 0.75), "purple": (0.36, 0.03, 0.58), "white": (0.92, 0.92, 0.92),
}


def pack(scenes: Sequence[Scene]) -> np.ndarray:
    """Scenes as the records the C code reads: float32 [n, HEADER + RECORD * MAX_OBJECTS]."""
    out = np.zeros((len(scenes), HEADER + RECORD * MAX_OBJECTS), np.float32)
    for row, scene in zip(out, scenes):
        row[:HEADER] = scene.distance, FLOORS.index(scene.floor), SKIES.index(scene.sky), len(scene.things)
        for i, t in enumerate(scene.things):
            at = HEADER + RECORD * i
            row[at:at + RECORD] = (SHAPES.index(t.shape), *COLOUR_RGB[t.colour], t.material == "metal", t.radius, t.x, t.z, t.yaw)
    return out


def render(scenes: Sequence[Scene], width: int = 128, height: int = 128, samples: int = 2) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Renders scenes: rgb uint8 [n,h,w,3], depth float32 [n,h,w] (world units), instances uint8 [n,h,w] (0 = background, k = things[k-1])."""
    n = len(scenes)
    packed = np.ascontiguousarray(pack(scenes))
    rgb = np.empty((n, height, width, 3), np.uint8)
    depth = np.empty((n, height, width), np.float32)
    instances = np.empty((n, height, width), np.uint8)
    library("render").render(n, width, height, samples, *(a.ctypes.data_as(ctypes.c_void_p) for a in (packed, rgb, depth, instances)))
    return rgb, depth, instances
