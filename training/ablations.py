"""What the paper took apart, at small scale: `python3 -m training.ablations [--steps 1200] [--seeds 3]`.

Small decoders learn on the same cached latents, in the same order, and differ in one thing only: how the refiner's global vector is
made (its CLS row, the mean of its tokens, or no refiner at all), and whether text to image and edits are learnt together or alone.
Each run is judged on pictures and edits that no run trained on. Finished runs stay in runs/ablations.json: killed, it goes on after
the last one. Ends by drawing ablations.png. `--part 1/2` and `--part 2/2`, started side by side, share the work of two cores.
"""
from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

import torch
from torch import Tensor, nn

from . import judge
from .ablation_chart import draw
from .common import RUNS, Log, seed_everything, set_threads
from .conditions import Conditions
from .dataset import Dataset
from .detector import read
from .flow import pack, schedule, unpack
from .initialise import fit_text_inputs, initialise_decoder
from .model.ovis import OvisU1
from .model.refiner import Refiner
from .model.yak import Yak
from .preprocess import to_bytes, to_vae
from .train_decoder import load_frozen, t2i_batch, task_batch
from .train_understanding import build
from .velocity import velocity_loss
from .world.captions import caption
from .world.scene import COLOURS, SHAPES, allowed

SIZE = {"hidden_size": 96, "num_heads": 3, "axes_dim": [8, 12, 12], "depth": 1, "depth_single_blocks": 2, "vec_in_dim": 96}
HELD_PICTURES, HELD_ROWS = 384, 256
MIX = {"several": 0.1, "place": 0.4, "detail": 0.1}
TIMES = (0.3, 0.6, 0.8, 0.9, 0.97)  # where held-out losses are taken
RESULTS = RUNS / "ablations.json"


class AverageRefiner(Refiner):
    """The global vector is the mean of the refined tokens; no CLS row."""

    def forward(self, txt: Tensor, mask: Optional[Tensor] = None, trace: Optional[dict] = None) -> Tuple[Tensor, Tensor]:
        tokens, _ = super().forward(txt, mask, trace)
        return tokens, masked_mean(tokens, mask)


class NoRefiner(Refiner):
    """Each token is projected by itself; the global vector is the projected mean of the text features."""

    def forward(self, txt: Tensor, mask: Optional[Tensor] = None, trace: Optional[dict] = None) -> Tuple[Tensor, Tensor]:
        return self.input_embedder(txt), self.c_embedder(masked_mean(txt, mask))


