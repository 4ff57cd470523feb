"""The refiner: text features of the language model -> tokens and one global vector (its CLS row) for the visual decoder."""
from __future__ import annotations

from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .ops import attention, padding_bias, split_qkv


class Embedder(nn.Module):
    """linear_2(silu(linear_1 x))."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(cin, cout), nn.Linear(cout, cout)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_2(F.silu(self.linear_1(x)))


class RefinerMLP(nn.Module):
    def __init__(self, size: int, ratio: float) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(size, int(size * ratio)), nn.Linear(int(size * ratio), size)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.silu(self.fc1(x)))


class RefinerBlock(nn.Module):
    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(size, 1e-6), nn.LayerNorm(size, 1e-6)
        self.self_attn_qkv, self.self_attn_proj = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.mlp = RefinerMLP(size, 4.0)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(size, 2 * size))

    def forward(self, x: Tensor, c: Tensor, bias: Optional[Tensor]) -> Tensor:
        gate_attn, gate_mlp = self.adaLN_modulation(c)[:, None].chunk(2, -1)
        q, k, v = split_qkv(self.self_attn_qkv(self.norm1(x)), self.heads)
        x = x + self.self_attn_proj(attention(q, k, v, bias)) * gate_attn
        return x + self.mlp(self.norm2(x)) * gate_mlp


class TokenRefiner(nn.Module):
    def __init__(self, size: int, heads: int, depth: int = 2) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([RefinerBlock(size, heads) for _ in range(depth)])


class Refiner(nn.Module):
    """txt [B,L,2H] -> refined tokens [B,L,D] and the CLS row [B,D]."""

    def __init__(self, cin: int, size: int, num_heads: int) -> None:
        super().__init__()
        self.input_embedder, self.c_embedder = nn.Linear(cin, size), Embedder(cin, size)
        self.cls_token = nn.Parameter(torch.randn(1, 1, size) * 0.02)
        self.individual_token_refiner = TokenRefiner(size, 2 * num_heads)

    def forward(self, txt: Tensor, mask: Optional[Tensor] = None, trace: Optional[dict] = None) -> Tuple[Tensor, Tensor]:
        if mask is None:
            mean, bias = txt.mean(1), None
        else:
            mean = (txt * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            bias = padding_bias(F.pad(mask, (1, 0), value=True))
        c = self.c_embedder(mean)
        x = torch.cat((self.cls_token.expand(len(txt), -1, -1), self.input_embedder(txt)), 1)
        states = [x]
        for block in self.individual_token_refiner.blocks:
            x = block(x, c, bias)
            states.append(x)
        if trace is not None:
            trace.update({"c": c, **{f"x{i}": s for i, s in enumerate(states)}})
        return x[:, 1:], x[:, 0]
