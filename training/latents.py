"""Caches what the visual decoder learns from: scenes with their latents, in chunks that training picks up as they appear.

`python3 -m training.latents --chunks 12` renders, encodes with the frozen VAE and writes training/runs/latents/NNN.pt.
A chunk holds pictures (some alone, some as the two sides of an edit); captions are made up anew whenever one is drawn.
"""
from __future__ import annotations

import argparse
import random
import time
from dataclasses import replace
from typing import Any, Dict, List, Tuple

import numpy as np
import torch
from torch import Tensor

from . import presets
from .common import RUNS, load_state, save_state, set_threads
from .model.vae import AutoencoderKL
from .preprocess import Preprocessor, to_vae
from .world.edits import edit
from .world.render import render
from .world.scene import Scene, random_scene

FOLDER = RUNS / "latents"


def load_vae() -> AutoencoderKL:
    vae = AutoencoderKL(presets.VAE_CONFIG)
    vae.load_state_dict(load_state(RUNS / "vae.pt")["model"])
    return vae.eval().requires_grad_(False)


@torch.no_grad()
def measure_scaling(vae: AutoencoderKL, count: int = 96) -> Dict[str, Any]:
    """Scaling factor that gives latents a standard deviation of 1, and the latent -> RGB map for previews."""
    rng = random.Random(77)
    pictures = to_vae(render([random_scene(rng) for _ in range(count)])[0])
    mean = torch.cat([vae.encode(p)[0] for p in pictures.split(16)])
    scaling = float(1 / mean.std())
    z = (mean * scaling).permute(0, 2, 3, 1).reshape(-1, mean.shape[1])
    rgb = torch.nn.functional.avg_pool2d(pictures, 8).permute(0, 2, 3, 1).reshape(-1, 3) / 2 + 0.5  # RGB in [0, 1]
    design = torch.cat((z, torch.ones(len(z), 1)), 1)
    fit = torch.linalg.lstsq(design, rgb).solution
    error = float((design @ fit - rgb).square().mean().sqrt())
    return {"scaling_factor": scaling, "std": mean.mul(scaling).std((0, 2, 3)).tolist(), "mean": mean.mul(scaling).mean((0, 2, 3)).tolist(),
            "factors": fit[:-1].tolist(), "bias": fit[-1].tolist(), "preview_rms": error}


def twins(rng: random.Random, scene: Scene) -> Scene:
    """The scene with all things given the first one's shape and colour, as in `two red cubes`."""
    first = scene.things[0]
    return replace(scene, things=tuple(replace(t, shape=first.shape, colour=first.colour, yaw=t.yaw if first.shape != "torus" else first.yaw)
                                       for t in scene.things))


def shares(chunk: int) -> Tuple[float, float, float, float]:
    """Of a chunk: scenes of one thing, of two, equal things among those of several, and edits for each scene. Single things come first, because
    that is what the decoder learns first; the last chunks are for what it learns last."""
    return (1.0, 0.0, 0.0, 0.0) if chunk < 2 else (0.6, 0.3, 0.12, 0.5) if chunk < 12 else (0.25, 0.5, 0.3, 0.6)


def draw(rng: random.Random, singles: float, pairs: float, equal: float, edits: float, count: int) -> Tuple[List[Scene], List[Tuple[int, int, str]]]:
    """About `count` scenes, and triples (source index, target index, instruction) among them; shares as above."""
    scenes: List[Scene] = []
    triples: List[Tuple[int, int, str]] = []
    while len(scenes) < count:
        kind = rng.random()
        scene = random_scene(rng, 1 if kind < singles else 2 if kind < singles + pairs else rng.choice((3, 4)))
        if len(scene.things) > 1 and rng.random() < equal:
            scene = twins(rng, scene)
        scenes.append(scene)
        if rng.random() < edits and len(scene.things) <= 3:
            after, text = edit(rng, scene)
            scenes.append(after)
            triples.append((len(scenes) - 2, len(scenes) - 1, text))
    return scenes, triples


@torch.no_grad()
def encode(vae: AutoencoderKL, scenes: List[Scene], scaling: float, pre: Preprocessor) -> Tuple[Tensor, np.ndarray]:
    """Scaled latents float16 [n,C,16,16] and the pictures as conditions see them, uint8 [n,56,56,3]."""
    latents, conditions = [], []
    for at in range(0, len(scenes), 32):
        rgb = render(scenes[at:at + 32])[0]
        latents.append((vae.encode(to_vae(rgb))[0] * scaling).half())
        conditions.extend(pre.condition(p) for p in rgb)
    return torch.cat(latents), np.stack(conditions)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--chunks", type=int, default=12)
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    set_threads(args.threads)
    vae, pre = load_vae(), Preprocessor(presets.PREPROCESSOR)
    path = RUNS / "scaling.pt"
    measured = load_state(path)
    if measured is None:
        measured = measure_scaling(vae)
        save_state(path, measured)
    print(measured, flush=True)
    for chunk in range(args.first, args.first + args.chunks):
        start, rng = time.time(), random.Random(900 + chunk)
        scenes, triples = draw(rng, *shares(chunk), args.size)
        latents, conditions = encode(vae, scenes, measured["scaling_factor"], pre)
        save_state(FOLDER / f"{chunk:03d}.pt", {"scenes": scenes, "latents": latents, "conditions": torch.from_numpy(conditions), "edits": triples})
        print(f"chunk {chunk}: {len(scenes)} pictures, {len(triples)} edits, {time.time() - start:.0f}s", flush=True)


if __name__ == "__main__":
    main()
