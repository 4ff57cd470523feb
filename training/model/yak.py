"""Yak, the visual decoder: an MMDiT of double and single blocks that predicts the flow's velocity on packed latents."""
from __future__ import annotations

import math
from typing import Any, Dict, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .ops import attention, padding_bias, rotate_pairs, split_qkv
from .refiner import Refiner

Rope = Tuple[Tensor, Tensor]  # cosines, sines [L, head_dim/2]


def time_features(t: Tensor, size: int = 256) -> Tensor:
    """Times [B] in [0,1] -> [B,256]: cosines, then sines, of 1000 t."""
    half = size // 2
    freqs = torch.exp(-math.log(10000.0) * torch.arange(half, dtype=torch.float32, device=t.device) / half)
    angles = (1000.0 * t.float())[:, None] * freqs
    return torch.cat((angles.cos(), angles.sin()), -1)


def gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return (1 + scale) * x + shift


def layer_norm(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=1e-6)


class Scale(nn.Module):
    """RMSNorm whose weight is called `scale` in the checkpoint."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.scale


class QKNorm(nn.Module):
    def __init__(self, head: int) -> None:
        super().__init__()
        self.query_norm, self.key_norm = Scale(head), Scale(head)


class SelfAttention(nn.Module):
    """The projections and norms of one stream; the attention itself is called by the block."""

    def __init__(self, size: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(size, 3 * size, bias), nn.Linear(size, size)
        self.norm = QKNorm(size // heads)

    def project(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        q, k, v = split_qkv(self.qkv(x), self.heads)
        return self.norm.query_norm(q), self.norm.key_norm(k), v


class Modulation(nn.Module):
    def __init__(self, size: int, chunks: int) -> None:
        super().__init__()
        self.chunks, self.lin = chunks, nn.Linear(size, chunks * size)

    def forward(self, vec: Tensor) -> Sequence[Tensor]:
        """vec [B,D] -> `chunks` tensors [B,1,D] in the order (shift, scale, gate) x n."""
        return self.lin(F.silu(vec))[:, None].chunk(self.chunks, -1)


class MLPEmbedder(nn.Module):
    def __init__(self, cin: int, size: int) -> None:
        super().__init__()
        self.in_layer, self.out_layer = nn.Linear(cin, size), nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        return self.out_layer(F.silu(self.in_layer(x)))


def mlp(size: int, ratio: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(size, int(size * ratio)), nn.GELU(approximate="tanh"), nn.Linear(int(size * ratio), size))


class DoubleBlock(nn.Module):
    """Joint attention of text and picture, then self-attention of the picture (and context), then one MLP per stream."""

    def __init__(self, size: int, heads: int, ratio: float, bias: bool) -> None:
        super().__init__()
        self.img_mod, self.txt_mod = Modulation(size, 9), Modulation(size, 6)
        self.img_attn, self.txt_attn = SelfAttention(size, heads, bias), SelfAttention(size, heads, bias)
        self.img_self_attn = SelfAttention(size, heads, bias)
        self.img_mlp, self.txt_mlp = mlp(size, ratio), mlp(size, ratio)

    def forward(self, img: Tensor, txt: Tensor, vec: Tensor, rope: Rope, img_rope: Rope, bias: Optional[Tensor]) -> Tuple[Tensor, Tensor]:
        i1h, i1c, i1g, i2h, i2c, i2g, i3h, i3c, i3g = self.img_mod(vec)
        t1h, t1c, t1g, t2h, t2c, t2g = self.txt_mod(vec)
        normed, length = layer_norm(img), txt.shape[1]
        tq, tk, tv = self.txt_attn.project(modulate(layer_norm(txt), t1h, t1c))
        iq, ik, iv = self.img_attn.project(modulate(normed, i1h, i1c))
        q, k = rotate_pairs(torch.cat((tq, iq), 2), *rope), rotate_pairs(torch.cat((tk, ik), 2), *rope)
        joint = attention(q, k, torch.cat((tv, iv), 2), bias)
        sq, sk, sv = self.img_self_attn.project(modulate(normed, i3h, i3c))
        alone = attention(rotate_pairs(sq, *img_rope), rotate_pairs(sk, *img_rope), sv)
        img = img + i1g * self.img_attn.proj(joint[:, length:])
        img = img + i3g * self.img_self_attn.proj(alone)
        img = img + i2g * self.img_mlp(modulate(layer_norm(img), i2h, i2c))
        txt = txt + t1g * self.txt_attn.proj(joint[:, :length])
        txt = txt + t2g * self.txt_mlp(modulate(layer_norm(txt), t2h, t2c))
        return img, txt


class SingleBlock(nn.Module):
    """Attention and MLP side by side on the whole sequence (text, picture, context)."""

    def __init__(self, size: int, heads: int, ratio: float) -> None:
        super().__init__()
        self.size, self.heads, inner = size, heads, int(size * ratio)
        self.linear1, self.linear2 = nn.Linear(size, 3 * size + inner), nn.Linear(size + inner, size)
        self.norm, self.modulation = QKNorm(size // heads), Modulation(size, 3)

    def forward(self, x: Tensor, vec: Tensor, rope: Rope, bias: Optional[Tensor]) -> Tensor:
        shift, scale, gate = self.modulation(vec)
        qkv, inner = self.linear1(modulate(layer_norm(x), shift, scale)).split((3 * self.size, self.linear1.out_features - 3 * self.size), -1)
        q, k, v = split_qkv(qkv, self.heads)
        q, k = rotate_pairs(self.norm.query_norm(q), *rope), rotate_pairs(self.norm.key_norm(k), *rope)
        return x + gate * self.linear2(torch.cat((attention(q, k, v, bias), gelu(inner)), -1))


class FinalLayer(nn.Module):
    def __init__(self, size: int, cout: int) -> None:
        super().__init__()
        self.linear = nn.Linear(size, cout)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(size, 2 * size))

    def forward(self, x: Tensor, vec: Tensor) -> Tensor:
        shift, scale = self.adaLN_modulation(vec)[:, None].chunk(2, -1)
        return self.linear(modulate(layer_norm(x), shift, scale))


class Yak(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        size, heads, ratio = cfg["hidden_size"], cfg["num_heads"], cfg["mlp_ratio"]
        if cfg.get("guidance_embed"):
            raise ValueError("guidance_embed must be false")
        self.cfg = cfg
        self.img_in = nn.Linear(cfg["in_channels"], size)
        self.time_in, self.vector_in = MLPEmbedder(256, size), MLPEmbedder(cfg["vec_in_dim"], size)
        self.txt_in = Refiner(cfg["context_in_dim"], size, heads)
        self.double_blocks = nn.ModuleList([DoubleBlock(size, heads, ratio, cfg["qkv_bias"]) for _ in range(cfg["depth"])])
        self.single_blocks = nn.ModuleList([SingleBlock(size, heads, ratio) for _ in range(cfg["depth_single_blocks"])])
        self.final_layer = FinalLayer(size, cfg["out_channels"])

    def rope(self, ids: Tensor) -> Rope:
        """Position ids [L,3] -> cosines and sines [L,head_dim/2], made in double precision."""
        parts = []
        for axis, size in enumerate(self.cfg["axes_dim"]):
            omega = self.cfg["theta"] ** -(torch.arange(0, size, 2, dtype=torch.float64, device=ids.device) / size)
            parts.append(ids[:, axis].double()[:, None] * omega)
        angles = torch.cat(parts, -1)
        return angles.cos().float(), angles.sin().float()

    def ropes(self, length: int, grid: Tuple[int, int], contexts: Sequence[Tuple[int, int]], device: Any = "cpu") -> Tuple[Rope, Rope]:
        """Ropes of the whole sequence (text, picture, contexts) and of its picture part; grids are rows and columns of tokens."""
        ids = torch.cat([torch.zeros(length, 3)] + [grid_ids(g, axis) for axis, g in enumerate((grid, *contexts))]).to(device)
        cos, sin = self.rope(ids)
        return (cos, sin), (cos[length:], sin[length:])

    def forward(self, x: Tensor, t: Tensor, txt: Tensor, cls: Tensor, ropes: Tuple[Rope, Rope],
                ctx: Optional[Tensor] = None, mask: Optional[Tensor] = None, trace: Optional[dict] = None) -> Tensor:
        """x [B,n,4C], t [B], refined txt [B,L,D], cls [B,D], ctx [B,m,4C] -> velocity [B,n,4C]."""
        n, length = x.shape[1], txt.shape[1]
        features = time_features(t).to(x.dtype)
        vec = self.time_in(features) + self.vector_in(cls)
        img = self.img_in(x if ctx is None else torch.cat((x, ctx), 1))
        rope, img_rope = (tuple(r.to(x.dtype) for r in pair) for pair in ropes)
        bias = None if mask is None else padding_bias(F.pad(mask, (0, img.shape[1]), value=True))
        if trace is not None:
            trace.update({"t_feat": features, "vec": vec, "img_in": img, "rope_cos": rope[0], "rope_sin": rope[1]})
        for i, block in enumerate(self.double_blocks):
            img, txt = block(img, txt, vec, rope, img_rope, bias)
            if trace is not None:
                trace[f"double.{i}.img"], trace[f"double.{i}.txt"] = img, txt
        h = torch.cat((txt, img), 1)
        for i, block in enumerate(self.single_blocks):
            h = block(h, vec, rope, bias)
            if trace is not None:
                trace[f"single.{i}"] = h
        return self.final_layer(h[:, length:length + n], vec)


def grid_ids(grid: Tuple[int, int], axis: int) -> Tensor:
    """Ids (axis, row, column) of a grid of tokens, [rows*columns,3]."""
    rows, columns = torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij")
    return torch.stack((torch.full_like(rows, axis), rows, columns), -1).flatten(0, 1).float()
