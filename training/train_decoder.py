"""Trains refiner and visual decoder on cached latents: `python3 -m training.train_decoder --minutes 60`.

The language model and the vision encoder stay as `train_understanding` left them. Single things first, then pairs, edits and
all other tasks (see `mixture`); where the world knows what a picture shows, the decoder also learns to name it (`naming`). One text in
ten becomes the unconditional prompt, with its context pictures or without any.
"""
from __future__ import annotations

import argparse
import math
import random
import time
from typing import Any, Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn

from .common import RUNS, Log, load_state, save_last, save_quietly, seed_everything, set_threads
from .conditions import Conditions
from .dataset import Dataset
from .initialise import fit_text_inputs
from .model.ovis import OvisU1
from .naming import Naming
from .parallel import STATE, Shared, Trainer, flatten, launch, load_flat
from .train_understanding import Understanding, build
from .velocity import NAMING, decoder_losses
from .world.captions import COLOURLESS, caption
from .world.scene import random_scene

# Shares of the late mix, as far as `training.task_latents` has made rows: the rest is text to image.
TASKS: Dict[str, float] = {
    "edit": 0.26, "restyle": 0.02, "inpaint": 0.04, "outpaint": 0.02, "canny": 0.02, "depth": 0.01, "subject": 0.04, "style": 0.01,
    "colourise": 0.01, "denoise": 0.01, "deblur": 0.01, "two": 0.02,
}


def mixture(progress: float, late: bool) -> Dict[str, Any]:
    """The training mix at a point of the run (0..1): how often which task, and how many things in a picture."""
    ramp = 1.0 if late else min(1.0, max(0.0, (progress - 0.42) / 0.15))
    return {"tasks": {kind: share * ramp for kind, share in TASKS.items()}, "several": 0.05 + 0.67 * ramp, "place": 0.25 + 0.45 * ramp, "detail": 0.1}


def t2i_batch(rng: random.Random, data: Dataset, conditions: Conditions, size: int, mix: Dict[str, float]) -> Tuple[Tensor, Tensor, Tensor, None, Tensor]:
    texts: List[Optional[str]] = []
    latents, seen = [], []
    for _ in range(size):
        scene, z, labels = data.picture(rng, mix["several"])
        texts.append(None if rng.random() < 0.1 else caption(rng, scene, mix["detail"], mix["place"], mix["place"], colourless=COLOURLESS))
        latents.append(z)
        seen.append(labels)
    return (torch.stack(latents).float(), *conditions.t2i(texts), None, torch.stack(seen))


def task_batch(rng: random.Random, data: Dataset, conditions: Conditions, size: int, kind: str) -> Tuple[Tensor, Tensor, Tensor, Tensor, Optional[Tensor]]:
    rows = [data.row(rng, kind) for _ in range(size)]
    texts = [None if rng.random() < 0.1 else row.text for row in rows]
    txt, mask = conditions.edit(texts, torch.stack([torch.stack(list(row.conditions)) for row in rows]))
    contexts = torch.stack([torch.stack(list(row.contexts)) for row in rows])
    seen = torch.stack([r.seen for r in rows]) if all(r.seen is not None for r in rows) else None
    return torch.stack([r.target for r in rows]).float(), txt, mask, contexts.float(), seen


def choose(step: int, data: Dataset, shares: Dict[str, float]) -> Optional[str]:
    """The task of a step, the same on every worker; None = text to image."""
    kinds, weights = data.kinds(shares)
    return random.Random(step).choices([None, *kinds], [1 - sum(weights), *weights])[0]


