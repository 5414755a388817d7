"""Rows on disk: Messages, Records, Documents and Examples as Parquet, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mynah.core import arrow, columns
from mynah.core.columns import Messages
from mynah.core.types import Conversation, Document, Example, Message, Origin, Record, Turn

ORIGIN = pa.struct([("file", pa.string()), ("line", pa.int64()), ("lines", pa.int64())])
TURN = pa.struct(
    [
        ("role", pa.string()),
        ("bubbles", pa.list_(pa.string())),
        ("speaker", pa.string()),
        ("learn", pa.bool_()),
        ("rejected", pa.string()),
    ]
)
SECTION = pa.struct([("heading", pa.string()), ("text", pa.string())])
MESSAGES = pa.schema(
    [
        ("conversation", pa.int64()),
        ("chat", pa.string()),
        ("speaker", pa.string()),
        ("text", pa.string()),
        ("at", pa.timestamp("us")),
        ("origin", ORIGIN),
        ("kind", pa.string()),
        ("id", pa.string()),
        ("reply_to", pa.string()),
    ]
)
RECORDS = pa.schema([("fields", pa.string()), ("origin", ORIGIN)])
DOCUMENTS = pa.schema([("title", pa.string()), ("sections", pa.list_(SECTION)), ("origin", ORIGIN)])
EXAMPLES = pa.schema(
    [
        ("id", pa.string()),
        ("turns", pa.list_(TURN)),
        ("system", pa.string()),
        ("at", pa.timestamp("us")),
        ("origins", pa.list_(ORIGIN)),
        ("synthetic", pa.bool_()),
        ("chat", pa.string()),
    ]
)
GROUP = 32 * 1024  # messages that are written at once
REPEATED = ["conversation", "chat", "speaker", "kind", "origin.file"]  # columns of few values


def write_rows(path: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema | None = None) -> None:
    """Write rows as Parquet."""
    try:
        table = pa.Table.from_pylist(list(rows), schema=schema)
    except UnicodeEncodeError:
        table = pa.Table.from_pylist(arrow.all_writable(list(rows)), schema=schema)
    pq.write_table(table, path)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file."""
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


# --- Conversations --------------------------------------------------------------------------------------------------


def write_conversations(path: Path, conversations: Iterable[Conversation]) -> None:
    """Write conversations, one row a message."""
    with pq.ParquetWriter(path, MESSAGES, use_dictionary=REPEATED) as writer:
        for first, some in _groups(conversations):
            every = Messages.joined(Messages.of(each.messages) for each in some)
            sizes = [len(each.messages) for each in some]
            numbers = np.repeat(np.arange(first, first + len(some)), sizes)
            chats = arrow.strings([each.chat for each in some])
            for start in range(0, max(len(every), 1), GROUP):  # a chat may be one conversation
                part = slice(start, start + GROUP)
                of = chats.take(arrow.array(numbers[part] - first))
                writer.write_table(_rows(every[part], numbers[part], of))


def _groups(conversations: Iterable[Conversation]) -> Iterator[tuple[int, list[Conversation]]]:
    """Conversations of GROUP messages together, and the number of the first."""
    held: list[Conversation] = []
    size = first = 0
    for conversation in conversations:
        held.append(conversation)
        size += len(conversation.messages)
        if size >= GROUP:
            yield first, held
            first, size, held = first + len(held), 0, []
    if held:
        yield first, held


