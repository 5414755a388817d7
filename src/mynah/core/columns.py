"""Messages as columns: a sequence of Message whose items are made when somebody looks at them.

A Message takes half a kilobyte and a microsecond. A chat of a million is read, measured, cut and written without one;
who goes through it message by message sees ordinary Messages all the same. A slice is a view of the same columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mynah.core import arrow
from mynah.core.types import Conversation, Message, Origin

NAMED = pa.dictionary(pa.int32(), pa.string())
COLUMNS = pa.schema(
    [
        ("speaker", NAMED),
        ("text", pa.string()),
        ("at", pa.timestamp("us")),
        ("file", NAMED),
        ("line", pa.int64()),
        ("lines", pa.int32()),
        ("kind", NAMED),
        ("id", pa.string()),
        ("reply_to", pa.string()),
    ]
)
BATCH = 4096  # messages that are made at once
KEPT = 4096  # messages of a view that is kept once it was looked at by index
_NEVER = int(np.datetime64("NaT", "us").astype(np.int64))

Times = NDArray[np.datetime64]
Numbers = NDArray[np.int64]


class Messages(Sequence[Message]):
    """Rows `start` to `stop` of a table of COLUMNS, as messages. Immutable; equal to a tuple of the same messages."""

    __slots__ = ("_kept", "_start", "_stop", "_table")

    def __init__(self, table: pa.Table, start: int = 0, stop: int | None = None) -> None:
        self._table, self._start = table, start
        self._stop = table.num_rows if stop is None else stop
        self._kept: tuple[Message, ...] | None = None

    @classmethod
    def of(cls, messages: Sequence[Message]) -> Messages:
        """These messages as columns; those that are columns already as they are."""
        return messages if isinstance(messages, cls) else cls(_table(messages))

    @classmethod
    def joined(cls, parts: Iterable[Messages]) -> Messages:
        """The messages of all parts, in their order. Views that stand side by side are not copied."""
        views: list[Messages] = []
        for part in parts:
            if views and views[-1]._table is part._table and views[-1]._stop == part._start:
                views[-1] = cls(part._table, views[-1]._start, part._stop)
            else:
                views.append(part)
        if len(views) == 1:
            return views[0]
        tables = [view.table for view in views] or [COLUMNS.empty_table()]
        return cls(pa.concat_tables(tables).unify_dictionaries())

    @property
    def table(self) -> pa.Table:
        """The columns of these messages."""
        return self._table.slice(self._start, self._stop - self._start)

    def times(self) -> Times:
        """When each was sent, in microseconds, [n]; NaT where that is not known."""
        found: Times = arrow.numbers(self.table["at"], _NEVER).astype(np.int64, copy=False).view("datetime64[us]")
        return found

    def numbers(self, name: str) -> Numbers:
        """`line` or `lines` of each, [n]."""
        found: Numbers = arrow.numbers(self.table[name]).astype(np.int64, copy=False)
        return found

    def codes(self, name: str) -> tuple[Numbers, list[str]]:
        """`speaker`, `file` or `kind` of each as places in the list of its values, which may hold more, [n]."""
        column = self.table[name].unify_dictionaries()
        if not column.num_chunks:
            return np.zeros(0, np.int64), []
        found = np.concatenate([arrow.numbers(chunk.indices) for chunk in column.chunks])
        return found.astype(np.int64, copy=False), column.chunk(0).dictionary.to_pylist()

    def counts(self, name: str) -> dict[str, int]:
        """How many messages have which value, the most frequent first, then the one that comes first."""
        codes, values = self.codes(name)
        counts = np.bincount(codes, minlength=len(values))
        first = np.zeros(len(values), np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]  # of several the last that is assigned stays
        order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], first[code]))
        return {values[code]: int(counts[code]) for code in order}

    def take(self, places: Numbers) -> Messages:
        """The messages at these places."""
        return Messages(self.table.take(arrow.array(places)))

    def __len__(self) -> int:
        return self._stop - self._start

    def __iter__(self) -> Iterator[Message]:
        if self._kept is not None:
            yield from self._kept
            return
        for batch in self.table.to_batches(max_chunksize=BATCH):
            yield from _made(batch)

    @overload
    def __getitem__(self, place: int) -> Message: ...
    @overload
    def __getitem__(self, place: slice) -> Messages: ...
    def __getitem__(self, place: int | slice) -> Message | Messages:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step != 1:
                return self.take(np.arange(start, stop, step))
            return Messages(self._table, self._start + start, self._start + max(start, stop))
        if self._kept is None and len(self) <= KEPT:
            self._kept = tuple(self)
        if self._kept is not None:
            return self._kept[place]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        return next(iter(self[place : place + 1]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Messages | tuple):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Messages({list(self)!r})"


def times(messages: Sequence[Message]) -> Times:
    """When each was sent, in microseconds, [n]; NaT where that is not known."""
    if isinstance(messages, Messages):
        return messages.times()
    return np.array([message.at for message in messages], dtype="datetime64[us]")


def conversations(messages: Messages, starts: Numbers, chats: Sequence[str]) -> list[Conversation]:
    """The conversations that begin at these rows, the first of which is 0, and the chat of each. Their origins are
    those of `tables.span`."""
    if not len(messages):
        return []
    codes, files = messages.codes("file")
    line = messages.numbers("line")
    end = line + messages.numbers("lines")
    stops = np.append(starts[1:], len(messages))
    same = codes == np.repeat(codes[starts], stops - starts)
    first = np.minimum.reduceat(np.where(same, line, np.iinfo(np.int64).max), starts)
    last = np.maximum.reduceat(np.where(same, end, 0), starts)
    places = zip(
        starts.tolist(), stops.tolist(), codes[starts].tolist(), first.tolist(), (last - first).tolist(), strict=True
    )
    return [
        Conversation(messages[start:stop], Origin(files[code], line_, lines), chat)
        for (start, stop, code, line_, lines), chat in zip(places, chats, strict=True)
    ]


def _table(messages: Sequence[Message]) -> pa.Table:
    """The columns of messages."""
    origins = [message.origin for message in messages]
    columns: list[Any] = [
        arrow.texts([m.speaker for m in messages]).dictionary_encode(),
        arrow.texts([m.text for m in messages]),
        pa.array([m.at for m in messages], pa.timestamp("us")),
        arrow.texts([origin.file for origin in origins]).dictionary_encode(),
        pa.array([origin.line for origin in origins], pa.int64()),
        pa.array([origin.lines for origin in origins], pa.int32()),
        arrow.texts([m.kind for m in messages]).dictionary_encode(),
        arrow.texts([m.id for m in messages]),
        arrow.texts([m.reply_to for m in messages]),
    ]
    return pa.table(columns, COLUMNS)


def _made(batch: pa.RecordBatch) -> Iterator[Message]:
    """The messages of some rows."""
    speaker, text, at, file, line, lines, kind, id_, reply_to = map(_values, batch.columns)
    return map(Message, speaker, text, at, map(Origin, file, line, lines), kind, id_, reply_to)


def _values(column: pa.Array) -> list[Any]:
    """The values of a column. By way of numpy, which is several times as quick as `to_pylist`."""
    if isinstance(column, pa.DictionaryArray):
        values = column.dictionary.to_pylist()
        return [values[code] for code in column.indices.to_numpy().tolist()]
    if pa.types.is_timestamp(column.type):
        found: list[datetime | None] = column.to_numpy(zero_copy_only=False).astype("datetime64[us]").tolist()
        return found
    return column.to_numpy(zero_copy_only=False).tolist()  # type: ignore[no-any-return]
