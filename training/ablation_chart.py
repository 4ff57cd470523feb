"""Draws what the ablations found: one panel a figure, one dot a seed, a bar or a mark for the mean of the seeds."""
from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Dict, List, Tuple

from PIL import Image, ImageDraw, ImageFont

PANEL, ROW, LEFT, TOP = 520, 40, 150, 64
INK, FAINT, BAR, DOT = (32, 36, 44), (222, 226, 232), (122, 162, 247), (214, 93, 60)
# Figures of which less is better.
LOSSES = "loss"


def by_figure(done: Dict[str, Dict[str, float]]) -> Dict[str, Dict[str, List[float]]]:
    """{"run/seed": {figure: value}} -> {figure: {run: values of its seeds}}."""
    out: Dict[str, Dict[str, List[float]]] = defaultdict(lambda: defaultdict(list))
    for key, figures in done.items():
        for figure, value in figures.items():
            out[figure][key.rsplit("/", 1)[0]].append(value)
    return {figure: dict(runs) for figure, runs in out.items()}


def bounds(runs: Dict[str, List[float]], loss: bool) -> Tuple[float, float]:
    """Losses are close together: their axis starts near them, and says so by its numbers; shares start at nought."""
    values = [v for vs in runs.values() for v in vs]
    if not loss:
        return 0.0, 1.0
    margin = max(0.25 * (max(values) - min(values)), 1e-4)
    return min(values) - margin, max(values) + margin


def draw(done: Dict[str, Dict[str, float]], path: Path) -> None:
    font, small = (ImageFont.truetype("DejaVuSans.ttf", size) for size in (15, 13))
    figures = by_figure(done)
    heights = [TOP + ROW * len(runs) + 34 for runs in figures.values()]
    image = Image.new("RGB", (LEFT + PANEL + 60, sum(heights) + 12), "white")
    pen, y = ImageDraw.Draw(image), 0
    for (figure, runs), height in zip(figures.items(), heights):
        loss = LOSSES in figure
        low, high = bounds(runs, loss)
        x_of = lambda value: LEFT + (value - low) / (high - low) * PANEL
        pen.text((16, y + 14), f"{figure} ({'less' if loss else 'more'} is better)", INK, font)
        bottom = y + TOP + ROW * len(runs) - 14
        for tick in range(5):
            value = low + tick * (high - low) / 4
            pen.line((x_of(value), y + TOP - 14, x_of(value), bottom), FAINT)
            pen.text((x_of(value), bottom + 4), f"{value:.4f}" if loss else f"{value:.2f}", INK, small, anchor="ma")
        for i, (name, values) in enumerate(runs.items()):
            middle = y + TOP + ROW * i + 4
            pen.text((LEFT - 10, middle), name, INK, small, anchor="rm")
            mean = sum(values) / len(values)
            if loss:  # a bar from an axis that does not start at nought would lie about sizes
                pen.rectangle((x_of(mean) - 1, middle - 11, x_of(mean) + 1, middle + 11), BAR)
            else:
                pen.rectangle((x_of(low), middle - 9, x_of(mean), middle + 9), BAR)
            for value in values:
                pen.ellipse((x_of(value) - 4, middle - 4, x_of(value) + 4, middle + 4), DOT, "white")
            pen.text((LEFT + PANEL + 8, middle), f"{mean:.4f}" if loss else f"{mean:.2f}", INK, small, anchor="lm")
        y += height
    image.save(path)
