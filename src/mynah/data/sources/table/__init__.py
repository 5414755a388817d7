"""Tables of anything: CSV, TSV, XLSX, ODS, JSON, JSONL or Parquet, a row of which is a message, a question with its
answer, or a ticket.

What is no export of a program of its own often comes as a table: a spreadsheet that somebody keeps, a query of a
database, the export of a help desk (in most of them: Reports → Export → CSV or Excel). The columns are recognized by
their names in several languages, and by what is in them::

    sent;author;body;channel
    31/01/2024 21:05;Noor;is the gate open?;garden
    31/01/2024 21:06;Mika;"yes; until nine";garden
    01/02/2024 08:15;Noor;thanks, I will come by;garden

Of a chat, the columns that are known become messages, and those of one chat a conversation; the others are named. Of
questions and of tickets each row is a record with all of its columns, in which dates, hours and amounts are read and
what says that there is nothing (NA, -, #N/D) is left out. Rows are counted from 1 below the names of the columns. What
cannot be read stays as it is written and is counted; rows that are too short or too long are not read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core.options import option
from mynah.core.types import Conversation, Item, Message, Origin, Record, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.records import normal, shown
from mynah.data.sources._shared.times import in_order
from mynah.data.sources.table import columns, dates, rows, values
from mynah.data.sources.table.columns import SURE, Understanding
from mynah.data.sources.table.rows import Cells, Table

LABEL = "table"
NAMED = 0.5  # of the values of a column must be hours where its name says so
PLAIN = 0.8  # and where it does not
ATTACHMENT = ("attachment", "attachments", "media", "file", "files", "allegato", "anhang", "anexo", "adjunto")


class Options(core_options.Options):
    """What the names of the columns may not tell."""

    kind: Literal["auto", "chat", "questions", "tickets"] = option("auto", "what a row is")
    speaker: str = option("", "the column of who wrote a message")
    text: str = option("", "the column of what was written")
    time: str = option("", "the column of when it was sent")
    chat: str = option("", "the column of the chat that it is of")
    recipient: str = option("", "the column of whom it was sent to, where there is none of the chat")
    id: str = option("", "the column of the message's own id")
    reply_to: str = option("", "the column of the id that it answers")
    date_order: Literal["auto", "dmy", "mdy", "ymd"] = option("auto", "the order of day, month and year in dates")
    delimiter: str = option("auto", "what stands between cells: comma, semicolon, tab, bar or another character")
    encoding: str = option("auto", "the encoding of text: utf-8, cp1252, utf-16, …")
    sheet: str = option("", "the sheet of a workbook, by name or number")

    @field_validator("sheet", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is a table whose columns make sense; never as sure as a source of its own."""
    if rows.is_workbook(head) or head.startswith("PAR1"):
        return SURE
    names = rows.names_of(head)
    return columns.sense(names) if len(names) > 1 else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """The conversations or the records of a table, and what is neither."""
    table = rows.read(file, options.delimiter, options.encoding, options.sheet)
    wanted = {role: column for role in columns.CHAT if (column := getattr(options, role))}
    meant = columns.understand(table.names, [cells for _, cells in table.rows], options.kind, wanted)
    facts = {"counts": "rows", "rows": {"chat": "messages"}.get(meant.kind, meant.kind), **table.facts}
    facts["columns"] = ", ".join(f"{column} -> {role}" for column, role in meant.roles.items()) or "none known"
    if meant.by_content:
        facts["columns"] += " (by what is in them)"
    for each in table.broken:
        yield Unparsed(each.text, each.reason, Origin(file.name, each.number))
    if meant.kind == "chat":
        yield from _messages(file, table, meant, options, facts)
    else:
        yield from _records(file, table, meant, options, facts)
    yield Understood(facts)


# --- Records --------------------------------------------------------------------------------------------------------


def _records(
    file: Input, table: Table, meant: Understanding, options: Options, facts: dict[str, str]
) -> Iterator[Record]:
    """A record a row, with the dates, hours and amounts that its columns hold."""
    cells = {name: [values.present(row[place]) for _, row in table.rows] for place, name in enumerate(table.names)}
    for name, role in meant.roles.items():
        if role == "alternatives":
            cells[name] = [_listed(value) for value in cells[name]]
    asked = [name for name, role in meant.roles.items() if role in ("question", "answer")]  # a date may be an answer
    rest = {name: column for name, column in cells.items() if name not in asked}
    hours = {name: found for name, column in rest.items() if (found := _hours(name, column))}
    amounts = {name: found for name, column in rest.items() if name not in hours and (found := _amounts(name, column))}
    left = {name: column for name, column in rest.items() if name not in hours and name not in amounts}
    dated = dates.read(left, options.date_order, [number for number, _ in table.rows])
    facts |= {name: fact for name, fact in dated.facts.items() if name != "times"}
    facts |= _read_as({"hours": hours, "amounts": amounts, "dates": dated.columns})
    unread = [told for name, found in (hours | amounts).items() if (told := _unread(name, found))]
    if unread:
        facts["not read as numbers"] = "; ".join(unread)
    missing = sum(value is None for column in cells.values() for value in column)
    facts["missing"] = f"{missing:,} of {len(table.rows) * len(table.names):,} cells"
    cells |= hours | amounts | dated.columns
    for place, (number, _) in enumerate(table.rows):
        yield Record({name: _plain(column[place]) for name, column in cells.items()}, Origin(file.name, number))


