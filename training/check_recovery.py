"""Proves that a training loses nothing but its last steps: `python3 -m training.check_recovery`.

In a folder of its own it kills the decoder's training with no warning, lets its disk be full, cuts off a chunk of its data and its
checkpoint, and looks at what is left. Wants what training the decoder wants: a tokenizer, the language side, the VAE and one chunk of latents.
"""
from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

from .common import ROOT, RUNS, load_state

INPUTS = ("understanding.pt", "vae.pt", "scaling.pt", "tokenizer")
EVERY = 5  # steps between checkpoints
PATIENCE = 600  # seconds until something must have happened


class Training:
    """The decoder's training on one core, in a process group of its own."""

    def __init__(self, runs: Path) -> None:
        command = [sys.executable, "-m", "training.train_decoder", "--world", "1", "--batch", "2", "--save", str(EVERY), "--minutes", "60"]
        self.output = runs / "output.txt"
        with self.output.open("w") as out:
            self.child = subprocess.Popen(command, cwd=ROOT.parent, env={**os.environ, "TOYBOX_RUNS": str(runs)}, stdout=out, stderr=out, start_new_session=True)

    def until(self, what: str, happened: Callable[[], bool]) -> None:
        end = time.time() + PATIENCE
        while not happened():
            assert self.child.poll() is None, f"ended before {what}: {self.output.read_text()[-500:]}"
            assert time.time() < end, f"waited in vain for {what}"
            time.sleep(0.2)

    def kill(self) -> None:
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def step_of(path: Path) -> int:
    state = load_state(path)
    return 0 if state is None else int(state["step"])


def prepare(runs: Path) -> None:
    for name in INPUTS:
        (runs / name).symlink_to((RUNS / name).resolve())
    (runs / "latents").mkdir()
    shutil.copyfile(min((RUNS / "latents").glob("*.pt")), runs / "latents/000.pt")


def interrupted(runs: Path, checkpoint: Path) -> None:
    first = Training(runs)
    first.until("a checkpoint", checkpoint.exists)
    first.kill()
    before = step_of(checkpoint)
    assert before >= EVERY and before % EVERY == 0, f"a checkpoint of step {before}"
    second = Training(runs)
    second.until("a later checkpoint", lambda: step_of(checkpoint) > before)
    second.kill()
    assert step_of(checkpoint) < before + 10 * EVERY, "the steps were counted from elsewhere"
    print(f"killed after step {before}, went on to step {step_of(checkpoint)}")


def full_disk(runs: Path, checkpoint: Path) -> None:
    """The file beside the checkpoint leads to a device that is always full; once it has failed, there is room again."""
    before, step = digest(checkpoint), step_of(checkpoint)
    checkpoint.with_suffix(".tmp").symlink_to("/dev/full")
    training = Training(runs)
    training.until("a word about the full disk", lambda: "not saved" in training.output.read_text())
    kept = digest(checkpoint)
    training.until("the next checkpoint", lambda: step_of(checkpoint) > step)
    training.kill()
    assert kept == before, "a failed save changed the checkpoint"
    assert step_of(checkpoint) >= step + 2 * EVERY, "the training began again instead of going on"
    words = next(line for line in training.output.read_text().splitlines() if "not saved" in line)
    print(f"full disk: \"{words.split('s ', 1)[1].strip()}\"; saved again at step {step_of(checkpoint)}")


def bad_data(runs: Path, checkpoint: Path) -> None:
    whole, step = (runs / "latents/000.pt").read_bytes(), step_of(checkpoint)
    (runs / "latents/001.pt").write_bytes(whole[:len(whole) // 2])
    training = Training(runs)
    training.until("a word about the chunk", lambda: "001.pt" in training.output.read_text())
    training.until("the next checkpoint", lambda: step_of(checkpoint) > step)
    training.kill()
    print(f"a chunk cut off: left out by name, went on to step {step_of(checkpoint)}")

    checkpoint.write_bytes(checkpoint.read_bytes()[:100_000])
    before, training = digest(checkpoint), Training(runs)
    assert training.child.wait(PATIENCE) != 0, "a checkpoint cut off was taken"
    words = training.output.read_text().strip().splitlines()
    assert digest(checkpoint) == before and "Traceback" not in words[0] and "decoder.pt cannot be read" in words[-1], words
    print("a checkpoint cut off: refused with a sentence, and left as it is")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        prepare(runs)
        for check in (interrupted, full_disk, bad_data):
            check(runs, runs / "decoder.pt")


if __name__ == "__main__":
    main()
