"""The one command for a machine with a GPU: `python3 -m training.gpu_run --out "$OUT"`. Run it again until it says `done`.

One run takes at most --run-minutes, whatever is left to do: detector and depth estimator first (the judge must stand before
anything is judged), then the recipe's table, then export and scores. Everything that a later run or another machine needs is
left in --out: the checkpoint in shards of at most 16 MB, both estimators, sheets, loss curves, scores. State with optimiser
moments stays under training/runs/ on the machine; where that is lost, --from OUT/toybox goes on from the averaged weights.
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import torch

from . import curves, presets, tensors
from .common import ROOT, RUNS, load_state
from .text.build import write as write_tokenizer

SHARD_BYTES, FILE_BYTES = 15_500_000, 16_000_000


def python(*arguments: Any, seconds: float) -> int:
    """Runs a module of this package to its end, or stops it politely: each saves what it has."""
    child = subprocess.Popen([sys.executable, "-m", *map(str, arguments)], cwd=ROOT.parent)
    try:
        return child.wait(timeout=max(1.0, seconds))
    except subprocess.TimeoutExpired:
        child.terminate()
        child.wait(timeout=20)
        return 124


def export(state: Dict[str, Any], preset: presets.Preset, tokenizer: Path, folder: Path) -> int:
    """The checkpoint folder of the averaged weights, float16, in shards; returns its bytes."""
    from .text.tokenizer import Tokenizer
    from .text.wording import studio
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("model*"):
        old.unlink()
    words, measured = Tokenizer.load(tokenizer), state["measured"] or {"scaling_factor": 1.0}
    weights = {k: v.detach().cpu().half() for k, v in state["ema"].items()}
    broken = [k for k, v in weights.items() if not bool(torch.isfinite(v).all())]
    if broken:
        raise SystemExit(f"weights that float16 cannot hold: {broken[:3]}")
    shards: List[Dict[str, torch.Tensor]] = [{}]
    room = SHARD_BYTES
    for name in sorted(weights):
        size = 2 * weights[name].numel()
        if size > room and shards[-1]:
            shards.append({})
            room = SHARD_BYTES
        shards[-1][name], room = weights[name], room - size
    names = ["model.safetensors"] if len(shards) == 1 else [f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors" for i in range(len(shards))]
    for file, shard in zip(names, shards):
        tensors.write(folder / file, shard)
    total = sum(2 * w.numel() for w in weights.values())
    if len(shards) > 1:
        index = {"metadata": {"total_size": total}, "weight_map": {k: n for n, s in zip(names, shards) for k in s}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")
    config = presets.config(len(words.vocab) + len(words.added), len(words.vocab), measured["scaling_factor"], preset)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "preprocessor_config.json").write_text(json.dumps(presets.PREPROCESSOR, indent=1) + "\n")
    entry = {**studio(), "sizes": presets.sizes(preset)}
    if "factors" in measured:
        entry["previewFactors"] = {"factors": measured["factors"], "bias": measured["bias"]}
    (folder / "studio.json").write_text(json.dumps(entry, indent=1) + "\n")
    for name in ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json"):
        shutil.copyfile(tokenizer / name, folder / name)
    (folder / "training.json").write_text(json.dumps({k: state[k] for k in ("stage", "used", "step", "measured")}) + "\n")
    return total


def pack_folder(source: Path, target: Path) -> None:
    """A folder as one file: what comes back is counted in files."""
    import tarfile
    with tarfile.open(target, "w") as out:
        for path in sorted(source.rglob("*")):
            if path.is_file() and path.suffix != ".safetensors":
                out.add(path, path.relative_to(source))


def unpacked(source: Path, target: Path) -> Path:
    """A folder that an earlier run left, as a checkpoint folder again."""
    import tarfile
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(source / "rest.tar") as packed:
        for member in packed.getmembers():
            if not member.isfile() or "/" in member.name or member.name.startswith("."):
                raise SystemExit(f"{member.name}: not a file of such a folder")
            (target / member.name).write_bytes(packed.extractfile(member).read())
    for path in source.glob("model*.safetensors"):
        shutil.copyfile(path, target / path.name)
    return target


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", "gpu_out")))
    parser.add_argument("--preset", choices=sorted(presets.PRESETS), default="full")
    parser.add_argument("--recipe", default="stages")
    parser.add_argument("--minutes", type=float, default=19, help="of training, over all runs")
    parser.add_argument("--run-minutes", type=float, default=9.2, help="of this run, with export and scores")
    parser.add_argument("--judge-minutes", type=float, default=1.2, help="of each estimator, in the first run")
    parser.add_argument("--judge-count", type=int, default=300, help="fresh scenes to measure each estimator on")
    parser.add_argument("--score-minutes", type=float, default=1.2)
    parser.add_argument("--per-row", type=int, default=24)
    parser.add_argument("--from", dest="source", type=Path, default=None, help="what an earlier run left, where its state is lost")
    parser.add_argument("--state", type=Path, default=RUNS / "gpu")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 2))
    parser.add_argument("--train-arguments", nargs=argparse.REMAINDER, default=[], help="last: handed to train_full as they are")
    args = parser.parse_args()
    end = time.time() + 60 * args.run_minutes
    left = lambda: end - time.time()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = args.state / "tokenizer"
    if not (tokenizer / "tokenizer.json").exists():
        shipped = ROOT.parent / "resources/models/toybox"
        if (shipped / "tokenizer.json").exists():  # the words of the model that is shipped: its language side stays comparable
            shutil.copytree(shipped, tokenizer, ignore=lambda _, names: [n for n in names if n not in ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json")])
        else:
            write_tokenizer(tokenizer)
    os.environ["TOYBOX_RUNS"] = str(args.state)  # the estimators keep their state there
    ready = args.state / "ready"
    for name in ("detector", "depth"):
        marker = ready / name / "done"
        if not marker.exists():
            code = python(f"training.{name}", "--minutes", args.judge_minutes, "--device", args.device, "--batch", 64 if args.device == "cuda" else 8,
                          "--count", args.judge_count,
                          "--out", ready, seconds=60 * args.judge_minutes + 90)
            if code == 0:
                marker.write_text("trained\n")
            print(f"{name}: exit {code}, {left():.0f} s left", flush=True)
    scoring = 60 * args.score_minutes
    training = (left() - scoring - 25) / 60
    state_path = args.state / "full/state.pt"
    code = 0
    if training > 0.2:
        source = ["--from", unpacked(args.source, args.state / "from")] if args.source and not state_path.exists() else []
        code = python("training.train_full", "--preset", args.preset, "--recipe", args.recipe, "--minutes", args.minutes, "--run-minutes", training,
                      "--folder", args.state / "full", "--tokenizer", tokenizer, "--device", args.device, "--workers", args.workers, *source, *args.train_arguments,
                      seconds=60 * training + 40)
    state = load_state(state_path)
    if state is None:
        raise SystemExit(f"no state was saved (exit {code})")
    folder = args.out / "toybox"
    print(f"checkpoint: {export(state, presets.PRESETS[args.preset], tokenizer, folder) / 1e6:.1f} MB, {left():.0f} s left", flush=True)
    for name in ("detector", "depth"):
        if (ready / name / "model.safetensors").exists():
            shutil.copyfile(ready / name / "model.safetensors", args.out / f"{name}.safetensors")
            shutil.copyfile(ready / name / "config.json", folder / f"{name}.config.json")
    curves.draw(state["curve"], folder / "curves.png")
    if (ready / "detector/model.safetensors").exists() and state["measured"] and left() > 20:
        python("training.score", folder, "--detector", ready / "detector", "--device", args.device, "--per-row", args.per_row, "--out", folder, seconds=left())
    # At most eight files come back from such a machine: weights as they are, all else in one.
    pack_folder(folder, args.out / "rest.tar")
    for path in folder.glob("*.safetensors"):
        os.replace(path, args.out / path.name)
    shutil.rmtree(folder)
    files = [p for p in args.out.iterdir() if p.is_file()]
    assert len(files) <= 8 and all(p.stat().st_size <= FILE_BYTES for p in files), [(p.name, p.stat().st_size) for p in files]
    from .recipe import RECIPES
    done = state["stage"] >= len(RECIPES[args.recipe])
    print("done" if done else f"stage {state['stage']} of {len(RECIPES[args.recipe])}: run again", flush=True)


if __name__ == "__main__":
    main()
