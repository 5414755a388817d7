"""Who writes how much, how fast they answer, and in groups who answers whom. All of it from every message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mynah.data.analysis.chats import Chats, Ints

LISTED = 1000
"""Speakers that are listed one by one; the page says how many more there are."""
SHOWN = 6
"""Speakers of the table of who answers whom."""
ENOUGH = 30
"""Answers from which a middle time is told."""


@dataclass(frozen=True)
class Speaker:
    """One person: messages, their share of all, characters of all and of the middle message, how many conversations
    they begin, first and last message, and the middle time in seconds after which they answer somebody else."""

    name: str
    messages: int
    share: float
    characters: int
    middle_length: float
    begins: int
    first: str
    last: str
    answers: int
    middle_answer: float | None


@dataclass(frozen=True)
class Answers:
    """Who answers whom: `counts[i][j]` messages of names[i] after one of names[j]. `how` it is known."""

    names: list[str]
    counts: list[list[int]]
    all: int
    how: str


def speakers(chats: Chats) -> list[Speaker]:
    """The LISTED who write most, each with what they do."""
    by_speaker = np.split(np.argsort(chats.speaker, kind="stable"), np.cumsum(chats.counts)[:-1])
    first = np.append(True, np.diff(chats.conversation) != 0)
    waits = _waits(chats)
    return [_speaker(chats, place, rows, first, waits) for place, rows in enumerate(by_speaker[:LISTED])]


def _speaker(chats: Chats, place: int, rows: Ints, first: NDArray[np.bool_], waits: NDArray[np.float64]) -> Speaker:
    times = chats.at[rows]
    known = times[~np.isnat(times)]
    waited = waits[rows]
    waited = waited[~np.isnan(waited)]
    return Speaker(
        chats.names[place],
        len(rows),
        len(rows) / len(chats),
        int(chats.length[rows].sum()),
        float(np.median(chats.length[rows])),
        int(first[rows].sum()),
        day(known.min()) if len(known) else "",
        day(known.max()) if len(known) else "",
        len(waited),
        float(np.median(waited)) if len(waited) >= ENOUGH else None,
    )


def day(at: np.datetime64) -> str:
    """The date alone: 2024-01-31."""
    return str(at.astype("datetime64[D]"))


def _follows(chats: Chats) -> NDArray[np.bool_]:
    """[n] is a message one after somebody else's, in the same conversation?"""
    other = (np.diff(chats.speaker) != 0) & (np.diff(chats.conversation) == 0)
    return np.append(False, other)


def _waits(chats: Chats) -> NDArray[np.float64]:
    """[n] seconds since the message of somebody else that it follows; NaN where there is none, or no time."""
    seconds = np.append(np.timedelta64("NaT", "s"), np.diff(chats.at))
    found = np.where(np.isnat(seconds), np.nan, seconds / np.timedelta64(1, "s"))
    return np.where(_follows(chats) & ~(found < 0), found, np.nan)


def answers(chats: Chats) -> Answers | None:
    """Who answers whom, of those who write most. None where fewer than three people write."""
    if len(chats.names) < 3:
        return None
    later = np.flatnonzero(chats.answered >= 0)
    earlier, how = chats.answered[later], "as the export has it"
    if not len(later):
        later = np.flatnonzero(_follows(chats))
        earlier, how = later - 1, "whose message stands right before"
    who, whom = chats.speaker[later], chats.speaker[earlier]
    other = who != whom
    names = chats.names[:SHOWN]
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    shown = other & (who < len(names)) & (whom < len(names))
    np.add.at(counts, (who[shown], whom[shown]), 1)
    return Answers(list(names), counts.tolist(), int(other.sum()), how)


def busiest(found: Answers) -> Sequence[tuple[str, str, int]]:
    """(who, whom, how often), the most frequent first."""
    pairs = [(a, b, n) for a, row in zip(found.names, found.counts, strict=True)
             for b, n in zip(found.names, row, strict=True) if n]  # fmt: skip
    return sorted(pairs, key=lambda pair: -pair[2])
