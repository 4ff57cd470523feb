"""Draws losses over steps: `python3 -m training.curves [LOG] [OUT]` for a training's log (runs/decoder.log and runs/curves.png unless told)."""
from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Dict, List, Tuple

from PIL import Image, ImageDraw, ImageFont

from .common import RUNS

Curve = List[Tuple[int, str, Dict[str, float]]]  # step, name of the stage or schedule, mean losses since the last entry

SIZE, LEFT, RIGHT, TOP, BOTTOM = (1200, 440), 20, 20, 34, 34
INK, FAINT = (32, 36, 44), (222, 226, 232)
COLOURS = ((60, 110, 220), (214, 93, 60), (46, 150, 90), (150, 80, 190), (190, 140, 20))


def read_log(path: Path) -> Curve:
    """The losses of a log; a schedule ends where progress falls back. Values of nought were not measured yet."""
    curve: Curve = []
    schedule, before = 1, 0.0
    for line in path.read_text().splitlines():
        step, progress = re.search(r"\bstep (\d+)", line), re.search(r"\bprogress ([\d.]+)", line)
        if step is None or progress is None:
            continue
        if float(progress[1]) < before:
            schedule += 1
        before = float(progress[1])
        losses = {kind: float(value) for kind, value in re.findall(r"\b(t2i|edit|tasks|names) ([\d.]+)", line) if float(value) > 0}
        curve.append((int(step[1]), f"schedule {schedule}", losses))
    return curve


def letters(size: int) -> ImageFont.ImageFont:
    """DejaVu, or Pillow's own small letters on a bare machine: no run may end for the sake of its chart."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size)
    except OSError:
        return ImageFont.load_default()


def draw(curve: Curve, path: Path) -> None:
    """Every loss in a range of its own, from its lowest value to what its first twentieth had fallen to; stages apart by lines.

    Lines are medians of three entries: the first entry after an interruption stands for a few steps only.
    """
    image = Image.new("RGB", SIZE, "white")
    pen, font = ImageDraw.Draw(image), letters(13)
    kinds = sorted({kind for _, _, means in curve for kind in means})
    last = max((step for step, _, _ in curve), default=1)
    x = lambda step: LEFT + (SIZE[0] - LEFT - RIGHT) * step / last
    floor, stage, free = SIZE[1] - BOTTOM, None, -1.0
    for step, name, _ in curve:
        if name != stage:
            pen.line((x(step), TOP - 8, x(step), floor), FAINT)
            if x(step) > free and x(step) + pen.textlength(name, font) < SIZE[0]:  # words of short stages would lie upon each other
                pen.text((x(step) + 3, 8), name, INK, font)
                free = x(step) + pen.textlength(name, font) + 12
            stage = name
    for tick in range(5):
        words = f"{last * tick // 4:,}"
        pen.text((x(last * tick / 4) - pen.textlength(words, font) * tick / 4, floor + 8), words, INK, font)
    for i, kind in enumerate(kinds):
        points = [(step, means[kind]) for step, _, means in curve if kind in means]
        calm = [(step, sorted(v for _, v in points[max(0, j - 1):j + 2])[1 if 0 < j < len(points) - 1 else 0]) for j, (step, _) in enumerate(points)]
        low, high = min(v for _, v in calm), calm[len(calm) // 20][1]
        y = lambda value: floor - 6 - (floor - TOP - 12) * min(1.0, max(0.0, (value - low) / max(high - low, 1e-9)))
        colour = COLOURS[i % len(COLOURS)]
        if len(points) > 1:
            pen.line([(x(step), y(value)) for step, value in calm], colour, 2)
        words, spot = f"{kind}: {points[0][1]:.3f} to {points[-1][1]:.3f}", TOP + 4 + 19 * i
        left = SIZE[0] - RIGHT - 8 - pen.textlength(words, font)
        pen.rectangle((left - 4, spot - 1, SIZE[0] - RIGHT, spot + 16), "white")
        pen.text((left, spot), words, colour, font)
    image.save(path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log", nargs="?", type=Path, default=RUNS / "decoder.log")
    parser.add_argument("out", nargs="?", type=Path, default=RUNS / "curves.png")
    args = parser.parse_args()
    draw(read_log(args.log), args.out)
    print(args.out)


if __name__ == "__main__":
    main()
