"""Compares this PyTorch model with the golden vectors: `python3 -m training.check_golden DIR...` (default: all test cases)."""
from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Dict, List

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from . import tensors
from .common import ROOT
from .flow import pack, schedule
from .pipeline import Pipeline
from .preprocess import resize, smart_resize, to_vae
from .text.prompts import UNCONDITIONAL, edit_prompt, t2i_prompt


class Case:
    def __init__(self, folder: Path) -> None:
        self.pipe, self.golden = Pipeline(folder), tensors.read(folder / "golden.safetensors")
        meta = json.loads((folder / "golden.json").read_text())
        self.meta, self.info, self.folder = meta["tensors"], meta["info"], folder
        self.failures: List[str] = []
        self.checked = 0

    def check(self, name: str, x: Tensor) -> None:
        """|x - golden| <= 25 f32_err + 2e-5 rms; bytes: at most 1 level off on 0.1 % of them; ids exact."""
        want, m = self.golden[name], self.meta[name]
        self.checked += 1
        x = torch.from_numpy(np.array(x)) if not isinstance(x, Tensor) else x
        if tuple(x.shape) != tuple(want.shape):
            x = x.reshape(want.shape)
        if want.dtype == torch.uint8:
            off = (x.int() - want.int()).abs()
            bad = off.max() > 1 or (off > 0).float().mean() > 1e-3
        elif want.dtype == torch.int32:
            off = (x.int() - want).abs()
            bad = off.max() > 0
        else:
            off = (x.double() - want.double()).abs()
            bad = not bool((off <= 25 * m["f32_err"] + 2e-5 * m["rms"]).all())
        if bad:
            self.failures.append(f"{name}: off by {float(off.max()):.3g} (rms {m.get('rms')})")

    def condition(self, tag: str, prompt: str, picture: np.ndarray) -> None:
        p = self.pipe
        ids = p.tokenizer.encode(f"<|im_start|>user\n{prompt}<|im_end|>\n")
        self.check(f"{tag}.raw_ids", torch.tensor(ids))
        for name, view in (("vt_image_first_resize", p.pre.condition_first), ("vt_image", p.pre.condition)):
            if f"{tag}.{name}" in self.golden:
                self.check(f"{tag}.{name}", view(picture))
        words = p.words(picture)
        self.check(f"{tag}.visual_embeds", words)
        txt = p.features(prompt, [words])
        self.check(f"{tag}.txt", txt[0])
        trace: Dict[str, Tensor] = {}
        fea, cls = p.yak.txt_in(txt, trace=trace)
        for name, value in trace.items():
            if f"{tag}.refiner.{name}" in self.golden:
                self.check(f"{tag}.refiner.{name}", value[0])
        self.check(f"{tag}.refiner.txt_fea", fea[0])
        self.check(f"{tag}.refiner.txt_fea_avg", cls[0])

    def understanding(self) -> None:
        p, g = self.pipe, self.golden
        pictures = [g[f"u.image{i}"].numpy() for i in range(9) if f"u.image{i}" in g]
        words, patches = [], []
        traces: Dict[str, List[Tensor]] = {}
        for i, picture in enumerate(pictures):
            self.check(f"u.image{i}_resized", p.pre.understanding(picture))
            pixels, grid = p.pre.patches([p.pre.understanding(picture)])
            trace: Dict[str, Tensor] = {}
            probs = p.model.visual_tokenizer(pixels, grid, trace)
            words.append(probs[0] @ p.model.vte.weight)
            patches.append(pixels[0])
            trace["probs"] = probs
            for name, value in trace.items():
                traces.setdefault(name, []).append(value[0] if value.dim() == 3 else value)
        self.check("u.pixel_values", torch.cat(patches))
        for name, values in traces.items():
            full = f"u.vt.{name}" if name in ("features", "head_logits", "probs") else f"u.vit.{name}"
            self.check(full, torch.cat(values))
        self.check("u.vt.embeds", torch.cat(words))
        x = p.model.inputs_embeds(self.golden["u.raw_ids"].tolist(), words)[None]
        self.check("u.raw_ids", torch.tensor(p.tokenizer.encode(self.info["u.chat_text"])))
        hidden = p.model.llm(x)
        for i, h in enumerate(hidden):
            self.check(f"u.llm.hidden{i}", h[0])
        self.check("u.llm.next_logits", p.model.llm.logits(hidden[-1][0, -1]))
        _, tokens, _ = p.answer(self.info["u.prompt"], pictures, 8, stop=False)
        self.check("u.greedy.tokens", torch.tensor(tokens))

    def backbone(self) -> None:
        p, g = self.pipe, self.golden
        for tag, img, txt, size in (("noctx", "t2i.noise_tokens", "t2i.cond.txt", "t2i"), ("ctx", "edit.noise_tokens", "edit.cond.txt", "edit")):
            fea, cls = p.yak.txt_in(g[txt][None])
            h, w = g[f"{size}.noise"].shape[-2:]
            grid = (h // 2, w // 2)
            ctx = g["edit.ctx_tokens"][None] if tag == "ctx" else None
            ropes = p.yak.ropes(len(g[txt]), grid, [grid] if tag == "ctx" else [])
            for i, t in enumerate(self.info["bb.t"]):
                trace: Dict[str, Tensor] = {}
                v = p.yak(g[img][None], torch.tensor([t]), fea, cls, ropes, ctx, trace=trace)
                self.check(f"bb.{tag}.t{i}.v", v[0])
                for name, value in trace.items():
                    if f"bb.{tag}.t{i}.{name}" in g:
                        self.check(f"bb.{tag}.t{i}.{name}", value[0] if value.dim() == 3 else value)

    def run(self, kind: str) -> None:
        p, g, info = self.pipe, self.golden, self.info[kind]
        names = ("v_cond", "v_uncond") if kind == "t2i" else ("v_cond", "v_no_txt", "v_no_both")

        def trace(i: int, parts, v: Tensor, x: Tensor) -> None:
            for name, part in zip(names, parts):
                self.check(f"{kind}.step{i}.{name}", part[0])
            self.check(f"{kind}.step{i}.v", v[0])
            self.check(f"{kind}.step{i}.x", x[0])

        if kind == "t2i":
            result = p.text2image(info["user_prompt"], info["width"], info["height"], info["steps"], info["txt_cfg"], noise=g["t2i.noise"], trace=trace)
        else:
            result = p.edit(info["user_prompt"], [g["edit.image"].numpy()], info["steps"], info["txt_cfg"], info["img_cfg"], noise=g["edit.noise"], trace=trace)
        length = (g[f"{kind}.noise"].shape[2] // 2) * (g[f"{kind}.noise"].shape[3] // 2)
        self.check(f"{kind}.timesteps", torch.tensor(schedule(p.yak_cfg, length, info["steps"])))
        self.check(f"{kind}.latent", result.latents)
        self.check(f"{kind}.image_float", result.image_float)
        self.check(f"{kind}.image_u8", result.image)

    @torch.no_grad()
    def all(self) -> None:
        g, p = self.golden, self.pipe
        self.understanding()
        white = np.full((self.info["t2i"]["height"], self.info["t2i"]["width"], 3), 255, np.uint8)
        self.condition("t2i.cond", t2i_prompt(self.info["t2i"]["user_prompt"]), white)
        self.condition("t2i.uncond", edit_prompt(UNCONDITIONAL), white)
        source = g["edit.image"].numpy()
        assert np.array_equal(np.asarray(Image.open(self.folder / "edit_image.png").convert("RGB")), source)
        sized = resize(source, smart_resize(*source.shape[:2], factor=32))
        self.check("edit.image_resized", sized)
        self.condition("edit.cond", edit_prompt(self.info["edit"]["user_prompt"]), sized)
        self.condition("edit.no_txt", edit_prompt(UNCONDITIONAL), sized)
        self.condition("edit.no_both", edit_prompt(UNCONDITIONAL), np.full(sized.shape, 255, np.uint8))
        mean, logvar = p.vae.encode(to_vae(sized[None]))
        self.check("edit.vae.mean", mean)
        self.check("edit.vae.logvar", logvar)
        self.check("edit.ctx_tokens", pack(mean * p.vae.scaling_factor))
        self.backbone()
        self.run("t2i")
        self.run("edit")


def main() -> None:
    folders = [Path(a) for a in sys.argv[1:]] or sorted(f.parent for f in (ROOT.parent / "test/fixtures/golden").glob("*/golden.json"))
    failed = False
    for folder in folders:
        case = Case(folder)
        case.all()
        failed |= bool(case.failures)
        print(f"{folder.name}: {case.checked} tensors compared, {len(case.failures)} outside tolerance")
        for line in case.failures[:12]:
            print("   ", line)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
