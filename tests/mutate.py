"""Damaged exports: the samples of every source, mutated in the ways that files break, and how reading them ends.

    one = mutant("telegram", seed=7, index=12)
    path.write_bytes(one.data)
    outcome(path, one.source)  # Outcome("clear error", "a file that can be read")

The same source, seed and index always give the same bytes.
"""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import signal
import sqlite3
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from copy import deepcopy
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from mynah.core.errors import UserError
from mynah.core.folder import Project
from mynah.data import ingest
from mynah.data.files import BINARY, decoded, look_at
from mynah.data.reading import Export, Question, Reading, lines_by_kind, read
from mynah.data.recognize import recognize
from tests.samples import ARCHIVES, samples

LIMIT = 2.0  # seconds of the processor that reading one input may take
LONGEST = 300_000  # bytes of a mutant
WHOLE = 0.1  # of the mutants go through all of `ingest`
AUTO = 0.25  # of the mutants are recognized from their content; of the others the source is told

# --- Mutations of bytes and lines -----------------------------------------------------------------------------------

Random = random.Random
Mutation = Callable[[Random, bytes], bytes]

NUMBERS = (
    "0", "00", "-1", "1e999", "-1e999", "NaN", "9" * 5, "9" * 19, "9" * 400, "9223372036854775808",
    "18446744073709551616", "253402300800", "253402300800000", "-62135596801", "0.1e-400", "٣" * 20, "²", "0x7f",
    "1_000", "1,5",
)  # fmt: skip
DATES = (
    "0000-00-00", "9999-12-31", "10000-01-01", "2024-13-45", "31/02/2024", "0/1/00", "1/1/1", "99:99", "24:00",
    "23:59:60", "2024-02-30T25:61:61Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00", "+99:99",
    "12/31/1899",
)  # fmt: skip
JUNK = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xf0\x9f", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a", b"\xc2\x85",
    b"\r", b"\r\n", b"\n\n", b"\t", b'"', b"'", b",", b";", b"{", b"}", b"[", b"]", b"<", b">", b"&#0;", b"&amp", b"\\",
    b"\\ud800", b"\\u0000", b"null", b"<!--", b"]]>", b": ", b"://", b"\xe2\x80\xa8", b"\xe2\x80\x8f", b"\x1b[31m",
    b"\x03", b"%PDF",
)  # fmt: skip
ENCODINGS = (
    "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-8-sig", "cp1252", "cp1255", "shift_jis", "euc-kr", "utf-7",
)  # fmt: skip
OPENED = (b"[", b"{", b'{"a":', b"(", b"<div>", b"<w:p>", b"> ", b"  ", b"*", b"<!--", b'"', b"From ", b"#")


def flip(r: Random, data: bytes) -> bytes:
    changed = bytearray(data or b"x")
    for _ in range(r.choice((1, 2, 8, 32))):
        changed[r.randrange(len(changed))] = r.randrange(256)
    return bytes(changed)


def piece(r: Random, data: bytes) -> tuple[int, int]:
    start, end = sorted((r.randint(0, len(data)), r.randint(0, len(data))))
    return start, min(end, start + r.choice((1, 8, 80, len(data))))


def cut(r: Random, data: bytes) -> bytes:
    start, end = piece(r, data)
    return r.choice((data[:start] + data[end:], data[:start], data[start:], data[start:end]))


def double(r: Random, data: bytes) -> bytes:
    start, end = piece(r, data)
    return data[:end] + data[start:end] * r.choice((1, 1, 2, 9)) + data[end:]


