"""Training on a few cores: processes of one thread each that share parameters, and a sharded AdamW with EMA.

One thread per process and one exchange per step beats many threads inside every operation, above all when other
programs use the same cores. Parameters are views into one shared flat tensor; each process updates its own slice.
"""
from __future__ import annotations

import math
import os
from typing import Any, Callable, Dict, List, Optional

import torch
import torch.multiprocessing as mp
from torch import Tensor, nn


STATE = ("params", "ema", "m", "v", "step")  # what a checkpoint holds


class Shared:
    """Memory that all workers see: parameters, their EMA, Adam's moments, one gradient row per worker."""

    def __init__(self, size: int, world: int) -> None:
        self.world = world
        self.params, self.ema, self.m, self.v = (torch.zeros(size).share_memory_() for _ in range(4))
        self.grads = torch.zeros(world, size).share_memory_()
        self.norms = torch.zeros(world, dtype=torch.float64).share_memory_()
        self.scalars = torch.zeros(world, 16, dtype=torch.float64).share_memory_()  # losses to be averaged
        self.step = torch.zeros(1, dtype=torch.int64).share_memory_()
        self.barrier = mp.get_context("fork").Barrier(world)


class Trainer:
    """AdamW over the trainable parameters of a module, split between the workers."""

    def __init__(self, module: nn.Module, shared: Shared, rank: int, ema: float = 0.999, betas=(0.9, 0.98)) -> None:
        self.shared, self.rank, self.ema, self.betas = shared, rank, ema, betas
        if shared.world > 1 and hasattr(os, "sched_setaffinity"):
            # Workers wait for each other once a step: two that end up on one core halve the speed of all.
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[rank % len(cores)]})
        self.params: List[nn.Parameter] = [p for p in module.parameters() if p.requires_grad]
        size = shared.params.numel()
        part = -(-size // shared.world)
        self.mine = slice(rank * part, min(size, (rank + 1) * part))
        at = 0
        scales = torch.cat([torch.full((p.numel(),), float(getattr(p, "lr_scale", 1.0))) for p in self.params])[self.mine]
        self.scales = scales if bool((scales != 1).any()) else None  # a parameter may ask for a multiple of the learning rate
        for p in self.params:
            view = shared.params[at:at + p.numel()].view_as(p)
            p.data = view
            p.grad = shared.grads[rank, at:at + p.numel()].view_as(p)  # backward accumulates straight into shared memory
            at += p.numel()

    @torch.no_grad()
    def update(self, lr: float, clip: float = 1.0) -> float:
        """Averages gradients over workers, clips, steps, updates the EMA, clears gradients; returns the gradient norm."""
        s, mine = self.shared, self.mine
        s.barrier.wait()
        grad = s.grads[:, mine].mean(0)
        s.norms[self.rank] = float(grad.square().sum())
        s.barrier.wait()
        norm = math.sqrt(float(s.norms.sum()))
        step = int(s.step) + 1
        if math.isfinite(norm):  # a step with a broken gradient is skipped, by every worker alike
            grad *= min(1.0, clip / (norm + 1e-8))
            b1, b2 = self.betas
            m, v, p = s.m[mine], s.v[mine], s.params[mine]
            m.lerp_(grad, 1 - b1)
            v.mul_(b2).addcmul_(grad, grad, value=1 - b2)
            denominator = (v / (1 - b2 ** step)).sqrt_().add_(1e-8)
            p.addcdiv_(m if self.scales is None else m * self.scales, denominator, value=-lr / (1 - b1 ** step))
            decay = min(self.ema, (1 + step) / (10 + step))
            s.ema[mine].lerp_(p, 1 - decay)
        s.grads[self.rank].zero_()
        s.barrier.wait()
        if self.rank == 0:
            s.step += 1
        s.barrier.wait()
        return norm

    def average(self, values: List[float]) -> List[float]:
        """Mean of some numbers over workers (call it on every worker)."""
        s = self.shared
        s.scalars[self.rank, :len(values)] = torch.tensor(values, dtype=torch.float64)
        s.barrier.wait()
        out = s.scalars[:, :len(values)].mean(0).tolist()
        s.barrier.wait()
        return out

    def unflatten(self, flat: Tensor) -> List[Tensor]:
        out, at = [], 0
        for p in self.params:
            out.append(flat[at:at + p.numel()].view_as(p))
            at += p.numel()
        return out

    def state(self) -> Dict[str, Any]:
        s = self.shared
        return {k: getattr(s, k).clone() for k in STATE}


def flatten(module: nn.Module, world: int, state: Optional[Dict[str, Any]] = None) -> Shared:
    """Shared memory holding the module's trainable parameters (or a saved state)."""
    params = [p for p in module.parameters() if p.requires_grad]
    shared = Shared(sum(p.numel() for p in params), world)
    flat = torch.cat([p.detach().reshape(-1) for p in params])
    shared.params.copy_(flat)
    shared.ema.copy_(flat)
    if state is not None:
        for key in STATE:
            getattr(shared, key).copy_(state[key])
    return shared


@torch.no_grad()
def load_flat(module: nn.Module, flat: Tensor) -> None:
    """Copies flat weights (a checkpoint's `params` or `ema`) into a module's trainable parameters."""
    at = 0
    for p in (p for p in module.parameters() if p.requires_grad):
        p.copy_(flat[at:at + p.numel()].view_as(p))
        at += p.numel()


def launch(worker: Callable[..., None], world: int, *args: Any) -> None:
    """Runs worker(rank, *args) in `world` forked processes and waits; the first failure ends all."""
    context = mp.get_context("fork")
    processes = [context.Process(target=worker, args=(rank, *args), daemon=True) for rank in range(world)]
    for p in processes:
        p.start()
    while any(p.is_alive() for p in processes):
        for p in processes:
            p.join(0.5)
            if p.exitcode not in (None, 0):
                for other in processes:
                    other.terminate()
                raise SystemExit(f"a worker ended with {p.exitcode}")
