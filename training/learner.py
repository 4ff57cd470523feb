"""The losses of the whole model on one device, for any stage of the recipe: pictures are rendered and encoded there as they come."""
from __future__ import annotations

import random
import time
from collections import deque
from typing import Any, Deque, Dict, List, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from . import presets
from .batches import TextBatch, UnderstandingBatch
from .feed import Feed, padded
from .model.ovis import OvisU1
from .naming import Naming
from .preprocess import Preprocessor
from .text.prompts import UNCONDITIONAL, condition_chat, edit_prompt
from .text.tokenizer import IMAGE, Tokenizer
from .train_understanding import Understanding, text_loss, understanding_loss
from .train_vae import vae_loss
from .velocity import decoder_losses
from .world.render import pack, render
from .world.render_torch import render_packed
from .world.scene import random_scene

POOL = 60_000  # rows kept on the device: new ones push the oldest out
LEAST = 256  # rows before a pool is drawn from


def to_unit(pictures: Tensor) -> Tensor:
    """uint8 [B,h,w,3] -> float [B,3,h,w] in [-1,1]."""
    return pictures.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def text_of(arrays: Dict[str, np.ndarray], device: str) -> TextBatch:
    return TextBatch(*(torch.from_numpy(arrays[k]).to(device) for k in ("ids", "targets", "weights", "picture")))


