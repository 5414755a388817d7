"""How people are called whom a format knows by an id."""

from __future__ import annotations

from collections.abc import Iterable


def names_of(seen: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The name of each id, from (id, name) pairs in the order of time: the last that is not empty, otherwise the id.
    Where two are called the same, all but the first have their id behind the name."""
    last: dict[str, str] = {}
    for person, name in seen:
        if name.strip() or person not in last:
            last[person] = name.strip()
    taken: set[str] = set()
    for person, name in last.items():
        called = name or person
        last[person] = f"{called} ({person})" if called in taken else called
        taken.add(called)
    return last
