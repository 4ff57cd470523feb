"""The recipe of the full model, in one table: what trains when, on which losses, for which share of the time.

As the paper trains: parts that it takes ready-made come first (VAE, then frozen; the language model on text), then its six
stages. JOINT is the alternative: everything but the VAE at once.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Tuple

from torch import nn

VAE, REFINER, DECODER = "visual_generator.vae.", "visual_generator.backbone.txt_in.", "visual_generator.backbone."
ADAPTER, ENCODER, LANGUAGE = ("visual_tokenizer.head.", "vte."), "visual_tokenizer.backbone.", "llm."
# Losses: vae = reconstruction; text = captions and dialogues without a picture; see = questions about pictures;
# draw = text to image; tasks = edits, controls, references and all else with context pictures.
LOSSES = ("vae", "text", "see", "draw", "tasks")


@dataclass(frozen=True)
class Stage:
    name: str
    trains: Tuple[str, ...]  # prefixes of parameter names
    losses: Dict[str, float]  # share of the steps
    share: float  # of the whole training time
    lr: float
    batch: Dict[str, int]  # samples a step, by loss


BATCH = {"vae": 48, "text": 128, "see": 48, "draw": 256, "tasks": 128}
STAGES: Tuple[Stage, ...] = (
    Stage("vae", (VAE,), {"vae": 1.0}, 0.22, 8e-4, BATCH),
    Stage("language", (LANGUAGE, "vte."), {"text": 1.0}, 0.06, 1.5e-3, BATCH),
    Stage("0 refiner + decoder, text to image", (DECODER,), {"draw": 1.0}, 0.14, 1.2e-3, BATCH),
    Stage("1 adapter", ADAPTER, {"see": 1.0}, 0.03, 1.5e-3, BATCH),
    Stage("2 adapter + encoder", (*ADAPTER, ENCODER), {"see": 1.0}, 0.07, 1.2e-3, BATCH),
    Stage("3 adapter + encoder + language, understanding", (*ADAPTER, ENCODER, LANGUAGE), {"see": 0.85, "text": 0.15}, 0.13, 1e-3, BATCH),
    Stage("4 refiner + decoder, generation", (DECODER,), {"draw": 1.0}, 0.10, 1e-3, BATCH),
    Stage("5 refiner + decoder, generation + editing + control", (DECODER,), {"draw": 0.45, "tasks": 0.55}, 0.25, 1e-3, BATCH),
)
JOINT: Tuple[Stage, ...] = (
    STAGES[0], STAGES[1],
    Stage("all but the VAE", (DECODER, *ADAPTER, ENCODER, LANGUAGE), {"see": 0.25, "draw": 0.35, "tasks": 0.40}, 0.72, 1e-3, BATCH),
)
RECIPES = {"stages": STAGES, "joint": JOINT}


def check(stages: Tuple[Stage, ...]) -> None:
    """Shares that add up to one, losses that exist."""
    assert abs(sum(s.share for s in stages) - 1) < 1e-6
    assert all(set(s.losses) <= set(LOSSES) and abs(sum(s.losses.values()) - 1) < 1e-6 for s in stages)


def trainable(model: nn.Module, stage: Stage) -> List[Tuple[str, nn.Parameter]]:
    """The parameters that a stage moves; all others stop taking gradients."""
    chosen = []
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(stage.trains))
        if parameter.requires_grad:
            chosen.append((name, parameter))
    return chosen


for _stages in RECIPES.values():
    check(_stages)
