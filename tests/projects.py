"""Projects that are ready to be trained on, for tests and benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mynah.core.folder import Project
from mynah.data import clean, ingest, pair, pseudonymize, split
from mynah.demo import CHAT, PERSONA


def ready(folder: Path, export: Path = CHAT, *, by: str = "time", pseudonyms: bool = False, **who: Any) -> Project:
    """A project in this folder with the parts of an export, of the demo's chat unless told otherwise. `who` are the
    options of `pair`; without any the bot becomes the demo's persona."""
    project = Project.at(folder)
    ingest.run(project, ingest.Options(input=export))
    clean.run(project, clean.Options())
    pseudonymize.run(project, pseudonymize.Options(off=not pseudonyms))
    pair.run(project, pair.Options(**who or {"me": PERSONA}))
    split.run(project, split.Options.model_validate({"by": by}))
    return project


def beginning(folder: Path, lines: int) -> Path:
    """An export of so many lines of the demo's chat."""
    export = folder / CHAT.name
    export.write_text("".join(CHAT.read_text(encoding="utf-8").splitlines(keepends=True)[:lines]), encoding="utf-8")
    return export
