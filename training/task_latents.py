"""Caches rows of every task for the visual decoder: `python3 -m training.task_latents --chunks 8`.

Each chunk in training/runs/tasks/ holds the latents of all pictures (float16), the context pictures as conditions see them, and
rows (kind, context indices, target index, instruction). A training that runs takes new chunks in as they appear. An existing
chunk is kept, so the command may be stopped and started again; it needs what `training.latents` needs.
"""
from __future__ import annotations

import argparse
import random
import time
from typing import Any, Dict, List

import numpy as np
import torch

from . import presets
from .common import RUNS, load_state, save_state, set_threads
from .latents import load_vae, measure_scaling
from .model.vae import AutoencoderKL
from .preprocess import Preprocessor, to_vae
from .world.tasks import counted, sample

FOLDER = RUNS / "tasks"


@torch.no_grad()
def chunk(rng: random.Random, vae: AutoencoderKL, scaling: float, pre: Preprocessor, size: int) -> Dict[str, Any]:
    """`size` rows: latents half [n,C,16,16], conditions uint8 [m,56,56,3] of the first m pictures (the contexts), rows of indices."""
    samples = [sample(rng) for _ in range(size)]
    contexts = [c for s in samples for c in s.contexts]
    pictures, rows, at = contexts + [s.target for s in samples], [], 0
    for i, s in enumerate(samples):
        rows.append((s.kind, list(range(at, at + len(s.contexts))), len(contexts) + i, s.text))
        at += len(s.contexts)
    latents: List[torch.Tensor] = []
    for first in range(0, len(pictures), 2):  # two pictures at a time stay in the processor's cache: twice as fast as thirty-two
        batch = to_vae(np.stack(pictures[first:first + 2])).contiguous(memory_format=torch.channels_last)
        latents.append((vae.encode(batch)[0] * scaling).half().contiguous())
    conditions = torch.from_numpy(np.stack([pre.condition(c) for c in contexts]))
    return {"latents": torch.cat(latents), "conditions": conditions, "rows": rows, "counts": counted(samples)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--chunks", type=int, default=8)
    parser.add_argument("--size", type=int, default=750)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    set_threads(args.threads)
    vae, pre, measured = load_vae().to(memory_format=torch.channels_last), Preprocessor(presets.PREPROCESSOR), load_state(RUNS / "scaling.pt")
    if measured is None:
        measured = measure_scaling(vae)
        save_state(RUNS / "scaling.pt", measured)
    for index in range(args.first, args.first + args.chunks):
        path, start = FOLDER / f"{index:03d}.pt", time.time()
        if path.exists():
            continue
        made = chunk(random.Random(70_000 + index), vae, measured["scaling_factor"], pre, args.size)
        save_state(path, made)
        print(f"chunk {index}: {made['counts']}, {len(made['latents'])} pictures, {time.time() - start:.0f}s", flush=True)


if __name__ == "__main__":
    main()
