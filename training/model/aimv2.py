"""AIMv2 and the visual tokenizer: patches -> transformer -> 2x2 merge -> probabilities over a visual vocabulary."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .ops import RMSNorm, attention, rotate_half, split_qkv

Grid = Tuple[int, int]  # patches: rows, columns


def merge_order(x: Tensor, grid: Grid, stride: int) -> Tensor:
    """Row-major patches [h*w, ...] -> (block row, block column, row in block, column in block)."""
    h, w = grid
    return x.view(h // stride, stride, w // stride, stride, *x.shape[1:]).transpose(1, 2).flatten(0, 3)


class Patchifier(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.proj = nn.Conv2d(cfg["num_channels"], cfg["hidden_size"], cfg["patch_size"], cfg["patch_size"])
        self.norm = RMSNorm(cfg["hidden_size"], cfg["rms_norm_eps"])

    def forward(self, pixels: Tensor) -> Tensor:
        """Flattened patches [B,N,3*p*p] -> [B,N,D]; a convolution over one patch is a matrix product."""
        return self.norm(F.linear(pixels, self.proj.weight.flatten(1), self.proj.bias))


class Preprocessor(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.cfg, self.patchifier = cfg, Patchifier(cfg)
        if cfg["preserve_original_pe"]:
            side = cfg["image_size"] // cfg["patch_size"]
            self.pos_embed = nn.Parameter(torch.randn(1, side * side, cfg["hidden_size"]) * 0.02)

    def position(self, grid: Grid) -> Optional[Tensor]:
        """Interpolated position embedding in merge order [N,D], or None."""
        if not self.cfg["preserve_original_pe"]:
            return None
        side = self.cfg["image_size"] // self.cfg["patch_size"]
        table = self.pos_embed[0].t()
        if self.cfg["interpolate_pe_method"] == "one_dim":
            pe = F.interpolate(table[None], size=grid[0] * grid[1], mode="linear", align_corners=False)[0]
        else:
            pe = F.interpolate(table.reshape(1, -1, side, side), size=grid, mode="bicubic", align_corners=False)[0].flatten(1)
        return merge_order(pe.t(), grid, self.cfg["hidden_stride"])


class ViTAttention(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        d, self.heads = cfg["hidden_size"], cfg["num_attention_heads"]
        self.qkv = nn.Linear(d, 3 * d, cfg["qkv_bias"])
        self.proj = nn.Linear(d, d, cfg["use_bias"])

    def forward(self, x: Tensor, rope: Optional[Tuple[Tensor, Tensor]], bias: Optional[Tensor]) -> Tensor:
        q, k, v = split_qkv(self.qkv(x), self.heads)
        if rope is not None:
            q, k = rotate_half(q, *rope), rotate_half(k, *rope)
        return self.proj(attention(q, k, v, bias))


class ViTMLP(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        d, i, bias = cfg["hidden_size"], cfg["intermediate_size"], cfg["use_bias"]
        self.fc1, self.fc2, self.fc3 = nn.Linear(d, i, bias), nn.Linear(i, d, bias), nn.Linear(d, i, bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.silu(self.fc1(x)) * self.fc3(x))


class ViTBlock(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        d, eps = cfg["hidden_size"], cfg["rms_norm_eps"]
        self.attn, self.mlp = ViTAttention(cfg), ViTMLP(cfg)
        self.norm_1, self.norm_2 = RMSNorm(d, eps), RMSNorm(d, eps)

    def forward(self, x: Tensor, rope: Optional[Tuple[Tensor, Tensor]], bias: Optional[Tensor]) -> Tensor:
        x = x + self.attn(self.norm_1(x), rope, bias)
        return x + self.mlp(self.norm_2(x))


class Trunk(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([ViTBlock(cfg) for _ in range(cfg["num_hidden_layers"])])
        self.post_trunk_norm = RMSNorm(cfg["hidden_size"], cfg["rms_norm_eps"])  # in the file, never used downstream


class AIMv2(nn.Module):
    """Patches of pictures of one size, in merge order, [B,N,3*p*p] -> last block's output [B,N,D]."""

    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.cfg, self.preprocessor, self.trunk = cfg, Preprocessor(cfg), Trunk(cfg)

    def coordinates(self, grid: Grid) -> Tensor:
        """Row and column of every patch in merge order, [N,2]."""
        rows, columns = torch.meshgrid(torch.arange(grid[0]), torch.arange(grid[1]), indexing="ij")
        return merge_order(torch.stack((rows, columns), -1).flatten(0, 1), grid, self.cfg["hidden_stride"])

    def rope(self, grid: Grid) -> Optional[Tuple[Tensor, Tensor]]:
        if self.cfg["disable_rope"]:
            return None
        d = self.cfg["hidden_size"] // self.cfg["num_attention_heads"] // 2
        inverse = 1.0 / 10000.0 ** (torch.arange(0, d, 2, dtype=torch.float32) / d)
        angles = (self.coordinates(grid)[..., None].float() * inverse).flatten(1)
        angles = torch.cat((angles, angles), -1)
        return angles.cos(), angles.sin()

    def window_bias(self, grid: Grid) -> Tensor:
        """Additive [N,N]: 0 inside a window of merged cells, -1e9 across."""
        stride = self.cfg["hidden_stride"]
        cells = max(1, self.cfg["window_size"] // stride // self.cfg["patch_size"])
        window = self.coordinates(grid) // stride // cells
        apart = (window[:, None] != window[None]).any(-1)
        return torch.zeros(apart.shape).masked_fill(apart, -1e9)

    def forward(self, pixels: Tensor, grid: Grid, trace: Optional[Dict[str, Tensor]] = None) -> Tensor:
        x = self.preprocessor.patchifier(pixels)
        trace = {} if trace is None else trace
        trace["patch_norm"] = x
        pe = self.preprocessor.position(grid)
        if pe is not None:
            x = x + pe.to(x)
            trace["pos_embed"] = pe
        trace["tokens"] = x
        rope = self.rope(grid)
        rope = None if rope is None else tuple(r.to(x) for r in rope)
        full: Optional[List[int]] = self.cfg["fullatt_block_indexes"]
        bias = None if full is None else self.window_bias(grid).to(x)
        for i, block in enumerate(self.trunk.blocks):
            x = block(x, rope, None if full is None or i in full else bias)
            trace[f"block{i}"] = x
        return x


class VisualTokenizer(nn.Module):
    """Patches [B,N,3*p*p] -> probabilities over the visual vocabulary [B,N/stride^2,V]; the last four are indicators."""

    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.cfg, backbone = cfg, cfg["backbone_config"]
        self.backbone = AIMv2(backbone)
        merged = backbone["hidden_size"] * cfg["hidden_stride"] ** 2
        self.head = nn.ModuleList([nn.Linear(merged, cfg["vocab_size"] - 4, False), nn.LayerNorm(cfg["vocab_size"] - 4)])

    def forward(self, pixels: Tensor, grid: Grid, trace: Optional[Dict[str, Tensor]] = None) -> Tensor:
        x = self.backbone(pixels, grid, trace)
        features = x.reshape(x.shape[0], -1, self.cfg["hidden_stride"] ** 2 * x.shape[-1])
        logits = self.head[1](self.head[0](features))
        if trace is not None:
            trace["features"], trace["head_logits"] = features, logits
        return F.pad(torch.softmax(logits, -1), (0, 4))
