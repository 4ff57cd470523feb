"""Reading and writing safetensors without the library: a JSON header, then little-endian tensors."""
from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Dict, Optional

import numpy as np
import torch
from torch import Tensor

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64, "U8": torch.uint8,
          "I32": torch.int32, "I64": torch.int64}
NAMES = {v: k for k, v in DTYPES.items()}


def read(path: Path) -> Dict[str, Tensor]:
    """Every tensor of a file, in its own dtype."""
    data = Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + o for o in entry["data_offsets"])
        raw = torch.from_numpy(np.frombuffer(data[begin:end], np.uint8).copy()) if end > begin else torch.empty(0, dtype=torch.uint8)
        out[name] = raw.view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return out


def write(path: Path, tensors: Dict[str, Tensor], metadata: Optional[Dict[str, str]] = None) -> None:
    """Writes tensors in name order; data start at a multiple of 8 bytes."""
    header: dict = {"__metadata__": metadata or {"format": "pt"}}
    at, parts = 0, []
    for name in sorted(tensors):
        t = tensors[name].detach().cpu().contiguous()
        raw = t.view(torch.uint8).numpy().tobytes() if t.dim() else t.reshape(1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": NAMES[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
        parts.append(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with Path(path).open("wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        out.writelines(parts)
