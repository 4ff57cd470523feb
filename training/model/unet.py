"""A small U-Net from pictures to per-pixel channels: what the detector and the depth estimator are made of.

picture [B,3,H,W] in [-1,1], sides multiples of 2^levels  ->  [B,out,H/2,W/2], or [B,out,H,W] with `fine_channels`.
"""
from __future__ import annotations

from typing import Any, Dict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS = 1e-6


class Block(nn.Module):
    """Two convolutions, each with group norm and SiLU; [B,cin,h,w] -> [B,cout,h,w]."""

    def __init__(self, cin: int, cout: int, groups: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(cin, cout, 3, padding=1), nn.GroupNorm(groups, cout, EPS)
        self.conv2, self.norm2 = nn.Conv2d(cout, cout, 3, padding=1), nn.GroupNorm(groups, cout, EPS)

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(self.norm2(self.conv2(F.silu(self.norm1(self.conv1(x))))))


class UNet(nn.Module):
    """`cfg`: in_channels, out_channels, widths (one per level, the first at half size), norm_groups, fine_channels (0 = none)."""

    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        widths, groups, fine = cfg["widths"], cfg["norm_groups"], cfg["fine_channels"]
        self.conv_in = nn.Conv2d(cfg["in_channels"], widths[0], 3, stride=2, padding=1)
        self.samples = nn.ModuleList([nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(widths, widths[1:])])
        self.down = nn.ModuleList([Block(w, w, groups) for w in widths])
        self.up = nn.ModuleList([Block(b + a, a, groups) for a, b in zip(widths, widths[1:])])
        if fine:
            self.conv_fine, self.norm_fine = nn.Conv2d(widths[0] + cfg["in_channels"], fine, 3, padding=1), nn.GroupNorm(groups, fine, EPS)
        self.conv_out = nn.Conv2d(fine or widths[0], cfg["out_channels"], 3, padding=1)
        self.fine = fine

    def forward(self, picture: Tensor) -> Tensor:
        x, seen = self.conv_in(picture), []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else self.samples[i - 1](x))
            seen.append(x)
        for i in reversed(range(len(self.up))):
            x = self.up[i](torch.cat((F.interpolate(x, scale_factor=2.0, mode="nearest"), seen[i]), 1))
        if self.fine:
            x = torch.cat((F.interpolate(x, scale_factor=2.0, mode="nearest"), picture), 1)
            x = F.silu(self.norm_fine(self.conv_fine(x)))
        return self.conv_out(x)
