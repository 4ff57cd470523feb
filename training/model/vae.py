"""AutoencoderKL, the latent space of the visual decoder (names as in diffusers).

picture [B,3,H,W] in [-1,1]  <->  latents [B,C,H/8,W/8] (unscaled posterior mean).
"""
from __future__ import annotations

from typing import Any, Dict, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS = 1e-6


class ResnetBlock(nn.Module):
    """x + conv(silu(norm(conv(silu(norm x))))); [B,Cin,H,W] -> [B,Cout,H,W]."""

    def __init__(self, cin: int, cout: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, cin, EPS)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, cout, EPS)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        if cin != cout:
            self.conv_shortcut = nn.Conv2d(cin, cout, 1)
        self.changes = cin != cout

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if self.changes else x) + h


class AttentionBlock(nn.Module):
    """One head over all positions, residual; [B,C,H,W] -> [B,C,H,W]."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, EPS)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        y = self.group_norm(x).flatten(2).transpose(1, 2)
        q, k, v = self.to_q(y), self.to_k(y), self.to_v(y)
        weights = torch.softmax(q @ k.transpose(1, 2) * c ** -0.5, -1)
        return x + self.to_out[0](weights @ v).transpose(1, 2).reshape(b, c, h, w)


class MidBlock(nn.Module):
    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock(channels, channels, groups) for _ in range(2)])
        self.attentions = nn.ModuleList([AttentionBlock(channels, groups)])

    def forward(self, x: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class Sampler(nn.Module):
    """Halves (pad right and bottom by one, stride 2) or doubles (nearest, then conv) both sides."""

    def __init__(self, channels: int, down: bool) -> None:
        super().__init__()
        self.down = down
        self.conv = nn.Conv2d(channels, channels, 3, stride=2 if down else 1, padding=0 if down else 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)) if self.down else F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Level(nn.Module):
    """Resnets at one resolution, then an optional change of resolution."""

    def __init__(self, cin: int, cout: int, layers: int, groups: int, down: bool, last: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock(cin if i == 0 else cout, cout, groups) for i in range(layers)])
        if not last:
            setattr(self, "downsamplers" if down else "upsamplers", nn.ModuleList([Sampler(cout, down)]))

    def forward(self, x: Tensor) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x)
        for name in ("downsamplers", "upsamplers"):
            if hasattr(self, name):
                x = getattr(self, name)[0](x)
        return x


class Encoder(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        ch, groups = cfg["block_out_channels"], cfg["norm_num_groups"]
        self.conv_in = nn.Conv2d(cfg["in_channels"], ch[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            [Level(ch[max(i - 1, 0)], c, cfg["layers_per_block"], groups, True, i == len(ch) - 1) for i, c in enumerate(ch)])
        self.mid_block = MidBlock(ch[-1], groups)
        self.conv_norm_out = nn.GroupNorm(groups, ch[-1], EPS)
        self.conv_out = nn.Conv2d(ch[-1], 2 * cfg["latent_channels"], 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for level in self.down_blocks:
            x = level(x)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


class Decoder(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        ch, groups = cfg["block_out_channels"][::-1], cfg["norm_num_groups"]
        self.conv_in = nn.Conv2d(cfg["latent_channels"], ch[0], 3, padding=1)
        self.mid_block = MidBlock(ch[0], groups)
        self.up_blocks = nn.ModuleList(
            [Level(ch[max(i - 1, 0)], c, cfg["layers_per_block"] + 1, groups, False, i == len(ch) - 1) for i, c in enumerate(ch)])
        self.conv_norm_out = nn.GroupNorm(groups, ch[-1], EPS)
        self.conv_out = nn.Conv2d(ch[-1], cfg["out_channels"], 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(x))
        for level in self.up_blocks:
            x = level(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class AutoencoderKL(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        c = cfg["latent_channels"]
        self.scaling_factor: float = cfg["scaling_factor"]
        self.encoder, self.decoder = Encoder(cfg), Decoder(cfg)
        self.quant_conv = nn.Conv2d(2 * c, 2 * c, 1)
        self.post_quant_conv = nn.Conv2d(c, c, 1)

    def encode(self, picture: Tensor) -> Tuple[Tensor, Tensor]:
        """picture [B,3,H,W] -> posterior mean and log variance, each [B,C,H/8,W/8]."""
        mean, logvar = self.quant_conv(self.encoder(picture)).chunk(2, 1)
        return mean, logvar.clamp(-30.0, 20.0)

    def decode(self, z: Tensor) -> Tensor:
        """Unscaled latents z [B,C,h,w] -> picture [B,3,8h,8w], not clamped."""
        return self.decoder(self.post_quant_conv(z))
