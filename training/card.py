"""Writes the model card beside the weights: `python3 -m training.card BENCH [--folder FOLDER]`.

BENCH is the folder that `npm run studio -- bench toybox` left: report.json (the whole table; quick.json where there is none) with its
pictures. The words are model_card.md's, where `{{table}}`, `{{held out}}`, `{{speeds}}`, `{{guidance}}`, `{{weights}}` and
`{{machine}}` stand for what was measured. Sheet, heat map, ablations and loss curves are put beside the card.
"""
from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any, Dict, List

from PIL import Image

from .common import ROOT, RUNS

TEMPLATE = ROOT / "model_card.md"
Row = Dict[str, Any]

# Lines of the main table: its words, the figure over all of a group, and the beginning of the names that make it up.
GROUPS = (
    ("GenEval-style", "GenEval overall", "GenEval "), ("ImgEdit-style", "ImgEdit overall", "ImgEdit "),
    ("questions, exact answers", "questions overall", "question "), ("free phrasing", "free phrasing overall", "free phrasing "),
)
ALONE = (
    ("VAE", "VAE"), ("canny control", "control canny"), ("depth control", "control depth"), ("inpaint", "inpaint"),
    ("seam of inpainting, median", "inpaint seam, median"), ("outpaint", "outpaint"), ("seam of outpainting, median", "outpaint seam, median"),
    ("subject reference", "subject reference"),
)
UNITS = {"share": "", "correlation": "", "F1": "", "dB": " dB", "ΔE2000": " ΔE2000", "ms": " ms"}


def figure(value: float, unit: str) -> str:
    digits = {"dB": 1, "ΔE2000": 1, "ms": 0}.get(unit, 2)
    return f"{value:.{digits}f}"


def measured(row: Row) -> str:
    """The value with its 95 % interval and unit."""
    unit, ends = row["unit"], row["ci"]
    interval = "" if ends is None else " [" + ", ".join(figure(end, unit) for end in ends) + "]"
    return f"**{figure(row['value'], unit)}**{interval}{UNITS[unit]}"


def asked(row: Row) -> str:
    """What the table wants at least (or at most), and whether it is there."""
    if row["atLeast"] is not None:
        return f"{row['atLeast']:g}: {'met' if row['value'] >= row['atLeast'] else '**not met**'}"
    if row.get("atMost") is not None:
        return f"at most {row['atMost']:g}{UNITS[row['unit']]}: {'met' if row['value'] <= row['atMost'] else '**not met**'}"
    return "nothing for `mini`"


def aim(row: Row) -> str:
    return "" if row["aim"] is None else f"{row['aim']:g}"


def line(cells: List[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def table(header: List[str], lines: List[List[str]]) -> str:
    return "\n".join([line(header), line(["---"] * len(header)), *(line(cells) for cells in lines)])


def parts(rows: List[Row], beginning: str) -> str:
    """The rows that a mean is made of, without what is held out and without the mean itself."""
    inner = [r for r in rows if r["name"].startswith(beginning) and "overall" not in r["name"] and "held-out" not in r["name"]]
    return ", ".join(f"{r['name'][len(beginning):]} {figure(r['value'], r['unit'])}" for r in inner)


def filled(words: str, report: Dict[str, Any]) -> str:
    """The card; a KeyError names a row that the bench did not run."""
    rows: List[Row] = report["rows"]
    named = {row["name"]: row for row in rows}
    main = [[words, measured(named[name]), str(named[name]["n"]), asked(named[name]), aim(named[name]), parts(rows, start)] for words, name, start in GROUPS]
    main += [[words, measured(named[name]), str(named[name]["n"]), asked(named[name]), aim(named[name]), ""] for words, name in ALONE if name in named]
    held = [[row["name"], measured(row), str(row["n"])] for row in rows if "held-out" in row["name"]]
    speeds = [[row["name"][len("speed: "):], f"{figure(row['value'], 'ms')} ms", asked(row)] for row in rows if row["name"].startswith("speed: ")]
    machine = report["machine"]
    best = next((row["name"] for row in rows if row["name"].startswith("guidance sweep")), None)
    values = {
        "table": table(["row", "measured", "trials", "at least", "aim", "made up of"], main),
        "held out": table(["row", "measured", "trials"], held),
        "speeds": table(["what", "median", "asked"], speeds),
        "guidance": "not swept" if best is None else best.split(": ", 1)[1] + f" ({figure(named[best]['value'], 'share')} of {named[best]['n']} edits)",
        "weights": report["modelHash"][:12],
        "machine": f"{machine['cores']} cores of {machine['cpu']}, {machine['platform']}",
    }
    return re.sub(r"\{\{([\w ]+)\}\}", lambda found: values[found[1]], words)


def write(bench: Path, folder: Path) -> Path:
    """Writes README.md and the pictures into the model's folder; returns the card's path."""
    report = next((path for path in (bench / "report.json", bench / "quick.json") if path.exists()), None)
    if report is None:
        raise SystemExit(f"no report.json in {bench}: run the bench first")
    card = filled(TEMPLATE.read_text(), json.loads(report.read_text()))
    for source, name in ((bench / "sheet.png", "sheet.jpg"), (bench / "guidance.png", "guidance.png"),
                         (RUNS / "ablations.png", "ablations.png"), (RUNS / "curves.png", "curves.png")):
        if source.exists():
            options = {"quality": 88} if name.endswith(".jpg") else {"optimize": True}
            Image.open(source).convert("RGB").save(folder / name, **options)
        elif name in card:
            raise SystemExit(f"the card shows {name}, and {source.name} is not there")
    (folder / "README.md").write_text(card)
    return folder / "README.md"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bench", type=Path)
    parser.add_argument("--folder", type=Path, default=ROOT.parent / "resources/models/toybox")
    args = parser.parse_args()
    print(write(args.bench, args.folder))


if __name__ == "__main__":
    main()
