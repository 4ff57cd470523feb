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
from typing import Any, Dict, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import presets
from .batches import TextBatch, UnderstandingBatch, decode_answer, seen_scenes, understanding_batch, white
from .common import RUNS, Log, load_state, save_last, save_quietly, seed_everything, set_threads
from .initialise import initialise
from .model.ovis import OvisU1
from .parallel import STATE, Shared, Trainer, flatten, launch, load_flat
from .preprocess import Preprocessor
from .text.prompts import answer_chat, condition_chat, with_pictures
from .text.tokenizer import IMAGE, Tokenizer
from .world.render import render
from .world.scene import COLOURS, MATERIALS, SHAPES, random_scene


class Understanding(nn.Module):
    """The part of the model that reads, with throw-away heads for what each patch shows."""

    def __init__(self, model: OvisU1) -> None:
        super().__init__()
        self.llm, self.visual_tokenizer, self.vte = model.llm, model.visual_tokenizer, model.vte
        sizes, hidden = (len(COLOURS), len(SHAPES), len(MATERIALS)), model.visual_tokenizer.cfg["backbone_config"]["hidden_size"]
        self.vte.weight.lr_scale = 5.0  # its entries are an order of magnitude larger than those of the other tables
        self.heads = nn.ModuleList([nn.Linear(hidden, n + 1) for n in sizes])
        self.word_heads = nn.ModuleList([nn.Linear(model.vte.embedding_dim, n + 1) for n in sizes])


def assemble(model: OvisU1, tokenizer: Tokenizer, visual: Tensor, ids: Tensor) -> Tensor:
    """Words of each row's pictures [S,n,T,H] and the ids that follow the last one [S,R] -> inputs_embeds of the chat."""
    begin, end = model.indicators()
    embed, (rows, count) = model.llm.model.embed_tokens, visual.shape[:2]
    chat = tokenizer.encode(condition_chat(with_pictures("", count)))
    parts, start = [], 0
    for n in range(count):
        at = chat.index(IMAGE, start)
        before = embed(torch.tensor(chat[start:at], device=ids.device))
        parts += [before.expand(rows, -1, -1), begin.expand(rows, 1, -1), visual[:, n], end.expand(rows, 1, -1)]
        start = at + 1
    return torch.cat((*parts, embed(ids)), 1)


def text_loss(model: OvisU1, tokenizer: Tokenizer, visual: Tensor, batch: TextBatch) -> Tuple[Tensor, Tensor]:
    """Weighted loss of the whole batch, and the plain mean loss of answer tokens."""
    x = assemble(model, tokenizer, visual, batch.ids)
    hidden = model.llm(x)[-1][:, -batch.ids.shape[1]:]
    chosen = batch.weights > 0
    loss = F.cross_entropy(model.llm.logits(hidden[chosen]), batch.targets[chosen], reduction="none")
    weights = batch.weights[chosen]
    answers = weights > 0.11
    return (loss * weights).sum() / weights.sum(), loss[answers].mean() if answers.any() else loss.sum() * 0


def cell_labels(labels: Tensor) -> Tensor:
    """Labels of patches in merge order [B,N,4] -> of merged cells [B,N/4,4]: the first of its four patches that shows a thing."""
    cells = labels.view(len(labels), -1, 4, labels.shape[-1])
    chosen = (cells[..., 0] > 0).float().argmax(-1)
    return cells.gather(2, chosen[..., None, None].expand(-1, -1, 1, labels.shape[-1]))[:, :, 0]


THINGS = 8  # more than a scene has, with none


