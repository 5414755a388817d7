"""Messages as columns are what the same messages as objects are, on disk and off it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynah.core import columns
from mynah.core.columns import Messages
from mynah.core.tables import (
    read_conversations,
    read_documents,
    read_records,
    read_rows,
    span,
    write_conversations,
    write_documents,
    write_records,
    write_rows,
)
from mynah.core.types import Conversation, Document, Message, Origin, Record

MESSAGES = st.lists(
    st.builds(
        Message,
        speaker=st.sampled_from(["", "Ida", "סבתא"]),
        text=st.sampled_from(["", "hi", "🙈\nyes"]),
        at=st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),
        origin=st.builds(Origin, st.sampled_from(["a.txt", "b.txt"]), st.integers(1, 50), st.integers(1, 3)),
        kind=st.sampled_from(["text", "media", "system"]),
        id=st.none() | st.just("7"),
        reply_to=st.none() | st.just("6"),
    ),
    max_size=12,
).map(tuple)


@given(MESSAGES, st.integers(-13, 13), st.integers(-13, 13), st.sampled_from([1, 2, -1]))
def test_columns_are_a_sequence_of_the_messages(some: tuple[Message, ...], start: int, stop: int, step: int) -> None:
    found = Messages.of(some)
    assert found == some and some == found and list(found) == list(some) and len(found) == len(some)
    assert tuple(found[start:stop:step]) == some[start:stop:step]
    assert [found[place] for place in range(-len(some), len(some))] == [*some, *some]
    assert hash(found) == hash(some) and Messages.of(found) is found
    assert found != some[1:] or not some
    with pytest.raises(IndexError):
        found[len(some)]


@given(st.lists(MESSAGES, max_size=4))
def test_joined_is_one_after_the_other(parts: list[tuple[Message, ...]]) -> None:
    together = Messages.joined(Messages.of(part) for part in parts)
    assert together == tuple(message for part in parts for message in part)
    again = Messages.joined([together[:3], together[3:5], together[5:]])
    assert again == together and again._table is together._table, "views side by side are not copied"


@given(MESSAGES)
def test_what_columns_tell_without_making_messages(some: tuple[Message, ...]) -> None:
    found = Messages.of(some)[1:]
    rest = some[1:]
    assert [None if np.isnat(at) else at.item() for at in found.times()] == [m.at for m in rest]
    assert found.numbers("line").tolist() == [m.origin.line for m in rest]
    codes, names = found.codes("speaker")
    assert [names[code] for code in codes] == [m.speaker for m in rest]
    counts = {name: sum(m.speaker == name for m in rest) for name in dict.fromkeys(m.speaker for m in rest)}
    assert list(found.counts("speaker").items()) == sorted(counts.items(), key=lambda each: -each[1])
    assert np.array_equal(columns.times(rest), found.times(), equal_nan=True)


@settings(max_examples=50)
@given(st.lists(st.tuples(MESSAGES.filter(bool), st.sampled_from(["", "garden"])), max_size=4), st.booleans())
def test_conversations_come_back_from_disk(some: list[tuple[tuple[Message, ...], str]], as_columns: bool) -> None:
    chats = [Conversation(Messages.of(m) if as_columns else m, span(m), chat) for m, chat in some]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "conversations.parquet"
        write_conversations(path, chats)
        assert read_conversations(path) == chats


def test_a_conversation_larger_than_what_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mynah.core.tables.GROUP", 10)
    messages = tuple(Message("Ida", str(n), None, Origin("a", n + 1)) for n in range(35))
    chats = [Conversation(part, span(part)) for part in (messages[:3], messages[3:33], messages[33:])]
    write_conversations(tmp_path / "c.parquet", chats)
    assert read_conversations(tmp_path / "c.parquet") == chats


FIELDS = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5), max_size=3
)


@settings(max_examples=50)
@given(
    st.lists(FIELDS, max_size=4), st.lists(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3))
)
def test_records_and_documents_come_back_from_disk(
    rows: list[dict[str, Any]], texts: list[list[tuple[str, str]]]
) -> None:
    records = [Record(fields, Origin("faq.csv", n)) for n, fields in enumerate(rows, 2)]
    documents = [Document(f"Page {n}", tuple(each), Origin("manual.txt", n)) for n, each in enumerate(texts, 1)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        write_records(path, reversed(records))
        assert read_records(path) == records, "in the order of their lines"
        write_documents(path, documents)
        assert read_documents(path) == documents


def test_what_json_does_not_know_becomes_text(tmp_path: Path) -> None:
    write_records(tmp_path / "r.parquet", [Record({"opened": datetime(2024, 1, 31, 21, 5)}, Origin("t.xlsx", 1))])
    assert read_records(tmp_path / "r.parquet")[0].fields == {"opened": "2024-01-31 21:05:00"}


def test_halves_of_characters_are_question_marks_and_no_error(tmp_path: Path) -> None:
    half = Message("Ida \ud83d", "so \udc00", None, Origin("a\ud800", 1), "text", "\ud83d", "\ud83d")
    (found,) = Messages.of([half])
    assert (found.speaker, found.text, found.id, found.reply_to) == ("Ida ?", "so ?", "?", "?")
    write_rows(tmp_path / "rows.parquet", [{"text": "x\ud83d", "more": ["\ud83d"]}])
    assert read_rows(tmp_path / "rows.parquet") == [{"text": "x?", "more": ["?"]}]
