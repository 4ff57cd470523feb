"""Trains the vision encoder and the language model on questions about pictures: `python3 -m training.train_understanding --minutes 12`.

The vision encoder also gets a direct task (what does each patch show), whose heads are thrown away afterwards: a
picture's content reaches it at once instead of through the language model's few answer tokens. The language model also
reads captions with questions about them, and the text of instructions, because the visual decoder will read its states.
"""
from __future__ import annotations

import argparse
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import presets
from .batches import IGNORE, TextBatch, UnderstandingBatch, decode_answer, understanding_batch, white
from .common import RUNS, Log, load_state, save_state, seed_everything, set_threads
from .initialise import initialise
from .model.ovis import OvisU1
from .parallel import STATE, Shared, Trainer, flatten, launch, load_flat
from .preprocess import Preprocessor
from .text.prompts import answer_chat
from .text.tokenizer import Tokenizer
from .world.questions import question
from .world.render import render
from .world.scene import COLOURS, MATERIALS, SHAPES, random_scene


class Understanding(nn.Module):
    """The part of the model that reads, with throw-away heads for what each patch shows."""

    def __init__(self, model: OvisU1) -> None:
        super().__init__()
        self.llm, self.visual_tokenizer, self.vte = model.llm, model.visual_tokenizer, model.vte
        self.heads = nn.ModuleList([nn.Linear(model.visual_tokenizer.cfg["backbone_config"]["hidden_size"], n + 1)
                                    for n in (len(COLOURS), len(SHAPES), len(MATERIALS))])


def assemble(model: OvisU1, tokenizer: Tokenizer, visual: Tensor, ids: Tensor) -> Tensor:
    """Picture words [S,T,H] and the ids that follow [S,R] -> inputs_embeds of the chat [S,3+T+2+R,H]."""
    begin, end = model.indicators()
    embed, n = model.llm.model.embed_tokens, len(ids)
    start = embed(torch.tensor(tokenizer.encode("<|im_start|>user\n")))
    return torch.cat((start.expand(n, -1, -1), begin.expand(n, 1, -1), visual, end.expand(n, 1, -1), embed(ids)), 1)


def text_loss(model: OvisU1, tokenizer: Tokenizer, visual: Tensor, batch: TextBatch) -> Tuple[Tensor, Tensor]:
    """Weighted loss of the whole batch, and the plain mean loss of answer tokens."""
    x = assemble(model, tokenizer, visual, batch.ids)
    hidden = model.llm(x)[-1][:, -batch.ids.shape[1]:]
    chosen = batch.weights > 0
    loss = F.cross_entropy(model.llm.logits(hidden[chosen]), batch.targets[chosen], reduction="none")
    weights = batch.weights[chosen]
    answers = weights == 1
    return (loss * weights).sum() / weights.sum(), loss[answers].mean() if answers.any() else loss.sum() * 0


def understanding_loss(model: OvisU1, heads: nn.ModuleList, tokenizer: Tokenizer, blank: Tuple[Tensor, Any], batch: UnderstandingBatch) -> Tuple[Tensor, Dict[str, float]]:
    trace: Dict[str, Tensor] = {}
    visual = model.visual_tokenizer(batch.pixels, batch.grid, trace) @ model.vte.weight
    last = trace[f"block{len(model.visual_tokenizer.backbone.trunk.blocks) - 1}"]
    patch = sum(F.cross_entropy(head(last).flatten(0, 1), batch.labels[..., i].flatten()) for i, head in enumerate(heads)) / 3
    seen, answers = text_loss(model, tokenizer, visual[batch.text.picture], batch.text)
    nothing = model.visual_embeds(*blank).expand(len(batch.blind.ids), -1, -1)
    read, reading = text_loss(model, tokenizer, nothing, batch.blind)
    return seen + 0.5 * patch + 0.4 * read, {"answer": float(answers), "patch": float(patch), "reading": float(reading)}


@torch.no_grad()
def answer(model: OvisU1, tokenizer: Tokenizer, pre: Preprocessor, picture, ask: str, most: int = 40) -> str:
    """Greedy answer to a question about one picture."""
    pixels, grid = pre.patches([pre.understanding(picture)])
    ids = tokenizer.encode(answer_chat(f"<image>\n{ask}"))
    x = model.inputs_embeds(ids, [model.visual_embeds(pixels, grid)[0]])[None]
    cache: list = [None] * len(model.llm.model.layers)
    out = []
    while len(out) < most:
        token = int(model.llm.logits(model.llm(x, cache=cache)[-1][0, -1]).argmax())
        if token == tokenizer.eos:
            break
        out.append(token)
        x = model.llm.model.embed_tokens(torch.tensor([[token]]))
    return decode_answer(tokenizer, out)


