"""Sample sheets: pictures for fixed prompts and edits from the present weights: `python3 -m training.sample FOLDER out.png`."""
from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import List

import numpy as np
from PIL import Image, ImageDraw

from .common import set_threads
from .pipeline import Pipeline
from .world.render import render
from .world.scene import Scene, Thing

PROMPTS = ("a red cube", "a blue sphere", "a green cone", "a yellow cylinder", "a purple torus", "a white cube",
           "a red cube on grass", "a blue ball at night", "a red cube and a blue sphere", "a green cone next to a yellow cube", "two red cubes")
SOURCES = (Scene((Thing("cube", "red", x=-0.1, z=0.2, yaw=0.4),), "wood", "day"),
           Scene((Thing("sphere", "green", x=-0.9, z=0.0), Thing("cone", "blue", x=1.0, z=0.1)), "stone", "day"))
EDITS = ((0, "make the cube blue"), (0, "make it night"), (0, "put it on grass"), (1, "make the sphere yellow"), (1, "remove the cone"))


def label(picture: np.ndarray, text: str, width: int) -> np.ndarray:
    """The picture(s) with a line of text above."""
    canvas = Image.new("RGB", (width, picture.shape[0] + 12), (255, 255, 255))
    canvas.paste(Image.fromarray(picture), (0, 12))
    ImageDraw.Draw(canvas).text((2, 0), text[:width // 6], fill=(0, 0, 0))
    return np.asarray(canvas)


def rows(cells: List[np.ndarray], columns: int) -> np.ndarray:
    blank = np.full_like(cells[0], 255)
    cells = cells + [blank] * (-len(cells) % columns)
    return np.concatenate([np.concatenate(cells[i:i + columns], 1) for i in range(0, len(cells), columns)])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=4.0)
    parser.add_argument("--img-cfg", type=float, default=1.5)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--prompts", nargs="*")
    parser.add_argument("--no-edits", action="store_true")
    args = parser.parse_args()
    set_threads(2)
    pipe = Pipeline(args.folder)
    cells = []
    for prompt in args.prompts or PROMPTS:
        pair = [pipe.text2image(prompt, 128, 128, args.steps, args.cfg, seed=s).image for s in range(args.seeds)]
        cells.append(label(np.concatenate(pair, 1), prompt, 128 * args.seeds))
    sources = render(SOURCES)[0]
    for index, text in () if args.no_edits else EDITS:
        out = pipe.edit(text, [sources[index]], args.steps, args.cfg, args.img_cfg, seed=1).image
        cell = label(np.concatenate((sources[index], out), 1), text, 256)
        cells.append(np.pad(cell, ((0, 0), (0, 128 * args.seeds - 256), (0, 0)), constant_values=255) if args.seeds > 2 else cell)
    Image.fromarray(rows(cells, 4)).save(args.out)
    from .world.questions import question
    rng = random.Random(3)
    for scene, picture in zip(SOURCES, sources):
        for _ in range(3):
            ask, want = question(rng, scene)
            print(f"{ask} -> {pipe.answer(ask, [picture])[0]!r} (expected {want!r})")


if __name__ == "__main__":
    main()
