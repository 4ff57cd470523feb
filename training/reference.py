"""Plain PyTorch baseline and parity fixtures.

`python3 -m training.reference bench DIR --task t2i|edit|answer --threads 2 --steps N [--width W --height H] --json`
`python3 -m training.reference fixtures [OUT]`
`python3 -m training.reference estimators [OUT]`

The baseline computes once per run whatever an engine would cache (text features, refiner, rotary tables, keys and
values of past tokens) and uses the fused attention where this torch has one.
"""
from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path
from statistics import median
from typing import Any, Dict, List

import numpy as np
import torch

from . import tensors
from .common import ROOT, set_threads
from .flow import schedule
from .model.ops import FUSED_ATTENTION
from .pipeline import Pipeline, Result

GOLDEN, FIXTURES = ROOT.parent / "test/fixtures/golden", ROOT.parent / "test/fixtures/reference"


def matmul_gflops(size: int = 1024, repeats: int = 10) -> float:
    """Best rate of a size^3 float32 product: what the machine could do at most."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * size ** 3 / best / 1e9


def bench(args: argparse.Namespace) -> Dict[str, Any]:
    set_threads(args.threads)
    began = time.perf_counter()
    pipe = Pipeline(args.folder)
    load = 1000 * (time.perf_counter() - began)
    height, width = args.height, args.width
    picture = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    runs: List[Dict[str, Any]] = []
    for _ in range(args.warmup + args.repeats):
        began = time.perf_counter()
        if args.task == "answer":
            _, tokens, timings = pipe.answer("Describe the image.", [picture], args.tokens, stop=False)
            runs.append({**timings, "tokens": len(tokens)})
        else:
            if args.task == "t2i":
                out = pipe.text2image("a red cube", width, height, args.steps, 4.0)
            else:
                out = pipe.edit("make it blue", [picture], args.steps, 4.0, 1.5)
            runs.append({**out.timings_ms, "per_step": median(out.step_ms), "denoise": sum(out.step_ms)})
        runs[-1]["total"] = 1000 * (time.perf_counter() - began)
    measured = runs[args.warmup:]
    timings = {key: median(run[key] for run in measured) for key in measured[0]}
    return {"task": args.task, "width": width, "height": height, "steps": args.steps, "threads": args.threads, "loadMs": load,
            "timingsMs": timings, "runs": measured, "matmulGflops": matmul_gflops(), "torch": torch.__version__,
            "fusedAttention": FUSED_ATTENTION, "machine": platform.processor() or platform.machine()}


def half_mask(height: int, width: int) -> np.ndarray:
    """A repaint mask with soft and odd-aligned edges, so that its 8x8 area means take many values."""
    y, x = np.mgrid[0:height, 0:width]
    return np.clip((np.hypot(x - 0.45 * width, y - 0.55 * height) - 0.3 * min(height, width)) / -7.3 + 0.5, 0, 1).astype(np.float32)


def write_fixtures(out: Path) -> None:
    """Runs that the golden vectors lack: inpainting, strength, two context pictures."""
    set_threads(2)
    for name in ("dev_a", "dev_b"):
        pipe, golden = Pipeline(GOLDEN / name), tensors.read(GOLDEN / name / "golden.safetensors")
        picture = golden["edit.image_resized"].numpy()
        height, width = picture.shape[:2]
        generator = torch.Generator().manual_seed(20)
        shape = (1, pipe.yak_cfg["vae_config"]["latent_channels"], height // 8, width // 8)
        noise = torch.randn(shape, generator=generator).bfloat16().float()
        mask = half_mask(height, width)
        second = picture[::-1, ::-1][:64, :64].copy()  # another size than the source, still a multiple of 32
        base = {"prompt": "make it blue", "width": width, "height": height, "steps": 5, "txtCfg": 3.0, "imgCfg": 1.5}
        cases = {"inpaint": {**base, "mask": True}, "strength": {**base, "strength": 0.6}, "inpaintStrength": {**base, "mask": True, "strength": 0.6},
                 "twoContexts": {**base, "contexts": 2}, "edit": base}
        data: Dict[str, torch.Tensor] = {"noise": noise, "mask": torch.from_numpy(mask), "context0": torch.from_numpy(picture.copy()),
                                         "context1": torch.from_numpy(second)}
        length = (height // 16) * (width // 16)
        for case, request in cases.items():
            result: Result = pipe.edit(request["prompt"], [picture, second][:request.get("contexts", 1)], request["steps"], request["txtCfg"],
                                       request["imgCfg"], noise=noise, mask=mask if request.get("mask") else None,
                                       strength=request.get("strength", 1.0), exact=True)
            data[f"{case}.latent"], data[f"{case}.image"] = result.latents, torch.from_numpy(result.image)
            request["timesteps"] = schedule(pipe.yak_cfg, length, request["steps"], request.get("strength", 1.0))
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        tensors.write(folder / "reference.safetensors", data)
        (folder / "reference.json").write_text(json.dumps({"checkpoint": name, "sizing": "exact", "tensors": {
            "noise": "given noise [1,C,h/8,w/8], bfloat16-representable", "mask": "denoise mask [h,w], 1 = repaint; latent mask = its 8x8 area mean",
            "context0": "first context picture u8 [h,w,3], also the source", "context1": "second context picture, only in twoContexts",
            "<case>.latent": "final state [1,C,h/8,w/8], scaled", "<case>.image": "decoded bytes [h,w,3], not composited with the source"},
            "cases": cases}, indent=1) + "\n")
        print(folder, {k: tuple(v.shape) for k, v in data.items()})


def write_estimators(out: Path) -> None:
    """A tiny detector and a tiny depth estimator with their outputs and what is read from them, on a picture of odd sides."""
    from dataclasses import asdict

    from . import depth, detector, judge
    from .preprocess import resize, to_vae
    from .world.render import render
    from .world.scene import random_scene
    import random
    set_threads(2)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(31)
    picture = render([random_scene(random.Random(7), 3)], 90, 60)[0][0]
    data: Dict[str, torch.Tensor] = {"picture": torch.from_numpy(picture.copy())}
    readings: Dict[str, Any] = {}
    for name, config in (("detector", detector.CONFIG), ("depth", depth.CONFIG)):
        tiny = {**config, "widths": [8, 8, 16], "norm_groups": 4, "fine_channels": 4 if config["fine_channels"] else 0, "picture_size": 64}
        model = judge.UNet(tiny)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        judge.export(out / name, model, tiny, {})
        model, _ = judge.load(out / name)
        sized = resize(picture, judge.working_size(*picture.shape[:2], tiny))
        channels = model(to_vae(sized[None]))
        data[f"{name}.channels"] = channels
        if name == "detector":
            reading = detector.read(channels[0])
            readings[name] = {**asdict(reading), "places": int(channels.shape[2] * channels.shape[3])}
        else:
            grey = (255 * depth.closeness(channels)[0]).add(0.5).floor().to(torch.uint8).numpy()
            data["depth.map"] = torch.from_numpy(resize(np.repeat(grey[..., None], 3, 2), picture.shape[:2]).copy())
    tensors.write(out / "reference.safetensors", data)
    (out / "reference.json").write_text(json.dumps(readings, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    b = commands.add_parser("bench")
    b.add_argument("folder", type=Path)
    b.add_argument("--task", choices=("t2i", "edit", "answer"), default="t2i")
    b.add_argument("--threads", type=int, default=2)
    b.add_argument("--steps", type=int, default=8)
    b.add_argument("--width", type=int, default=128)
    b.add_argument("--height", type=int, default=128)
    b.add_argument("--tokens", type=int, default=32)
    b.add_argument("--repeats", type=int, default=3)
    b.add_argument("--warmup", type=int, default=1)
    b.add_argument("--json", action="store_true")
    f = commands.add_parser("fixtures")
    f.add_argument("out", nargs="?", type=Path, default=FIXTURES)
    e = commands.add_parser("estimators")
    e.add_argument("out", nargs="?", type=Path, default=FIXTURES / "estimators")
    args = parser.parse_args()
    if args.command == "fixtures":
        write_fixtures(args.out)
        return
    if args.command == "estimators":
        write_estimators(args.out)
        return
    result = bench(args)
    if args.json:
        print(json.dumps(result))
    else:
        print(f"{args.task} {args.width}x{args.height}, {args.threads} threads, matmul {result['matmulGflops']:.0f} GFLOP/s")
        for key, value in result["timingsMs"].items():
            print(f"  {key:12} {value:9.1f}" + ("" if key == "tokens" else " ms"))


if __name__ == "__main__":
    main()
