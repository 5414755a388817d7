"""Rows on disk: Messages and Examples as Parquet, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mynah.core.types import Conversation, Example, Message, Origin, Turn

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
EXAMPLES = pa.schema(
    [
        ("id", pa.string()),
        ("turns", pa.list_(TURN)),
        ("system", pa.string()),
        ("at", pa.timestamp("us")),
        ("origins", pa.list_(ORIGIN)),
        ("synthetic", pa.bool_()),
    ]
)


def write_rows(path: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema | None = None) -> None:
    """Write rows as Parquet."""
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file."""
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def write_conversations(path: Path, conversations: Iterable[Conversation]) -> None:
    """Write conversations, one row a message."""
    rows = [
        {"conversation": number, "chat": conversation.chat, **asdict(message)}
        for number, conversation in enumerate(conversations)
        for message in conversation.messages
    ]
    write_rows(path, rows, MESSAGES)


def read_conversations(path: Path) -> list[Conversation]:
    """The conversations of a file written by `write_conversations`."""
    found: dict[tuple[int, str], list[Message]] = {}
    for row in read_rows(path):
        place = row.pop("conversation"), row.pop("chat", "")  # older projects name no chats
        found.setdefault(place, []).append(Message(**{**row, "origin": Origin(**row["origin"])}))
    return [Conversation(tuple(messages), span(messages), chat) for (_, chat), messages in found.items()]


def span(messages: Sequence[Message]) -> Origin:
    """The lines from the first message to the end of the last; of a conversation in several files those of the first
    message's file."""
    file = messages[0].origin.file
    origins = [m.origin for m in messages if m.origin.file == file]
    first = min(origin.line for origin in origins)
    return Origin(file, first, max(origin.line + origin.lines for origin in origins) - first)


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
        )
        for row in read_rows(path)
    ]
