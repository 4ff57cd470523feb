"""Reference pipelines in plain PyTorch, from a checkpoint folder: text -> picture, edits, inpainting, answers.

Whatever does not depend on the step is computed once per run (text features, refiner, rotary tables), as an engine would.
"""
from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from . import tensors
from .flow import pack, schedule, unpack
from .model.ovis import OvisU1
from .preprocess import Preprocessor, resize, smart_resize, to_bytes, to_vae
from .text.prompts import UNCONDITIONAL, answer_chat, condition_chat, edit_prompt, t2i_prompt, with_pictures
from .text.tokenizer import Tokenizer

Pictures = Sequence[np.ndarray]  # uint8 [h,w,3]
Timings = Dict[str, float]


@dataclass
class Branch:
    """One guidance branch: refined text, its global vector, and the context tokens that it sees."""

    txt: Tensor  # [1,L,D]
    cls: Tensor  # [1,D]
    ctx: Optional[Tensor]  # [1,m,4C]
    grids: List[Tuple[int, int]] = field(default_factory=list)
    ropes: tuple = ()


@dataclass
class Result:
    image: np.ndarray  # uint8 [h,w,3]
    image_float: Tensor  # [1,3,h,w]
    latents: Tensor  # [1,C,h/8,w/8], scaled
    timings_ms: Timings
    step_ms: List[float]