def swap(r: Random, data: bytes) -> bytes:
    a, b, c = sorted(r.randint(0, len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def insert(r: Random, data: bytes) -> bytes:
    for _ in range(r.choice((1, 1, 2, 9))):
        place, junk = r.randint(0, len(data)), r.choice(JUNK)
        data = data[:place] + junk + data[place + r.choice((0, len(junk))) :]
    return data


def shuffle(r: Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join(r.sample(lines, len(lines)))


def delete(r: Random, data: bytes) -> bytes:
    return b"\n".join(line for line in data.split(b"\n") if r.random() < 0.7)


def repeat(r: Random, data: bytes) -> bytes:
    return b"\n".join(line for line in data.split(b"\n") for _ in range(r.choice((1, 1, 2, 5))))


def number(r: Random, data: bytes) -> bytes:
    return _replaced(r, data, rb"\d+", NUMBERS)


def date(r: Random, data: bytes) -> bytes:
    return _replaced(r, data, rb"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[\dT:.Z+-]*|\d{1,2}:\d{2}(?::\d{2})?", DATES)


def _replaced(r: Random, data: bytes, pattern: bytes, by: tuple[str, ...]) -> bytes:
    for _ in range(r.choice((1, 1, 3))):
        if places := list(re.finditer(pattern, data)):
            place = r.choice(places)
            data = data[: place.start()] + r.choice(by).encode() + data[place.end() :]
    return data


def separate(r: Random, data: bytes) -> bytes:
    """Other separators of cells, of lines, of names."""
    marks = (b",", b";", b"\t", b"|", b": ", b" - ", b"\n", b"\r\n", b"\r", b"\xe2\x80\xa8")
    return data.replace(r.choice(marks), r.choice(marks))


def encode(r: Random, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode(r.choice(ENCODINGS), "replace")


def nest(r: Random, data: bytes) -> bytes:
    place = r.randint(0, len(data))
    return data[:place] + r.choice(OPENED) * r.choice((20, 300, 3000, 40_000)) + data[place:]


def grow(r: Random, data: bytes) -> bytes:
    """A piece so often that what needs the square of the size takes too long."""
    start, end = piece(r, data)
    some = data[start:end] or b" "
    return data[:end] + some * (r.choice((5_000, 50_000, LONGEST)) // len(some)) + data[end:]


def nothing(r: Random, data: bytes) -> bytes:
    return r.choice((b"", b"\n", b" ", b"\x00", b"\xef\xbb\xbf", b"{}", b"[]", b"null", b"[null]", b"\n" * 3000))


# --- Mutations of values --------------------------------------------------------------------------------------------

DEEP = "@deep@"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 7, -1, -1.5, 10**30, 2**63, 1e308, float("inf"), float("nan"), "", " ", "x", "\x00", "\ud83d",
    "é\x00", "9" * 400, "null", "-1", "1e999", [], {}, [[]], [None], [7], [{}], {"": None}, {"a": [7]}, "0000-00-00",
    "2024-13-45T99:99:99Z", "x\ny\r\nz\u2028", "<b>&amp;", "\u202e", DEEP,
)  # fmt: skip


def value(r: Random, data: bytes) -> bytes:
    """JSON in which keys are missing or renamed, and values are of another kind. What is none is cut."""
    text = decoded(data)
    found = _json_in(r, text)
    if found is None:
        return cut(r, data)
    start, end, parsed = found
    try:
        for _ in range(r.choice((1, 1, 2, 5))):
            parsed = _altered(r, parsed)
        written = json.dumps(parsed, ensure_ascii=r.random() < 0.5)
    except RecursionError:  # it was nested before
        return cut(r, data)
    if DEEP in written:
        count, (opened, closed) = r.choice((50, 500, 5000, 60_000)), r.choice((("[", "]"), ('{"a":', "}")))
        written = written.replace(f'"{DEEP}"', f"{opened * count}7{closed * count}", 1)
    return f"{text[:start]}{written}{text[end:]}".encode("utf-8", "surrogatepass")


def _json_in(r: Random, text: str) -> tuple[int, int, Any] | None:
    """Where a JSON value stands in a text, and the value: the first one, or that of any line."""
    starts = [match.start() for match in re.finditer(r"^[^\[{\n]{0,60}[\[{]", text, re.M)]
    for begin in [*starts[:1], *r.sample(starts, min(3, len(starts)))] if len(starts) < 500 else starts[:1]:
        start = min(place for place in (text.find("[", begin), text.find("{", begin)) if place >= 0)
        try:
            parsed, end = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if r.random() < 0.7 or len(starts) == 1:
            return start, end, parsed
    return None


def _altered(r: Random, root: Any) -> Any:
    """The value in which one element is another, twice or missing."""
    places: list[tuple[Any, Any]] = []
    open_ = [root]
    while open_ and len(places) < 5000:
        each = open_.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each)) if isinstance(each, list) else ()
        places += ((each, key) for key in keys)
        open_ += (each[key] for key in keys)
    if not places:
        return deepcopy(r.choice(VALUES))
    (holder, key), (other, place) = r.choice(places), r.choice(places)
    what = r.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, list):
        holder.insert(key, deepcopy(holder[key]))
    elif what == 1:
        holder[r.choice((key.upper(), f"{key}x", ""))] = holder.pop(key)
    elif what == 2 and not isinstance(other[place], dict | list):
        holder[key] = other[place]
    else:
        holder[key] = deepcopy(r.choice(VALUES))
    return root


def row(r: Random, data: bytes) -> bytes:
    """A database in which values are of another kind, and rows, tables or columns are missing. Of what is none, some
    bytes are flipped."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.deserialize(data)
            for _ in range(r.choice((1, 2, 5))):
                _spoil(r, connection)
            connection.commit()
            return connection.serialize()
        except (sqlite3.Error, UnicodeDecodeError):  # a name that is damaged is no text
            return flip(r, data)


def _spoil(r: Random, connection: sqlite3.Connection) -> None:
    table = r.choice([name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")])
    column = r.choice([each[1] for each in connection.execute(f"PRAGMA table_info('{table}')")])
    what = r.random()
    some = f"rowid % 3 = {r.randrange(3)}"
    if what < 0.75:
        new = r.choice((None, 0, 7, -1, 2**62, 1e300, "", "x", "é\x00", b"\xff\x00", "9" * 400, -(2**63)))
        connection.execute(f"UPDATE OR REPLACE '{table}' SET '{column}' = ? WHERE {some}", (new,))
    elif what < 0.85:
        connection.execute(f"DELETE FROM '{table}' WHERE {some}")
    elif what < 0.93:
        connection.execute(f"ALTER TABLE '{table}' DROP COLUMN '{column}'")
    else:
        connection.execute(f"DROP TABLE '{table}'")


# --- Mutants --------------------------------------------------------------------------------------------------------

OFTEN: tuple[Mutation, ...] = (
    flip, cut, double, swap, insert, insert, shuffle, delete, repeat, number, date, separate, encode,
)  # fmt: skip
RARE: tuple[Mutation, ...] = (nest, nothing, grow)


class Mutant(NamedTuple):
    """A damaged file: its name, its bytes, the source that is asked to read it, and whether all of `ingest` does."""

    name: str
    data: bytes
    source: str
    whole: bool


def mutant(source: str, seed: int, index: int) -> Mutant:
    """A damaged sample of a source; the same one for the same seed and index."""
    r = random.Random(f"{source} {seed} {index}")
    sample = r.choice(samples(source))
    members = dict(sample.members)
    if len(members) > 1 and r.random() < 0.25:
        _rearranged(r, members)
    else:
        name = r.choices(list(members), [len(data) + 1 for data in members.values()])[0]
        members[name] = _mutated(r, members[name])
    data = _packed(r, sample.name, members)
    return Mutant(sample.name, data, "auto" if r.random() < AUTO else source, r.random() < WHOLE)


def _mutated(r: Random, data: bytes) -> bytes:
    if data.startswith(b"(\xb5/\xfd") and r.random() < 0.8:  # what is packed is damaged before it is
        from backports import zstd

        return zstd.compress(_mutated(r, zstd.decompress(data)))
    for _ in range(r.choice((1, 1, 1, 2, 3))):
        data = _mutation(r, data)(r, data)[:LONGEST]
    return data


def _mutation(r: Random, data: bytes) -> Mutation:
    if data.startswith(b"SQLite") and r.random() < 0.7:
        return row
    if r.random() < 0.06:
        return r.choice(RARE)
    if data.lstrip()[:1] in (b"{", b"[", b"w") and r.random() < 0.5:
        return value
    return r.choice(OFTEN)


def _rearranged(r: Random, members: dict[str, bytes]) -> None:
    """The members of an archive, of which one is missing, empty, renamed or in the place of another."""
    name, other = r.choice(list(members)), r.choice(list(members))
    what = r.randrange(5)
    if what == 0:
        del members[name]
    elif what == 1:
        members[name] = b""
    elif what == 2:
        members[name], members[other] = members[other], members[name]
    elif what == 3:
        members[f"more/{name}"] = members[name]
    else:
        last = name.rpartition("/")[2]
        renamed = (name.upper(), f"x/{name}", f"{name}.txt", last, "../a.json", "/a.json", "é\u202e.json")
        members[r.choice(renamed)] = members.pop(name)


def _packed(r: Random, name: str, members: Mapping[str, bytes]) -> bytes:
    """A file is its only member. Of archives some are broken in the end."""
    if not name.endswith(ARCHIVES):
        (data,) = members.values()
        return data
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two members with one name
        for each, data in members.items():
            twice = 1 + (r.random() < 0.02)
            for _ in range(twice):
                archive.writestr(zipfile.ZipInfo(each), data, r.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    packed = stream.getvalue()
    return r.choice((flip, cut, insert))(r, packed) if r.random() < 0.15 else packed


# --- How reading ends -----------------------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """How reading one input ended: `result`, `clear error`, `traceback`, `hang` or `miscount`, and what was wrong."""

    kind: str
    what: str = ""


GOOD = ("result", "clear error")
ENDS = (*GOOD, "traceback", "hang", "miscount")


class Hang(BaseException):
    """Reading took too long. No Exception, so that nothing on the way catches it."""


def outcome(path: Path, source: str, project: Path | None = None) -> Outcome:
    """How reading this file as this source (or `auto`) ends; with a folder for a project, how all of `ingest` does."""
    try:
        with _limited(LIMIT):
            readings = read_all(path, source)
            wrong = [told for each in readings if (told := miscount(each))]
        if project:
            with _limited(3 * LIMIT):  # it reads, joins, cuts and writes, half a millisecond a conversation
                ingested(path, source, project)
    except Hang as hang:
        return Outcome("hang", _where(hang))
    except UserError as error:
        return (
            Outcome("clear error", error.expected) if all(error.args) else Outcome("miscount", "an error without words")
        )
    except Exception as error:
        return Outcome("traceback", f"{type(error).__name__} {_where(error)}: {str(error)[:120]}")
    return Outcome("miscount", wrong[0]) if wrong else Outcome("result")


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise Hang in what needs more time of the processor than this."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang

    start, before = time.process_time(), signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)  # again, should the first be lost in a callback
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    if time.process_time() - start > seconds:  # a library that cannot be interrupted
        raise Hang


def _where(error: BaseException) -> str:
    """The last place in the program itself."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/mynah/" in frame.filename]
    last = frames[-1] if frames else None
    return f"in {last.filename.rpartition('/mynah/')[2]}:{last.lineno} {last.name}" if last else "nowhere"


