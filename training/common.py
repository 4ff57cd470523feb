"""What every training program needs: run folder, seeds, logs, checkpoints that survive a kill."""
from __future__ import annotations

import ctypes
import inspect
import io
import os
import random
import time
from pathlib import Path
from typing import Any, Dict, Optional

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent
RUNS = Path(os.environ.get("TOYBOX_RUNS", ROOT / "runs"))


class Log:
    """Appends lines with the elapsed time to a file and to the terminal."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.start = path, time.time()

    def __call__(self, line: str) -> None:
        text = f"{time.time() - self.start:7.0f}s {line}"
        print(text, flush=True)
        try:
            with self.path.open("a") as out:
                out.write(text + "\n")
        except OSError as error:  # a full disk must not end a training for the sake of a line
            print(f"not written to {self.path.name}: {error}", flush=True)


def set_threads(count: int) -> None:
    """Threads of torch and of OpenBLAS, which keeps its own count (and slows small products down when it splits them)."""
    torch.set_num_threads(count)
    for name in ("libopenblas.so.0", "libblas.so.3"):
        try:
            ctypes.CDLL(name).openblas_set_num_threads(count)
            return
        except (OSError, AttributeError):
            continue


def seed_everything(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def save_state(path: Path, state: Dict[str, Any]) -> None:
    """Writes beside the target, then renames: a kill or a full disk in between never leaves half a checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".tmp")
    data = io.BytesIO()  # not straight to the file: torch's own writer aborts the process when the disk is full
    torch.save(state, data)
    try:
        part.write_bytes(data.getbuffer())
        os.replace(part, path)
    except Exception:
        part.unlink(missing_ok=True)  # what was written would keep a full disk full
        raise


def save_quietly(path: Path, state: Dict[str, Any], log: Log) -> bool:
    """Saves; a full disk costs this checkpoint, not the training: the one before stays."""
    try:
        save_state(path, state)
        return True
    except OSError as error:
        log(f"{path.name} not saved ({error}); the former one stays")
        return False


def save_last(path: Path, state: Dict[str, Any], log: Log) -> None:
    """Saves what a training ends with, or says that its end is still to be done."""
    if not save_quietly(path, state, log):
        raise SystemExit(f"{path.name} could not be saved: make room and start this again, it goes on from the last checkpoint")


class Unreadable(SystemExit):
    """A file that is there, but is no state; its words say what to do."""


def load_state(path: Path) -> Optional[Dict[str, Any]]:
    """A state of our own making, or None where there is none. Raises Unreadable: never taken for none, which would begin anew."""
    if not path.exists():
        return None
    # From 2.6 on torch reads nothing but tensors unless told that the file is to be trusted; 1.13 knows no such word.
    trust = {"weights_only": False} if "weights_only" in inspect.signature(torch.load).parameters else {}
    try:
        return torch.load(path, map_location="cpu", **trust)
    except Exception as error:  # torch, pickle and zip each have their own
        raise Unreadable(f"{path} cannot be read ({type(error).__name__}): put a good copy there, or move it away to begin anew") from error
