"""Where benchmarks put their tables: between two marks of a page of docs/, which stay."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from mynah.core.versions import versions

DOCS = Path(__file__).parents[1] / "docs"


def put(page: str, name: str, text: str, flags: str = "") -> None:
    """Replace what benchmarks/NAME.py, with these flags, wrote into docs/PAGE before."""
    path = DOCS / page
    command = f"benchmarks/{name}.py {flags}".strip()
    begin, end = f"<!-- begin: {command} -->", f"<!-- end: {command} -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def machine() -> str:
    """What it was measured on."""
    known = versions()
    return f"{os.cpu_count()} cores, {platform.machine()}, torch {known['torch']}, transformers {known['transformers']}"
