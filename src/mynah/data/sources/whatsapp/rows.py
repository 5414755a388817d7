"""The messages of a file as rows of numbers and texts, and what only the whole file tells, gathered on the way.

The file is read in pieces of whole lines and split at the heads of one shape: by a pattern made for just these heads
where that goes (`heads.quick`), otherwise by the grammar of all heads. What was taken for granted, such as the shape,
is checked at the end, and where it was wrong the file is read again. No text is kept as a string of Python: a million
of them would take as much memory again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mynah.core import arrow
from mynah.data.files import Input
from mynah.data.sources.whatsapp import bodies
from mynah.data.sources.whatsapp import heads as heads_of
from mynah.data.sources.whatsapp.dates import Body, Numbers, Seen
from mynah.data.sources.whatsapp.heads import LONGEST_NAME, Head, Shape

Ints = NDArray[np.int32]
NOBODY = -1  # the sender of a notice
NEVER = -1  # the second of a time that does not exist
DEEPEST = 4  # colons of a name that are looked at
FIELDS = 5  # of a row as split: marks, date and time in their order, sender, text
_TIME = heads_of.TIME


class First(NamedTuple):
    """How many there are, and the line of the first."""

    number: int
    line: int


@dataclass(slots=True)
class Rows:
    """The messages of one piece. Texts are what stands behind the sender, all of it where there is none."""

    dates: Ints  # places in `Scan.dates`
    seconds: Ints  # of the day
    senders: Ints  # places in `Scan.names`, or NOBODY
    texts: pa.Array
    line: Ints
    lines: Ints
    suspects: Ints  # rows whose texts may be more, or less, than what a person wrote
    marked: dict[int, str]  # the first of the marks with which a line begins
    ended: frozenset[int]  # rows in which the line ends with the colon behind the sender

    def several(self, places: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """The texts at these places."""
        return self.texts.take(arrow.array(np.asarray(places, np.int64))).to_pylist()  # type: ignore[no-any-return]


class _Codes(dict[Any, int]):
    """Values and their places in the order in which they came; `read` makes a value of what is written."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self.known: list[Any] = []
        self._read, self._places = read, dict[Any, int]()

    def __missing__(self, written: Any) -> int:
        value = self._read(written)
        place = self._places.setdefault(value, len(self.known))
        if place == len(self.known):
            self.known.append(value)
        self[written] = place
        return place


class _Seconds(dict[Any, int]):
    """The second of the day of each time as it is written, or NEVER."""

    def __missing__(self, written: str | time) -> int:
        at = heads_of.read_time(written) if isinstance(written, str) else written
        self[written] = found = at.hour * 3600 + at.minute * 60 + at.second if at else NEVER
        return found


def _numbers(date: str | Numbers) -> Numbers | None:
    return heads_of.read_date(date) if isinstance(date, str) else date


