"""Scenes: short invented conversations with variants and slots. The format is described in scenes/README.md."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

SLOT = re.compile(r"\{([a-z]+)(\d?)\}")
NUMBERS = {"n": [str(n) for n in range(2, 13)], "nn": [str(n) for n in range(13, 100)]}
SPEAKER = {">": "user", "<": "assistant"}

Slots = dict[str, list[str]]


class BadScene(ValueError):
    """A scene that breaks the format; the message says where and what was expected."""


@dataclass(frozen=True)
class Scene:
    """`turns`: the variants of each turn, the user's first. `system`: the variants of the system text."""

    text: str
    turns: tuple[tuple[str, tuple[str, ...]], ...]
    slots: Slots
    system: tuple[str, ...] = ()

    def draw(self, chance: random.Random) -> tuple[str, list[tuple[str, str]]]:
        """A system text and (speaker, text) turns: one variant of each, the slots filled alike in all of them."""
        filling: dict[str, str] = {}

        def fill(variant: str) -> str:
            def value(found: re.Match[str]) -> str:
                if found[0] not in filling:
                    taken = {v for slot, v in filling.items() if slot.startswith("{" + found[1])}
                    filling[found[0]] = chance.choice([v for v in self.slots[found[1]] if v not in taken])
                return filling[found[0]]

            text = SLOT.sub(value, variant).replace(" / ", "\n")
            return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)  # "a accountant"

        system = fill(chance.choice(self.system)) if self.system else ""
        return system, [(speaker, fill(chance.choice(variants))) for speaker, variants in self.turns]


def bare(text: str) -> str:
    """Letters and digits only, in lower case."""
    return re.sub(r"\W+", "", text.lower())


def read_slots(path: Path) -> Slots:
    pairs = (line.split(":", 1) for line in path.read_text(encoding="utf-8").splitlines() if ":" in line)
    return NUMBERS | {name.strip(): [v.strip() for v in values.split("|") if v.strip()] for name, values in pairs}


def read_scenes(folder: Path) -> list[Scene]:
    """All scenes of a folder's *.txt files. BadScene where one breaks the format."""
    slots = read_slots(folder / "slots.txt")
    found = []
    for path in sorted(folder.glob("*.txt")):
        if path.name == "slots.txt":
            continue
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for block in re.split(r"\n\s*\n", "\n".join(kept)):
            if block.strip():
                found.append(read_scene(block.strip(), slots, path.name))
    return found


def read_scene(block: str, slots: Slots, where: str = "") -> Scene:
    turns: list[tuple[str, tuple[str, ...]]] = []
    system: tuple[str, ...] = ()
    for line in block.splitlines():
        mark, variants = line[:1], tuple(v.strip() for v in line[1:].split("|"))
        unknown = [slot for slot, _ in SLOT.findall(line) if slot not in slots]
        if unknown or not all(variants) or mark not in "~<>":
            raise BadScene(f"{where}: {line!r}: expected '> text | text', no empty variant, no slot {unknown}")
        if mark == "~":
            system = variants
        else:
            turns.append((SPEAKER[mark], variants))
    speakers = [speaker for speaker, _ in turns]
    if not speakers or len(speakers) % 2 or speakers != ["user", "assistant"] * (len(speakers) // 2):
        raise BadScene(f"{where}: {block[:80]!r}: expected > and < in turn, > first and < last")
    return Scene(block, tuple(turns), slots, system)
