"""Starting weights: chosen so that every path carries signal from the first step on."""
from __future__ import annotations

import torch
from torch import nn

from .model.ovis import OvisU1
from .model.yak import Yak


@torch.no_grad()
def initialise(model: OvisU1) -> None:
    """Linear layers Xavier; residual outputs shrunk; the visual softmax starts peaked; decoder gates start a little open."""
    spread(model)
    for name in ("o_proj", "down_proj", "attn.proj", "mlp.fc2"):
        for path, module in model.named_modules():
            if path.startswith(("llm", "visual_tokenizer")) and path.endswith(name):
                module.weight.mul_(0.4)
    nn.init.normal_(model.llm.model.embed_tokens.weight, std=0.08)
    # A flat softmax over the visual words would pass no gradient: logits of spread 3 leave about six likely words.
    nn.init.constant_(model.visual_tokenizer.head[1].weight, 3.0)
    nn.init.normal_(model.vte.weight, std=0.3)
    open_gates(model.visual_generator.backbone)


def spread(module: nn.Module) -> None:
    """Xavier for linear layers, those of a VAE left alone."""
    for name, part in module.named_modules():
        if isinstance(part, nn.Linear) and "vae" not in name:
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


@torch.no_grad()
def initialise_decoder(yak: Yak) -> None:
    """A visual decoder by itself."""
    spread(yak)
    open_gates(yak)


def open_gates(yak: Yak) -> None:
    size = yak.cfg["hidden_size"]
    for block in yak.txt_in.individual_token_refiner.blocks:
        block.adaLN_modulation[1].weight.mul_(0.1)
        nn.init.ones_(block.adaLN_modulation[1].bias)
    for block in yak.double_blocks:
        for mod in (block.img_mod, block.txt_mod):
            mod.lin.weight.mul_(0.1)
            mod.lin.bias.view(-1, 3, size)[:, 2] = 0.3
    for block in yak.single_blocks:
        block.modulation.lin.weight.mul_(0.1)
        block.modulation.lin.bias.view(3, size)[2] = 0.3
    yak.final_layer.adaLN_modulation[1].weight.mul_(0.1)
    nn.init.zeros_(yak.final_layer.linear.weight)


@torch.no_grad()
def whiten(linear: nn.Linear, samples: torch.Tensor, floor: float = 1e-5) -> None:
    """Sets a linear layer to the whitened principal components of its inputs [n,in]: every direction that varies is seen
    equally from the first step on. (The language model's states tell shapes apart far more faintly than colours.)"""
    mean = samples.mean(0)
    values, vectors = torch.linalg.eigh((samples - mean).t() @ (samples - mean) / len(samples))
    values, vectors = values.flip(0), vectors.flip(1)
    count = min(linear.out_features, len(values))
    scale = (values[:count] + floor * values[0]).rsqrt()
    linear.weight.zero_()
    linear.weight[:count] = scale[:, None] * vectors[:, :count].t()
    spin = torch.linalg.qr(torch.randn(linear.out_features, linear.out_features))[0]
    linear.weight.copy_(spin @ linear.weight)
    linear.bias.copy_(-linear.weight @ mean)


@torch.no_grad()
def fit_text_inputs(refiner: nn.Module, txt: torch.Tensor, mask: torch.Tensor) -> None:
    """Whitens the refiner's two inputs on sample captions, txt [B,L,2H] with mask [B,L]."""
    whiten(refiner.input_embedder, txt[mask])
    whiten(refiner.c_embedder.linear_1, (txt * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), 1e-4)
