"""Draws the evaluation set's pictures in batches on a device and judges them: a first look on the machine that trains.

`python3 -m training.score FOLDER --detector DIR`. What ships is measured by the engine (`npm run studio -- bench toybox`); the
conditions and the detector are the same, so the figures should agree within their intervals.
"""
from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from . import judge
from .common import ROOT, set_threads
from .detector import Found, Reading, read
from .flow import pack, schedule, unpack
from .learner import to_unit
from .model.yak import Yak
from .pipeline import Pipeline
from .preprocess import resize, to_bytes
from .sample import label, rows as sheet_rows
from .text.prompts import UNCONDITIONAL, condition_chat, edit_prompt, t2i_prompt
from .text.wording import instruction

SET = ROOT.parent / "resources/models/toybox/evaluation"
PLACE, REST_DB = 0.12, 20.0


def is_kind(t: Found, kind: Sequence[Any]) -> bool:
    return t.shape == kind[0] and (kind[1] is None or t.colour == kind[1])


def agrees(seen: Reading, want: Dict[str, Any]) -> bool:
    """As test/bench/support/toyboxJudge.ts decides."""
    left = list(seen.things)
    for kind in sorted(want.get("has", ()), key=lambda k: k[1] is None):
        found = next((t for t in left if is_kind(t, kind)), None)
        if found is None:
            return False
        left.remove(found)
    things, count, pair, at = seen.things, want.get("count"), want.get("left"), want.get("at")
    return (not any(is_kind(t, k) for k in want.get("absent", ()) for t in things)
            and (count is None or sum(is_kind(t, count[:2]) for t in things) == count[2])
            and ("total" not in want or len(things) == want["total"])
            and (pair is None or any(is_kind(a, pair[0]) and is_kind(b, pair[1]) and a is not b and a.x < b.x for a in things for b in things))
            and (at is None or any(is_kind(t, at[:2]) and np.hypot(t.x - at[2], t.y - at[3]) <= PLACE for t in things))
            and want.get("floor", seen.floor) == seen.floor and want.get("sky", seen.sky) == seen.sky
            and ("thing" not in want or any([t.shape, t.colour, t.material] == want["thing"] for t in things)))


