"""Pictures on their way into the networks: Qwen-style smart resize, PIL bicubic, normalised patches in merge order."""
from __future__ import annotations

import math
from typing import Any, Dict, Sequence, Tuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .model.aimv2 import Grid

# Defaults of the published resize rule; they hold whatever the checkpoint's config says.
FACTOR, MIN_PIXELS, MAX_PIXELS = 28, 56 * 56, 14 * 14 * 4 * 1280


def smart_resize(height: int, width: int, factor: int = FACTOR, min_pixels: int = MIN_PIXELS, max_pixels: int = MAX_PIXELS) -> Tuple[int, int]:
    """Sides rounded to multiples of `factor` with the area within bounds: (height, width)."""
    if height < factor or width < factor:
        if height < width:
            width, height = round(factor / height * width), factor
        else:
            height, width = round(factor / width * height), factor
    elif max(height, width) / min(height, width) > 200:
        if height > width:
            height, width = 200 * width, width
        else:
            height, width = height, 200 * height
    h, w = round(height / factor) * factor, round(width / factor) * factor
    if h * w > max_pixels:
        beta = math.sqrt(height * width / max_pixels)
        h, w = math.floor(height / beta / factor) * factor, math.floor(width / beta / factor) * factor
    elif h * w < min_pixels:
        beta = math.sqrt(min_pixels / (height * width))
        h, w = math.ceil(height * beta / factor) * factor, math.ceil(width * beta / factor) * factor
    return h, w


def resize(picture: np.ndarray, size: Tuple[int, int]) -> np.ndarray:
    """uint8 [h,w,3] to (height, width) by PIL's antialiased bicubic; the same size is a copy."""
    if picture.shape[:2] == tuple(size):
        return picture
    return np.asarray(Image.fromarray(picture).resize((size[1], size[0]), Image.BICUBIC))


class Preprocessor:
    """The picture half of the processor; `cfg` is preprocessor_config.json."""

    def __init__(self, cfg: Dict[str, Any]) -> None:
        self.cfg = cfg
        self.patch, self.stride = cfg["patch_size"], cfg["hidden_stride"]
        self.mean, self.std = (np.asarray(cfg[k], np.float32) for k in ("image_mean", "image_std"))

    def understanding(self, picture: np.ndarray) -> np.ndarray:
        """A picture that is asked about: one resize."""
        c = self.cfg
        return resize(picture, smart_resize(*picture.shape[:2], self.patch * self.stride, c["min_pixels"], c["max_pixels"]))

    def condition_first(self, picture: np.ndarray) -> np.ndarray:
        return resize(picture, smart_resize(*picture.shape[:2], max_pixels=self.cfg["min_pixels"]))

    def condition(self, picture: np.ndarray) -> np.ndarray:
        """A picture that conditions generation: first floored to min_pixels, then as above."""
        return self.understanding(self.condition_first(picture))

    def patches(self, pictures: Sequence[np.ndarray]) -> Tuple[Tensor, Grid]:
        """Pictures of one size -> normalised patches [B,N,3*p*p] in merge order, and the grid (rows, columns)."""
        x = np.stack(pictures)
        x = ((x.astype(np.float64) * (1 / 255)).astype(np.float32) - self.mean) / self.std
        b, h, w, _ = x.shape
        p, s = self.patch, self.stride
        x = x.reshape(b, h // p // s, s, p, w // p // s, s, p, 3).transpose(0, 1, 4, 2, 5, 7, 3, 6)
        return torch.from_numpy(np.ascontiguousarray(x).reshape(b, -1, 3 * p * p)), (h // p, w // p)


def to_vae(pictures: np.ndarray) -> Tensor:
    """uint8 [B,h,w,3] -> float [B,3,h,w] in [-1,1]."""
    return (torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5


def to_bytes(picture: Tensor) -> np.ndarray:
    """Decoder output [B,3,h,w] -> uint8 [B,h,w,3]; clamped, then truncated as the published code does."""
    return (127.5 * (picture.clamp(-1, 1) + 1)).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
