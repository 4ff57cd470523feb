"""Byte-level BPE in Qwen's shape: NFC, Qwen's splitting rule, GPT-2 byte alphabet, ranked merges, special tokens."""
from __future__ import annotations

import functools
import json
import re
import sys
import unicodedata
from pathlib import Path
from typing import Dict, List, Tuple

from ..model.ovis import IMAGE

SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>")
SPACE = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"


@functools.lru_cache(None)
def splitter() -> "re.Pattern[str]":
    """Qwen2's pre-tokenizer; Python's `re` lacks \\p{L} and \\p{N}, so the classes are written out."""
    def ranges(letter: str) -> str:
        out, start = [], None
        for code in range(sys.maxunicode + 2):
            inside = code <= sys.maxunicode and unicodedata.category(chr(code))[0] == letter
            if inside and start is None:
                start = code
            elif not inside and start is not None:
                out.append(f"\\U{start:08x}-\\U{code - 1:08x}")
                start = None
        return "".join(out)

    letters, numbers = ranges("L"), ranges("N")
    return re.compile(f"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n{letters}{numbers}]?[{letters}]+|[{numbers}]"
                      f"| ?[^{SPACE}{letters}{numbers}]+[\\r\\n]*|[{SPACE}]*[\\r\\n]+|[{SPACE}]+(?![^{SPACE}])|[{SPACE}]+")


@functools.lru_cache(None)
def byte_alphabet() -> Tuple[str, ...]:
    """GPT-2's printable stand-in for each of the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    extra = iter(range(256, 512))
    return tuple(chr(b) if b in printable else chr(next(extra)) for b in range(256))


def words(text: str) -> List[str]:
    """Pre-tokens of a text, in the byte alphabet."""
    alphabet = byte_alphabet()
    return ["".join(alphabet[b] for b in piece.encode()) for piece in splitter().findall(unicodedata.normalize("NFC", text))]


class Tokenizer:
    def __init__(self, vocab: Dict[str, int], merges: List[Tuple[str, str]], added: Dict[str, int]) -> None:
        self.vocab, self.added = vocab, added
        self.ranks = {pair: i for i, pair in enumerate(merges)}
        self.names = {i: t for t, i in vocab.items()}
        self.added_names = {i: t for t, i in added.items()}
        self.split_added = re.compile("(" + "|".join(re.escape(t) for t in sorted([*added, "<image>"], key=len, reverse=True)) + ")")
        self.cache: Dict[str, List[int]] = {}

    @classmethod
    def load(cls, folder: Path) -> "Tokenizer":
        data = json.loads((Path(folder) / "tokenizer.json").read_text())
        merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in data["model"]["merges"]]
        return cls(data["model"]["vocab"], merges, {t["content"]: t["id"] for t in data["added_tokens"]})

    @property
    def eos(self) -> int:
        return self.added["<|im_end|>"]

    @property
    def pad(self) -> int:
        return self.added["<|endoftext|>"]

    def bpe(self, token: str) -> List[int]:
        if token not in self.cache:
            parts = list(token)
            while len(parts) > 1:
                best = min(range(len(parts) - 1), key=lambda i: self.ranks.get((parts[i], parts[i + 1]), 1 << 30))
                pair = (parts[best], parts[best + 1])
                if pair not in self.ranks:
                    break
                merged, i = [], 0
                while i < len(parts):
                    if i + 1 < len(parts) and (parts[i], parts[i + 1]) == pair:
                        merged.append(parts[i] + parts[i + 1])
                        i += 2
                    else:
                        merged.append(parts[i])
                        i += 1
                parts = merged
            self.cache[token] = [self.vocab[p] for p in parts]
        return self.cache[token]

    def encode(self, text: str) -> List[int]:
        """Text to ids; `<image>` becomes IMAGE (-200), special tokens are recognised wherever they stand."""
        ids: List[int] = []
        for part in self.split_added.split(text):
            if part == "<image>":
                ids.append(IMAGE)
            elif part in self.added:
                ids.append(self.added[part])
            else:
                for token in words(part):
                    ids.extend(self.bpe(token))
        return ids

    def decode(self, ids: List[int]) -> str:
        """Ids to text without special tokens; bytes that are no UTF-8 become U+FFFD."""
        back = {c: b for b, c in enumerate(byte_alphabet())}
        data = b"".join(bytes(back[c] for c in self.names[i]) for i in ids if i in self.names)
        return data.decode("utf-8", errors="replace")


def train_merges(texts: List[str], count: int) -> List[Tuple[str, str]]:
    """Learns `count` merges from texts by the most frequent pair (ties by alphabet).

    A word that follows a sign without a space ("objects:red") is one pre-token with that sign; signs other than the
    space take no part in merges, or ":red" would become a token that has nothing to do with " red".
    """
    counts: Dict[Tuple[str, ...], int] = {}
    for text in texts:
        for token in words(text):
            pieces = [tuple(token)]
            if len(token) > 1 and token[0] != "Ġ" and not token[0].isalnum() and token[1].isalpha():
                pieces = [tuple(token[1:])]
            for piece in pieces:
                counts[piece] = counts.get(piece, 0) + 1
    merges: List[Tuple[str, str]] = []
    while len(merges) < count:
        pairs: Dict[Tuple[str, str], int] = {}
        for token, n in counts.items():
            for pair in zip(token, token[1:]):
                pairs[pair] = pairs.get(pair, 0) + n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        updated: Dict[Tuple[str, ...], int] = {}
        for token, n in counts.items():
            out, i = [], 0
            while i < len(token):
                if i + 1 < len(token) and (token[i], token[i + 1]) == best:
                    out.append(token[i] + token[i + 1])
                    i += 2
                else:
                    out.append(token[i])
                    i += 1
            updated[tuple(out)] = updated.get(tuple(out), 0) + n
        counts = updated
    return merges