def _rows(messages: Messages, numbers: columns.Numbers, chats: pa.Array) -> pa.Table:
    """Messages as rows of MESSAGES."""
    table = messages.table.combine_chunks()
    file, kind, speaker = (_plain(table[name]) for name in ("file", "kind", "speaker"))
    line, lines = (_plain(table[name]).cast(pa.int64()) for name in ("line", "lines"))
    origin = pa.StructArray.from_arrays([file, line, lines], fields=list(ORIGIN))
    return pa.table(
        [
            arrow.array(numbers),
            chats,
            speaker,
            table["text"],
            table["at"],
            origin,
            kind,
            table["id"],
            table["reply_to"],
        ],
        MESSAGES,
    )


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array of plain values."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def read_conversations(path: Path) -> list[Conversation]:
    """The conversations of a file written by `write_conversations`."""
    table = pq.read_table(path, read_dictionary=["speaker", "kind"])
    if not table.num_rows:
        return []
    numbers = arrow.numbers(table["conversation"])
    starts = np.append(0, np.flatnonzero(np.diff(numbers)) + 1)
    named = "chat" in table.column_names  # older projects name no chats
    chats = table["chat"].take(arrow.array(starts)).to_pylist() if named else [""] * len(starts)
    return columns.conversations(Messages(_columns(table)), starts, chats)


def _columns(table: pa.Table) -> pa.Table:
    """Rows of MESSAGES as columns of Messages."""
    origin = table["origin"].combine_chunks()
    origin = pa.concat_arrays(origin.chunks) if isinstance(origin, pa.ChunkedArray) else origin
    file, line, lines = (origin.field(name) for name in ("file", "line", "lines"))
    found = [table["speaker"], table["text"], table["at"], file.dictionary_encode(), line, lines.cast(pa.int32())]
    found += [table[name] for name in ("kind", "id", "reply_to")]
    named = dict(zip(columns.COLUMNS.names, found, strict=True))
    return pa.table(named).cast(columns.COLUMNS).unify_dictionaries()


def span(messages: Sequence[Message]) -> Origin:
    """The lines from the first message to the end of the last; of a conversation in several files those of the first
    message's file."""
    file = messages[0].origin.file
    origins = [m.origin for m in messages if m.origin.file == file]
    first = min(origin.line for origin in origins)
    return Origin(file, first, max(origin.line + origin.lines for origin in origins) - first)


# --- Records and documents ------------------------------------------------------------------------------------------


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write records, one row each, in the order of their files and lines. The fields are JSON: tables differ in their
    columns. What JSON does not know, such as a date, becomes text."""
    rows = [
        {"fields": json.dumps(each.fields, ensure_ascii=False, default=str), "origin": asdict(each.origin)}
        for each in sorted(records, key=_place)
    ]
    write_rows(path, rows, RECORDS)


def read_records(path: Path) -> list[Record]:
    """The records of a file written by `write_records`."""
    return [Record(json.loads(row["fields"]), Origin(**row["origin"])) for row in read_rows(path)]


def write_documents(path: Path, documents: Iterable[Document]) -> None:
    """Write documents, one row each, in the order of their files and lines."""
    rows = [
        {
            "title": each.title,
            "sections": [{"heading": heading, "text": text} for heading, text in each.sections],
            "origin": asdict(each.origin),
        }
        for each in sorted(documents, key=_place)
    ]
    write_rows(path, rows, DOCUMENTS)


def read_documents(path: Path) -> list[Document]:
    """The documents of a file written by `write_documents`."""
    return [
        Document(
            row["title"],
            tuple((section["heading"], section["text"]) for section in row["sections"]),
            Origin(**row["origin"]),
        )
        for row in read_rows(path)
    ]


def _place(item: Record | Document) -> tuple[str, int]:
    return item.origin.file, item.origin.line


# --- Examples -------------------------------------------------------------------------------------------------------


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write examples, one row each."""
    write_rows(path, [asdict(example) for example in examples], EXAMPLES)


def read_examples(path: Path) -> list[Example]:
    """The examples of a file written by `write_examples`."""
    return [
        Example(
            id=row["id"],
            turns=tuple(Turn(**{**turn, "bubbles": tuple(turn["bubbles"])}) for turn in row["turns"]),
            system=row["system"],
            at=row["at"],
            origins=tuple(Origin(**origin) for origin in row["origins"]),
            synthetic=row["synthetic"],
            chat=row.get("chat") or "",  # older projects name no chats
        )
        for row in read_rows(path)
    ]
