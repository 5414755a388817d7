"""What was found, by index: kept in memory, or on disk as it is found, so that a kill loses little."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


class Kept(dict[int, Any]):
    """What was found before, in memory. Values are of JSON's kinds."""

    def add(self, found: Mapping[int, Any]) -> None:
        """Keep these."""
        self.update(found)


class Journal(Kept):
    """What is added is on disk before `add` returns. A line that a kill cut off is left out. `told` hears how many were
    added, those of before included."""

    def __init__(self, path: Path, told: Callable[[int], None] = lambda count: None) -> None:
        super().__init__()
        self._path, self._told = path, told
        path.touch()
        whole = 0
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                whole += len(line)
                self.update({int(index): value for index, value in json.loads(line).items()})
        with path.open("r+b") as stream:
            stream.truncate(whole)
        told(len(self))

    def add(self, found: Mapping[int, Any]) -> None:
        """Keep these, all of them or none."""
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(found) + "\n")
        super().add(found)
        self._told(len(found))