@dataclass(slots=True)
class Scan:
    """A file, read once with a shape taken for granted; of None that of the first heads is taken. Heads whose lines are
    `excluded` are text."""

    shape: Shape | None = None
    quick: bool = True
    excluded: Collection[int] = frozenset()
    rows: list[Rows] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    before: str = ""  # the lines before the first message, each after a line feed
    shapes: dict[Shape, First] = field(default_factory=dict)  # of all that look like heads
    longer: Counter[str] = field(default_factory=Counter)  # what may be names with a colon
    parents: dict[str, str] = field(default_factory=dict)  # and what stands before that colon
    missed: bool = False  # did the quick pattern and the grammar differ? Then it has to be read without
    _dates: _Codes = field(default_factory=lambda: _Codes(_numbers))
    _seconds: _Seconds = field(default_factory=_Seconds)
    _senders: _Codes = field(default_factory=lambda: _Codes(str))
    _pattern: Any = None
    _open: list[Any] = field(default_factory=list)  # the last row, but for its text
    _text: list[str] = field(default_factory=list)  # which may go on in the next piece
    _line: int = 1  # of the next row

    @classmethod
    def of(cls, file: Input) -> Scan:
        """The file, read with the shape that most of its heads have."""
        shape: Shape | None = None
        quick = True
        tried: set[tuple[Shape | None, bool]] = set()
        while True:
            scan = cls(shape, quick).read(file)
            tried |= {(shape, quick), (scan.shape, quick)}
            best = min(scan.shapes, key=lambda each: (-scan.shapes[each].number, scan.shapes[each].line), default=None)
            shape, quick = (scan.shape, False) if scan.missed else (best, quick)
            if (shape, quick) in tried:
                return scan

    def read(self, file: Input) -> Scan:
        """Go through the whole file."""
        self._senders[None] = NOBODY
        for piece in file.pieces():
            self._add(piece)
        if self._open:
            self._put([*self._open, "".join(self._text)])
        else:
            self._begin()
        self.names = self._senders.known
        return self

    @property
    def dates(self) -> list[Numbers]:
        """The different dates."""
        return self._dates.known

    def seen(self) -> tuple[list[Seen], Ints]:
        """The dates in their order, those that follow each other and are equal once; and which is whose, [n]."""
        codes = np.concatenate([rows.dates for rows in self.rows])
        lines = np.concatenate([rows.line for rows in self.rows])
        new = np.append(True, codes[1:] != codes[:-1])
        dates = self.dates
        found = [Seen(dates[code], line) for code, line in zip(codes[new].tolist(), lines[new].tolist(), strict=True)]
        return found, np.cumsum(new, dtype=np.int32) - 1

    def code(self, name: str) -> int:
        """The place of a name in `names`, where it is put if it is new."""
        return self._senders[name]

    def bodies(self, whose: Ints) -> Iterator[Body]:
        """What stands behind the heads."""
        row = 0
        for rows in self.rows:
            for number, text in enumerate(rows.several(range(len(rows.line)))):
                yield Body(int(whose[row]), int(rows.line[number]), self.rest(rows, number, text))
                row += 1

    def rest(self, rows: Rows, number: int, text: str) -> str:
        """All that stands behind a head: the sender, too."""
        sender = int(rows.senders[number])
        behind = "\n" if number in rows.ended else " "
        return text if sender == NOBODY else f"{self.names[sender]}:{behind}{text}"

    # --- a piece of the file ---

    def _add(self, text: str) -> None:
        """Lines, each after a line feed."""
        split = self._split(text)
        self._text.append(split[0])
        if len(split) == 1:
            return
        if self._open:
            split[0:1] = [*self._open, "".join(self._text)]
        else:
            self._begin()
            del split[0]
        self._open, self._text = split[-FIELDS:-1], split[-1:]
        if len(split) > FIELDS:
            self._put(split[:-FIELDS])

    def _split(self, text: str) -> list[Any]:
        """What stands before the first head, and then FIELDS for each head of the shape."""
        if self._pattern is not None:
            return self._pattern.split(text)  # type: ignore[no-any-return]
        found = heads_of.find(text)
        if self.shape is None and found:
            self.shape = heads_of.dominant(found)[0].shape
        used = [head for head in found if head.shape == self.shape]
        if self.excluded:
            used = self._allowed(text, used)
        if self.quick and used:
            self._pattern = heads_of.quick(text, used)
        return list(_fields(text, used))

    def _allowed(self, text: str, found: Sequence[Head]) -> list[Head]:
        """The heads whose lines are not excluded."""
        line, end = self._next_line(), 0
        used = []
        for head in found:
            line, end = line + text.count("\n", end, head.start), head.start
            if line not in self.excluded:
                used.append(head)
        return used

    def _next_line(self) -> int:
        """The first line of the piece that comes next."""
        return self._line + sum(part.count("\n") for part in self._text) + bool(self._open)

    def _begin(self) -> None:
        """What came so far stands before the first message."""
        self.before = "".join(self._text)
        self._look_for_heads(self.before, self._line)
        self._line += self.before.count("\n")

    def _put(self, split: list[Any]) -> None:
        """Rows as split, one after the other."""
        marks, first, last, senders, texts = (split[place::FIELDS] for place in range(FIELDS))
        dates, clocks = (last, first) if self.shape and self.shape.time_first else (first, last)
        count = len(texts)
        codes = np.fromiter(map(self._senders.__getitem__, senders), np.int32, count)
        nobody = np.flatnonzero(codes == NOBODY).tolist()
        feeds = {number: text.count("\n") for number in nobody if (text := texts[number]).find("\n") >= 0}
        ended = frozenset(number for number in nobody if self._named(number, senders, texts))
        codes[nobody] = [self._senders[senders[number]] for number in nobody]
        column = arrow.strings(texts)
        lines = arrow.numbers(pc.count_substring(column, "\n")) + 1
        lines[list(feeds)] = [each + 1 for each in feeds.values()]
        line = self._line + np.cumsum(lines) - lines
        self._line += int(lines.sum())
        seconds = np.fromiter(map(self._seconds.__getitem__, clocks), np.int32, count)
        suspect = _suspect(column, texts) | (codes == NOBODY)
        suspect[list(ended)] = True  # their texts begin with a further line
        suspects = np.flatnonzero(suspect).astype(np.int32)
        rows = Rows(
            dates=np.fromiter(map(self._dates.__getitem__, dates), np.int32, count),
            seconds=seconds, senders=codes, texts=column, line=line.astype(np.int32), lines=lines.astype(np.int32),
            suspects=suspects, marked=_marked(marks), ended=ended,
        )  # fmt: skip
        self.rows.append(rows)
        self.missed |= int(seconds.min()) == NEVER
        self._count(self.shape, count, int(line[0]))
        for number in suspects.tolist():
            self._look_at(senders[number], texts[number], int(line[number]), number in ended)

    def _named(self, number: int, senders: list[Any], texts: list[str]) -> bool:
        """Find the name that the pattern leaves out: one with a colon, or one before the end of its line. Does the line
        end with it?"""
        text = texts[number]
        line = text.partition("\n")[0]
        name = prefix(line)
        if name is None:
            return False
        senders[number], texts[number] = name, text[len(name) + 2 :]
        return len(name) + 1 == len(line)

    # --- what a text tells of the whole ---

    def _look_at(self, sender: str | None, text: str, line: int, ended: bool) -> None:
        """Count the names that may go on in a text, and the heads in its further lines."""
        if sender is not None and not ended and ":" in text:
            self._count_longer(sender, text.partition("\n")[0])
        feed = text.find("\n")
        if ended or feed >= 0:
            self._look_for_heads("\n" + text if ended else text[feed:], line + 1)

    def _count_longer(self, name: str, text: str) -> None:
        rest, depth = f"{name}: {text}", 0
        while depth < DEEPEST and (longer := prefix(rest, len(name) + 2)) is not None:
            self.parents[longer] = name
            depth += 1
            if depth < DEEPEST:
                self.longer[longer] += 1
            name = longer

    def _look_for_heads(self, text: str, line: int) -> None:
        """Count what looks like heads in lines that belong to no head; `line` is the number of the first."""
        if not _TIME.search(text):
            return
        end = 0
        for head in heads_of.find(text):
            line, end = line + text.count("\n", end, head.start), head.start
            if head.shape == self.shape:
                self.missed |= line not in self.excluded
            else:
                self._count(head.shape, 1, line)

    def _count(self, shape: Shape | None, count: int, line: int) -> None:
        """Count heads of a shape, the first of which is in this line."""
        assert shape is not None
        old = self.shapes.get(shape, First(0, line))
        self.shapes[shape] = First(old.number + count, min(old.line, line))


