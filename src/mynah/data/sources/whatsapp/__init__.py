"""WhatsApp: the text file that a phone writes with "Export chat".

On Android open the chat, then the three dots, More, Export chat; on an iPhone tap the name above the chat, Export chat.
Both give a `.txt` or a zip with one inside, in the language, the clock and the date order of the phone::

    31/01/2024, 21:04 - Messages and calls are end-to-end encrypted.
    31/01/2024, 21:05 - Ida Kern: are you there?
    I am waiting at the gate
    31/01/2024, 21:06 - Otto: <Media omitted>
    31/01/2024, 21:07 - Otto: two minutes!

A file has no header, so everything is concluded from its lines: the shape that most heads share (a head of another
shape was pasted by someone and stays text), the order of day and month, and where a name with a colon ends. Heads are
found in `heads.py`, gathered as columns in `rows.py` and dated in `dates.py`; bodies are told apart in `bodies.py` by
the phrases in `words.py`; `dialects.py` writes what this file reads.
"""

from __future__ import annotations

import gc
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mynah.core import arrow
from mynah.core import options as core_options
from mynah.core.columns import COLUMNS, Messages
from mynah.core.options import option
from mynah.core.types import Conversation, Item, Kind, Origin, Understood, Unparsed
from mynah.data.files import Input, readable
from mynah.data.sources.whatsapp import bodies, dates, words
from mynah.data.sources.whatsapp import heads as heads_of
from mynah.data.sources.whatsapp.dialects import ANDROID, DIALECTS, Dialect, write
from mynah.data.sources.whatsapp.heads import Head, any_of, clean
from mynah.data.sources.whatsapp.rows import NOBODY, Ints, Rows, Scan, prefix

__all__ = ["ANDROID", "DIALECTS", "LABEL", "Dialect", "Options", "read", "sniff", "write"]

LABEL = "WhatsApp"
OFTEN = 3  # what stands before a colon this often is a name, whatever it looks like

_EVENT = re.compile(words.events(), re.I)
_PLACEHOLDERS = rf"<(?:{any_of(words.every('media'))})>"
_TRACES = re.compile(rf"[{bodies.LEFT}{bodies.RIGHT}]|{_PLACEHOLDERS}|{any_of(bodies.BANNERS)}")
_NAME = re.compile(r"(?:^|/)_chat\.txt$|whatsapp", re.I)
_WEB_NOTICE = "- "  # WhatsApp Web sets notices off like this
_KINDS: tuple[Kind, ...] = get_args(Kind)
_CODES = {kind: code for code, kind in enumerate(_KINDS)}
_NO_DAY = 0  # no ordinal of a date
_EPOCH = date(1970, 1, 1).toordinal()
_SECOND = 1_000_000  # microseconds


class Options(core_options.Options):
    """What the file itself cannot always tell."""

    date_order: Literal["auto", "dmy", "mdy", "ymd"] = option("auto", "the order of day, month and year in the heads")
    year: int = option(0, "the year of the last message, where no head names one", ge=0, le=9999)


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is WhatsApp's: by lines that look like heads with a sender, and WhatsApp's own words."""
    text = _text(head)
    heads = heads_of.dominant(heads_of.find(text))
    senders = sum(prefix(_rest(text, h)) is not None for h in heads)
    if not senders:
        return 0.0
    traces = bool(_TRACES.search(head))
    sure = {1: 0.4, 2: 0.65}.get(senders, 0.8)
    shape = heads[0].shape
    if not traces and shape.year == 0 and shape.mark != "-":
        sure -= 0.3  # exports of Signal look like this, too
    if not traces and shape.mark == " ":
        sure -= 0.2  # and so do the logs of programs
    if not text[: heads[0].start].strip():
        sure += 0.05  # a document that quotes a chat begins otherwise
    return round(max(sure, 0.0) + 0.1 * traces + 0.05 * bool(_NAME.search(name)), 2)


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the lines before the first message, and the chat. Raises Undecided for ambiguous dates."""
    with _no_collector():
        items = list(_items(file, options))
    yield from items


