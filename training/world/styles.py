"""What a person may do to a whole picture: styles (pencil, poster, thermal) and damage (grey, noise, blur)."""
from __future__ import annotations

import random
from typing import Callable, Dict, Tuple

import numpy as np
from PIL import Image, ImageFilter

LUMA = np.asarray((0.299, 0.587, 0.114), np.float32)
# Stops of the thermal palette, cold to hot.
HEAT = np.asarray(((8, 4, 40), (70, 8, 120), (180, 30, 110), (240, 100, 30), (255, 200, 40), (255, 255, 220)), np.float32)


def luma(picture: np.ndarray) -> np.ndarray:
    """uint8 [h,w,3] -> float32 [h,w] in 0..255."""
    return picture.astype(np.float32) @ LUMA


def pencil(picture: np.ndarray) -> np.ndarray:
    """Dark strokes along contours on paper, faintly toned."""
    grey = luma(picture)
    padded = np.pad(grey, 1, mode="edge")
    dx, dy = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]
    stroke = np.clip(np.sqrt(dx * dx + dy * dy) * 1.8, 0, 215)
    paper = 238 + 14 * (grey / 255 - 0.5)
    return np.repeat(np.clip(paper - stroke, 0, 255).astype(np.uint8)[..., None], 3, 2)


def poster(picture: np.ndarray) -> np.ndarray:
    """Few strong colours: saturation raised, each channel in four steps."""
    grey = luma(picture)[..., None]
    strong = np.clip(grey + 1.5 * (picture - grey), 0, 255)
    return (np.round(strong / 85) * 85).astype(np.uint8)


def thermal(picture: np.ndarray) -> np.ndarray:
    """Brightness through a cold-to-hot palette."""
    at = luma(picture) / 255 * (len(HEAT) - 1)
    low = np.minimum(at.astype(int), len(HEAT) - 2)
    return (HEAT[low] + (at - low)[..., None] * (HEAT[low + 1] - HEAT[low]) + 0.5).astype(np.uint8)


STYLES: Dict[str, Callable[[np.ndarray], np.ndarray]] = {"pencil": pencil, "poster": poster, "thermal": thermal}
STYLE_WORDS: Dict[str, Tuple[str, ...]] = {
    "pencil": ("a pencil drawing", "a pencil sketch", "a sketch", "a drawing"),
    "poster": ("a poster", "pop art", "a flat poster", "a screen print"),
    "thermal": ("a thermal image", "an infrared image", "a heat map"),
}


def greyscale(picture: np.ndarray) -> np.ndarray:
    return np.repeat((luma(picture) + 0.5).astype(np.uint8)[..., None], 3, 2)


def noisy(rng: random.Random, picture: np.ndarray) -> np.ndarray:
    """Normal noise of a standard deviation of 15 to 50."""
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(15, 50), picture.shape)
    return np.clip(picture + noise + 0.5, 0, 255).astype(np.uint8)


def blurred(rng: random.Random, picture: np.ndarray) -> np.ndarray:
    """Gaussian blur of a radius of 1 to 3 pixels."""
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(rng.uniform(1.0, 3.0))))