def of_things(logits: Tensor, truth: Tensor, thing: Tensor) -> Tensor:
    """Cross entropy of each thing's mean logits [B,N,C] over the places that show it [B,N]: an answer is a vote of them, not each of them."""
    b, n, c = logits.shape
    index = (thing + THINGS * torch.arange(b, device=thing.device)[:, None]).flatten()
    sums = logits.new_zeros(THINGS * b, c).index_add_(0, index, logits.flatten(0, 1))
    counts = logits.new_zeros(THINGS * b).index_add_(0, index, torch.ones_like(index, dtype=logits.dtype))
    classes = torch.zeros_like(counts, dtype=torch.long).index_copy_(0, index, truth.flatten())
    chosen = (counts > 0) & (classes > 0)
    return F.cross_entropy(sums[chosen] / counts[chosen, None], classes[chosen]) if bool(chosen.any()) else sums.sum() * 0


def shown_loss(heads: nn.ModuleList, states: Tensor, labels: Tensor) -> Tensor:
    """Mean cross entropy of colour, shape and material, place by place (those with a thing count four times as much) and thing by thing."""
    weight = 1 + 3 * (labels[..., 0] > 0).float().flatten()
    logits = [head(states) for head in heads]
    places = sum(F.cross_entropy(l.flatten(0, 1), labels[..., i].flatten(), reduction="none") for i, l in enumerate(logits))
    voted = sum(of_things(l, labels[..., i], labels[..., 3]) for i, l in enumerate(logits))
    return (places * weight).sum() / (3 * weight.sum()) + 0.3 * voted / 3


