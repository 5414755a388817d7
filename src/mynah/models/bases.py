"""Bases that are recommended: what `--base auto` chooses from, as `bases.yaml` lists them with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

LIST = Path(__file__).with_suffix(".yaml")
RATE = 50.0  # megabits a second, assumed where nobody has measured


@dataclass(frozen=True, slots=True)
class Recommended:
    """A base: its name on the hub, size in parameters and gigabytes, license, languages by their ISO 639 codes, context
    in tokens, what it needs, and where all that is from."""

    name: str
    parameters: int
    gigabytes: float
    license: str
    languages: frozenset[str]
    context: int
    needs: str
    source: str

    def speaks(self, language: str) -> bool:
        """Does it know the language of this code? Where the language is not known, any base does."""
        return not language or language in self.languages

    @property
    def minutes(self) -> float:
        """Of its download, at RATE."""
        return self.gigabytes * 8000 / RATE / 60


@cache
def recommended() -> tuple[Recommended, ...]:
    """All of them, the largest first."""
    found = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    spoken = {name: frozenset(codes.split()) for name, codes in found["languages"].items()}
    bases = [Recommended(**{**base, "languages": spoken[base["languages"]]}) for base in found["bases"]]
    return tuple(sorted(bases, key=lambda base: -base.parameters))
