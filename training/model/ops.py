"""What several networks share: RMSNorm, attention, rotations."""
from __future__ import annotations

from typing import Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FUSED_ATTENTION = hasattr(F, "scaled_dot_product_attention")


class RMSNorm(nn.Module):
    """x / sqrt(mean x^2 + eps) * weight over the last axis."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


def attention(q: Tensor, k: Tensor, v: Tensor, bias: Optional[Tensor] = None) -> Tensor:
    """softmax(q k^T / sqrt(d) + bias) v: [B,H,Lq,d],[B,H,Lk,d] x2 -> [B,Lq,H*d]; bias broadcasts to [B,H,Lq,Lk]."""
    # Under autocast queries and keys come out of their norms in float32, values in bfloat16.
    q, k, bias = q.to(v.dtype), k.to(v.dtype), None if bias is None else bias.to(v.dtype)
    if FUSED_ATTENTION:
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    else:
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        out = torch.softmax(scores if bias is None else scores + bias, -1) @ v
    return out.transpose(1, 2).flatten(2)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """[B,L,H*d] -> [B,H,L,d]."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def split_qkv(x: Tensor, heads: int) -> Tuple[Tensor, Tensor, Tensor]:
    """Fused projection [B,L,3*H*d], laid out (q|k|v, head, d), to three [B,H,L,d]."""
    q, k, v = x.chunk(3, -1)
    return split_heads(q, heads), split_heads(k, heads), split_heads(v, heads)


def rotate_half(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of the language model and the vision encoder: halves are paired; cos, sin [L,d]."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


def rotate_pairs(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of the visual decoder: neighbours (2i, 2i+1) are paired; cos, sin [L,d/2]."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


def padding_bias(mask: Optional[Tensor]) -> Optional[Tensor]:
    """Key mask [B,L] (True = real) -> additive bias [B,1,1,L]."""
    if mask is None:
        return None
    return torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, -1e9)[:, None, None, :]
