"""The Ubuntu Dialogue Corpus: dialogues of two that were cut out of the logs of #ubuntu.

Its first version is an archive with a folder `dialogs`, which has a folder for each number of turns and in it a `.tsv`
a dialogue: time, who speaks, to whom (which may be empty) and the text::

    2004-11-23T11:49:00.000Z→quill→→sound is gone after the update
    2004-11-23T11:50:00.000Z→mica→quill→is the mixer muted?
    2004-11-23T11:51:00.000Z→quill→mica→it was, thanks

Its later versions are `train.csv`, `valid.csv` and `test.csv`, a row of which is a dialogue up to some turn and what
was said next. They have neither times nor names: who says what comes next is called "assistant", and the other one
"user". Rows whose answer was drawn at random (label 0) are left out with that reason, and so are the wrong answers
that stand beside the right one. Quotes mean nothing in a `.tsv`, and known bots are automatic.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, encoding
from mynah.data.sources._shared.times import iso
from mynah.data.sources.irc import is_bot

LABEL = "Ubuntu Dialogue Corpus"
ASKS, ANSWERS = "user", "assistant"
SHOWN = 200  # characters of what could not be read: half of the rows are left out
LOOK = 50  # lines that are looked at
MOST = 0.8  # of which so many are rows

CONTEXT, LABELS = "context", ("label", "flag")
ANSWER = ("ground truth utterance", "utterance", "response")
UTTERANCE = re.compile(r"(?<!\s)\s*__(?:eou|EOU)__\s*")
TURN = re.compile(r"(?<!\s)\s*__(?:eot|EOT|EOS|eos)__\s*")

_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z"
_ROW = re.compile(rf"({_STAMP})\t([^\t]{{0,100}})\t([^\t]{{0,100}})\t(.*)", re.S)
_NICKS = re.compile(rf"{_STAMP}\t[^\t\s]{{1,100}}\t[^\t\s]{{0,100}}\t")


class Options(core_options.Options):
    """Nothing to set: the columns say all there is."""


class _Columns(NamedTuple):
    """Where a table has what."""

    context: int
    answer: int
    label: int | None
    wrong: int


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that these are rows with two nicks, or a table with the corpus's marks in it."""
    lines = [line for line in head.removeprefix("\ufeff").split("\n", LOOK)[:LOOK] if line.strip()]
    if len(lines) > 1 and len(head) > 60_000:
        lines.pop()  # it may be cut
    if not lines:
        return 0.0
    if _columns(lines[0]):
        return 0.97 if TURN.search(head) or UTTERANCE.search(head) else 0.0
    rows = sum(_NICKS.match(line) is not None for line in lines)
    return 0.97 if rows >= MOST * len(lines) else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """The dialogue of a file, or those of a table."""
    head = file.head().removeprefix("\ufeff")
    columns = _columns(head.partition("\n")[0])
    yield from _table(file, columns) if columns else _dialogue(file)


def write(conversation: Conversation) -> str:
    """The conversation as a file of `dialogs`."""
    rows = ((m.at or datetime.min, m) for m in conversation.messages)
    return "".join(f"{at.isoformat(timespec='milliseconds')}Z\t{m.speaker}\t\t{m.text}\n" for at, m in rows)


# --- A dialogue a file ----------------------------------------------------------------------------------------------


def _dialogue(file: Input) -> Iterator[Item]:
    text = file.text()
    lines = text.removesuffix("\n").split("\n") if text else []
    messages: list[Message] = []
    unread: list[Unparsed] = []
    for number, line in enumerate(lines, 1):
        found = _message(line.removesuffix("\r"), Origin(file.name, number))
        (messages if isinstance(found, Message) else unread).append(found)  # type: ignore[arg-type]
    yield Understood({"format": "a dialogue a file", "times": "UTC"})
    yield from unread
    if messages:
        start, end = messages[0].origin.line, messages[-1].origin.line
        messages.sort(key=lambda m: m.at or datetime.min)
        yield Conversation(tuple(messages), Origin(file.name, start, end - start + 1))


def _message(line: str, origin: Origin) -> Message | Unparsed:
    match = _ROW.fullmatch(line)
    if not match:
        return Unparsed(line[:SHOWN], "no time, nicks and text" if line.strip() else "blank line", origin)
    speaker = match[2].strip()
    if not speaker:
        return Unparsed(line[:SHOWN], "nobody is named as the speaker", origin)
    when = iso(match[1])
    if when is None:
        return Unparsed(line[:SHOWN], "no such time", origin)
    return Message(speaker, match[4].strip(), when.at, origin, "automatic" if is_bot(speaker) else "text")


# --- A dialogue a row -----------------------------------------------------------------------------------------------


def _columns(header: str) -> _Columns | None:
    """The columns that a header names, if it is one of the corpus."""
    if not header.lstrip('"').lower().startswith(CONTEXT):
        return None
    try:
        names = [name.strip().lower() for name in next(csv.reader([header.rstrip("\r")]), [])]
    except csv.Error:
        return None
    answer = next((names.index(name) for name in ANSWER if name in names), None)
    if answer is None or CONTEXT not in names:
        return None
    label = next((names.index(name) for name in LABELS if name in names), None)
    return _Columns(names.index(CONTEXT), answer, label, sum(name.startswith("distractor") for name in names))


def _table(file: Input, columns: _Columns) -> Iterator[Item]:
    wrong = 0
    with file.open() as stream:
        start = stream.read(2)
    with file.open() as stream, io.TextIOWrapper(stream, encoding(start), "windows-1252", newline="") as text:
        for number, row in enumerate(_rows(text), 0):
            if number:
                found = _row(row, columns, Origin(file.name, number))
                wrong += columns.wrong if isinstance(found, Conversation) else 0
                yield found
    facts = {"counts": "rows", "format": "a dialogue a row", "speakers": f'not named: "{ANSWERS}" says what comes next'}
    if wrong:
        facts["wrong answers left out"] = str(wrong)
    yield Understood(facts)


def _rows(text: io.TextIOWrapper) -> Iterator[list[str] | str]:
    """The rows of the table; of one that is broken, why."""
    reader = csv.reader(text)
    while True:
        try:
            yield next(reader)
        except csv.Error as error:
            yield f"broken row: {error}"
        except StopIteration:
            return


def _row(row: list[str] | str, columns: _Columns, origin: Origin) -> Conversation | Unparsed:
    if isinstance(row, str):
        return Unparsed("", row, origin)
    shown = ",".join(row)[:SHOWN]
    if len(row) <= max(columns.context, columns.answer, columns.label or 0):
        return Unparsed(shown, "a cell is missing" if row else "blank row", origin)
    if columns.label is not None and row[columns.label].strip() not in ("1", "1.0"):
        return Unparsed(shown, "the answer was drawn at random (label 0)", origin)
    turns = [*_turns(row[columns.context]), *_turns(row[columns.answer])]
    messages = tuple(
        Message(ANSWERS if (len(turns) - index) % 2 else ASKS, text, None, origin)
        for index, turn in enumerate(turns)
        for text in turn
    )
    return Conversation(messages, origin) if messages else Unparsed(shown, "nothing is said", origin)


def _turns(cell: str) -> list[list[str]]:
    """The utterances of each turn."""
    turns = ([text for text in UTTERANCE.split(turn.strip()) if text] for turn in TURN.split(cell))
    return [turn for turn in turns if turn]
