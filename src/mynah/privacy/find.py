"""Where personal data is in a text: every kind of `kinds/`, and the names of the people of a chat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

from mynah.core import plugins
from mynah.privacy.people import NAME, People

KIND = "kind of personal data"
SURER = ("link", "key", "wallet", "iban", "card", "mac", "ip", "email", "identity", "birthdate", "phone", "password")
"""Which kind it is where two find the same place, the surest first."""


class Found(NamedTuple):
    """What kind of personal data is between two characters of a text."""

    kind: str
    start: int
    end: int


@cache
def kinds() -> dict[str, ModuleType]:
    """The files of `kinds/`, the surest first; what is not in that order comes last."""
    names = plugins.names(KIND)
    ordered = [name for name in SURER if name in names] + [name for name in names if name not in SURER]
    return {name: plugins.load(KIND, name) for name in ordered}


@cache
def _hints() -> tuple[re.Pattern[str], dict[str, re.Pattern[str]]]:
    """What a text must hold for any of the kinds, and for each."""
    each = {name: re.compile(kind.HINT) for name, kind in kinds().items()}
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern in each.values())), each


def all(
    text: str, regions: Sequence[str] = (), people: People | None = None, keep: Sequence[str] = ()
) -> Iterator[Found]:
    """What is in the text, from left to right, each place once. `regions`: countries whose phone numbers are found
    without their code, as `ZZ`; `people`: whose names; `keep`: kinds that are not looked for."""
    found: list[Found] = []
    hint, hints = _hints()
    if hint.search(text):
        for name, kind in kinds().items():
            if name not in keep and hints[name].search(text):
                found += [Found(name, *span) for span in kind.find(text, regions)]
    if people and NAME not in keep:
        found += [Found(NAME, *span) for span in people.find(text)]
    yield from settled(found) if len(found) > 1 else found


def settled(found: Iterable[Found]) -> list[Found]:
    """Of those that overlap the longest, of equally long ones the surest kind, which comes first; in order of place."""
    taken: list[Found] = []
    for each in sorted(found, key=lambda f: f.start - f.end):  # a stable sort keeps the order of kinds
        if each.end > each.start and not any(each.start < other.end and other.start < each.end for other in taken):
            taken.append(each)
    return sorted(taken, key=lambda f: f.start)
