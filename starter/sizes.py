"""Which size learns most in a given time on this machine: the recipe at several sizes, for as many minutes each.

    python starter/sizes.py DATA OUT --minutes 10 --sizes 192x8 256x8 320x8 384x8

DATA is the folder that `prepare.py` wrote. Run it alone: two trainings at once slow each other down many times over.
Prints a table and writes it into the model card; a killed run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from card import put, table
from safetensors import safe_open

HEAD = (
    "width x layers",
    "parameters",
    "tokens",
    "tokens a second",
    "broad",
    "talk",
    "posts",
    "self-dialogue",
    "scenes",
)


def trained(data: Path, out: Path, size: str, minutes: float) -> dict[str, Any]:
    """The last line of the curve of this size."""
    width, layers = size.split("x")
    if not (out / "model").exists():
        command = [sys.executable, Path(__file__).parent / "pretrain.py", data, out]
        size_of_it = ["--width", width, "--layers", layers, "--minutes", str(minutes)]
        subprocess.run([*map(str, command), *size_of_it], check=True)
    return json.loads((out / "curve.jsonl").read_text().splitlines()[-1])  # type: ignore[no-any-return]


def parameters(model: Path) -> int:
    with safe_open(model / "model.safetensors", "pt") as weights:
        return sum(weights.get_tensor(name).numel() for name in weights.keys())  # noqa: SIM118


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--sizes", nargs="+", default=["192x8", "256x8", "320x8", "384x8"])
    parser.add_argument("--print", dest="only_print", action="store_true", help="leave the model card as it is")
    options = parser.parse_args()
    rows = []
    for size in options.sizes:
        out = options.out / size
        last = trained(options.data, out, size, options.minutes)
        speed = last["tokens"] / last["seconds"]
        found = (f"{loss:.3f}" for loss in last["valid"].values())
        rows.append([size, f"{parameters(out / 'model'):,}", f"{last['tokens']:,}", f"{speed:,.0f}", *found])
    text = table(HEAD, rows) + f"\n\nNats a token on the validation part after {options.minutes:g} minutes each."
    print(text)
    if not options.only_print:
        put("sizes", text)


if __name__ == "__main__":
    main()
