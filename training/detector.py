"""Trains the detector: which things a picture shows, where, on what floor and when: `python3 -m training.detector --minutes 8`.

A segmenter with factored classes (shape, colour and material of the thing at each pixel, so that a pair that is rare is no rarer
than its parts), a heat map with a peak at the middle of each thing, the floor and the time of day. It judges the drawing model's
pictures, so it sees held-out pairs too. Output at half the picture's size.
"""
from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .judge import READY, arguments, export, load, train
from .looks import batch
from .model.unet import UNet
from .preprocess import to_vae
from .world.scene import COLOURS, FLOORS, HELD_OUT_PAIRS, MATERIALS, SHAPES, SKIES, Scene

# Channels of the output, in order; the first shape is `none`.
PARTS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("shape", ("none", *SHAPES)), ("colour", COLOURS), ("material", MATERIALS), ("centre", ("centre",)), ("floor", FLOORS), ("sky", SKIES),
)
CONFIG: Dict[str, Any] = {
    "_class_name": "UNet", "task": "detector", "in_channels": 3, "out_channels": sum(len(names) for _, names in PARTS), "widths": [16, 32, 64, 96, 96],
    "norm_groups": 8, "fine_channels": 0, "picture_size": 128, "parts": {name: list(names) for name, names in PARTS},
}
# A peak of the heat map from here on is a thing; fewer pixels than this are none.
PEAK, LEAST_PIXELS = 0.35, 5
NONE = -100


def split(out: Tensor) -> Dict[str, Tensor]:
    """[B,C,h,w] -> the channels of each part."""
    return dict(zip((name for name, _ in PARTS), out.split([len(names) for _, names in PARTS], 1)))


def labels(scenes: Sequence[Scene], instances: np.ndarray) -> Tuple[Tensor, Tensor, Tensor]:
    """Classes [B,5,h,w] (shape, colour, material, floor, sky; NONE where a part says nothing), heat [B,h,w], middles [B,h,w] (1 at a thing's middle)."""
    seen = instances[:, ::2, ::2]
    n, height, width = seen.shape
    classes, heat, middles = np.full((n, 5, height, width), NONE, np.int64), np.zeros((n, height, width), np.float32), np.zeros((n, height, width), np.float32)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    for i, scene in enumerate(scenes):
        empty = seen[i] == 0
        classes[i, 0] = 0
        classes[i, 3][empty & (rows > height / 2)] = FLOORS.index(scene.floor)
        classes[i, 4][empty] = SKIES.index(scene.sky)
        for k, thing in enumerate(scene.things):
            mask = seen[i] == k + 1
            if mask.sum() < LEAST_PIXELS:
                continue
            classes[i, 0][mask], classes[i, 1][mask] = SHAPES.index(thing.shape) + 1, COLOURS.index(thing.colour)
            classes[i, 2][mask] = MATERIALS.index(thing.material)
            ys, xs = np.nonzero(mask)
            y, x = (ys.min() + ys.max()) / 2, (xs.min() + xs.max()) / 2
            spread = max(1.2, 0.09 * (xs.max() - xs.min() + ys.max() - ys.min()))
            heat[i] = np.maximum(heat[i], np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * spread ** 2)))
            middles[i, int(round(y)), int(round(x))] = 1
    return torch.from_numpy(classes), torch.from_numpy(heat), torch.from_numpy(middles)


def make_batch(size: int, count: int):
    def make(rng: random.Random) -> Tuple[Tensor, ...]:
        scenes, rgb, _, instances = batch(rng, count, size=size)
        return (to_vae(rgb), *labels(scenes, instances), torch.from_numpy(instances[:, ::2, ::2].astype(np.int64)))
    return make


def of_things(values: Tensor, classes: Tensor, instances: Tensor) -> Tensor:
    """Cross entropy of each thing's mean logits: what is read from a picture is a vote of a thing's pixels, not each of them."""
    b, c, h, w = values.shape
    index = (instances + 8 * torch.arange(b, device=values.device)[:, None, None]).flatten()
    sums = values.new_zeros(8 * b, c).index_add_(0, index, values.permute(0, 2, 3, 1).reshape(-1, c))
    counts = values.new_zeros(8 * b).index_add_(0, index, torch.ones_like(index, dtype=values.dtype))
    truth = torch.full((8 * b,), NONE, device=values.device).index_copy_(0, index, classes.flatten())
    chosen = (counts >= LEAST_PIXELS) & (truth != NONE) & (torch.arange(8 * b, device=values.device) % 8 > 0)
    return F.cross_entropy(sums[chosen] / counts[chosen, None], truth[chosen]) if bool(chosen.any()) else values.sum() * 0


