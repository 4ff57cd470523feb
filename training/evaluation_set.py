"""The folder of the evaluation set: items of set.json and the pictures that they name, each stored once."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional

import numpy as np
from PIL import Image

LIMIT_BYTES = 3_000_000
Item = Dict[str, Any]


class EvaluationSet:
    """Items and the pictures that they name."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.items, self.names = folder, [], {}
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()

    def picture(self, data: np.ndarray) -> str:
        """Stores a picture once; returns its file name."""
        key = data.tobytes()
        if key not in self.names:
            self.names[key] = f"{len(self.names):03d}.png"
            Image.fromarray(data).save(self.folder / self.names[key], optimize=True)
        return self.names[key]

    def add(self, row: str, request: Item, expect: Optional[Item] = None, **more: Any) -> None:
        number = sum(i["row"] == row for i in self.items)
        self.items.append({"id": f"{row}/{number}", "row": row, "request": request, "expect": expect or {}, **more})

    def write(self) -> None:
        lines = ",\n".join(json.dumps(i, separators=(",", ":")) for i in self.items)
        (self.folder / "set.json").write_text('{"version":1,"items":[\n' + lines + "\n]}\n")
        size = sum(p.stat().st_size for p in self.folder.iterdir())
        if size > LIMIT_BYTES:
            raise SystemExit(f"{size} bytes are more than {LIMIT_BYTES}")
        print(f"{len(self.items)} items, {len(self.names)} pictures, {size / 1e6:.2f} MB")