def worker(rank: int, shared: Shared, model: OvisU1, learners: nn.ModuleList, args: argparse.Namespace, used: float, began: float) -> None:
    set_threads(1)
    naming = learners[1]
    trainer, log = Trainer(learners, shared, rank, ema=args.ema), Log(RUNS / "decoder.log")
    first = int(shared.step)
    seed_everything(args.seed + 1000 * rank + first)
    rng = random.Random(args.seed + 1000 * rank + first)
    conditions, data, version, language = Conditions(model), Dataset(log if rank == 0 else None), language_version(), Understanding(model)
    language.requires_grad_(True)  # only so that its weights can be loaded; nothing below differentiates through it
    start, mark = time.process_time() - used, time.time()
    sums = {"t2i": [0.0, 0], "edit": [0.0, 0], "tasks": [0.0, 0], "names": [0.0, 0]}
    while True:
        now = (time.time() - began) / (args.until - began) if args.until else (time.process_time() - start) / (60 * args.minutes)
        progress = trainer.average([now])[0]
        if progress >= 1:
            break
        step = int(shared.step)
        lr = args.lr * min(1, (step + 1) / 200) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress ** 1.5)))
        if step % 100 == 0:
            data.refresh()
            newest = language_version()
            if newest != version:  # the language side is still being trained elsewhere: follow it
                load_flat(language, load_state(RUNS / "understanding.pt")["ema"])
                conditions, version = Conditions(model), newest
        mix = mixture(progress, args.late)
        kind = choose(step, data, mix["tasks"])
        size = args.batch * 3 // 4 if kind != "two" else args.batch // 2  # about the same number of tokens
        make = t2i_batch(rng, data, conditions, args.batch, mix) if kind is None else task_batch(rng, data, conditions, size, kind)
        loss, named = decoder_losses(model, naming, *make)
        (loss if named is None else loss + named).backward()
        norm = trainer.update(lr)
        entry = sums["t2i" if kind is None else "edit" if kind == "edit" else "tasks"]
        entry[0] += float(loss.detach()); entry[1] += 1
        if named is not None:
            sums["names"][0] += float(named.detach()) / NAMING; sums["names"][1] += 1
        if (step + 1) % 100 == 0:
            means = trainer.average([s / max(1, n) for s, n in sums.values()])
            if rank == 0:
                log(f"step {step + 1} " + " ".join(f"{k} {m:.4f}" for k, m in zip(sums, means)) + f" norm {norm:.2f} lr {lr:.1e} "
                    f"progress {progress:.3f} pictures {len(data)} {100 / (time.time() - mark):.2f} steps/s")
            mark, sums = time.time(), {k: [0.0, 0] for k in sums}
        if (step + 1) % args.save == 0 and rank == 0:
            save_quietly(RUNS / "decoder.pt", {**trainer.state(), "used": time.process_time() - start, "began": began}, log)


def grown(state: Dict[str, Any], learners: nn.ModuleList) -> Dict[str, Any]:
    """A checkpoint from before there was naming: its layer begins as new."""
    fresh = torch.cat([p.detach().reshape(-1) for p in learners.parameters() if p.requires_grad])
    known = len(state["params"])
    tails = {"params": fresh[known:], "ema": fresh[known:], "m": torch.zeros(len(fresh) - known), "v": torch.zeros(len(fresh) - known)}
    return {k: torch.cat((v, tails[k])) if k in tails else v for k, v in state.items()}


def language_version() -> int:
    """Changes whenever `train_understanding` writes its checkpoint."""
    return (RUNS / "understanding.pt").stat().st_mtime_ns


def load_frozen(model: OvisU1) -> None:
    """Puts the trained language side and VAE into the model and freezes everything but refiner and decoder."""
    module = Understanding(model)
    load_flat(module, load_state(RUNS / "understanding.pt")["ema"])
    model.visual_generator.vae.load_state_dict(load_state(RUNS / "vae.pt")["model"])
    model.requires_grad_(False)
    model.visual_generator.backbone.requires_grad_(True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60, help="processor minutes of each worker")
    parser.add_argument("--until", type=float, default=0, help="end of the schedule as seconds since 1970, instead of --minutes")
    parser.add_argument("--lr", type=float, default=1.2e-3)
    parser.add_argument("--batch", type=int, default=16, help="text-to-image samples per worker and step")
    parser.add_argument("--world", type=int, default=2)
    parser.add_argument("--ema", type=float, default=0.998)
    parser.add_argument("--late", action="store_true", help="the mix of the end from the start: a run that goes on from trained weights")
    parser.add_argument("--restart", action="store_true", help="a new learning-rate schedule from the weights and moments of the last run")
    parser.add_argument("--save", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    model, _ = build()
    load_frozen(model)
    yak = model.visual_generator.backbone
    state: Optional[Dict[str, Any]] = load_state(RUNS / "decoder.pt")
    if state is None:
        conditions, rng = Conditions(model), random.Random(args.seed)
        txt, mask = conditions.t2i([None if i % 10 == 0 else caption(rng, random_scene(rng)) for i in range(900)])
        fit_text_inputs(yak.txt_in, txt, mask)
    # The decoder's own weights come first: whoever reads a checkpoint takes those and no more.
    learners = nn.ModuleList([yak, Naming(yak.cfg["hidden_size"])])
    shared = flatten(learners, args.world, None if state is None else grown(state, learners))
    used, began = (state["used"], state["began"]) if state and not args.restart else (0.0, time.time())
    launch(worker, args.world, shared, model, learners, args, used, began)
    save_last(RUNS / "decoder.pt", {**{k: getattr(shared, k).clone() for k in STATE}, "used": 60 * args.minutes, "began": began}, Log(RUNS / "decoder.log"))


if __name__ == "__main__":
    main()
