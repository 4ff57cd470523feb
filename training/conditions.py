"""Text features for training batches, from the frozen language model; what all prompts share is computed once."""
from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from . import presets
from .batches import white
from .common import RUNS
from .model.ovis import OvisU1
from .preprocess import Preprocessor
from .text.prompts import UNCONDITIONAL, condition_chat, edit_prompt, t2i_prompt
from .text.tokenizer import Tokenizer


class Conditions:
    """Features cat(hidden[-1], hidden[-2]) of condition prompts, padded: txt [B,L,2H] and mask [B,L]."""

    def __init__(self, model: OvisU1) -> None:
        self.model, self.tokenizer, self.pre = model, Tokenizer.load(RUNS / "tokenizer"), Preprocessor(presets.PREPROCESSOR)
        with torch.no_grad():
            self.blank = model.visual_embeds(*self.pre.patches([self.pre.condition(white())]))[0]
            self.head = self.tokenizer.encode(condition_chat(t2i_prompt("a"))[:-len("a<|im_end|>\n")])
            self.cache: list = [None] * len(model.llm.model.layers)
            hidden = model.llm(model.inputs_embeds(self.head, [self.blank])[None], cache=self.cache)
            self.head_features = torch.cat((hidden[-1], hidden[-2]), -1)[0]
            self.unconditional = self.features(UNCONDITIONAL, self.blank)

    def features(self, prompt: str, visual: Tensor) -> Tensor:
        """One prompt with its picture's words [T,H], without any cache: [L,2H]."""
        ids = self.tokenizer.encode(condition_chat(edit_prompt(prompt)))
        return self.model.text_features(self.model.inputs_embeds(ids, [visual])[None])[0]

    @torch.no_grad()
    def t2i(self, texts: Sequence[Optional[str]]) -> Tuple[Tensor, Tensor]:
        """Captions, None for the unconditional prompt. The shared prefix of all prompts comes from the cache."""
        tails = []
        for text in texts:
            ids = self.tokenizer.encode(condition_chat(t2i_prompt(text or "a")))
            assert ids[:len(self.head)] == self.head
            tails.append(ids[len(self.head):])
        length = max(map(len, tails))
        padded = torch.tensor([t + [self.tokenizer.pad] * (length - len(t)) for t in tails])
        cache = [(k.expand(len(texts), -1, -1, -1), v.expand(len(texts), -1, -1, -1)) for k, v in self.cache]
        hidden = self.model.llm(self.model.llm.model.embed_tokens(padded), cache=cache)
        tail = torch.cat((hidden[-1], hidden[-2]), -1)
        rows = [self.unconditional if text is None else torch.cat((self.head_features, tail[i, :len(tails[i])]))
                for i, text in enumerate(texts)]
        return stack(rows)

    @torch.no_grad()
    def edit(self, texts: Sequence[Optional[str]], pictures: Tensor) -> Tuple[Tensor, Tensor]:
        """Instructions (None: unconditional) with their context pictures, uint8 [B,n,56,56,3] as conditions see them."""
        rows, count = pictures.shape[:2]
        visual = self.model.visual_embeds(*self.pre.patches(pictures.flatten(0, 1).numpy())).unflatten(0, (rows, count))
        ids = [self.tokenizer.encode(condition_chat(edit_prompt(UNCONDITIONAL if t is None else t, count))) for t in texts]
        embeds, mask = stack([self.model.inputs_embeds(i, list(v)) for i, v in zip(ids, visual)])
        return self.model.text_features(embeds, mask), mask


def stack(rows: List[Tensor]) -> Tuple[Tensor, Tensor]:
    """Sequences [L_i,D] -> zero-padded [B,L,D] and mask [B,L]."""
    lengths = torch.tensor([len(r) for r in rows])
    out = torch.stack([F.pad(r, (0, 0, 0, int(lengths.max()) - len(r))) for r in rows])
    return out, torch.arange(out.shape[1])[None] < lengths[:, None]
