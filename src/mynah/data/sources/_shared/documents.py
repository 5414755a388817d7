"""What the sources of documents share: sections below nested headings, what is prose and what a chat, the limits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Literal

from mynah.core.arrow import writable
from mynah.core.errors import UserError
from mynah.core.types import Document, Item, Origin, Understood, Unparsed
from mynah.data.files import Input, plural

LARGEST = 256 * 1024**2  # bytes of one document, all of which is in memory while it is read
LONGEST = 200  # characters of a heading; what is longer is a paragraph
LOOK = 16_000  # characters of the head that are looked at
PROSE = ("", ".txt", ".text", ".md", ".markdown", ".rst")  # how files with running text are called
FEWEST = 3  # sentences that make prose
WIDTH = 40  # bytes of a long line: 40 Latin letters, 13 Chinese ones
TIMED = 0.05  # share of lines that may begin as the messages of a chat do, with a time
NAMED = 0.15  # and with a name
WRAPPED = (50, 100)  # characters of a line that was broken to fit a page

_SENTENCE = re.compile(r"[^\W\d_]{2}[.!?…؟।۔]{1,3}[\"'”’»)\]*_]{0,4}(?=\s|$)|[。！？]")
_TIME = re.compile(
    r"\W{0,3}(?:\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([./-])\d{1,2}\2\d{1,2})\b|.{0,40}?\b\d{1,2}:\d{2}\b"
)
_NAME = re.compile(r"[\[<(*]{0,2}[^\W\d_][\w .'’~-]{0,30}[\]>)*]{0,2}(?:[:：](?=\s|\*\*|$)|(?<=>)(?= +\S))")
_ROW = re.compile(r"\S(?:\t| {3,})\S|[\d%]\)?$")  # cells beside each other, or a number at the end
_ITEM = re.compile(r"\s|[-*+•◦–|>]\s|\(?(?:\d{1,3}|[A-Za-z])[.)]\s")


# --- Files ----------------------------------------------------------------------------------------------------------


def content(file: Input) -> bytes:
    """The whole file. Raises UserError for one that is larger than LARGEST bytes."""
    with file.open() as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        found = f"{file.name!r}, which is larger"
        raise UserError(f"a document of at most {LARGEST // 1024**2} MB", found, "Cut it into several files.")
    return data


def lines_of(text: str) -> list[str]:
    """The lines of a text, without their ends. Other marks than line feeds end none."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def named(file: Input) -> str:
    """The title of a document that has none: the name of its file."""
    return PurePosixPath(file.name).stem


def items(
    file: Input,
    title: str,
    sections: Sequence[tuple[str, str]],
    number: int,
    left: Mapping[str, int],
    facts: Mapping[str, str],
) -> Iterator[Item]:
    """What was understood and the document; an Unparsed where there is no text. `number` is how many lines, pages or
    paragraphs the file has, whichever `facts["counts"]` says, and `left` is what was left out of it."""
    yield Understood({**facts, **left_out(left)})
    origin = Origin(file.name, 1, max(number, 1))
    if sections:
        whole = tuple((writable(heading), writable(text)) for heading, text in sections)
        yield Document(" ".join(writable(title).split()) or named(file), whole, origin)
    else:
        yield Unparsed("", "no text in it", origin)


def left_out(left: Mapping[str, int]) -> dict[str, str]:
    """`{"left out": "2 scripts, 1 footer"}`, or nothing."""
    told = [f"{n:,} {what if n == 1 else plural(what)}" for what, n in Counter(left).most_common() if n]
    return {"left out": ", ".join(told)} if told else {}


# --- Sections -------------------------------------------------------------------------------------------------------


class Sections:
    """The sections of a document as it is read from top to bottom. A heading stands below those of higher levels:
    `Leave > Annual leave`. One with nothing of its own but headings below it is no section."""

    def __init__(self) -> None:
        self._done: list[tuple[str, str]] = []
        self._open: list[tuple[int, str]] = []
        self._blocks: list[str] = []
        self._last = ""

    def heading(self, level: int, text: str) -> None:
        """A heading begins a section. Level 1 is the highest."""
        text = " ".join(text.split())
        if len(text) > LONGEST:
            self.block(text)
        elif text:
            self._close(is_above=bool(self._open) and level > self._open[-1][0])
            while self._open and self._open[-1][0] >= level:
                self._open.pop()
            self._open.append((level, text))

    def block(self, text: str, kind: Literal["", "row", "item"] = "") -> None:
        """A paragraph. Rows of a table follow each other without an empty line, and so do items of a list."""
        if not text.strip():
            return
        if self._blocks:
            self._blocks.append("\n" if kind and kind == self._last else "\n\n")
        self._blocks.append(text)
        self._last = kind

    def finished(self) -> list[tuple[str, str]]:
        """All sections, as (heading, text)."""
        self._close(is_above=False)
        self._open.clear()
        return self._done

    def _close(self, is_above: bool) -> None:
        if self._blocks or (self._open and not is_above):
            self._done.append((" > ".join(text for _, text in self._open), "".join(self._blocks)))
        self._blocks.clear()


def unwrapped(lines: Sequence[str], least: int = WRAPPED[0], most: int = WRAPPED[1]) -> str:
    """A paragraph whose lines were broken to fit a page as one line: those of `least` to `most` characters. Lists, rows
    of tables and verses keep their lines."""
    joined = [lines[0].rstrip()]
    for before, line in pairwise(lines):
        before = before.rstrip()
        if not least <= len(before) <= most or _ROW.search(before.lstrip()) or _ITEM.match(line):
            joined += ["\n", line.rstrip()]
        else:
            joined += ["" if re.search(r"[^\W\d_]-$", joined[-1]) else " ", line.strip()]
    return "".join(joined)


# --- Prose ----------------------------------------------------------------------------------------------------------


def beginning(head: str) -> list[str]:
    """The first lines of a file that are not blank, without the one that may be cut."""
    lines = head[:LOOK].removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if len(head) > LOOK and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip()]


def may_be_prose(name: str) -> bool:
    """Is a file called as texts are? Tables, logs and programs hold sentences, too."""
    return PurePosixPath(name).suffix.lower() in PROSE


def is_prose(lines: Sequence[str]) -> bool:
    """Are these lines running text: several sentences, of some length, mostly in long lines?"""
    text = "\n".join(lines)
    sentences = sum(1 for _ in _SENTENCE.finditer(text))
    letters = sum(map(str.isalpha, text))
    long = sum(len(line) for line in lines if len(line.encode("utf-8", "replace")) >= WIDTH)
    return sentences >= FEWEST and 8 <= letters / sentences <= 600 and 2 * long >= len(text) and "\0" not in text


def is_chat(lines: Sequence[str], timed: float = TIMED, named: float = NAMED) -> bool:
    """Do these lines begin as the messages of a chat do, with times, or with names that come again? Then they are a
    chat that no source could read, and no document. One or two such lines are none, unless the file begins with one."""
    times = sum(_TIME.match(line) is not None for line in lines)
    names = Counter(found[0] for line in lines if (found := _NAME.match(line)))
    again = sum(count for count in names.values() if count > 1)
    begins = bool(lines) and _TIME.match(lines[0]) is not None and _NAME.search(lines[0]) is not None
    return begins or times > max(2, timed * len(lines)) or again > max(2, named * len(lines))