def _items(file: Input, options: Options) -> Iterator[Item]:
    scan = Scan.of(file)
    if not scan.rows:
        if scan.before:
            yield _unparsed(file, scan.before, "no line looks like the head of a message")
        return
    days, concluded = _days(file, scan, options)
    yield Understood(_facts(scan, concluded, days))
    if not days.all():
        lines = np.concatenate([rows.line for rows in scan.rows])
        scan = Scan(scan.shape, False, frozenset(lines[days == _NO_DAY].tolist())).read(file)
        days = days[days != _NO_DAY]
    if scan.before:
        yield _unparsed(file, scan.before, "before the first message")
    if scan.rows:
        start, last = int(scan.rows[0].line[0]), scan.rows[-1]
        end = int(last.line[-1] + last.lines[-1])
        yield Conversation(_messages(file, scan, days), Origin(file.name, start, end - start))


def _days(file: Input, scan: Scan, options: Options) -> tuple[Ints, Mapping[str, str]]:
    """The day of each message as an ordinal, or _NO_DAY, and how that was concluded."""
    assert scan.shape is not None
    seen, whose = scan.seen()
    last = int(scan.rows[-1].line[-1])
    found = dates.days(file, scan.shape, seen, last, scan.bodies(whose), options.date_order, options.year)
    ordinals = np.array([day.toordinal() if day else _NO_DAY for day in found.days], np.int32)
    return ordinals[whose], found.facts


# --- The text -------------------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    """The lines, each after a line feed. Only LF and CRLF end lines: `str.splitlines` would split at U+2028, too."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return "\n" + text.removesuffix("\n") if text else ""


def _rest(text: str, head: Head) -> str:
    """What follows a head in its line."""
    end = text.find("\n", head.end)
    return text[head.end : end if end >= 0 else len(text)]


def _unparsed(file: Input, text: str, reason: str) -> Unparsed:
    return Unparsed(text[1:], reason, Origin(file.name, 1, text.count("\n")))


def _facts(scan: Scan, concluded: Mapping[str, str], days: Ints) -> dict[str, str]:
    """What was concluded, in words; lines that look like heads but are not used are mentioned."""
    shape = scan.shape
    assert shape is not None
    facts = {
        "platform": {"[": "iOS", "-": "Android"}.get(shape.mark, "an old iOS"),
        **concluded,
        "clock": "12 hours" if shape.half_days else "24 hours",
    }
    lines = np.concatenate([rows.line for rows in scan.rows])[days == _NO_DAY]
    unused: dict[str, Sequence[tuple[int, int]]] = {
        "heads of another shape": [each for of, each in scan.shapes.items() if of != shape],
        "impossible dates": [(1, line) for line in lines.tolist()],
    }
    for what, found in unused.items():
        if found:
            count, first = sum(each[0] for each in found), min(each[1] for each in found)
            facts[what] = f"{count}, kept as text (first: line {first})"
    return facts


