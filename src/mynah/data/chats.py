"""Chats: pieces of one chat are put together, what stands in two exports counts once, and conversations are cut.

All of it is done on columns (`core/columns.py`); nobody looks at a single message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from mynah.core import arrow, columns
from mynah.core.columns import Messages, Numbers
from mynah.core.groups import Groups
from mynah.core.types import Conversation
from mynah.data.reading import Reading
from mynah.data.threads import is_thread

MINUTE = 60_000_000  # microseconds
FEW = 3  # equal messages that may be chance
SHARE = 0.5  # of what two exports have at the same time: from here on they are of one chat

Pairs = Counter[tuple[str, str]]


class Piece(NamedTuple):
    """A chat as one file has it."""

    file: int
    source: str
    chat: Conversation

    def without(self, rows: Numbers) -> Piece:
        """The piece without some of its messages."""
        messages = Messages.of(self.chat.messages)
        kept = np.setdiff1d(np.arange(len(messages)), rows)
        return self._replace(chat=replace(self.chat, messages=messages.take(kept)))


class Again(NamedTuple):
    """The messages of a piece that stand in another: how many, by the piece that has them before, and which."""

    of: dict[int, int]
    rows: Numbers


@dataclass(frozen=True)
class Joined:
    """The chats of all files, and how many messages stand in two of them, by the names of both."""

    chats: list[Conversation]
    twice: Pairs


def joined(readings: Sequence[Reading]) -> Joined:
    """The chats of all files. Pieces of one chat are one, in the order of time; what is not dated stays behind what it
    followed. They are of one chat where source and name say so, or where they have the same messages at the same
    times: those count once."""
    pieces = [
        Piece(number, each.export.source, chat)
        for number, each in enumerate(readings)
        for chat in each.chats
        if len(chat.messages)
    ]
    groups = Groups(len(pieces))
    named: dict[tuple[str, str], int] = {}
    for number, piece in enumerate(pieces):
        if piece.chat.chat:
            groups.join(named.setdefault((piece.source, piece.chat.chat), number), number)
    twice: Pairs = Counter()
    for number, again in _again(pieces).items():
        for first, count in again.of.items():
            groups.join(first, number)
            twice[_name(readings, pieces[first]), _name(readings, pieces[number])] += count
        pieces[number] = pieces[number].without(again.rows)
    return Joined([_one([pieces[n].chat for n in group]) for group in groups.all()], twice)


def _name(readings: Sequence[Reading], piece: Piece) -> str:
    return readings[piece.file].export.file.name


def _one(pieces: Sequence[Conversation]) -> Conversation:
    """Pieces of one chat as one: a piece at a time where they do not overlap, otherwise sorted message by message."""
    left = [piece for piece in pieces if len(piece.messages)]
    if len(left) == 1:
        return left[0]
    every = sorted(((columns.times(piece.messages), piece) for piece in left), key=lambda each: _first(each[0]))
    messages = Messages.joined(Messages.of(piece.messages) for _, piece in every)
    at = _filled(np.concatenate([times for times, _ in every]))
    if np.any(at[1:] < at[:-1]):
        messages = messages.take(np.argsort(at, kind="stable"))
    chat = next((piece.chat for piece in pieces if piece.chat), "")
    return columns.conversations(messages, np.zeros(1, np.int64), [chat])[0]


def _first(times: columns.Times) -> np.int64:
    """The first known time, as a number; the least where none is known."""
    known = _known(times)
    return known[0] if len(known) else np.int64(np.iinfo(np.int64).min)


def _filled(times: columns.Times) -> Numbers:
    """Times as numbers; what is not dated has the time of what it follows."""
    known = np.where(np.isnat(times), 0, np.arange(len(times)) + 1)
    last = np.maximum.accumulate(known)
    return np.append(np.iinfo(np.int64).min, times.astype(np.int64))[last]


def cut(chat: Conversation, gap: timedelta) -> Iterator[Conversation]:
    """The conversations of a chat: a new one begins after a silence longer than `gap`. A thread is one conversation:
    people answer after days."""
    messages = Messages.of(chat.messages)
    if is_thread(messages):
        yield chat
        return
    at = messages.times()
    silent = at[1:] - at[:-1] > np.timedelta64(gap)  # which NaT is not
    starts = np.append(0, np.flatnonzero(silent) + 1)
    yield from columns.conversations(messages, starts, [chat.chat] * len(starts))


# --- What stands in two exports -------------------------------------------------------------------------------------


def _again(pieces: Sequence[Piece]) -> dict[int, Again]:
    """The pieces with messages that a piece of an earlier file has."""
    if len({piece.file for piece in pieces}) < 2:
        return {}
    every = Messages.joined(Messages.of(piece.chat.messages) for piece in pieces)
    whose = np.repeat(np.arange(len(pieces)), [len(piece.chat.messages) for piece in pieces])
    at = every.times()
    minute = at.astype(np.int64) // MINUTE
    rows, first = _equal(every, np.flatnonzero(~np.isnat(at)), minute, whose)
    pairs = Counter(zip(whose[first].tolist(), whose[rows].tolist(), strict=True))
    same = {pair: count for pair, count in pairs.items() if _are_one(pieces, *pair, count)}
    found = {}
    for number in sorted({other for _, other in same}):
        of = {one: count for (one, other), count in same.items() if other == number}
        held = (whose[rows] == number) & np.isin(whose[first], list(of))
        found[number] = Again(of, rows[held] - int(np.argmax(whose == number)))
    return found


def _are_one(pieces: Sequence[Piece], one: int, other: int, equal: int) -> bool:
    """Are two pieces of one chat, given how many messages are equal? Those of one file are not, nor those that a source
    gives different names; of what both have at the same time a good part must be equal."""
    first, second = pieces[one], pieces[other]
    named = first.source == second.source and first.chat.chat and second.chat.chat
    if equal < FEW or first.file == second.file or (named and first.chat.chat != second.chat.chat):
        return False
    times = [_known(columns.times(piece.chat.messages)) // MINUTE for piece in (first, second)]
    start, end = max(each.min() for each in times), min(each.max() for each in times)
    return bool(equal >= SHARE * min(np.count_nonzero((each >= start) & (each <= end)) for each in times))


def _known(times: columns.Times) -> Numbers:
    """The times that are known, as numbers."""
    return times[~np.isnat(times)].astype(np.int64)


def _equal(every: Messages, rows: Numbers, minute: Numbers, whose: Numbers) -> tuple[Numbers, Numbers]:
    """Those of the rows that are equal to one of another piece in speaker, text and minute, and the first such row of
    each. What is said twice in a minute is equal to what is said twice, not to what is said once."""
    if not len(rows):
        return rows, rows
    text = pc.dictionary_encode(every.table["text"]).unify_dictionaries()
    texts = np.concatenate([arrow.numbers(chunk.indices) for chunk in text.chunks]).astype(np.int64)
    speaker, names = every.codes("speaker")
    said = texts * len(names) + speaker
    order = rows[np.lexsort((rows, whose[rows], minute[rows], said[rows]))]
    rank = _since(_changes(said[order], minute[order], whose[order]))
    again = np.lexsort((whose[order], rank, minute[order], said[order]))
    order, rank = order[again], rank[again]
    new = _changes(said[order], minute[order], rank)
    first = order[np.arange(len(order)) - _since(new)]
    return order[~new], first[~new]


def _changes(*columns_: Numbers) -> NDArray[np.bool_]:
    """Where a row differs from the one before; the first does."""
    differs = [column[1:] != column[:-1] for column in columns_]
    return np.append(True, np.logical_or.reduce(differs))


def _since(new: NDArray[np.bool_]) -> Numbers:
    """How many rows ago the last one was that is new."""
    places = np.arange(len(new))
    return places - np.maximum.accumulate(np.where(new, places, 0))
