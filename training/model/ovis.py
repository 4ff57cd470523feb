"""The whole Ovis-U1: five networks under the checkpoint's own names, and how text and pictures become one sequence."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from .aimv2 import Grid, VisualTokenizer
from .qwen3 import Qwen3
from .vae import AutoencoderKL
from .yak import Yak

IMAGE, IMAGE_ATOM, IMAGE_BEGIN, IMAGE_END = -200, -300, -301, -302


class VisualGenerator(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.backbone, self.vae = Yak(cfg), AutoencoderKL(cfg["vae_config"])


class OvisU1(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.cfg = cfg
        vision, llm = normalised_vision(cfg["visual_tokenizer_config"]), dict(cfg["llm_config"])
        self.llm = Qwen3(llm)
        self.visual_tokenizer = VisualTokenizer(vision)
        self.vte = nn.Embedding(vision["vocab_size"], llm["hidden_size"])
        self.visual_generator = VisualGenerator(cfg["visual_generator_config"])

    def visual_embeds(self, pixels: Tensor, grid: Grid) -> Tensor:
        """Patches [B,N,3*p*p] of pictures of one size -> visual words [B,T,H]."""
        return self.visual_tokenizer(pixels, grid) @ self.vte.weight

    def indicators(self) -> Tuple[Tensor, Tensor]:
        """The rows that stand before and after a picture's words; the first is also the last soft word."""
        v = self.vte.num_embeddings
        return self.vte.weight[v - 5], self.vte.weight[v - 4]

    def inputs_embeds(self, ids: Sequence[int], visuals: Sequence[Tensor]) -> Tensor:
        """Token ids with IMAGE placeholders, and each picture's words [T,H], to one sequence [L,H]."""
        begin, end = self.indicators()
        parts: List[Tensor] = []
        waiting, text = list(visuals), []

        def flush() -> None:
            if text:
                parts.append(self.llm.model.embed_tokens(torch.tensor(text, device=begin.device)))
                text.clear()

        for token in ids:
            if token == IMAGE:
                flush()
                parts.extend((begin[None], waiting.pop(0), end[None]))
            else:
                text.append(token)
        flush()
        return torch.cat(parts)[-self.cfg["multimodal_max_length"]:]

    def text_features(self, inputs_embeds: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """[B,L,H] -> cat(hidden[-1], hidden[-2]) [B,L,2H], what the refiner reads."""
        hidden = self.llm(inputs_embeds, mask)
        return torch.cat((hidden[-1], hidden[-2]), -1)


def normalised_vision(cfg: Dict[str, Any]) -> Dict[str, Any]:
    """The tokenizer's config with the block list of its backbone as a list (it may be written "1|3")."""
    backbone = dict(cfg["backbone_config"])
    full = backbone.get("fullatt_block_indexes")
    if isinstance(full, str):
        full = [int(i) for i in full.split("|")]
    backbone["fullatt_block_indexes"] = full
    return {**cfg, "backbone_config": backbone}