def loss_of(out: Tensor, classes: Tensor, heat: Tensor, middles: Tensor, instances: Tensor) -> Tensor:
    """Cross entropies of all parts, pixel by pixel and thing by thing, and a focal loss of the heat map."""
    parts = split(out)
    balance = 1 + 4 * (classes[:, 0] > 0).float()
    shape = (F.cross_entropy(parts["shape"], classes[:, 0], reduction="none") * balance).mean()
    ignore = lambda name, i: F.cross_entropy(parts[name], classes[:, i], ignore_index=NONE) if bool((classes[:, i] != NONE).any()) else 0.0
    rest = ignore("colour", 1) + ignore("material", 2) + 0.2 * ignore("floor", 3) + 0.2 * ignore("sky", 4)
    voted = of_things(parts["shape"][:, 1:], torch.where(classes[:, 0] > 0, classes[:, 0] - 1, torch.full_like(classes[:, 0], NONE)), instances)
    voted = voted + of_things(parts["material"], classes[:, 2], instances)
    p = torch.sigmoid(parts["centre"][:, 0]).clamp(1e-4, 1 - 1e-4)
    peak = -(1 - p).square() * torch.log(p) * middles
    flat = -p.square() * torch.log(1 - p) * (1 - heat).pow(4) * (1 - middles)
    return shape + rest + voted + (peak.sum() + flat.sum()) / middles.sum().clamp(min=1)


@dataclass
class Found:
    """A thing as the detector sees it; the middle in 0..1 of width and height, pixels of the half-size map."""

    shape: str
    colour: str
    material: str
    x: float
    y: float
    pixels: int


@dataclass
class Reading:
    things: List[Found]
    floor: str
    sky: str


def read(out: Tensor) -> Reading:
    """One output [C,h,w] -> what it says. The engine's native/pipelines/detection.ts does the same step by step."""
    parts = {name: part[0] for name, part in split(out[None]).items()}
    height, width = out.shape[1:]
    shape_p, colour_p, material_p = (torch.softmax(parts[n], 0) for n in ("shape", "colour", "material"))
    on = shape_p[0] < 0.5
    heat = torch.sigmoid(parts["centre"])[None]  # [1,1,h,w]
    places = torch.nonzero(((heat == F.max_pool2d(heat, 5, 1, 2)) & (heat >= PEAK))[0, 0]).float()
    things: List[Found] = []
    if len(places):
        ys, xs = torch.nonzero(on, as_tuple=True)
        nearest = ((ys[:, None] - places[:, 0]) ** 2 + (xs[:, None] - places[:, 1]) ** 2).argmin(1) if len(ys) else ys
        for k, (y, x) in enumerate(places.tolist()):
            mine = nearest == k
            if int(mine.sum()) < LEAST_PIXELS:
                continue
            mean = lambda p: p[:, ys[mine], xs[mine]].mean(1)
            things.append(Found(SHAPES[int(mean(shape_p)[1:].argmax())], COLOURS[int(mean(colour_p).argmax())], MATERIALS[int(mean(material_p).argmax())],
                                (x + 0.5) / width, (y + 0.5) / height, int(mine.sum())))
    bare = ~on
    lower = bare.clone()
    lower[:height // 2] = False
    mean = lambda name, where: parts[name][:, where if bool(where.any()) else slice(None)].flatten(1).mean(1)
    return Reading(things, FLOORS[int(mean("floor", lower).argmax())], SKIES[int(mean("sky", bare).argmax())])


@torch.no_grad()
def measure(model: UNet, count: int = 300, seed: int = 9_001) -> Dict[str, Any]:
    """Accuracy on clean and on worn fresh scenes: things found with their class, counts, held-out pairs, floor, time of day, pixels."""
    facts: Dict[str, Any] = {}
    for name, wear in (("clean", False), ("worn", True)):
        rng = random.Random(seed + wear)
        scenes, rgb, _, instances = batch(rng, count, wear)
        out = torch.cat([model(p) for p in to_vae(rgb).split(8)])
        hit = {"thing": [], "held_out": [], "shape_colour": [], "count": [], "floor": [], "sky": []}
        for scene, one, ids in zip(scenes, out, instances):
            reading = read(one)
            visible = [t for k, t in enumerate(scene.things) if (ids[::2, ::2] == k + 1).sum() >= 12]
            hit["count"].append(len(reading.things) == len(visible))
            hit["floor"].append(reading.floor == scene.floor)
            hit["sky"].append(reading.sky == scene.sky)
            left = list(reading.things)
            for t in visible:
                same = next((f for f in left if (f.shape, f.colour, f.material) == (t.shape, t.colour, t.material)), None)
                hit["thing"].append(same is not None)
                hit["shape_colour"].append(any((f.shape, f.colour) == (t.shape, t.colour) for f in left))
                if (t.colour, t.shape) in HELD_OUT_PAIRS:
                    hit["held_out"].append(same is not None)
                if same is not None:
                    left.remove(same)
        classes = labels(scenes, instances)[0][:, 0]
        facts[name] = {k: round(float(np.mean(v)), 4) for k, v in hit.items()}
        facts[name]["pixels"] = round(float((split(out)["shape"].argmax(1) == classes).float().mean()), 4)
    return facts


def main() -> None:
    args = arguments(argparse.ArgumentParser())
    model = train("detector", CONFIG, args, make_batch(CONFIG["picture_size"], args.batch), loss_of)
    folder = (args.out if args.out else READY) / "detector"
    export(folder, model, CONFIG, {})
    model, _ = load(folder)  # what is measured is what ships: float16 weights
    export(folder, model, CONFIG, measure(model, args.count))


if __name__ == "__main__":
    main()