class Pipeline:
    def __init__(self, folder: Path, device: str = "cpu") -> None:
        folder = Path(folder)
        self.cfg = json.loads((folder / "config.json").read_text())
        self.pre = Preprocessor(json.loads((folder / "preprocessor_config.json").read_text()))
        self.tokenizer = Tokenizer.load(folder)
        self.model = OvisU1(self.cfg)
        weights: Dict[str, Tensor] = {}
        for path in sorted(folder.glob("model*.safetensors")):
            weights.update(tensors.read(path))
        if self.cfg["llm_config"]["tie_word_embeddings"]:
            weights.pop("llm.lm_head.weight", None)
        self.model.load_state_dict({k: v.float() for k, v in weights.items()})
        self.model.eval().requires_grad_(False).to(device)
        self.device, self.yak_cfg = device, self.cfg["visual_generator_config"]
        self.yak, self.vae = self.model.visual_generator.backbone, self.model.visual_generator.vae

    # Conditions

    def words(self, picture: np.ndarray) -> Tensor:
        """A condition picture's visual words [T,H]."""
        pixels, grid = self.pre.patches([self.pre.condition(picture)])
        return self.model.visual_embeds(pixels.to(self.device), grid)[0]

    def features(self, prompt: str, words: Sequence[Tensor]) -> Tensor:
        """cat(hidden[-1], hidden[-2]) of a condition prompt, [1,L,2H]; pad tokens typed in the prompt are masked."""
        ids = self.tokenizer.encode(condition_chat(prompt))
        embeds = self.model.inputs_embeds(ids, words)[None]
        mask = None
        if self.tokenizer.pad in ids:
            spread, pictures = [], list(words)
            for i in ids:
                spread += [i != self.tokenizer.pad] if i >= 0 else [True] * (len(pictures.pop(0)) + 2)
            mask = torch.tensor(spread, device=self.device)[None, -embeds.shape[1]:]
        return self.model.text_features(embeds, mask)

    def branch(self, prompt: str, words: Sequence[Tensor], contexts: Sequence[Tensor] = ()) -> Branch:
        """contexts: scaled latents [1,C,h,w], in the order of their axis index 1, 2, ..."""
        txt, cls = self.yak.txt_in(self.features(prompt, words))
        ctx = torch.cat([pack(z) for z in contexts], 1) if contexts else None
        return Branch(txt, cls, ctx, [(z.shape[2] // 2, z.shape[3] // 2) for z in contexts])

    def encode(self, picture: np.ndarray) -> Tensor:
        """uint8 [h,w,3] -> scaled posterior mean [1,C,h/8,w/8]."""
        return self.vae.encode(to_vae(picture[None]).to(self.device))[0] * self.vae.scaling_factor

    # Denoising

    def velocity(self, x: Tensor, t: float, branch: Branch) -> Tensor:
        return self.yak(x, torch.tensor([t], device=self.device), branch.txt, branch.cls, branch.ropes, branch.ctx)

    def denoise(self, noise: Tensor, branches: Sequence[Branch], guide: Callable[[Sequence[Tensor]], Tensor], times: Sequence[float],
                start: Optional[Tensor] = None, mask: Optional[Tensor] = None, step_ms: Optional[List[float]] = None,
                trace: Optional[Callable[[int, Sequence[Tensor], Tensor, Tensor], None]] = None) -> Tensor:
        """The one loop. noise [1,C,h,w]; start: scaled latents to begin from (strength) and to keep where mask is 0; mask [1,1,h,w]."""
        rows, columns = noise.shape[2] // 2, noise.shape[3] // 2
        for b in branches:
            b.ropes = self.yak.ropes(b.txt.shape[1], (rows, columns), b.grids, self.device)
        eps, z = pack(noise), None if start is None else pack(start)
        keep = None if mask is None else 1 - pack(mask.expand(-1, noise.shape[1], -1, -1))
        x = eps if z is None or times[0] >= 1 else (1 - times[0]) * z + times[0] * eps
        for i, (t, following) in enumerate(zip(times, times[1:])):
            began = time.perf_counter()
            parts = [self.velocity(x, t, b) for b in branches]
            v = guide(parts)
            x = x + (following - t) * v
            if keep is not None:
                x = (1 - keep) * x + keep * ((1 - following) * z + following * eps)
            if trace is not None:
                trace(i, parts, v, x)
            if step_ms is not None:
                step_ms.append(1000 * (time.perf_counter() - began))
        return unpack(x, rows, columns)

    def noise(self, height: int, width: int, seed: int) -> Tensor:
        """Normal noise drawn in bfloat16, as the published pipeline draws it."""
        generator = torch.Generator().manual_seed(seed)
        shape = (1, self.yak_cfg["vae_config"]["latent_channels"], height // 8, width // 8)
        return torch.randn(shape, generator=generator, dtype=torch.bfloat16).float().to(self.device)

    def finish(self, latents: Tensor, timings: Timings, step_ms: List[float]) -> Result:
        began = time.perf_counter()
        picture = self.vae.decode(latents / self.vae.scaling_factor)
        timings["decode"] = 1000 * (time.perf_counter() - began)
        return Result(to_bytes(picture)[0], picture, latents, timings, step_ms)

    # Tasks

    @torch.no_grad()
    def text2image(self, prompt: str, width: int, height: int, steps: int, txt_cfg: float, seed: int = 42, noise: Optional[Tensor] = None, trace=None) -> Result:
        width, height = width // 16 * 16, height // 16 * 16
        began = time.perf_counter()
        words = [self.words(np.full((height, width, 3), 255, np.uint8))]
        branches = [self.branch(t2i_prompt(prompt), words), self.branch(edit_prompt(UNCONDITIONAL), words)]
        timings = {"condition": 1000 * (time.perf_counter() - began)}
        noise = self.noise(height, width, seed) if noise is None else noise
        times, step_ms = schedule(self.yak_cfg, (height // 16) * (width // 16), steps), []
        latents = self.denoise(noise, branches, lambda p: p[1] + txt_cfg * (p[0] - p[1]), times, step_ms=step_ms, trace=trace)
        return self.finish(latents, timings, step_ms)

    @torch.no_grad()
    def edit(self, prompt: str, pictures: Pictures, steps: int, txt_cfg: float, img_cfg: float, seed: int = 42, noise: Optional[Tensor] = None,
             mask: Optional[np.ndarray] = None, strength: float = 1.0, exact: bool = False, trace=None) -> Result:
        """Edit of the first picture (the others are further context). mask float [h,w]: 1 = repaint. exact: no resizing."""
        sized = [p if exact else resize(p, smart_resize(*p.shape[:2], factor=32)) for p in pictures]
        height, width = sized[0].shape[:2]
        began = time.perf_counter()
        words = [self.words(p) for p in sized]
        blank = [self.words(np.full((height, width, 3), 255, np.uint8))]
        conditioned = time.perf_counter()
        contexts = [self.encode(p) for p in sized]
        encoded = time.perf_counter()
        n = len(pictures)
        branches = [self.branch(edit_prompt(prompt, n), words, contexts), self.branch(edit_prompt(UNCONDITIONAL, n), words, contexts),
                    self.branch(edit_prompt(UNCONDITIONAL), blank)]
        timings = {"condition": 1000 * (conditioned - began + time.perf_counter() - encoded), "encode": 1000 * (encoded - conditioned)}
        noise = self.noise(height, width, seed) if noise is None else noise
        times, step_ms = schedule(self.yak_cfg, (height // 16) * (width // 16), steps, strength), []
        guide = lambda p: p[2] + img_cfg * (p[1] - p[2]) + txt_cfg * (p[0] - p[1])
        area = None if mask is None else F.avg_pool2d(torch.as_tensor(mask, dtype=torch.float32)[None, None], 8).to(self.device)
        latents = self.denoise(noise, branches, guide, times, contexts[0], area, step_ms, trace)
        return self.finish(latents, timings, step_ms)

    @torch.no_grad()
    def answer(self, prompt: str, pictures: Pictures, most: int = 64, stop: bool = True) -> Tuple[str, List[int], Timings]:
        """Greedy answer; `prompt` has its own `<image>` marks, or the pictures are put in front, numbered when there are several."""
        if "<image>" not in prompt:
            prompt = with_pictures(prompt, len(pictures))
        began = time.perf_counter()
        words = []
        for p in pictures:
            pixels, grid = self.pre.patches([self.pre.understanding(p)])
            words.append(self.model.visual_embeds(pixels.to(self.device), grid)[0])
        seen = time.perf_counter()
        x = self.model.inputs_embeds(self.tokenizer.encode(answer_chat(prompt)), words)[None]
        cache: list = [None] * len(self.model.llm.model.layers)
        tokens: List[int] = []
        first = 0.0
        while len(tokens) < most:
            token = int(self.model.llm.logits(self.model.llm(x, cache=cache)[-1][0, -1]).argmax())
            first = first or time.perf_counter()
            if stop and token == self.tokenizer.eos:
                break
            tokens.append(token)
            x = self.model.llm.model.embed_tokens(torch.tensor([[token]], device=self.device))
        end = time.perf_counter()
        timings = {"vision": 1000 * (seen - began), "prefill": 1000 * (first - seen), "per_token": 1000 * (end - first) / max(1, len(tokens) - (not stop))}
        return self.tokenizer.decode(tokens), tokens, timings
