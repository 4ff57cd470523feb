"""Trains the tokenizer on the world's own text and writes its files: `python3 -m training.text.build FOLDER`."""
from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import List

from ..world.captions import caption
from ..world.edits import edit
from ..world.questions import question
from ..world.scene import random_scene
from .prompts import T2I_PREFIX, UNCONDITIONAL, answer_chat
from .tokenizer import SPECIALS, Tokenizer, byte_alphabet, train_merges

PATTERN = ("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
           "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")


def corpus(count: int = 6000, seed: int = 5) -> List[str]:
    """Texts of every kind, each also alone so that its first word is seen without a space."""
    rng = random.Random(seed)
    out = [T2I_PREFIX, UNCONDITIONAL, answer_chat("").replace("<|im_start|>", "").replace("<|im_end|>", "")] * (count // 4)
    for _ in range(count):
        scene = random_scene(rng)
        ask, answer = question(rng, scene)
        text = caption(rng, scene)
        out += [text, T2I_PREFIX + text, edit(rng, scene)[1], ask, answer, text.capitalize()]
    every = sorted({w for text in out for w in text.replace(",", " ").split()})
    return out + every * 20 + [" " + w for w in every] * 20


def write(folder: Path, merge_count: int = 760) -> Tokenizer:
    """Learns merges and writes tokenizer.json, vocab.json, merges.txt, tokenizer_config.json and added_tokens.json."""
    merges = train_merges(corpus(), merge_count)
    vocab = {c: i for i, c in enumerate(sorted(byte_alphabet()))}
    for a, b in merges:
        vocab.setdefault(a + b, len(vocab))
    added = {t: len(vocab) + i for i, t in enumerate(SPECIALS)}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    entries = [{"id": i, "content": t, **flags, "special": t.startswith("<|")} for t, i in added.items()]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}
    data = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": entries, "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]}, "post_processor": level, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
                  "fuse_unk": False, "byte_fallback": False, "vocab": vocab, "merges": [f"{a} {b}" for a, b in merges]},
    }
    config = {
        "add_bos_token": False, "add_prefix_space": False, "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "unk_token": None, "errors": "replace", "model_max_length": 131072, "tokenizer_class": "Qwen2Tokenizer",
        "clean_up_tokenization_spaces": False, "split_special_tokens": False,
        "added_tokens_decoder": {str(e["id"]): {k: v for k, v in e.items() if k != "id"} for e in entries},
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False))
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))
    (folder / "added_tokens.json").write_text(json.dumps(added, indent=1))
    return Tokenizer.load(folder)


if __name__ == "__main__":
    tokenizer = write(Path(sys.argv[1]))
    print(len(tokenizer.vocab), "tokens before the special ones")