def rest_db(a: np.ndarray, b: np.ndarray, packed: str) -> float:
    """PSNR outside the cells that may change."""
    import base64
    cells = np.unpackbits(np.frombuffer(base64.b64decode(packed), np.uint8)).reshape(32, 32).astype(bool)
    mask = np.repeat(np.repeat(cells, a.shape[0] // 32, 0), a.shape[1] // 32, 1)
    error = ((a.astype(float) - b) ** 2)[~mask].mean() if (~mask).any() else 0.0
    return 99.0 if error == 0 else float(10 * np.log10(255 ** 2 / error))


class Sampler:
    """Pictures of one size in batches, guidance as in the engine."""

    def __init__(self, folder: Path, device: str) -> None:
        self.pipe, self.device = Pipeline(folder, device), device
        self.yak: Yak = self.pipe.yak

    def branch(self, prompts: List[str], words: Tensor, contexts: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor, List[Tensor]]:
        rows = [self.pipe.model.inputs_embeds(self.pipe.tokenizer.encode(condition_chat(p)), list(w)) for p, w in zip(prompts, words)]
        length = max(map(len, rows))
        padded = torch.stack([torch.nn.functional.pad(r, (0, 0, 0, length - len(r))) for r in rows])
        mask = torch.arange(length, device=self.device)[None] < torch.tensor([len(r) for r in rows], device=self.device)[:, None]
        txt, cls = self.yak.txt_in(self.pipe.model.text_features(padded, mask), mask)
        return txt, cls, mask, contexts

    @torch.no_grad()
    def draw(self, prompts: List[str], contexts: List[np.ndarray], steps: int, txt_cfg: float, img_cfg: float, side: int, seed: int = 1) -> np.ndarray:
        """contexts: uint8 [B,side,side,3] each (none: text to image). Returns uint8 [B,side,side,3]."""
        n, pipe = len(prompts), self.pipe
        white = pipe.words(np.full((side, side, 3), 255, np.uint8))
        blank = white[None, None].expand(n, 1, -1, -1)
        empty = [edit_prompt(UNCONDITIONAL)] * n
        if contexts:
            words = torch.stack([torch.stack([pipe.words(c[i]) for c in contexts]) for i in range(n)])
            z = [pipe.vae.encode(to_unit(torch.from_numpy(c).to(self.device)))[0] * pipe.vae.scaling_factor for c in contexts]
            branches = [self.branch([edit_prompt(p, len(contexts)) for p in prompts], words, z),
                        self.branch([edit_prompt(UNCONDITIONAL, len(contexts))] * n, words, z), self.branch(empty, blank, [])]
        else:
            branches = [self.branch([t2i_prompt(p) for p in prompts], blank, []), self.branch(empty, blank, [])]
        tokens = side // 16
        grid = (tokens, tokens)
        generator = torch.Generator().manual_seed(seed)
        x = pack(torch.randn(n, 4, side // 8, side // 8, generator=generator).to(self.device))
        times = schedule(pipe.yak_cfg, tokens * tokens, steps)
        for t, following in zip(times, times[1:]):
            parts = []
            for txt, cls, mask, z in branches:
                ropes = self.yak.ropes(txt.shape[1], grid, [grid] * len(z), self.device)
                ctx = torch.cat([pack(c) for c in z], 1) if z else None
                parts.append(self.yak(x, torch.full((n,), t, device=self.device), txt, cls, ropes, ctx, mask))
            v = parts[1] + txt_cfg * (parts[0] - parts[1]) if len(parts) == 2 else parts[2] + img_cfg * (parts[1] - parts[2]) + txt_cfg * (parts[0] - parts[1])
            x = x + (following - t) * v
        latents = unpack(x, tokens, tokens) / pipe.vae.scaling_factor
        return np.concatenate([to_bytes(pipe.vae.decode(z)) for z in latents.split(16)])


def wilson(k: float, n: int) -> Tuple[float, float]:
    z, p = 1.96, k / n
    middle, half = (p + z * z / 2 / n) / (1 + z * z / n), z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return round(float(middle - half), 3), round(float(middle + half), 3)


def score(folder: Path, detector: Path, device: str, per_row: int, out: Path) -> Dict[str, Any]:
    """Rows with value, interval and n; writes scores.json and sheet.png into `out`."""
    items = [i for i in json.loads((SET / "set.json").read_text())["items"] if i["request"]["kind"] in ("textToImage", "edit")]
    groups: Dict[str, List[Dict[str, Any]]] = defaultdict(list)
    for item in items:
        if len(groups[item["row"]]) < per_row and "closest" not in item["expect"]:
            groups[item["row"]].append(item)
    groups = {k: v for k, v in groups.items() if v}
    sampler, (net, cfg) = Sampler(folder, device), judge.load(detector)
    net.to(device)
    studio = json.loads((folder / "studio.json").read_text())
    side = studio["sizes"][0][0]
    picture = lambda name: resize(np.asarray(Image.open(SET / name).convert("RGB")), (side, side))
    table: Dict[str, Any] = {}
    cells: List[np.ndarray] = []
    for row, chosen in groups.items():
        began = time.time()
        contexts: List[np.ndarray] = []
        if chosen[0]["request"]["kind"] == "edit":
            contexts = [np.stack([picture(i["request"]["image"]) for i in chosen])]
        elif chosen[0]["request"].get("references"):
            contexts = [np.stack([picture(i["request"]["references"][0]) for i in chosen])]
        wrap = lambda r: instruction(r.get("task") or r.get("referenceTask"), r["prompt"]) if (r.get("task") or r.get("referenceTask")) else r["prompt"]
        drawn = sampler.draw([wrap(i["request"]) for i in chosen], contexts, studio["steps"], studio["txtCfg"], studio["imgCfg"], side)
        small = np.stack([resize(p, judge.working_size(side, side, cfg)) for p in drawn])
        with torch.no_grad():
            seen = [read(o) for o in net(to_unit(torch.from_numpy(small).to(device))).float().cpu()]
        met = [agrees(s, i["expect"]) and ("rest" not in i["expect"] or rest_db(p, c, i["expect"]["rest"]) >= REST_DB)
               for s, i, p, c in zip(seen, chosen, drawn, contexts[0] if contexts else drawn)]
        table[row] = {"value": round(float(np.mean(met)), 4), "ci": wilson(sum(met), len(met)), "n": len(met), "seconds": round(time.time() - began, 1)}
        print(f"{row}: {table[row]}", flush=True)
        cells += [label(resize(p, (128, 128)), i["request"]["prompt"], 128) for p, i in list(zip(drawn, chosen))[:8]] + [np.full((140, 128, 3), 255, np.uint8)] * max(0, 8 - len(chosen))
    out.mkdir(parents=True, exist_ok=True)
    (out / "scores.json").write_text(json.dumps(table, indent=1) + "\n")
    Image.fromarray(sheet_rows(cells, 8)).save(out / "sheet.png", optimize=True)
    return table


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detector", type=Path, default=ROOT.parent / "resources/models/toybox/detector")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--per-row", type=int, default=24)
    parser.add_argument("--out", type=Path, default=Path("."))
    args = parser.parse_args()
    set_threads(2)
    score(args.folder, args.detector, args.device, args.per_row, args.out)


if __name__ == "__main__":
    main()
