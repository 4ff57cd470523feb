"""Qwen3, the language model: GQA with per-head q/k norm, rotate-half rope, SwiGLU, pre-norm."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .ops import RMSNorm, attention, rotate_half, split_heads

Cache = List[Optional[Tuple[Tensor, Tensor]]]


class Attention(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        h, self.heads, self.kv, d = cfg["hidden_size"], cfg["num_attention_heads"], cfg["num_key_value_heads"], cfg["head_dim"]
        bias = cfg.get("attention_bias", False)
        self.q_proj = nn.Linear(h, self.heads * d, bias)
        self.k_proj, self.v_proj = nn.Linear(h, self.kv * d, bias), nn.Linear(h, self.kv * d, bias)
        self.o_proj = nn.Linear(self.heads * d, h, bias)
        self.q_norm, self.k_norm = RMSNorm(d, cfg["rms_norm_eps"]), RMSNorm(d, cfg["rms_norm_eps"])

    def forward(self, x: Tensor, rope: Tuple[Tensor, Tensor], bias: Optional[Tensor], past: Optional[Tuple[Tensor, Tensor]]):
        q = rotate_half(self.q_norm(split_heads(self.q_proj(x), self.heads)), *rope)
        k = rotate_half(self.k_norm(split_heads(self.k_proj(x), self.kv)), *rope)
        v = split_heads(self.v_proj(x), self.kv)
        if past is not None:
            k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
        repeat = self.heads // self.kv
        out = attention(q, k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1), bias)
        return self.o_proj(out), (k, v)


class MLP(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        h, i = cfg["hidden_size"], cfg["intermediate_size"]
        self.gate_proj, self.up_proj, self.down_proj = nn.Linear(h, i, False), nn.Linear(h, i, False), nn.Linear(i, h, False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        h, eps = cfg["hidden_size"], cfg["rms_norm_eps"]
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(h, eps), RMSNorm(h, eps)
        self.self_attn, self.mlp = Attention(cfg), MLP(cfg)

    def forward(self, x: Tensor, rope: Tuple[Tensor, Tensor], bias: Optional[Tensor], past: Optional[Tuple[Tensor, Tensor]]):
        out, present = self.self_attn(self.input_layernorm(x), rope, bias, past)
        x = x + out
        return x + self.mlp(self.post_attention_layernorm(x)), present


class Body(nn.Module):
    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(cfg["vocab_size"], cfg["hidden_size"])
        self.layers = nn.ModuleList([Layer(cfg) for _ in range(cfg["num_hidden_layers"])])
        self.norm = RMSNorm(cfg["hidden_size"], cfg["rms_norm_eps"])


class Qwen3(nn.Module):
    """inputs_embeds [B,L,H] -> every hidden state: n inputs of the layers, then the output of the final norm."""

    def __init__(self, cfg: Dict[str, Any]) -> None:
        super().__init__()
        self.cfg, self.model = cfg, Body(cfg)
        if not cfg["tie_word_embeddings"]:
            self.lm_head = nn.Linear(cfg["hidden_size"], cfg["vocab_size"], False)

    def rope(self, start: int, length: int, device: torch.device) -> Tuple[Tensor, Tensor]:
        """Cosines and sines [length, head_dim] of positions start.. (float32, as the reference has them)."""
        d = self.cfg["head_dim"]
        inverse = 1.0 / self.cfg["rope_theta"] ** (torch.arange(0, d, 2, dtype=torch.float32) / d)
        angles = torch.arange(start, start + length, dtype=torch.float32)[:, None] * inverse
        angles = torch.cat((angles, angles), -1).to(device)
        return angles.cos(), angles.sin()

    def forward(self, inputs_embeds: Tensor, mask: Optional[Tensor] = None, cache: Optional[Cache] = None) -> List[Tensor]:
        """mask [B,L] True = real token; cache: one (k, v) or None per layer, replaced in place."""
        x, length = inputs_embeds, inputs_embeds.shape[1]
        past = cache[0][0].shape[2] if cache and cache[0] is not None else 0
        bias = None
        if length > 1:
            bias = torch.full((length, past + length), -1e9, device=x.device, dtype=x.dtype).triu(past + 1)
            if mask is not None and not bool(mask.all()):
                bias = bias + torch.zeros(mask.shape, dtype=x.dtype, device=x.device).masked_fill(~mask, -1e9)[:, None, None, :]
        rope = tuple(r.to(x.dtype) for r in self.rope(past, length, x.device))
        hidden = [x]
        for i, layer in enumerate(self.model.layers):
            x, present = layer(x, rope, bias, cache[i] if cache else None)
            if cache is not None:
                cache[i] = present
            hidden.append(x)
        hidden[-1] = self.model.norm(x)
        return hidden

    def logits(self, hidden: Tensor) -> Tensor:
        """Final hidden states [..., H] -> logits [..., vocab]."""
        return F.linear(hidden, self.model.embed_tokens.weight if self.cfg["tie_word_embeddings"] else self.lm_head.weight)
