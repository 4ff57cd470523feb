"""C sources beside this file, compiled at first use and called through ctypes."""
from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"


@lru_cache(maxsize=None)
def library(name: str) -> ctypes.CDLL:
    """The compiled `name.c`; built once per source version."""
    source = HERE / f"{name}.c"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    target = BUILD / f"{name}-{digest}.so"
    if not target.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}.tmp")  # two processes may build at once
        subprocess.run(["gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", str(source), "-o", str(part), "-lm"], check=True)
        os.replace(part, target)
    return ctypes.CDLL(str(target))