def _marked(marks: Sequence[str]) -> dict[int, str]:
    """The first mark of each row that has one: most files have none."""
    return {number: mark[0] for number, mark in enumerate(marks) if mark} if any(marks) else {}


def _suspect(column: pa.Array, texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which texts have to be looked at, [n]: for something in them, or for their first four characters and then, of
    those few, for more of them."""
    suspect = arrow.is_true(pc.match_substring_regex(column, bodies.SUSPECT))
    start = pc.utf8_slice_codeunits(column, 0, 4).dictionary_encode()
    known = np.array([bodies.BEGINNINGS[each] for each in start.dictionary.to_pylist()], np.bool_)
    begins = known[arrow.numbers(start.indices)]
    for number in np.flatnonzero(begins & ~suspect).tolist():
        suspect[number] = bodies.BEGINNINGS[texts[number][: bodies.BEGINNING]]
    return suspect


def _fields(text: str, heads: Sequence[Head]) -> Iterator[Any]:
    """The text as a pattern of `heads.quick` would split it, for heads that the grammar found."""
    starts = [*(head.start for head in heads), len(text)]
    yield text[: starts[0]]
    for head, end in zip(heads, starts[1:], strict=True):
        sender = heads_of.SENDER.match(text, head.end, end)
        assert sender is not None
        mark = text[head.start + 1]
        first, last = (head.time, head.date) if head.shape.time_first else (head.date, head.time)
        yield from (mark if mark in heads_of.MARKS else "", first, last, sender[1], text[sender.end() : end])


def prefix(rest: str, start: int = 0) -> str | None:
    """What stands before the first colon after `start`, if that can be a name."""
    at = rest.find(": ", start)
    if at < 0 and rest.endswith(":"):
        at = len(rest) - 1
    return rest[:at] if start < at <= LONGEST_NAME else None