@contextmanager
def _no_collector() -> Iterator[None]:
    """Without the search for cycles, which would go through all messages again and again and find none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


# --- Who speaks -----------------------------------------------------------------------------------------------------


def _resolve(scan: Scan, web: bool) -> tuple[set[int], list[dict[int, tuple[int, int]]]]:
    """Find out which senders are none, being the beginnings of notices, and give the names with a colon all of it. Also
    returns, by piece, the rows that got a longer name: their sender before, and how much of their text belongs to the
    name."""
    longer = _names_with_colon(scan)
    moved = [_lengthen(scan, rows, longer) for rows in scan.rows]
    counts = _counts(scan)
    names = {code for code, count in enumerate(counts.tolist()) if 0 < count < OFTEN}
    return {code for code in names if _is_notice(scan.names[code], web)}, moved


def _counts(scan: Scan) -> NDArray[np.int64]:
    """How many messages each sender has, [names]."""
    counts = [np.bincount(rows.senders[rows.senders != NOBODY], minlength=len(scan.names)) for rows in scan.rows]
    total: NDArray[np.int64] = np.sum(counts, axis=0)
    return total


def _is_notice(name: str, web: bool) -> bool:
    """Is what stands before a colon rather the beginning of `Ann changed the group name from "a" to "b: c"`?"""
    return _EVENT.search(name) is not None or (web and name.startswith(_WEB_NOTICE))


def _names_with_colon(scan: Scan) -> set[str]:
    """Names that hold a colon: whatever begins like `Team` goes on like `Team: Ops` or another name as frequent."""
    counts, parents = scan.longer, scan.parents
    if not parents:
        return set()
    shorter = dict(zip(scan.names, _counts(scan).tolist(), strict=True))
    frequent = [
        name
        for name in parents
        if counts[name] >= OFTEN and clean(name[len(parents[name]) + 2 :]).casefold() not in bodies.LABELS
    ]
    covered: Counter[str] = Counter()
    for name in frequent:
        covered[parents[name]] += counts[name]
    return {name for name in frequent if covered[parents[name]] == (counts[parents[name]] or shorter[parents[name]])}


def _lengthen(scan: Scan, rows: Rows, longer: Collection[str]) -> dict[int, tuple[int, int]]:
    """Give the rows that begin with one of the longer names that sender."""
    short = {scan.code(name) for name in {_root(name, scan.parents) for name in longer}}
    places = [number for number in rows.suspects.tolist() if int(rows.senders[number]) in short] if short else []
    moved = {}
    for number, text in zip(places, rows.several(places), strict=True):
        before = int(rows.senders[number])
        name = scan.names[before]
        line = text.partition("\n")[0]
        full = name if number in rows.ended else _longest(f"{name}: {line}", name, longer)
        if full != name:
            moved[number] = (before, len(full) - len(name))
            rows.senders[number] = scan.code(full)
    return moved


def _root(name: str, parents: Mapping[str, str]) -> str:
    while name in parents:
        name = parents[name]
    return name


def _longest(rest: str, name: str, longer: Collection[str]) -> str:
    """The name with all its colons."""
    while (next_name := prefix(rest, len(name) + 2)) is not None and next_name in longer:
        name = next_name
    return name


def _shown(senders: Collection[str]) -> dict[str, str]:
    """How each sender is called. `~ Name` (who is not in the contacts) loses its mark unless a contact is `Name`."""
    plain = {sender: clean(sender).strip() for sender in senders}
    taken = set(plain.values())
    shown = {}
    for sender, name in plain.items():
        bare = name.removeprefix("~").strip()
        shown[sender] = bare if bare and bare not in taken else name
    return shown


# --- What they say --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Chat:
    """What is known of the whole when its pieces are finished."""

    scan: Scan
    ios: bool
    notices: frozenset[int]  # codes of what looks like senders and is none
    speakers: Ints  # place of the name of each sender, [names]
    names: tuple[str, ...]  # the first of which is nobody's
    bodies: _Bodies


def _messages(file: Input, scan: Scan, days: Ints) -> Messages:
    """One message a head: its line and those up to the next head. The rows are used up."""
    assert scan.shape is not None
    ios = scan.shape.mark != "-"
    notices, moved = _resolve(scan, web=ios)
    used = [code for code in np.flatnonzero(_counts(scan)).tolist() if code not in notices]
    shown = _shown([scan.names[code] for code in used])
    names = {name: place for place, name in enumerate(dict.fromkeys(["", *shown.values()]))}
    speakers = np.zeros(len(scan.names) + 1, np.int32)  # the last is that of NOBODY
    speakers[used] = [names[shown[scan.names[code]]] for code in used]
    chat = _Chat(scan, ios, frozenset(notices), speakers, tuple(names), _Bodies(ios, _members(file)))
    batches, start = [], 0
    nulls = pa.nulls(max(len(rows.line) for rows in scan.rows), pa.string())
    for longer in moved:
        rows = scan.rows.pop(0)
        stop = start + len(rows.line)
        batches.append(_batch(file, chat, rows, longer, days[start:stop], nulls))
        start = stop
    return Messages(pa.Table.from_batches(batches, COLUMNS))


def _batch(
    file: Input, chat: _Chat, rows: Rows, moved: Mapping[int, tuple[int, int]], days: Ints, nulls: pa.Array
) -> pa.RecordBatch:
    """The messages of a piece. Only those that may be more than text are looked at."""
    count = len(rows.line)
    odd = (rows.senders == NOBODY) | np.isin(rows.senders, list(chat.notices))
    odd[list(moved)] = True
    look = odd.copy()
    look[rows.suspects] = True
    places = np.flatnonzero(look)
    texts, kinds, speakers = [], np.zeros(count, np.int32), chat.speakers[rows.senders]
    found = zip(places.tolist(), odd[places].tolist(), rows.several(places), strict=True)
    for number, is_odd, text in found:
        mark = rows.marked.get(number, "")
        kind, said = _odd(chat, rows, number, text, moved.get(number)) if is_odd else chat.bodies[text, mark]
        texts.append(said)
        kinds[number] = _CODES[kind]
    speakers[kinds == _CODES["system"]] = 0
    text = pc.replace_with_mask(rows.texts, arrow.mask(look), arrow.strings(texts)) if texts else rows.texts
    at = ((days.astype(np.int64) - _EPOCH) * 86_400 + rows.seconds) * _SECOND
    columns = [
        arrow.coded(speakers, chat.names), text, arrow.array(at, pa.timestamp("us")),
        arrow.coded(np.zeros(count, np.int32), [file.name]), arrow.array(rows.line.astype(np.int64)),
        arrow.array(rows.lines), arrow.coded(kinds, _KINDS), nulls[:count], nulls[:count],
    ]  # fmt: skip
    return pa.record_batch(columns, schema=COLUMNS)


def _odd(chat: _Chat, rows: Rows, number: int, text: str, moved: tuple[int, int] | None) -> tuple[Kind, str]:
    """The kind and the text of what nobody says, with the name that is none, and of what begins with a part of the
    name, without it."""
    sender = int(rows.senders[number])
    if sender != NOBODY and sender not in chat.notices:
        assert moved
        return chat.bodies[text[moved[1] :], rows.marked.get(number, "")]
    if sender != NOBODY:
        rows.senders[number] = moved[0] if moved else sender
        text = chat.scan.rest(rows, number, text)
    return "system", _stripped(text.removeprefix(_WEB_NOTICE) if chat.ios else text)


class _Bodies(dict[tuple[str, str], tuple[Kind, str]]):
    """The kind and the text of a body, by the body and the mark that begins its line. Those that WhatsApp wrote, the
    same ones again and again, are remembered."""

    def __init__(self, ios: bool, members: frozenset[str]) -> None:
        super().__init__()
        self.ios, self.members = ios, members

    def __missing__(self, key: tuple[str, str]) -> tuple[Kind, str]:
        text, mark = key
        body = _stripped(text)
        found = bodies.classify(body, self.ios and bodies.is_generated(body, mark), self.ios, self.members)
        if found[0] != "text" and len(self) < bodies.MOST:
            self[key] = found
        return found


def _stripped(body: str) -> str:
    """The body without the space around it; some phones write line feeds as U+2028."""
    return (body if body.isascii() else body.replace("\u2028", "\n")).strip()


def _members(file: Input) -> frozenset[str]:
    """The names of the other files in the zip: what a message names is an attachment, whatever the language."""
    if file.member is None:
        return frozenset()
    with readable(file.name), zipfile.ZipFile(file.path) as archive:
        return frozenset(PurePosixPath(name).name for name in archive.namelist())
