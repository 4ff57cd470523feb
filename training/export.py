"""Writes the checkpoint folder of the built-in model: `python3 -m training.export [FOLDER]`.

Weights are the EMA ones, in float16; config, tokenizer, preprocessor and studio.json stand beside them. The card is
written by `training.card`, once the bench has drawn its table with these weights.
"""
from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch

from . import presets, tensors
from .common import ROOT, RUNS, load_state
from .model.ovis import OvisU1
from .parallel import load_flat
from .text.tokenizer import Tokenizer
from .train_understanding import Understanding, build

TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json")


def assemble() -> OvisU1:
    """The model from the newest checkpoints of all three trainings (the decoder may still be untrained)."""
    model, _ = build()
    load_flat(Understanding(model), load_state(RUNS / "understanding.pt")["ema"])
    decoder = load_state(RUNS / "decoder.pt")
    if decoder is not None:
        load_flat(model.visual_generator.backbone, decoder["ema"])
    model.visual_generator.vae.load_state_dict(load_state(RUNS / "vae.pt")["model"])
    return model


def export(folder: Path) -> int:
    """Writes all files of the checkpoint; returns the size of the weights in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    measured = load_state(RUNS / "scaling.pt")
    tokenizer = Tokenizer.load(RUNS / "tokenizer")
    config = presets.config(len(tokenizer.vocab) + len(tokenizer.added), len(tokenizer.vocab), measured["scaling_factor"])
    weights = {k: v.half() for k, v in assemble().state_dict().items()}
    if not all(bool(torch.isfinite(v).all()) for v in weights.values()):
        raise SystemExit("weights that float16 cannot hold")
    tensors.write(folder / "model.safetensors", weights)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(presets.PREPROCESSOR, indent=1) + "\n")
    studio = json.loads((ROOT / "studio.json").read_text())
    studio["previewFactors"] = {"factors": measured["factors"], "bias": measured["bias"]}
    (folder / "studio.json").write_text(json.dumps(studio, indent=1) + "\n")
    for name in TOKENIZER_FILES:
        shutil.copyfile(RUNS / "tokenizer" / name, folder / name)
    return (folder / "model.safetensors").stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "resources/models/toybox")
    size = export(parser.parse_args().folder)
    print(f"{size / 1e6:.1f} MB of weights")


if __name__ == "__main__":
    main()
