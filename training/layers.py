"""One pass of each network over given inputs: what the engine's error tables at real dimensions are held against.

    python3 -m training.layers FOLDER INPUTS.safetensors OUTPUTS.safetensors

inputs: `pixel_values` [N,3*p*p] of a square grid, `embeds` [L,H], `txt` [L,2H], `features` [L,D], `cls` [1,D], `tokens` [n,4C] and `t` [1],
`pixels` [3,h,w], `latents` [C,h,w].
"""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import Dict

import torch
from torch import Tensor

from . import tensors
from .pipeline import Pipeline


def run(pipe: Pipeline, given: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Every network once, each on its own inputs, so that no error is handed on."""
    model, yak, out = pipe.model, pipe.yak, {}
    side = round(len(given["pixel_values"]) ** 0.5)
    trace: Dict[str, Tensor] = {}
    features = model.visual_tokenizer.backbone(given["pixel_values"][None], (side, side), trace)
    out["encoder"] = features.reshape(-1, features.shape[-1])
    out["embeds"] = model.visual_embeds(given["pixel_values"][None], (side, side))[0]
    hidden = model.llm(given["embeds"][None])
    out["hidden_last"], out["hidden_second_last"] = hidden[-1][0], hidden[-2][0]
    out["logits"] = model.llm.logits(hidden[-1][0, -1:])
    refined, _ = yak.txt_in(given["txt"][None])
    out["txt_features"] = refined[0]
    rows = round(len(given["tokens"]) ** 0.5)
    ropes = yak.ropes(len(given["features"]), (rows, rows), [], "cpu")
    trace = {}
    velocity = yak(given["tokens"][None], given["t"], given["features"][None], given["cls"], ropes, None, trace=trace)
    out["velocity"] = velocity[0]
    for name in ("double.0.img", "double.0.txt", "single.0"):
        out[name] = trace[name][0]
    out["mean"] = pipe.vae.encode(given["pixels"][None])[0][0]
    out["pixels"] = pipe.vae.decode(given["latents"][None])[0]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("folder", "inputs", "outputs"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    torch.set_grad_enabled(False)
    pipe = Pipeline(args.folder)
    tensors.write(args.outputs, {k: v.float().contiguous() for k, v in run(pipe, tensors.read(args.inputs)).items()})


if __name__ == "__main__":
    main()
