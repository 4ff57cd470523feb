"""Areas that people leave to the model: brushed blobs, boxes, borders."""
from __future__ import annotations

import random
from typing import Tuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def around(rng: random.Random, thing: np.ndarray) -> np.ndarray:
    """A box, an ellipse or a grown outline that covers a thing's mask, bool [h,w]."""
    height, width = thing.shape
    rows, columns = np.nonzero(thing.any(1))[0], np.nonzero(thing.any(0))[0]
    grow = rng.randint(3, 10)
    kind = rng.choice(("box", "ellipse", "outline"))
    if kind == "outline":
        return np.asarray(Image.fromarray((thing * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(2 * grow + 1))) > 0
    canvas = Image.new("L", (width, height))
    cy, cx, ry, rx = (rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2, (rows[-1] - rows[0]) / 2 + grow, (columns[-1] - columns[0]) / 2 + grow
    if kind == "ellipse":
        ry, rx = 1.25 * ry, 1.25 * rx
    draw = ImageDraw.Draw(canvas)
    (draw.rectangle if kind == "box" else draw.ellipse)((cx - rx, cy - ry, cx + rx, cy + ry), fill=255)
    return (np.asarray(canvas) > 0) | thing


def anywhere(rng: random.Random, height: int, width: int) -> np.ndarray:
    """A brush stroke, a box or an ellipse of a twentieth to a third of the picture, bool [h,w]."""
    canvas = Image.new("L", (width, height))
    draw = ImageDraw.Draw(canvas)
    kind = rng.choice(("stroke", "box", "ellipse"))
    cx, cy = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height
    if kind == "stroke":
        points = [(cx, cy)]
        for _ in range(rng.randint(2, 5)):
            points.append((points[-1][0] + rng.uniform(-0.3, 0.3) * width, points[-1][1] + rng.uniform(-0.3, 0.3) * height))
        brush = rng.randint(width // 10, width // 5)
        draw.line(points, fill=255, width=brush, joint="curve")
        for x, y in points:
            draw.ellipse((x - brush / 2, y - brush / 2, x + brush / 2, y + brush / 2), fill=255)
    else:
        rx, ry = rng.uniform(0.12, 0.3) * width, rng.uniform(0.12, 0.3) * height
        (draw.rectangle if kind == "box" else draw.ellipse)((cx - rx, cy - ry, cx + rx, cy + ry), fill=255)
    return np.asarray(canvas) > 0


def border(rng: random.Random, height: int, width: int) -> np.ndarray:
    """What is new when a picture grows by a quarter to a half on one to four sides, bool [h,w]; the old part stays at least 3/8 wide."""
    sides = rng.choice(((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 1, 0, 0), (0, 0, 1, 1), (1, 1, 1, 1)))

    def pair(first: int, second: int, length: int) -> Tuple[int, int]:
        most = 0.5 if first + second == 1 else 0.3
        return tuple(int(length * rng.uniform(0.15, most)) if on else 0 for on in (first, second))
    left, right = pair(sides[0], sides[1], width)
    top, bottom = pair(sides[2], sides[3], height)
    mask = np.ones((height, width), bool)
    mask[top:height - bottom, left:width - right] = False
    return mask