def _read_as(found: dict[str, dict[str, list[Any]]]) -> dict[str, str]:
    """Which columns were read as what."""
    return {what: ", ".join(held) for what, held in found.items() if held}


def _hours(name: str, column: Sequence[Any]) -> list[Any]:
    """The column as hours, with what is none left as it is; nothing where it has none."""
    unit = values.unit_of(name)
    there = [value for value in column if value is not None]
    if not there or (unit is None and sum(map(values.has_unit, there)) < PLAIN * len(there)):
        return []
    decimal = values.decimal_of(there)
    return _enough(column, lambda value: values.hours(value, unit or 0.0, decimal))


def _amounts(name: str, column: Sequence[Any]) -> list[Any]:
    """The column as amounts of money, if its name says so."""
    if not values.is_amount(name):
        return []
    decimal = values.decimal_of(column)
    return _enough(column, lambda value: values.amount(value, decimal))


def _enough(column: Sequence[Any], reading: Callable[[Any], float | None]) -> list[Any]:
    """What is read of a column, if it is enough of it."""
    read = [None if value is None else reading(value) for value in column]
    there = sum(value is not None for value in column)
    if not there or sum(value is not None for value in read) < NAMED * there:
        return []
    return [was if now is None else now for was, now in zip(column, read, strict=True)]


def _unread(name: str, column: Sequence[Any]) -> str:
    """How much of a column of numbers stays as it was, and what."""
    left = [value for value in column if isinstance(value, str)]
    return f"{name}: {len(left):,}, such as {left[0][:40]!r}" if left else ""


def _listed(value: Any) -> Any:
    """Other wordings as a list, however they are written into one cell."""
    if not isinstance(value, str):
        return value
    if value.startswith("["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return [text for each in found if (text := shown(each))]
    mark = next((mark for mark in ("\n", "||", "|", ";") if mark in value), "\n")
    return [text for each in value.split(mark) if (text := each.strip())]


def _plain(value: Any) -> Any:
    """A value that tables on disk can hold."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return value if isinstance(value, str | int | float | list | dict | None) else shown(value)


# --- Chats ----------------------------------------------------------------------------------------------------------


def _messages(
    file: Input, table: Table, meant: Understanding, options: Options, facts: dict[str, str]
) -> Iterator[Item]:
    """A message a row, in a conversation a chat."""
    place = {role: table.names.index(name) for name, role in meant.roles.items()}
    left = [name for name in table.names if name not in meant.roles and normal(name) not in ATTACHMENT]
    if left:
        facts["columns not read"] = ", ".join(left)
    times = _times(table, place, options, facts)
    attached = next((at for at, name in enumerate(table.names) if normal(name) in ATTACHMENT), None)
    chats: dict[str, list[Message]] = {}
    for (number, cells), at in zip(table.rows, times, strict=True):
        origin = Origin(file.name, number)
        speaker, text = _said(cells[place["speaker"]]), _said(cells[place["text"]])
        file_too = attached is not None and bool(shown(values.present(cells[attached])))
        if not speaker or not (text or file_too):
            why = "no text" if speaker else "nobody is named as the speaker"
            yield Unparsed(rows.as_line(cells), why, origin)
            continue
        id, reply_to = (_cell(cells, place.get(role)) or None for role in ("id", "reply_to"))
        message = Message(speaker, text or "attachment", at, origin, "text" if text else "media", id, reply_to)
        chats.setdefault(_chat(cells, place, speaker), []).append(message)
    for chat, messages in chats.items():
        yield _conversation(file, chat, messages)


def _said(cell: Any) -> str:
    """What was written. None of it is taken for a mark that there is nothing: people write "na", and are called so."""
    return shown(cell if isinstance(cell, str) else values.present(cell))


def _cell(cells: Cells, place: int | None) -> str:
    return "" if place is None else shown(values.present(cells[place]))


def _chat(cells: Cells, place: dict[str, int], speaker: str) -> str:
    """The name of the chat: its own, or those of the two who write to each other."""
    if "chat" in place:
        return _said(cells[place["chat"]])
    other = _cell(cells, place.get("recipient"))
    return " / ".join(sorted({speaker, other})) if other else ""


def _times(table: Table, place: dict[str, int], options: Options, facts: dict[str, str]) -> list[datetime | None]:
    """When each message was sent, as far as it can be read."""
    if "time" not in place:
        return [None] * len(table.rows)
    column = [values.present(row[place["time"]]) for _, row in table.rows]
    if "clock" in place:
        column = [
            _with_clock(day, values.present(row[place["clock"]]))
            for day, (_, row) in zip(column, table.rows, strict=True)
        ]
    name = table.names[place["time"]]
    found = dates.read({name: column}, options.date_order, [number for number, _ in table.rows], surely=True)
    facts |= found.facts
    read = found.columns.get(name, [])
    if not read and any(value is not None for value in column):
        facts["not read as dates"] = f"most of {name}: nothing of it was read"
    return [_plain(value) if isinstance(value, datetime) else None for value in read or [None] * len(column)]


def _with_clock(day: Any, clock: Any) -> Any:
    """A day with the time of day that stands in a column of its own."""
    if day is None or clock is None:
        return day
    if isinstance(day, datetime | date):
        day = day.strftime("%Y-%m-%d")
    return f"{day} {clock}"


def _conversation(file: Input, chat: str, messages: Sequence[Message]) -> Conversation:
    """The messages in the order of time."""
    held = in_order(messages)
    numbers = [message.origin.line for message in held]
    return Conversation(held, Origin(file.name, min(numbers), max(numbers) - min(numbers) + 1), chat)
