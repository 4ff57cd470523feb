"""The fixed prompts and the chat format of Ovis-U1. These strings are part of the model: never reword them."""
from __future__ import annotations

UNCONDITIONAL = "Generate an image."
T2I_PREFIX = ("Describe the image by detailing the color, shape, size, texture, quantity, text, and spatial relationships "
              "of the objects:")
IMAGE_TEXT = "<image>"


def t2i_prompt(text: str) -> str:
    return f"{IMAGE_TEXT}\n{T2I_PREFIX}{text}"


def edit_prompt(text: str, images: int = 1) -> str:
    return f"{IMAGE_TEXT}\n" * images + text.strip()


def with_pictures(text: str, pictures: int) -> str:
    """A question about pictures: one stands plainly before it, several are numbered."""
    places = [f"{IMAGE_TEXT}\n"] if pictures == 1 else [f"Image {i + 1}: {IMAGE_TEXT}\n" for i in range(pictures)]
    return "".join(places) + text


def condition_chat(prompt: str) -> str:
    """What the decoder's text features are read from: the user's turn alone."""
    return f"<|im_start|>user\n{prompt}<|im_end|>\n"


def answer_chat(prompt: str) -> str:
    """A question, up to where the answer begins (thinking switched off)."""
    return condition_chat(prompt) + "<|im_start|>assistant\n<think>\n\n</think>\n\n"
