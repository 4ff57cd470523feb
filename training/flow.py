"""Flow matching: x_t = (1-t) latents + t noise, the target velocity is noise - latents; packing; the schedule."""
from __future__ import annotations

import math
from typing import Any, Dict, List

import torch
from torch import Tensor


def pack(latents: Tensor) -> Tensor:
    """[B,C,h,w] -> 2x2 patches as tokens [B,(h/2)(w/2),4C], each laid out (c, row, column)."""
    b, c, h, w = latents.shape
    return latents.reshape(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(b, (h // 2) * (w // 2), 4 * c)


def unpack(tokens: Tensor, rows: int, columns: int) -> Tensor:
    """[B,rows*columns,4C] -> [B,C,2*rows,2*columns]."""
    b, _, d = tokens.shape
    return tokens.reshape(b, rows, columns, d // 4, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(b, d // 4, 2 * rows, 2 * columns)


def shift_of(cfg: Dict[str, Any], length: int) -> float:
    """mu: linear in the number of target tokens, base_shift at 256, max_shift at 4096."""
    slope = (cfg["max_shift"] - cfg["base_shift"]) / (4096 - 256)
    return slope * length + cfg["base_shift"] - slope * 256


def shifted(times: Tensor, cfg: Dict[str, Any], length: int) -> Tensor:
    """Times [n] moved towards noise by e^mu / (e^mu + 1/t - 1), as the config asks."""
    if not cfg["timestep_shift"]:
        return times
    power = math.exp(shift_of(cfg, length))
    return power / (power + (1 / times - 1))


def unshifted(time: float, cfg: Dict[str, Any], length: int) -> float:
    """The time whose shifted value is `time`."""
    if not cfg["timestep_shift"] or time in (0.0, 1.0):
        return time
    power = math.exp(shift_of(cfg, length))
    return 1 / (1 + power * (1 / time - 1))


def schedule(cfg: Dict[str, Any], length: int, steps: int, strength: float = 1.0) -> List[float]:
    """Descending times from `strength` to 0: max(1, round(steps * strength)) steps."""
    count = steps if strength >= 1 else max(1, round(steps * strength))
    start = 1.0 if strength >= 1 else unshifted(strength, cfg, length)
    return shifted(torch.linspace(start, 0, count + 1), cfg, length).tolist()


def random_times(count: int, mean: float = 1.3, spread: float = 1.2, uniform: float = 0.1) -> Tensor:
    """Training times [B]: logit-normal with a uniform share to cover the ends.

    It leans far to noise: with 64 tokens, floor, sky and colour are decided while t is still above 0.8.
    """
    t = torch.sigmoid(spread * torch.randn(count) + mean)
    return torch.where(torch.rand(count) < uniform, torch.rand(count), t)