def masked_mean(x: Tensor, mask: Optional[Tensor]) -> Tensor:
    return x.mean(1) if mask is None else (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


# Name of a run -> its refiner, and the share of edits among its steps. Runs with edits take as many more steps, so that all have
# seen the same number of text-to-image samples (and "edits alone" as many edits as "both").
RUNS_OF: Dict[str, Tuple[type, float]] = {
    "refiner, CLS": (Refiner, 0.0), "refiner, average": (AverageRefiner, 0.0), "no refiner": (NoRefiner, 0.0),
    "both tasks": (Refiner, 0.5), "edits alone": (Refiner, 1.0),
}


def small_decoder(cfg: Dict[str, Any], refiner: type) -> Yak:
    cfg = {**cfg, **SIZE}
    yak = Yak(cfg)
    yak.txt_in = refiner(cfg["context_in_dim"], cfg["hidden_size"], cfg["num_heads"])
    initialise_decoder(yak)
    return yak


def split(data: Dataset) -> Tuple[List[Any], List[Any]]:
    """Takes what every run is judged on out of the training data: pictures and edits."""
    rng = random.Random(99)
    pictures, rows = [], []
    for kept, source, count in ((pictures, data.single, HELD_PICTURES), (rows, data.rows["edit"], HELD_ROWS)):
        rng.shuffle(source)
        kept += source[:count]
        del source[:count]
    return pictures, rows


@torch.no_grad()
def held_loss(model: OvisU1, latents: Tensor, txt: Tensor, mask: Tensor, contexts: Optional[Tensor]) -> float:
    """Plain mean squared error of the velocity over fixed times and noise; latents [B,C,16,16], contexts [B,1,C,16,16]."""
    yak, total = model.visual_generator.backbone, 0.0
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(5))
    seen = [None] * len(latents) if contexts is None else contexts.split(32)
    for z, n, f, m, c in zip(*(x.split(32) for x in (latents, noise, txt, mask)), seen):
        refined, cls = yak.txt_in(f, m)
        grid = (z.shape[2] // 2, z.shape[3] // 2)
        ropes = yak.ropes(f.shape[1], grid, [grid] if c is not None else [])
        for t in TIMES:
            v = yak(pack((1 - t) * z + t * n), torch.full((len(z),), t), refined, cls, ropes, None if c is None else pack(c[:, 0]), m)
            total += float((v - pack(n - z)).square().mean()) * len(z)
    return total / len(latents) / len(TIMES)


@torch.no_grad()
def drawn(model: OvisU1, conditions: Conditions, detector: nn.Module, steps: int = 16, scale: float = 3.0) -> Dict[str, float]:
    """Shares of `a COLOUR SHAPE` prompts (all pairs that training shows) whose colour and whose shape the detector finds in the picture."""
    pairs = [(c, s) for c in COLOURS for s in SHAPES if allowed(c, s)]
    yak, vae = model.visual_generator.backbone, model.visual_generator.vae
    txt, mask = conditions.t2i([f"a {c} {s}" for c, s in pairs] + [None])
    refined, cls = yak.txt_in(txt, mask)
    cfg = model.cfg["visual_generator_config"]
    x = pack(torch.randn(len(pairs), cfg["vae_config"]["latent_channels"], 16, 16, generator=torch.Generator().manual_seed(6)))
    ropes, times = yak.ropes(txt.shape[1], (8, 8), []), schedule(cfg, 64, steps)
    for t, following in zip(times, times[1:]):
        at = torch.full((len(pairs),), t)
        told = yak(x, at, refined[:-1], cls[:-1], ropes, None, mask[:-1])
        bare = yak(x, at, refined[-1:].expand(len(pairs), -1, -1), cls[-1:].expand(len(pairs), -1), ropes, None, mask[-1:].expand(len(pairs), -1))
        x = x + (following - t) * (bare + scale * (told - bare))
    pictures = to_bytes(torch.cat([vae.decode(z / vae.scaling_factor) for z in unpack(x, 8, 8).split(8)]))
    seen = [read(out) for out in torch.cat([detector(p) for p in to_vae(pictures).split(8)])]
    colour = sum(any(t.colour == c for t in r.things) for r, (c, _) in zip(seen, pairs))
    both = sum(any((t.colour, t.shape) == pair for t in r.things) for r, pair in zip(seen, pairs))
    return {"colour": colour / len(pairs), "colour and shape": both / len(pairs)}


def train(name: str, seed: int, model: OvisU1, data: Dataset, conditions: Conditions, args: argparse.Namespace, log: Log) -> None:
    """One run: AdamW, cosine over steps; text-to-image batches come in the same order whatever else is learnt."""
    refiner, edits = RUNS_OF[name]
    seed_everything(seed)
    yak = model.visual_generator.backbone = small_decoder(model.cfg["visual_generator_config"], refiner)
    rng = random.Random(seed)
    fit_text_inputs(yak.txt_in, *conditions.t2i([caption(rng, data.picture(rng, 0.1)[0]) for _ in range(300)]))
    optimiser = torch.optim.AdamW(yak.parameters(), lr=args.lr, betas=(0.9, 0.98), weight_decay=0.0)
    steps = args.steps * 2 if edits == 0.5 else args.steps
    pictures_rng, rows_rng = random.Random(seed + 1), random.Random(seed + 2)
    began, total = time.time(), 0.0
    for step in range(steps):
        task = edits == 1.0 or (edits == 0.5 and step % 2 == 1)
        make = task_batch(rows_rng, data, conditions, args.batch, "edit") if task else t2i_batch(pictures_rng, data, conditions, args.batch, MIX)
        for group in optimiser.param_groups:
            group["lr"] = args.lr * min(1, (step + 1) / 100) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        optimiser.zero_grad(set_to_none=True)
        loss = velocity_loss(model, *make)
        loss.backward()
        nn.utils.clip_grad_norm_(yak.parameters(), 1.0)
        optimiser.step()
        total += float(loss.detach())
        if (step + 1) % 200 == 0:
            left = (time.time() - began) / (step + 1) * (steps - step - 1)
            log(f"{name}, seed {seed}: step {step + 1} of {steps}, loss {total / 200:.4f}, {left / 60:.0f} min left")
            total = 0.0


def wanted(seeds: int) -> Iterable[Tuple[str, int]]:
    return ((name, seed) for seed in range(1, seeds + 1) for name in RUNS_OF)


def finished(setting: Dict[str, Any]) -> Dict[str, Dict[str, float]]:
    """Figures of the runs that ended, by `run/seed`; those of another setting do not count."""
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found.get("runs", {}) if found.get("setting") == setting else {}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1200, help="text-to-image steps of a run")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", default="1/1", help="this process's share of the runs, as I/N")
    parser.add_argument("--out", type=Path, default=RUNS / "ablations.png")
    args = parser.parse_args()
    set_threads(1)
    log = Log(RUNS / "ablations.log")
    setting = {"steps": args.steps, "batch": args.batch, "lr": args.lr}
    part, parts = map(int, args.part.split("/"))
    model, _ = build()
    load_frozen(model)
    conditions, data = Conditions(model), Dataset()
    pictures, rows = split(data)
    rng = random.Random(7)
    texts = [caption(rng, scene, MIX["detail"], 0.7, 0.7) for scene, _, _ in pictures]
    drawing = (torch.stack([z for _, z, _ in pictures]).float(), *conditions.t2i(texts), None)
    told = conditions.edit([r.text for r in rows], torch.stack([torch.stack(list(r.conditions)) for r in rows]))
    editing = (torch.stack([r.target for r in rows]).float(), *told, torch.stack([torch.stack(list(r.contexts)) for r in rows]).float())
    detector, _ = judge.load(judge.READY / "detector")
    for name, seed in list(wanted(args.seeds))[part - 1::parts]:
        key = f"{name}/{seed}"
        if key in finished(setting):
            continue
        train(name, seed, model, data, conditions, args, log)
        figures: Dict[str, float] = {}
        if RUNS_OF[name][1] < 1:
            figures = {"text to image, held-out loss": held_loss(model, *drawing), **drawn(model, conditions, detector)}
        if RUNS_OF[name][1] > 0:
            figures["edits, held-out loss"] = held_loss(model, *editing)
        written = RESULTS.with_suffix(f".{part}.tmp")
        written.write_text(json.dumps({"setting": setting, "runs": {**finished(setting), key: figures}}, indent=1))
        written.replace(RESULTS)
        log(f"{key}: " + ", ".join(f"{k} {v:.4f}" for k, v in figures.items()))
    done = finished(setting)
    draw({key: done[key] for key in (f"{name}/{seed}" for name, seed in wanted(args.seeds)) if key in done}, args.out)


if __name__ == "__main__":
    main()