def looking_loss(model: OvisU1, module: Understanding, pixels: Tensor, grid: Any, labels: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    """Visual words [B,T,H], and how well the last block's patches and the words themselves show what is there."""
    trace: Dict[str, Tensor] = {}
    visual = model.visual_tokenizer(pixels, grid, trace) @ model.vte.weight
    last = trace[f"block{len(model.visual_tokenizer.backbone.trunk.blocks) - 1}"]
    # The words as well: it makes the soft vocabulary carry what the encoder knows to the language model.
    return visual, shown_loss(module.heads, last, labels), shown_loss(module.word_heads, F.layer_norm(visual, visual.shape[-1:]), cell_labels(labels))


def understanding_loss(model: OvisU1, module: Understanding, tokenizer: Tokenizer, blank: Tuple[Tensor, Any], batch: UnderstandingBatch) -> Tuple[Tensor, Dict[str, float]]:
    visual, patch, spoken = looking_loss(model, module, batch.pixels, batch.grid, batch.labels)
    seen, answers = text_loss(model, tokenizer, visual[batch.text.picture][:, None], batch.text)
    both = torch.stack((visual[batch.pairs.picture], visual[batch.pairs.picture + 1]), 1)
    compared, comparing = text_loss(model, tokenizer, both, batch.pairs)
    nothing = model.visual_embeds(*blank).expand(len(batch.blind.ids), -1, -1)
    read, reading = text_loss(model, tokenizer, nothing[:, None], batch.blind)
    parts = {"answer": float(answers), "pairs": float(comparing), "patch": float(patch), "words": float(spoken), "reading": float(reading)}
    return seen + 0.25 * compared + 0.4 * patch + 0.8 * spoken + 0.3 * read, parts


@torch.no_grad()
def answer(model: OvisU1, tokenizer: Tokenizer, pre: Preprocessor, pictures: Sequence[Any], ask: str, most: int = 40) -> str:
    """Greedy answer to a question about pictures of one size."""
    pixels, grid = pre.patches([pre.understanding(p) for p in pictures])
    ids = tokenizer.encode(answer_chat(with_pictures(ask, len(pictures))))
    x = model.inputs_embeds(ids, list(model.visual_embeds(pixels, grid)))[None]
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
        right.setdefault(kind.__name__[4:], []).append(answer(model, tokenizer, pre, [picture], ask) == expected)
    for i in range(0, count // 4 * 2, 2):
        ask, expected = q.pair_question(rng, scenes[i], scenes[i + 1])
        right.setdefault("pairs", []).append(answer(model, tokenizer, pre, [rgb[i], rgb[i + 1]], ask) == expected)
    total = [r for rs in right.values() for r in rs]
    log(f"exact {sum(total) / len(total):.3f} " + " ".join(f"{k} {sum(v)}/{len(v)}" for k, v in sorted(right.items())))


def blank_words(model: OvisU1, blank: Tuple[Tensor, Any]) -> Tensor:
    """What the language model sees of a white condition picture, its two indicators included: [T+2,H]."""
    begin, end = model.indicators()
    return torch.cat((begin[None], model.visual_embeds(*blank)[0], end[None]))


def fresh_state(module: Understanding, trainer: Trainer) -> Dict[str, Any]:
    """A checkpoint of every weight when only some are trained (those by their EMA), from which any schedule can start."""
    moved = {id(p): e for p, e in zip(trainer.params, trainer.unflatten(trainer.shared.ema))}
    flat = torch.cat([moved.get(id(p), p).detach().reshape(-1) for p in module.parameters()])
    zero = torch.zeros_like(flat)
    return {"params": flat, "ema": flat, "m": zero, "v": zero, "step": torch.zeros(1, dtype=torch.int64), "used": 0.0}


def worker(rank: int, shared: Shared, module: Understanding, model: OvisU1, args: argparse.Namespace, used: float) -> None:
    set_threads(1)
    tokenizer, pre = Tokenizer.load(RUNS / "tokenizer"), Preprocessor(presets.PREPROCESSOR)
    trainer, log = Trainer(module, shared, rank), Log(RUNS / "understanding.log")
    first = int(shared.step)
    seed_everything(args.seed + 1000 * rank + first)
    rng, pool = random.Random(args.seed + 1000 * rank + first), ThreadPoolExecutor(1)
    blank = pre.patches([pre.condition(white())])
    if args.vision_only:
        make = lambda: pool.submit(seen_scenes, rng, pre, args.pictures, 0.2)
    else:
        make = lambda: pool.submit(understanding_batch, rng, tokenizer, pre, args.pictures, args.questions, args.blind, 0.2)
    with torch.no_grad():
        pinned = blank_words(model, blank)
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
        if args.vision_only:
            _, patch, words = looking_loss(model, module, *batch[1:])
            # A decoder already reads the white picture's words: they must stay what they are.
            loss, parts = patch + 2 * words + 30 * (blank_words(model, blank) - pinned).square().mean(), {"patch": float(patch), "words": float(words)}
        else:
            loss, parts = understanding_loss(model, module, tokenizer, blank, batch)
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
            state = fresh_state(module, trainer) if args.vision_only else {**trainer.state(), "used": time.process_time() - start}
            save_quietly(RUNS / "understanding.pt", state, log)


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
    parser.add_argument("--again", action="store_true", help="start a new schedule from the present weights")
    parser.add_argument("--vision-only", action="store_true", help="a new schedule for the vision encoder alone, which looks without being asked: ten times as many pictures a second")
    parser.add_argument("--evaluate", action="store_true")
    args = parser.parse_args()
    model, tokenizer = build()
    module = Understanding(model)
    state: Optional[Dict[str, Any]] = load_state(RUNS / "understanding.pt")
    if (args.again or args.vision_only) and state is not None:
        load_flat(module, state["ema"])
        state = None
    if not args.evaluate:
        module.llm.requires_grad_(not args.vision_only)
        shared = flatten(module, args.world, state)
        launch(worker, args.world, shared, module, model, args, state["used"] if state else 0.0)
        load_flat(module, shared.ema)
        module.requires_grad_(True)
        if args.vision_only:
            shared = flatten(module, 1)
        state = {k: getattr(shared, k).clone() for k in STATE}
        save_last(RUNS / "understanding.pt", {**state, "used": 60 * args.minutes}, Log(RUNS / "understanding.log"))
    load_flat(module, state["ema"])
    evaluate(model, tokenizer, Preprocessor(presets.PREPROCESSOR), Log(RUNS / "understanding.log"))


if __name__ == "__main__":
    main()
