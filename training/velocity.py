"""What the visual decoder learns by: the error of its velocity, and naming where the world knows what a picture shows."""
from __future__ import annotations

from typing import Dict, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .flow import pack, random_times
from .model.ovis import OvisU1
from .naming import Naming

SETTLED = 0.75  # the time below which a noisy picture shows where its things stand
NAMING = 0.1  # weight of naming beside the velocity


def velocity_loss(model: OvisU1, latents: Tensor, txt: Tensor, mask: Tensor, contexts: Optional[Tensor],
                  seen: Optional[Tensor] = None, trace: Optional[Dict[str, Tensor]] = None) -> Tensor:
    """Mean squared error of the velocity; latents [B,C,16,16], contexts [B,n,C,16,16], txt [B,L,2H], seen uint8 [B,2,16,16]; `trace` takes the decoder's inner values."""
    yak = model.visual_generator.backbone
    noise, t = torch.randn_like(latents), random_times(len(latents))
    x = (1 - t)[:, None, None, None] * latents + t[:, None, None, None] * noise
    refined, cls = yak.txt_in(txt, mask)
    grid, pictures = (latents.shape[2] // 2, latents.shape[3] // 2), [] if contexts is None else list(contexts.unbind(1))
    ropes = yak.ropes(txt.shape[1], grid, [grid] * len(pictures), latents.device)
    v = yak(pack(x), t, refined, cls, ropes, torch.cat([pack(c) for c in pictures], 1) if pictures else None, mask, trace)
    error = (v - pack(noise - latents)).square()
    if pictures:
        # Most of an edited picture is a copy: what changes counts three times, or the change itself is learnt last.
        # (Context and instruction tell where that is, so the weights do not bias what the velocity converges to.)
        weight = 1 + 2 * (pack(latents - pictures[0]).abs().mean(-1, keepdim=True) > 0.25).float()
        return (error * weight / weight.mean(1, keepdim=True)).mean()
    if seen is not None:
        # Floor and sky fill most of a picture; the shape of a thing is what is hard. Only where the noise leaves no doubt
        # about where it stands: earlier the weights would bias the velocity towards larger things.
        things = F.max_pool2d((seen[:, :1] > 0).float(), 2).flatten(1) > 0
        settled = (t < SETTLED)[:, None] & things
        weight = 1 + 2 * settled.float()[..., None]
        return (error * weight).mean() / weight.mean()
    return error.mean()


def decoder_losses(model: OvisU1, naming: Naming, latents: Tensor, txt: Tensor, mask: Tensor, contexts: Optional[Tensor],
                   seen: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
    """The velocity's loss, and naming's by its weight (None where `seen` is); shapes as in `velocity_loss`."""
    trace: Dict[str, Tensor] = {}
    loss = velocity_loss(model, latents, txt, mask, contexts, seen, trace)
    if seen is None:
        return loss, None
    length, tokens = txt.shape[1], latents.shape[2] * latents.shape[3] // 4
    return loss, NAMING * naming.loss(trace["single.0"][:, length:length + tokens], seen)