def evaluate(model: OvisU1, tokenizer: Tokenizer, pre: Preprocessor, log: Log, count: int = 150) -> None:
    """Exact answers by kind of question on fresh scenes."""
    from .world import questions as q
    rng = random.Random(4242)
    scenes = [random_scene(rng) for _ in range(count)]
    rgb = render(scenes)[0]
    right: Dict[str, list] = {}
    for scene, picture in zip(scenes, rgb):
        kind = rng.choice([k for k, _ in q.KINDS])
        ask, expected = kind(rng, scene)
        right.setdefault(kind.__name__[4:], []).append(answer(model, tokenizer, pre, picture, ask) == expected)
    total = [r for rs in right.values() for r in rs]
    log(f"exact {sum(total) / len(total):.3f} " + " ".join(f"{k} {sum(v)}/{len(v)}" for k, v in sorted(right.items())))


def worker(rank: int, shared: Shared, module: Understanding, model: OvisU1, args: argparse.Namespace, used: float) -> None:
    set_threads(1)
    tokenizer, pre = Tokenizer.load(RUNS / "tokenizer"), Preprocessor(presets.PREPROCESSOR)
    trainer, log = Trainer(module, shared, rank), Log(RUNS / "understanding.log")
    first = int(shared.step)
    seed_everything(args.seed + 1000 * rank + first)
    rng, pool = random.Random(args.seed + 1000 * rank + first), ThreadPoolExecutor(1)
    blank = pre.patches([pre.condition(white())])
    make = lambda: pool.submit(understanding_batch, rng, tokenizer, pre, args.pictures, args.questions, args.blind, 0.2)
    following, start, mark = make(), time.process_time() - used, time.time()
    sums: Dict[str, float] = {}
    while True:
        progress = trainer.average([(time.process_time() - start) / (60 * args.minutes)])[0]
        if progress >= 1:
            break
        step = int(shared.step)
        lr = args.lr * min(1, (step + 1) / 150) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress)))
        batch = following.result()
        following = make()
        loss, parts = understanding_loss(model, module.heads, tokenizer, blank, batch)
        loss.backward()
        trainer.update(lr)
        for key, value in parts.items():
            sums[key] = sums.get(key, 0) + value
        if (step + 1) % 50 == 0:
            means = trainer.average([sums[k] / 50 for k in sorted(sums)])
            if rank == 0:
                log(f"step {step + 1} " + " ".join(f"{k} {m:.4f}" for k, m in zip(sorted(sums), means)) + f" lr {lr:.1e} {50 / (time.time() - mark):.2f} steps/s")
            mark, sums = time.time(), {}
        if (step + 1) % args.save == 0 and rank == 0:
            save_state(RUNS / "understanding.pt", {**trainer.state(), "used": time.process_time() - start})


def build() -> Tuple[OvisU1, Tokenizer]:
    tokenizer = Tokenizer.load(RUNS / "tokenizer")
    seed_everything(7)
    model = OvisU1(presets.config(len(tokenizer.vocab) + len(tokenizer.added), len(tokenizer.vocab)))
    initialise(model)
    return model, tokenizer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=12, help="processor minutes of each worker")
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--questions", type=int, default=3)
    parser.add_argument("--blind", type=int, default=8)
    parser.add_argument("--world", type=int, default=2)
    parser.add_argument("--save", type=int, default=200)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--evaluate", action="store_true")
    args = parser.parse_args()
    model, tokenizer = build()
    module = Understanding(model)
    state: Optional[Dict[str, Any]] = load_state(RUNS / "understanding.pt")
    if not args.evaluate:
        shared = flatten(module, args.world, state)
        launch(worker, args.world, shared, module, model, args, state["used"] if state else 0.0)
        state = {k: getattr(shared, k).clone() for k in STATE}
        save_state(RUNS / "understanding.pt", {**state, "used": 60 * args.minutes})
    load_flat(module, state["ema"])
    evaluate(model, tokenizer, Preprocessor(presets.PREPROCESSOR), Log(RUNS / "understanding.log"))


if __name__ == "__main__":
    main()