class Learner:
    """`loss(kind)` for the kinds of recipe.LOSSES."""

    def __init__(self, model: OvisU1, tokenizer: Tokenizer, preset: presets.Preset, feed: Feed, device: str, seed: int, least: int = LEAST) -> None:
        self.model, self.tokenizer, self.preset, self.feed, self.device, self.least = model, tokenizer, preset, feed, device, least
        self.module, self.pre = Understanding(model).to(device), Preprocessor(presets.PREPROCESSOR)
        self.naming = Naming(preset.decoder["hidden_size"]).to(device)
        self.rng = random.Random(seed)
        self.drawn: Dict[Tuple[int, int], Deque] = {size: deque(maxlen=POOL) for size in preset.sizes}
        self.tasks: Dict[int, Deque] = {1: deque(maxlen=POOL), 2: deque(maxlen=POOL)}
        self.unconditional = tokenizer.encode(condition_chat(edit_prompt(UNCONDITIONAL)))
        self.blanks: Dict[Tuple[int, int], Any] = {}
        self.seen: Dict[str, int] = {}

    def aside(self) -> Dict[str, nn.ModuleList]:
        """Layers that help one loss and are not shipped, by that loss."""
        return {"see": nn.ModuleList([self.module.heads, self.module.word_heads]), "draw": nn.ModuleList([self.naming])}

    # Conditions

    def blank(self, size: Tuple[int, int]) -> Tuple[Tensor, Any]:
        """Patches and grid of the white picture that stands for `no picture` at a size (width, height)."""
        if size not in self.blanks:
            pixels, grid = self.pre.patches([self.pre.condition(np.full((size[1], size[0], 3), 255, np.uint8))])
            self.blanks[size] = pixels.to(self.device), grid
        return self.blanks[size]

    def features(self, ids: Sequence[Sequence[int]], visuals: Tensor) -> Tuple[Tensor, Tensor]:
        """Condition prompts with the words of their pictures [B,n,T,H] -> txt [B,L,2H] and mask [B,L]; what precedes the last picture is alike in all rows."""
        model, (begin, end), embed = self.model, self.model.indicators(), self.model.llm.model.embed_tokens
        count = visuals.shape[1]
        places = [i for i, t in enumerate(ids[0]) if t == IMAGE]
        assert len(places) == count and all([i for i, t in enumerate(r) if t == IMAGE] == places for r in ids)
        parts, start, rows = [], 0, len(ids)
        for n, at in enumerate(places):
            between = embed(torch.tensor(ids[0][start:at], device=self.device))
            parts += [x.expand(rows, -1, -1) for x in (between, begin[None])] + [visuals[:, n], end[None].expand(rows, -1, -1)]
            start = at + 1
        tails = [r[start:] for r in ids]
        last = padded(tails, self.tokenizer.pad).to(self.device)
        lengths = torch.tensor([len(t) for t in tails], device=self.device)
        head = sum(p.shape[1] for p in parts)
        mask = torch.arange(head + last.shape[1], device=self.device)[None] < (head + lengths)[:, None]
        grad = model.llm.model.norm.weight.requires_grad  # a frozen language model needs no graph
        with torch.set_grad_enabled(grad):
            return model.text_features(torch.cat((*parts, embed(last)), 1), mask), mask

    def words(self, pixels: Tensor, grid: Any) -> Tensor:
        with torch.set_grad_enabled(self.model.vte.weight.requires_grad):
            return self.model.visual_embeds(pixels, grid)

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """uint8 [B,h,w,3] on the device -> scaled latents, half."""
        vae = self.model.visual_generator.vae
        return torch.cat([vae.encode(to_unit(p))[0] for p in pictures.split(64)]).mul(vae.scaling_factor).half()

    # Pools

    def pictures(self, message: Dict[str, Any]) -> Tensor:
        """A message's scenes as uint8 [B,h,w,3] on the device."""
        if "pictures" in message:
            return torch.from_numpy(message["pictures"]).to(self.device)
        return render_packed(torch.from_numpy(message["packed"]).to(self.device), *message["size"])[0]

    def renders_per_second(self, count: int = 32) -> float:
        """How fast this device renders at the native size."""
        packed = torch.from_numpy(pack([random_scene(random.Random(i), 3) for i in range(count)])).to(self.device)
        for _ in range(2):  # the first time warms up
            began = time.time()
            render_packed(packed, *self.preset.sizes[0])[0].cpu()
        return count / (time.time() - began)

    def fill_drawn(self, block: bool) -> None:
        message = self.feed.take("draw") if block else self.feed.poll("draw")
        if message is None:
            return
        seen = torch.from_numpy(message["seen"]).to(self.device)
        self.drawn[tuple(message["size"])].extend(zip(self.encode(self.pictures(message)), message["ids"], seen))

    def fill_tasks(self, block: bool) -> None:
        message = self.feed.take("tasks") if block else self.feed.poll("tasks")
        for row in message["rows"] if message else ():
            pictures = torch.from_numpy(np.concatenate((row["contexts"], row["target"][None]))).to(self.device)
            z = self.encode(pictures)
            self.tasks[len(row["contexts"])].append((z[:-1], z[-1], torch.from_numpy(row["conditions"]), row["ids"], row["bare"]))

    # Losses

    def loss(self, kind: str, count: int) -> Tensor:
        self.seen[kind] = self.seen.get(kind, 0) + count
        return getattr(self, f"loss_{kind}")(count)

    def loss_vae(self, count: int) -> Tensor:
        message = self.feed.take("vae")
        side, pictures = self.preset.picture, to_unit(self.pictures(message))
        crop = max(32, side // 2)
        out = []
        for _ in range(count):
            y, x = self.rng.randrange(0, side - crop + 1), self.rng.randrange(0, side - crop + 1)
            out.append(pictures[self.rng.randrange(len(pictures)), :, y:y + crop, x:x + crop])
        return vae_loss(self.model.visual_generator.vae, torch.stack(out), 3e-4, self.rng.random() < 0.1)

    def loss_text(self, count: int) -> Tensor:
        batch = text_of(self.feed.take("text"), self.device)
        words = self.words(*self.blank(self.preset.sizes[0])).expand(len(batch.ids), -1, -1)[:, None]
        return text_loss(self.model, self.tokenizer, words, batch)[0]

    def loss_see(self, count: int) -> Tensor:
        m = self.feed.take("see")
        batch = UnderstandingBatch(torch.from_numpy(m["pixels"]).to(self.device).float(), m["grid"], torch.from_numpy(m["labels"]).to(self.device),
                                   *(text_of(m[k], self.device) for k in ("text", "pairs", "blind")))
        return understanding_loss(self.model, self.module, self.tokenizer, self.blank(self.preset.sizes[0]), batch)[0]

    def loss_draw(self, count: int) -> Tensor:
        """One condition in ten is the unconditional prompt."""
        while max(map(len, self.drawn.values())) < self.least:
            self.fill_drawn(True)
        for _ in range(8):
            self.fill_drawn(False)
        ready = [(size, pool) for size, pool in self.drawn.items() if len(pool) >= self.least]
        size, pool = self.rng.choices(ready, [3.0 if s == self.preset.sizes[0] else 1.0 for s, _ in ready])[0]
        rows = [pool[self.rng.randrange(len(pool))] for _ in range(count)]
        ids = [self.unconditional if self.rng.random() < 0.1 else i for _, i, _ in rows]
        words = self.words(*self.blank(size)).expand(len(ids), -1, -1)[:, None]
        txt, mask = self.features(ids, words)
        loss, named = decoder_losses(self.model, self.naming, torch.stack([z for z, _, _ in rows]).float(), txt, mask, None, torch.stack([s for _, _, s in rows]))
        return loss + named

    def loss_tasks(self, count: int) -> Tensor:
        """One text in ten is dropped while the context pictures stay."""
        while len(self.tasks[1]) < self.least or len(self.tasks[2]) < max(4, self.least // 16):
            self.fill_tasks(True)
        for _ in range(8):
            self.fill_tasks(False)
        contexts = 2 if self.rng.random() < 0.08 else 1
        pool = self.tasks[contexts]
        rows = [pool[self.rng.randrange(len(pool))] for _ in range(count // contexts)]
        pictures = torch.stack([r[2] for r in rows])
        pixels, grid = self.pre.patches(pictures.flatten(0, 1).numpy())
        words = self.words(pixels.to(self.device), grid).unflatten(0, (len(rows), contexts))
        ids: List[List[int]] = [r[4] if self.rng.random() < 0.1 else r[3] for r in rows]
        txt, mask = self.features(ids, words)
        return decoder_losses(self.model, self.naming, torch.stack([r[1] for r in rows]).float(), txt, mask, torch.stack([r[0] for r in rows]).float())[0]

    @torch.no_grad()
    def measure_scaling(self, count: int = 192) -> Dict[str, Any]:
        """What latents.measure_scaling finds, on this device: run once, when the VAE is final."""
        side, rng = self.preset.picture, random.Random(77)
        pictures = torch.from_numpy(render([random_scene(rng) for _ in range(count)], side, side)[0]).to(self.device)
        vae = self.model.visual_generator.vae
        mean = torch.cat([vae.encode(to_unit(p))[0] for p in pictures.split(16)])
        scaling = float(1 / mean.std())
        z = (mean * scaling).permute(0, 2, 3, 1).reshape(-1, mean.shape[1]).cpu()
        rgb = torch.nn.functional.avg_pool2d(to_unit(pictures), 8).permute(0, 2, 3, 1).reshape(-1, 3).cpu() / 2 + 0.5
        fit = torch.linalg.lstsq(torch.cat((z, torch.ones(len(z), 1)), 1), rgb).solution
        return {"scaling_factor": scaling, "factors": fit[:-1].tolist(), "bias": fit[-1].tolist()}
