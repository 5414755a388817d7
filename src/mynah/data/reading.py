"""Reading: one export as its source reads it, in columns, and what it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from mynah.core import columns, plugins
from mynah.core import options as core_options
from mynah.core.arrow import writable
from mynah.core.columns import Messages
from mynah.core.errors import Undecided
from mynah.core.types import Conversation, Document, Item, Record, Understood, Unparsed
from mynah.data.files import Input
from mynah.privacy.forgotten import Forgotten


class Export(NamedTuple):
    """A file that is read, and the source that reads it."""

    source: str
    file: Input


class Question(Undecided):
    """What one of the files leaves open."""

    def __init__(self, question: Undecided, file: str) -> None:
        found = question.found if file in question.found else f"{question.found}, in {file!r}"
        section, option, choices = question.section, question.option, question.choices
        super().__init__(question.expected, found, question.todo, section=section, option=option, choices=choices)
        self.file = file


@dataclass(frozen=True)
class Reading:
    """What was read of one export. The messages of its chats are columns."""

    export: Export
    chats: tuple[Conversation, ...]
    records: tuple[Record, ...]
    documents: tuple[Document, ...]
    unparsed: tuple[Unparsed, ...]
    facts: dict[str, str]

    @cached_property
    def messages(self) -> Messages:
        """The messages of all chats."""
        return Messages.joined(Messages.of(chat.messages) for chat in self.chats)

    @property
    def has_text(self) -> bool:
        """Did a person say anything in it, or is there anything that is no chat?"""
        return bool(self.records or self.documents) or "text" in self.messages.counts("kind")

    def as_json(self) -> dict[str, Any]:
        """For the account."""
        lines = lines_by_kind(self)
        speakers = self.messages.counts("speaker")
        return {
            "name": self.export.file.name,
            "source": self.export.source,
            "facts": self.facts,
            "lines": sum(lines.values()),
            "lines_by_kind": lines,
            "messages": sum(count for name, count in speakers.items() if name),
            "records": len(self.records),
            "documents": len(self.documents),
        }


def read(export: Export, given: Mapping[str, Any]) -> Reading:
    """All of one export, by the options of its source that were given. Raises Question for what it leaves open."""
    source, file = export
    module = plugins.load("source", source)
    try:
        return _gathered(export, module.read(file, core_options.resolve(module.Options, given, source)))
    except Undecided as question:
        raise Question(question, file.name) from None


def _gathered(export: Export, items: Iterable[Item]) -> Reading:
    """The items by what they are."""
    chats: list[Conversation] = []
    records: list[Record] = []
    documents: list[Document] = []
    unparsed: list[Unparsed] = []
    mixed = "not all of it UTF-8; the rest was read as Windows-1252"
    facts = {} if export.file.is_unicode() else {"encoding": mixed}
    for item in items:
        if isinstance(item, Conversation):
            chats.append(replace(item, messages=Messages.of(item.messages)))
        elif isinstance(item, Record):
            records.append(item)
        elif isinstance(item, Document):
            documents.append(item)
        elif isinstance(item, Unparsed):
            unparsed.append(item)
        else:
            assert isinstance(item, Understood)
            facts |= {name: writable(value) for name, value in item.facts.items()}
    return Reading(export, tuple(chats), tuple(records), tuple(documents), tuple(unparsed), facts)


def without(readings: Sequence[Reading], gone: Forgotten) -> list[Reading]:
    """The readings without whom was forgotten in this project, and what they said."""
    if not gone.names:
        return list(readings)
    _, trace = gone.among(message for each in readings for message in each.messages)
    found = []
    for each in readings:
        chats, count = gone.without(each.chats)
        kept = replace(
            each,
            chats=tuple(replace(chat, messages=Messages.of(chat.messages)) for chat in chats),
            records=tuple(record for record in each.records if not trace(str(record.fields))),
            documents=tuple(document for document in each.documents if not trace(str(document.sections))),
            unparsed=tuple(line for line in each.unparsed if not trace(line.text)),
        )
        count += sum(
            len(getattr(each, kind)) - len(getattr(kept, kind)) for kind in ("records", "documents", "unparsed")
        )
        found.append(
            replace(kept, facts={**each.facts, "forgotten": f"{count:,} messages and more left out, as asked"})
        )
    return found


def lines_by_kind(reading: Reading) -> dict[str, int]:
    """How many lines of one file are what. They add up to the file: several messages of one line count once."""
    messages = reading.messages
    line, lines = messages.numbers("line"), messages.numbers("lines")
    codes, names = messages.codes("speaker")
    said = np.array([bool(name) for name in names], np.bool_)[codes]
    if np.any(line[1:] <= line[:-1]):  # several messages in one line, or lines that are out of order
        _, last = np.unique(line[::-1], return_index=True)
        spoken, heads, extra = len(np.unique(line[said])), len(last), lines[::-1][last]
    else:
        spoken, heads, extra = int(said.sum()), len(line), lines
    found = {
        "messages": spoken,
        "continuations": int((extra - 1).sum()),
        "system": heads - spoken,
        "unparsed": sum(each.origin.lines for each in reading.unparsed),
    }
    if reading.records:
        found["records"] = sum(each.origin.lines for each in reading.records)
    if reading.documents:
        found["documents"] = sum(each.origin.lines - _unread_in(each, reading.unparsed) for each in reading.documents)
    return found


def _unread_in(document: Document, unparsed: Iterable[Unparsed]) -> int:
    """How many lines of what a document spans could not be read: they count once."""
    begin, end = document.origin.line, document.origin.line + document.origin.lines
    return sum(each.origin.lines for each in unparsed if begin <= each.origin.line < end)


def times(readings: Iterable[Reading]) -> tuple[str | None, str | None]:
    """When the first and the last message were sent, to the second."""
    every = [columns.times(chat.messages) for each in readings for chat in each.chats]
    known = np.concatenate([each[~np.isnat(each)] for each in every]) if every else np.zeros(0, "datetime64[us]")
    if not len(known):
        return None, None
    first, last = (str(each.astype("datetime64[s]")).replace("T", " ") for each in (known.min(), known.max()))
    return first, last
