"""Trains the VAE on 64-pixel crops of world pictures: `python3 -m training.train_vae --minutes 25`.

Loss: L1 + MSE of the reconstruction, a light KL term, and now and then the same on halved latents against halved
pictures, which keeps the latent space smooth under scaling and so easier for the visual decoder to model.
Resumes from its checkpoint; a time budget (not a step count) drives the cosine schedule because cores are shared.
"""
from __future__ import annotations

import argparse
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .common import Log, RUNS, load_state, save_last, save_quietly, seed_everything, set_threads
from .model.vae import AutoencoderKL
from .parallel import STATE, Shared, Trainer, flatten, launch, load_flat
from .presets import VAE_CONFIG
from .world.render import render
from .world.scene import random_scene


def crops(rng: random.Random, pictures: int = 8, per: int = 4, size: int = 64) -> Tensor:
    """Random crops of fresh pictures: float32 [pictures*per,3,size,size] in [-1,1]."""
    rgb, _, _ = render([random_scene(rng) for _ in range(pictures)])
    out = []
    for picture in rgb:
        for _ in range(per):
            # The sky is easy and the middle is where things stand: crop there more often.
            y, x = min(64, int(abs(rng.gauss(26, 16)))), rng.randrange(0, 129 - size)
            out.append(picture[y:y + size, x:x + size])
    batch = torch.from_numpy(np.stack(out)).permute(0, 3, 1, 2).float()
    return batch / 127.5 - 1


def vae_loss(vae: AutoencoderKL, picture: Tensor, kl_weight: float, halve: bool) -> Tensor:
    with torch.set_grad_enabled(vae.quant_conv.weight.requires_grad):
        mean, logvar = vae.encode(picture)
    z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
    if halve:
        z, picture = F.avg_pool2d(z, 2), F.avg_pool2d(picture, 2)
    diff = vae.decode(z) - picture
    kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()
    return diff.abs().mean() + diff.square().mean() + kl_weight * kl


@torch.no_grad()
def psnr(vae: AutoencoderKL, count: int = 32) -> float:
    """Mean PSNR in dB over whole pictures that training never drew."""
    rng = random.Random(987654)
    picture = torch.from_numpy(render([random_scene(rng) for _ in range(count)])[0]).permute(0, 3, 1, 2).float() / 127.5 - 1
    out = torch.cat([vae.decode(vae.encode(p)[0]) for p in picture.split(8)]).clamp(-1, 1)
    mse = ((out - picture) / 2).square().mean((1, 2, 3))
    return float((-10 * torch.log10(mse)).mean())


def worker(rank: int, shared: Shared, vae: AutoencoderKL, args: argparse.Namespace, used: float) -> None:
    set_threads(1)
    trainer, log, first = Trainer(vae, shared, rank, ema=0.995, betas=(0.9, 0.95)), Log(RUNS / "vae.log"), int(shared.step)
    seed_everything(args.seed + 1000 * rank + first)
    rng, pool = random.Random(args.seed + 1000 * rank + first), ThreadPoolExecutor(1)
    following, start, mark, total = pool.submit(crops, rng, args.pictures), time.process_time() - used, time.time(), 0.0
    while True:
        progress = trainer.average([(time.process_time() - start) / (60 * args.minutes)])[0]
        if progress >= 1:
            break
        step = int(shared.step)
        lr = args.lr * min(1, (step - first + 1) / 50) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * progress)))
        batch = following.result()
        following = pool.submit(crops, rng, args.pictures)
        loss = vae_loss(vae, batch, 3e-4, step % 10 == 9)
        loss.backward()
        trainer.update(lr)
        total += float(loss.detach())
        if (step + 1) % 50 == 0:
            mean = trainer.average([total / 50])[0]
            if rank == 0:
                log(f"step {step + 1} loss {mean:.4f} lr {lr:.1e} progress {progress:.3f} {50 / (time.time() - mark):.2f} steps/s")
            mark, total = time.time(), 0.0
        if (step + 1) % 250 == 0 and rank == 0:
            save_quietly(RUNS / args.state, {**trainer.state(), "used": time.process_time() - start}, log)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=25, help="processor minutes of each worker")
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--world", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=4, help="pictures per worker and step; four crops of each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="start a new schedule from the present weights")
    parser.add_argument("--decoder-only", action="store_true", help="refine the decoder alone; the latent space stays as it is")
    args = parser.parse_args()
    args.state = "vae_decoder_train.pt" if args.decoder_only else "vae_train.pt"
    seed_everything(args.seed)
    vae = AutoencoderKL(VAE_CONFIG)
    state, finished = load_state(RUNS / args.state), load_state(RUNS / "vae.pt")
    if args.decoder_only:  # latents that are already cached, and a decoder trained on them, stay valid
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    if args.again or (state is None and finished is not None):
        vae.load_state_dict(finished["model"])
        state = None
    shared = flatten(vae, args.world, state)
    launch(worker, args.world, shared, vae, args, state["used"] if state else 0.0)
    load_flat(vae, shared.ema)
    log = Log(RUNS / "vae.log")
    save_last(RUNS / args.state, {**{k: getattr(shared, k).clone() for k in STATE}, "used": 60 * args.minutes}, log)
    save_last(RUNS / "vae.pt", {"model": vae.state_dict()}, log)
    log(f"done: step {int(shared.step)} psnr {psnr(vae):.2f}")


if __name__ == "__main__":
    main()
