"""The same model in plain PyTorch on a card, timed: the baseline of the engine's GPU bench.

    python3 -m training.gpu_reference FOLDER --side 1024 --steps 5 [--dtype bfloat16] [--device cuda] [--step INPUTS OUTPUTS]

Prints one JSON: seconds a step of text->image and of an edit, of the autoencoder, tokens a second of an answer, memory. `--step` evaluates the
velocity for given `tokens`, `features`, `cls`, `t` in float32 as well, so that the engine's own can be held against it.
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Callable, Dict, List

import torch
from torch import Tensor

from . import tensors
from .pipeline import Pipeline


def timed(work: Callable[[], object], repeats: int, device: str) -> float:
    """Median seconds of a piece of work, after one warm-up."""
    def once() -> float:
        began = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began

    once()
    return sorted(once() for _ in range(repeats))[repeats // 2]


def step_inputs(pipe: Pipeline, side: int, text: int, contexts: int, dtype: torch.dtype) -> Callable[[], Tensor]:
    """One evaluation of the decoder at the sizes of a real job."""
    rows, yak, device = side // 16, pipe.yak, pipe.device
    size, channels = yak.cfg["hidden_size"], yak.cfg["in_channels"]
    random = lambda *shape: torch.randn(*shape, device=device, dtype=dtype)  # noqa: E731
    x, txt, cls = random(1, rows * rows, channels), random(1, text, size), random(1, size)
    ctx = random(1, contexts * rows * rows, channels) if contexts else None
    ropes = yak.ropes(text, (rows, rows), [(rows, rows)] * contexts, device)
    return lambda: yak(x, torch.tensor([0.5], device=device), txt, cls, ropes, ctx)


def answer(pipe: Pipeline, rows: int, count: int, dtype: torch.dtype) -> float:
    """Tokens a second of greedy decoding against a cache."""
    llm, device = pipe.model.llm, pipe.device
    cache: List = [None] * len(llm.model.layers)
    hidden = llm(torch.randn(1, rows, pipe.cfg["llm_config"]["hidden_size"], device=device, dtype=dtype), cache=cache)
    began = time.perf_counter()
    for _ in range(count):
        token = llm.logits(hidden[-1][:, -1:]).argmax(-1)
        hidden = llm(llm.model.embed_tokens(token), cache=cache)
    if device == "cuda":
        torch.cuda.synchronize()
    return count / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--dtype", choices=("bfloat16", "float16", "float32"), default="bfloat16")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--step", nargs=2, type=Path)
    args = parser.parse_args()
    torch.set_grad_enabled(False)
    dtype = getattr(torch, args.dtype)
    pipe = Pipeline(args.folder, args.device)
    result: Dict[str, object] = {"torch": torch.__version__, "device": args.device, "dtype": args.dtype}
    if args.device == "cuda":
        result["card"] = torch.cuda.get_device_name()
    if args.step:
        given = {k: v.to(args.device) for k, v in tensors.read(args.step[0]).items()}
        rows = round(len(given["tokens"]) ** 0.5)
        ropes = pipe.yak.ropes(len(given["features"]), (rows, rows), [], args.device)
        out = {}
        for name, kind in (("float32", torch.float32), (args.dtype, dtype)):
            pipe.yak.to(kind)
            v = pipe.yak(given["tokens"][None].to(kind), given["t"], given["features"][None].to(kind), given["cls"].to(kind), ropes)
            out[f"velocity.{name}"] = v[0].float()
        tensors.write(args.step[1], out)
    pipe.model.to(dtype)
    if args.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    t2i, edit = step_inputs(pipe, args.side, 320, 0, dtype), step_inputs(pipe, args.side, 320, 1, dtype)
    result["t2iStepSeconds"] = 2 * timed(t2i, args.steps, args.device)
    result["editStepSeconds"] = 2 * timed(edit, args.steps, args.device) + timed(t2i, args.steps, args.device)
    latents = torch.randn(1, pipe.yak_cfg["vae_config"]["latent_channels"], args.side // 8, args.side // 8, device=args.device, dtype=dtype)
    result["decodeSeconds"] = timed(lambda: pipe.vae.decode(latents), 3, args.device)
    picture = torch.randn(1, 3, args.side, args.side, device=args.device, dtype=dtype)
    result["encodeSeconds"] = timed(lambda: pipe.vae.encode(picture), 3, args.device)
    result["answerTokensPerSecond"] = answer(pipe, 320, args.tokens, dtype)
    if args.device == "cuda":
        result["peakBytes"] = torch.cuda.max_memory_allocated()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