def read_all(path: Path, source: str) -> list[Reading]:
    """What `ingest` reads of a path, each question answered with the first choice."""
    exports, _ = recognize(look_at((path,)), source, path.name, lambda export: len(_answered(export).messages))
    return [_answered(export) for export in exports]


def ingested(path: Path, source: str, project: Path) -> None:
    """All of `ingest`: joined, cut, written and accounted for."""
    shutil.rmtree(project, ignore_errors=True)
    options = ingest.Options(input=(path,), source=source)
    ingest.settled(Project.at(project), options, lambda question: next(iter(question.choices)))


def _answered(export: Export) -> Reading:
    given: dict[str, Any] = {}
    while True:
        try:
            return read(export, given)
        except Question as question:
            if question.option in given:
                raise  # it was answered, and that did not help
            given[question.option] = next(iter(question.choices))


def miscount(reading: Reading) -> str:
    """What does not add up in what was read of one file, or nothing: each of its lines, or of the elements that it
    counts in place of lines, belongs to something, and the account counts it once."""
    if "read instead" in reading.facts or (_has_lines(reading) and not _lines(reading)):
        return ""  # another file has it all, or a mark of the encoding is all it has
    others = [each.origin for part in (reading.records, reading.documents, reading.unparsed) for each in part]  # type: ignore[attr-defined]
    first = np.append(reading.messages.numbers("line"), [origin.line for origin in others]).astype(np.int64)
    last = (
        first + np.append(reading.messages.numbers("lines"), [origin.lines for origin in others]).astype(np.int64) - 1
    )
    count = _lines(reading) if _has_lines(reading) else int(last.max(initial=0))
    if len(first) and (first.min() < 1 or (last < first).any() or last.max() > count):
        return f"lines {first.min()} to {last.max()} of {count}"
    steps = np.zeros(count + 2, np.int64)
    np.add.at(steps, first, 1)
    np.add.at(steps, last + 1, -1)
    lost = np.flatnonzero(np.cumsum(steps)[1 : count + 1] == 0) + 1
    if len(lost):
        return f"{len(lost)} of {count} lines are lost, the first is {lost[0]}"
    kinds = lines_by_kind(reading)
    if sum(kinds.values()) != count or min(kinds.values()) < 0:
        return f"{kinds} of {count} lines"
    odd = [m for m in reading.messages if bool(m.speaker) == (m.kind in ("system", "instruction"))]
    return f"a message of the kind {odd[0].kind!r} by {odd[0].speaker!r}" if odd else ""


def _has_lines(reading: Reading) -> bool:
    """Is it a text whose lines are counted? What is packed has others than its file."""
    counts = reading.facts.get("counts", "lines")
    return counts == "lines" and not reading.export.file.name.lower().endswith(BINARY)


def _lines(reading: Reading) -> int:
    """How many lines it has. A box of mails has no encoding, so its lines are those of the bytes."""
    file = reading.export.file
    if reading.export.source == "mbox":
        with file.open() as stream:
            return sum(1 for _ in stream)
    text = file.text().lstrip("\ufeff")
    return text.count("\n") + (not text.endswith("\n")) if text else 0
