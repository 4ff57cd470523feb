"""Trains the whole model on one device by the recipe's table: `python3 -m training.train_full --preset full --minutes 19 --run-minutes 9`.

Time drives everything: each stage gets its share of --minutes, and a run stops by itself after --run-minutes with all its state saved,
so that the next run goes on in the middle of a stage. Without a saved optimiser (`--from FOLDER`: a checkpoint brought back
from elsewhere) it goes on from that folder's weights with fresh moments, warmed up again.
"""
from __future__ import annotations

import argparse
import json
import math
import os
import random
import signal
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Dict, List, Optional

import torch
from torch import Tensor

from . import presets, recipe, tensors
from .common import RUNS, Log, load_state, save_quietly, seed_everything, set_threads
from .feed import Feed
from .initialise import fit_text_inputs, initialise
from .learner import Learner
from .model.ovis import OvisU1
from .text.tokenizer import Tokenizer

EMA, WARMUP, CLIP = 0.999, 100, 1.0
DEVICE_RENDERS = 2500  # pictures a second from which on the device renders besides training


class Run:
    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.preset, self.stages = args, presets.PRESETS[args.preset], recipe.RECIPES[args.recipe]
        self.folder = Path(args.folder)
        self.log, self.path = Log(self.folder / "train.log"), self.folder / "state.pt"
        seed_everything(args.seed)
        self.tokenizer = Tokenizer.load(args.tokenizer)
        self.cfg = presets.config(len(self.tokenizer.vocab) + len(self.tokenizer.added), len(self.tokenizer.vocab), 1.0, self.preset)
        self.model = OvisU1(self.cfg)
        initialise(self.model)
        self.model.to(args.device)
        self.feed = Feed(args.workers, args.seed + int(time.time()), self.preset.sizes, args.tokenizer)
        self.learner = Learner(self.model, self.tokenizer, self.preset, self.feed, args.device, args.seed, args.least)
        self.ema = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.stage, self.used, self.step, self.measured, self.optimiser_state, self.curve = 0, 0.0, 0, None, None, []
        self.stopped = False
        signal.signal(signal.SIGTERM, self.stop)
        if args.device != "cpu":
            rate = self.learner.renders_per_second()
            self.feed.rendering.value = int(rate < DEVICE_RENDERS)
            self.log(f"the device renders {rate:.0f} pictures a second: {'the processors do' if rate < DEVICE_RENDERS else 'it does'} so")
        self.load()

    def stop(self, *_: Any) -> None:
        """Ends after this step, with everything saved."""
        self.stopped = True

    def load(self) -> None:
        state = load_state(self.path)
        if state is not None:
            self.model.load_state_dict(state["model"])
            for kind, layers in self.learner.aside().items():
                layers.load_state_dict(state["aside"][kind])
            self.ema = {k: v.to(self.args.device) for k, v in state["ema"].items()}
            self.stage, self.used, self.step, self.measured, self.optimiser_state, self.curve = (state[k] for k in ("stage", "used", "step", "measured", "optimiser", "curve"))
            self.log(f"goes on at stage {self.stage}, {self.used:.0f} s in, step {self.step}")
        elif self.args.source:
            weights: Dict[str, Tensor] = {}
            for path in sorted(Path(self.args.source).glob("model*.safetensors")):
                weights.update(tensors.read(path))
            self.model.load_state_dict({k: v.float() for k, v in weights.items() if k in self.ema})
            self.ema = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
            facts = json.loads((Path(self.args.source) / "training.json").read_text())
            self.stage, self.used, self.measured, self.step = facts["stage"], facts["used"], facts["measured"], facts["step"]
            self.log(f"goes on from {self.args.source} at stage {self.stage}, {self.used:.0f} s in, with fresh moments")
        if self.measured:
            self.model.visual_generator.vae.scaling_factor = self.measured["scaling_factor"]

    def state(self, optimiser: Optional[torch.optim.Optimizer]) -> Dict[str, Any]:
        aside = {kind: layers.state_dict() for kind, layers in self.learner.aside().items()}
        return {"model": self.model.state_dict(), "aside": aside, "ema": self.ema, "stage": self.stage, "used": self.used, "step": self.step,
                "measured": self.measured, "optimiser": None if optimiser is None else optimiser.state_dict(), "curve": self.curve}

    def optimiser(self, stage: recipe.Stage) -> torch.optim.Optimizer:
        chosen = recipe.trainable(self.model, stage)
        for kind, layers in self.learner.aside().items():
            layers.requires_grad_(kind in stage.losses)
        aside = [p for layers in self.learner.aside().values() for p in layers.parameters() if p.requires_grad]
        fast = [p for _, p in chosen if getattr(p, "lr_scale", 1.0) != 1.0]
        plain = [p for _, p in chosen if getattr(p, "lr_scale", 1.0) == 1.0] + aside
        groups = [{"params": plain, "scale": 1.0}] + [{"params": [p], "scale": float(p.lr_scale)} for p in fast]
        out = torch.optim.AdamW(groups, lr=stage.lr, betas=(0.9, 0.98), weight_decay=0.0)
        if self.optimiser_state is not None:
            out.load_state_dict(self.optimiser_state)
            self.optimiser_state = None
        return out

    def enter(self, stage: recipe.Stage) -> None:
        """What a stage needs before its first step."""
        if stage.name != "vae" and self.measured is None:
            self.measured = self.learner.measure_scaling()
            self.model.visual_generator.vae.scaling_factor = self.measured["scaling_factor"]
            self.log(f"latents scaled by {self.measured['scaling_factor']:.4f}")
        draws = {"draw", "tasks"} & set(stage.losses)
        if draws and self.used == 0 and not any({"draw", "tasks"} & set(s.losses) for s in self.stages[:self.stage]):
            from .text.prompts import t2i_prompt
            from .feed import scene_for_drawing, tail_ids
            from .world.captions import caption
            rng = random.Random(self.args.seed)
            ids = [tail_ids(self.tokenizer, t2i_prompt(caption(rng, scene_for_drawing(rng)))) for _ in range(400)]
            words = self.learner.words(*self.learner.blank(self.preset.sizes[0])).expand(len(ids), -1, -1)[:, None]
            with torch.no_grad():
                txt, mask = self.learner.features(ids, words)
                refiner = self.model.visual_generator.backbone.txt_in.cpu()
                fit_text_inputs(refiner, txt.float().cpu(), mask.cpu())
                refiner.to(self.args.device)
        self.feed.want(stage.losses)

    def train(self) -> bool:
        """Trains until the table is done (True) or the run's time is up (False)."""
        args, began = self.args, time.time()
        deadline = began + 60 * args.run_minutes
        while self.stage < len(self.stages):
            stage = self.stages[self.stage]
            length = stage.share * 60 * args.minutes
            self.enter(stage)
            optimiser, rng = self.optimiser(stage), random.Random(args.seed + self.step)
            names = [n for n, p in self.model.named_parameters() if p.requires_grad]
            live = dict(self.model.named_parameters())
            self.log(f"stage {stage.name}: {sum(live[n].numel() for n in names) / 1e6:.2f} M parameters move for {length:.0f} s")
            started, first, mark, saved = time.time() - self.used, self.step, time.time(), time.time()
            sums: Dict[str, List[float]] = {}
            while True:
                self.used = time.time() - started
                over = self.stopped or time.time() >= deadline
                if self.used >= length or over:
                    break
                lr = stage.lr * min(1, (self.step - first + 1) / WARMUP) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * self.used / length)))
                for group in optimiser.param_groups:
                    group["lr"] = lr * group["scale"]
                kind = rng.choices(list(stage.losses), list(stage.losses.values()))[0]
                half = args.device == "cuda" and kind != "vae"
                with torch.autocast("cuda", torch.bfloat16) if half else nullcontext():
                    loss = self.learner.loss(kind, max(2, round(stage.batch[kind] * args.batch)))
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                norm = torch.nn.utils.clip_grad_norm_([p for g in optimiser.param_groups for p in g["params"]], CLIP)
                if bool(torch.isfinite(norm)):
                    optimiser.step()
                self.step += 1
                decay = min(EMA, (1 + self.step - first) / (10 + self.step - first))
                with torch.no_grad():
                    for name in names:
                        self.ema[name].lerp_(live[name], 1 - decay)
                sums.setdefault(kind, []).append(float(loss.detach()))
                if self.step % args.report == 0:
                    means = {k: sum(v) / len(v) for k, v in sums.items()}
                    self.curve.append((self.step, stage.name, means))
                    self.log(f"step {self.step} " + " ".join(f"{k} {v:.4f}" for k, v in means.items()) + f" lr {lr:.1e} {args.report / (time.time() - mark):.2f} steps/s")
                    mark, sums = time.time(), {}
                if time.time() - saved > 60:
                    save_quietly(self.path, self.state(optimiser), self.log)
                    saved = time.time()
            if over and self.used < length:
                save_quietly(self.path, self.state(optimiser), self.log)
                return False
            # The next stage builds on what ships: the averaged weights.
            with torch.no_grad():
                for name in names:
                    live[name].copy_(self.ema[name])
            self.stage, self.used = self.stage + 1, 0.0
            save_quietly(self.path, self.state(None), self.log)
        return True


def arguments(argv: Optional[List[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", choices=sorted(presets.PRESETS), default="full")
    parser.add_argument("--recipe", choices=sorted(recipe.RECIPES), default="stages")
    parser.add_argument("--minutes", type=float, default=19, help="of the whole recipe")
    parser.add_argument("--run-minutes", type=float, default=9, help="of this run")
    parser.add_argument("--folder", type=Path, default=RUNS / "full")
    parser.add_argument("--tokenizer", type=Path, default=RUNS / "tokenizer")
    parser.add_argument("--from", dest="source", type=Path, default=None)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 2))
    parser.add_argument("--batch", type=float, default=1.0, help="factor on every batch size of the table")
    parser.add_argument("--least", type=int, default=256)
    parser.add_argument("--report", type=int, default=50)
    parser.add_argument("--seed", type=int, default=11)
    return parser.parse_args(argv)


def main() -> None:
    args = arguments()
    set_threads(2 if args.device == "cuda" else 1)
    run = Run(args)
    try:
        run.log("done" if run.train() else "out of time: run again to go on")
    finally:
        run.feed.close()


if __name__ == "__main__":
    main()
