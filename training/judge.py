"""The training loop and the files that detector and depth estimator share."""
from __future__ import annotations

import argparse
import json
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import torch
from torch import Tensor

from . import tensors
from .common import RUNS, Log, load_state, save_last, save_quietly, seed_everything, set_threads
from .model.unet import UNet

READY = RUNS / "ready"
LIMIT_BYTES = 4_000_000

Batch = Callable[[random.Random], Tuple[Tensor, ...]]  # pictures [B,3,H,W], then whatever the loss wants
Loss = Callable[..., Tensor]


def arguments(parser: argparse.ArgumentParser) -> argparse.Namespace:
    parser.add_argument("--minutes", type=float, default=8, help="processor minutes")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--count", type=int, default=300, help="fresh scenes to measure on")
    parser.add_argument("--out", type=Path, default=READY)
    parser.add_argument("--again", action="store_true", help="a new schedule from the present weights")
    parser.add_argument("--evaluate", action="store_true", help="measure the saved weights, train nothing")
    return parser.parse_args()


def place(values: Tuple[Tensor, ...], device: str) -> Tuple[Tensor, ...]:
    first = values[0].to(device).contiguous(memory_format=torch.channels_last)
    return (first, *(v.to(device) for v in values[1:]))


def train(name: str, cfg: Dict[str, Any], args: argparse.Namespace, make: Batch, loss_of: Loss) -> UNet:
    """AdamW with a cosine over processor time and EMA weights; resumes from runs/NAME.pt. Returns the EMA model."""
    set_threads(1)
    state, path, log = load_state(RUNS / f"{name}.pt"), RUNS / f"{name}.pt", Log(RUNS / f"{name}.log")
    seed_everything(args.seed + (state["step"] if state else 0))
    model = UNet(cfg).to(args.device).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.98), weight_decay=1e-4)
    ema, step, used = {k: v.clone() for k, v in model.state_dict().items()}, 0, 0.0
    if state:
        ema = {k: v.to(args.device) for k, v in state["ema"].items()}
        model.load_state_dict(ema if args.again else state["model"])
        if not args.again:
            optimiser.load_state_dict(state["optimiser"])
            step, used = state["step"], state["used"]
    rng, pool = random.Random(args.seed * 7919 + step), ThreadPoolExecutor(1)
    following, clock, total = pool.submit(make, rng), time.process_time if args.device == "cpu" else time.time, 0.0
    begun, mark = clock() - used, time.time()

    def state_now() -> Dict[str, Any]:
        return {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "ema": ema, "step": step, "used": clock() - begun}

    while not args.evaluate and (progress := (clock() - begun) / (60 * args.minutes)) < 1:
        lr = args.lr * min(1, (step + 1) / 60) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimiser.param_groups:
            group["lr"] = lr
        batch, following = following.result(), pool.submit(make, rng)
        picture, *rest = place(batch, args.device)
        loss = loss_of(model(picture), *rest)
        optimiser.zero_grad()
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0))
        if math.isfinite(norm):
            optimiser.step()
        step += 1
        decay = min(0.995, (1 + step) / (10 + step))
        with torch.no_grad():
            for key, value in model.state_dict().items():
                ema[key].lerp_(value, 1 - decay)
        total += float(loss.detach())
        if step % 50 == 0:
            log(f"step {step} loss {total / 50:.4f} lr {lr:.1e} progress {progress:.3f} {50 / (time.time() - mark):.2f} steps/s")
            total, mark = 0.0, time.time()
        if step % 200 == 0:
            save_quietly(path, state_now(), log)
    following.cancel()
    if not args.evaluate:
        save_last(path, state_now(), log)
    model.load_state_dict(ema)
    return model.eval().requires_grad_(False).cpu()


def export(folder: Path, model: UNet, cfg: Dict[str, Any], facts: Dict[str, Any]) -> None:
    """config.json and model.safetensors (float16) of a network; `facts` are its measured accuracies."""
    weights = {k: v.contiguous().half() for k, v in model.state_dict().items()}
    if not all(bool(torch.isfinite(v).all()) for v in weights.values()):
        raise SystemExit("weights that float16 cannot hold")
    if sum(2 * v.numel() for v in weights.values()) > LIMIT_BYTES:
        raise SystemExit(f"more than {LIMIT_BYTES} bytes of weights")
    folder.mkdir(parents=True, exist_ok=True)
    tensors.write(folder / "model.safetensors", weights)
    (folder / "config.json").write_text(json.dumps({**cfg, "measured": facts}, indent=1) + "\n")
    print(f"{folder}: {(folder / 'model.safetensors').stat().st_size / 1e6:.2f} MB, {facts}")


def working_size(height: int, width: int, cfg: Dict[str, Any]) -> Tuple[int, int]:
    """(height, width) at which a network looks at a picture: about as many pixels as it was trained on, multiples of 2^levels."""
    step, scale = 2 ** len(cfg["widths"]), cfg["picture_size"] / math.sqrt(width * height)
    return tuple(max(step, min(8 * cfg["picture_size"], math.floor(n * scale / step + 0.5) * step)) for n in (height, width))


def load(folder: Path) -> Tuple[UNet, Dict[str, Any]]:
    """A network as it was exported, in float32."""
    cfg = json.loads((folder / "config.json").read_text())
    model = UNet(cfg)
    model.load_state_dict({k: v.float() for k, v in tensors.read(folder / "model.safetensors").items()})
    return model.eval().requires_grad_(False), cfg
