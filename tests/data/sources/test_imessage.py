"""iMessage: blocks of imessage-exporter, the database of Messages, and damaged files of both."""

from __future__ import annotations

import io
import random
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, decoded, inputs
from mynah.data.sources import imessage
from mynah.data.sources.imessage import database
from tests.samples import MESSAGES_TABLES


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def read(text: str | bytes) -> list[Item]:
    data = text.encode() if isinstance(text, str) else text
    return list(imessage.read(Given(Path("Sorrel.txt"), data=data), imessage.Options()))


def messages(found: list[Item]) -> list[Message]:
    return [m for item in found if isinstance(item, Conversation) for m in item.messages]


def said(found: list[Item]) -> list[tuple[str, str, str]]:
    return [(m.speaker, m.kind, m.text) for m in messages(found)]


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def covered(found: list[Item]) -> list[int]:
    origins = [item.origin for item in found if isinstance(item, Unparsed)] + [m.origin for m in messages(found)]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


def lines_of(text: str) -> list[int]:
    return list(range(1, text.count("\n") + (not text.endswith("\n")) + 1)) if text else []


def block(body: str, sender: str = "Sorrel", stamp: str = "Jan 31, 2024  9:05:07 PM") -> str:
    return f"{stamp}\n{sender}\n{body}\n\n"


# --- Text files -----------------------------------------------------------------------------------------------------


def test_a_chat() -> None:
    text = block("are we\n\nstill on?") + block(
        "yes", "Me", "Feb 01, 2024 12:00:00 AM (Read by Sorrel after 2 minutes)"
    )
    found = read("\ufeff" + text.replace("\n", "\r\n"))
    assert said(found) == [("Sorrel", "text", "are we\n\nstill on?"), ("Me", "text", "yes")]
    assert [m.at for m in messages(found)] == [datetime(2024, 1, 31, 21, 5, 7), datetime(2024, 2, 1)]
    assert covered(found) == lines_of(text) and facts(found) == {"format": "imessage-exporter"}


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("hi\nReactions:\nLoved by Me\nLaughed by Bo", "text", "hi"),
        ("hi\nTapbacks:\n    Loved by Me\n    👍 by Bo\n", "text", "hi"),
        (
            "hi\nTapbacks:\nSticker from Bo: /x/1.heic from Bo\n\nThis message responded to an earlier message.",
            "text",
            "hi",
        ),
        ("Reactions:\nnone of them", "text", "Reactions:\nnone of them"),
        ("no\nThis message responded to an earlier message.", "text", "no"),
        ("hooray\nSent with Confetti", "text", "hooray"),
        ("Sent with Confetti", "text", "Sent with Confetti"),
        (
            "Jan 31, 2024  9:05:07 PM frist\nEdited 10 seconds later: fist\nEdited 1 minute later: first",
            "text",
            "first",
        ),
        ("Jan 31, 2024  9:05:07 PM a\nb\nEdited 10 seconds later: c\nd\nTapbacks:\nLoved by Me\n", "text", "c\nd"),
        ("Edited 10 seconds later: by hand", "text", "Edited 10 seconds later: by hand"),
        ("You unsent this message part 5 seconds after sending!", "deleted", ""),
        ("hi\nThey unsent this message part!", "text", "hi"),
        ("This message was deleted from the conversation!\nsecret", "deleted", ""),
        ("attachments/12/IMG_1.HEIC", "media", "photo"),
        ("/Users/x/Library/Messages/Attachments/ab/a b.MOV", "media", "video"),
        ("~/Library/Messages/Attachments/ab/voice.caf\nTranscription: hello", "media", "audio"),
        ("attachments/12/1.png\nlook at this", "text", "look at this"),
        ("IMG_0001.jpeg", "media", "photo"),
        ("Attachment missing!", "media", "file"),
        ("Sticker from Sorrel: /x/1.heic (App: Memoji)", "media", "sticker"),
        ("Started sharing location!", "media", "location"),
        ("SharePlay Message\nEnded", "media", "SharePlay"),
        ("https://example.org/mill\nThe mill\nOpen until nine.", "text", "https://example.org/mill"),
        ("see https://example.org/mill.html\nor not", "text", "see https://example.org/mill.html\nor not"),
        ("hola\nTranslated from:\nhello", "text", "hello"),
        ("/shrug or a/b", "text", "/shrug or a/b"),
        ("    indented", "text", "indented"),
    ],
)
def test_what_a_body_says(body: str, kind: str, text: str) -> None:
    whole = block(body) + block("later", "Me", "Jan 31, 2024 10:05:07 PM")
    found = read(whole)
    assert said(found)[0] == ("Sorrel", kind, text)
    assert covered(found) == lines_of(whole) and len(messages(found)) == 2


def test_announcements() -> None:
    text = (
        "Jan 31, 2024  9:07:02 PM Sorrel renamed the conversation to Mill\n\n"
        "Jan 31, 2024  9:08:02 PM You unsent a message!\n\n"
        "Jan 31, 2024  9:09:02 PM You added Bo to the conversation.\n\n"
    )
    found = read(text)
    assert said(found) == [
        ("", "system", "Sorrel renamed the conversation to Mill"),
        ("Me", "deleted", ""),
        ("", "system", "You added Bo to the conversation."),
    ]
    assert covered(found) == lines_of(text)


REPLY = "Jan 31, 2024  9:06:40 PM\nMe\nyes\nno line"


@pytest.mark.parametrize("indented", [True, False], ids=["all lines", "first lines only"])
def test_a_reply_is_read_once(indented: bool) -> None:
    nested = "\n".join("    " + line if indented or i < 3 else line for i, line in enumerate(REPLY.split("\n")))
    remark = "This message responded to an earlier message."
    text = block(f"still on?\n{nested}\n\nsecond part") + f"{REPLY}\n{remark}\n\n"
    found = read(text)
    assert said(found) == [("Sorrel", "text", "still on?\nsecond part"), ("Me", "text", "yes\nno line")]
    assert covered(found) == lines_of(text) and facts(found)["copies of replies"] == "1, not kept"


def test_a_reply_that_stands_nowhere_else_is_kept() -> None:
    nested = "\n".join("    " + line for line in REPLY.split("\n"))
    text = block(f"still on?\n{nested}\n\n{nested.replace('06', '07')}")
    found = read(text)
    assert said(found) == [("Sorrel", "text", "still on?"), *[("Me", "text", "yes\nno line")] * 2]
    assert covered(found) == lines_of(text)


def test_a_time_that_somebody_wrote_is_text() -> None:
    body = "he wrote:\nJan 30, 2024  9:05:07 PM\nBo\nhi"
    assert said(read(block(body))) == [("Sorrel", "text", body)]
    assert said(read(block("x\n\nFeb 30, 2024  9:05:07 PM\nBo")))[0][2] == "x\n\nFeb 30, 2024  9:05:07 PM\nBo"


def test_what_cannot_be_read() -> None:
    text = "a title\n\n" + block("hi") + "Jan 31, 2024  9:08:02 PM\n"
    found = read(text)
    reasons = [item.reason for item in found if isinstance(item, Unparsed)]
    assert reasons == ["before the first message", "a head without a sender"] and covered(found) == lines_of(text)
    assert covered(read("no chat\nat all\n")) == [1, 2] and covered(read("")) == []


def test_sniff() -> None:
    assert imessage.sniff(block("hi") + block("ho"), "x.txt") == 0.9
    assert imessage.sniff("\ufeff" + block("hi").replace("\n", "\r\n"), "x.txt") == 0.75
    assert imessage.sniff("A report that quotes a chat:\n\n" + block("hi"), "chat.db") < 0.5
    for other in ("", "Jan 31, 2024  9:05:07 PM", "31/01/2024, 21:05 - Ida: hi\n", "SQLite format 3\0 CREATE TABLE x"):
        assert imessage.sniff(other, "Sorrel.txt") == 0


WORDS = st.text("ab Z:é<>()ש🙂-1/.,\n", min_size=1, max_size=40).map(str.strip).filter(bool)
TEXTS = WORDS.filter(lambda text: not any(imessage._sent(line) is not None for line in text.split("\n")))
NAMES = st.sampled_from(("Me", "Sorrel", "+49 170 0000000", "a@example.org", "דנה לוי", "🙈 Bo"))
KINDS: tuple[tuple[Kind, str], ...] = (("media", "photo"), ("media", "video"), ("media", "audio"), ("deleted", ""))


@st.composite
def chats(draw: st.DrawFn) -> Conversation:
    at, line, made = datetime(2023, 12, 31, 23, 30), 1, []
    for name, what in draw(st.lists(st.tuples(NAMES, TEXTS | st.sampled_from(KINDS)), min_size=1, max_size=8)):
        kind, text = ("text", what) if isinstance(what, str) else what
        lines = 3 + max(text.count("\n") + 1, 1)
        made.append(Message(name, text, at, Origin("Sorrel.txt", line, lines), kind))
        line, at = line + lines, at + timedelta(seconds=draw(st.integers(0, 10**6)))
    event = Message("", "Bo left the conversation.", at, Origin("Sorrel.txt", line, 2), "system")
    return Conversation((*made, event), Origin("Sorrel.txt", 1, line + 1))


@given(chats())
def test_reading_undoes_writing(chat: Conversation) -> None:
    (read_again,) = (item for item in read(imessage.write(chat)) if isinstance(item, Conversation))
    assert read_again == chat


# --- The database ---------------------------------------------------------------------------------------------------

ROWS = """
INSERT INTO handle VALUES (1, '+15550100', 'iMessage', NULL), (2, '+15550100', 'SMS', NULL),
  (3, 'bo@example.org', 'iMessage', NULL);
INSERT INTO chat VALUES (1, 'iMessage;-;+15550100', '+15550100', ''), (2, 'SMS;-;+15550100', '+15550100', NULL),
  (3, 'iMessage;+;chat77', 'chat77', 'Mill');
INSERT INTO chat_handle_join VALUES (1, 1), (2, 2), (3, 1), (3, 3);
"""
NOON = 728_049_600  # seconds of 2024-01-27 12:00 UTC


def typedstream(text: str) -> bytes:
    """An attributed string as Messages keeps it, to the end of its text."""
    data = text.encode()
    size = len(data)
    length = bytes([size]) if size < 0x80 else b"\x81" + size.to_bytes(4, "little")[:2]
    if size > 0xFFFF:
        length = b"\x82" + size.to_bytes(4, "little")
    start = b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00"
    return (
        start
        + b"\x85\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+"
        + length
        + data
        + b"\x86\x84\x02iI\x01"
        + bytes([4])
    )


def made(path: Path, *rows: dict[str, Any], more: str = "") -> Path:
    """A database with these messages, a second apart; `chat` says where each is."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(MESSAGES_TABLES + ROWS)
        for number, row in enumerate(rows, 1):
            values = {"ROWID": number, "guid": f"G{number}", "date": (NOON + number) * 10**9, **row}
            chat = values.pop("chat", 1)
            names = ", ".join(values)
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO message ({names}) VALUES ({marks})", tuple(values.values()))
            if chat:
                connection.execute("INSERT INTO chat_message_join VALUES (?, ?)", (chat, number))
        connection.executescript(more)
        connection.commit()
    return path


def read_file(path: Path) -> list[Item]:
    (file,) = inputs(path)
    assert imessage.sniff(file.head(), file.name) > 0.9
    return list(imessage.read(file, imessage.Options()))


def test_a_database(tmp_path: Path) -> None:
    found = read_file(
        made(
            tmp_path / "chat.db",
            {"text": "are we on?", "handle_id": 1},
            {"attributedBody": typedstream("yes 🙂"), "is_from_me": 1, "thread_originator_guid": "G1"},
            {"text": "by SMS", "handle_id": 2, "chat": 2},
            {"text": "hi all", "handle_id": 3, "chat": 3},
            {"text": "Loved it", "handle_id": 3, "chat": 3, "associated_message_type": 2000},
            {"text": "Loved “hi all”", "handle_id": 3, "chat": 3},
            {"text": "\ufffc", "handle_id": 1, "chat": 3},
            {"text": "earlier", "handle_id": 1, "chat": 3, "date": NOON},
            {"handle_id": 3, "chat": 3, "item_type": 2, "group_title": "Mill two"},
            {"handle_id": 1, "chat": 3, "item_type": 1, "other_handle": 3},
            {"handle_id": 1, "date_edited": NOON * 10**9},
            {"handle_id": 1},
            {"text": "gone", "handle_id": 1, "chat": 0},
            {"text": "adrift", "handle_id": 3, "chat": 0, "date": 0},
            {"text": "driving", "handle_id": 1, "is_auto_reply": 1},
            more="INSERT INTO attachment VALUES (1, '~/a/1.heic', '1.heic', 'image/heic', 0);"
            "INSERT INTO message_attachment_join VALUES (7, 1);"
            "INSERT INTO chat_recoverable_message_join VALUES (1, 13);",
        )
    )
    by_chat = {c.chat: [(m.speaker, m.kind, m.text) for m in c.messages] for c in found if isinstance(c, Conversation)}
    assert by_chat == {
        "+15550100": [
            ("+15550100", "text", "are we on?"),
            ("Me", "text", "yes 🙂"),
            ("+15550100", "text", "by SMS"),
            ("+15550100", "deleted", ""),
            ("+15550100", "automatic", "driving"),
        ],
        "Mill": [
            ("+15550100", "text", "earlier"),
            ("bo@example.org", "text", "hi all"),
            ("+15550100", "media", "photo"),
            ("", "system", "bo@example.org renamed the conversation to Mill two"),
            ("", "system", "+15550100 added bo@example.org"),
        ],
        "no chat bo@example.org": [("bo@example.org", "text", "adrift")],
    }
    first, second = messages(found)[:2]
    assert (first.at, first.id, second.reply_to) == (datetime(2024, 1, 27, 12, 0, 1), "G1", "G1")
    assert facts(found) == {
        "counts": "messages", "format": "chat.db", "encoding": "as SQLite has it", "times": "UTC",
        "tapbacks": "2, not kept",
    }  # fmt: skip
    assert covered(found) == list(range(1, 14))
    reasons = [item.reason for item in found if isinstance(item, Unparsed)]
    assert reasons == ["a message without text and attachments", "deleted by the owner, and kept for some days"]


@pytest.mark.parametrize("text", ["", "a", "é" * 63, "é" * 64, "x" * 300, "y" * 70_000, "+ NSString +"])
def test_attributed_texts_of_every_length(text: str) -> None:
    assert database.attributed(typedstream(text)) == text


@pytest.mark.parametrize("data", [None, "", b"", b"NSString", b"NSString\x01+", b"NSString\x01+\x82\xff", b"+NSString"])
def test_no_attributed_text(data: Any) -> None:
    assert database.attributed(data) == ""


def test_two_addresses_of_one_person(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"text": "a", "handle_id": 1, "chat": 3}, {"text": "b", "handle_id": 3, "chat": 3}]
    merged = made(tmp_path / "chat.db", *rows, more="UPDATE handle SET person_centric_id = 'P' WHERE ROWID IN (1, 3)")
    assert [m.speaker for m in messages(read_file(merged))] == ["+15550100", "+15550100"]


def test_what_stands_in_the_journal_is_read_and_nothing_is_written(tmp_path: Path) -> None:
    path = made(tmp_path / "own.db", {"text": "old", "handle_id": 1})
    copy = tmp_path / "copy"
    copy.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "INSERT INTO message (ROWID, text, handle_id, date) VALUES (9, 'new', 1, ?)", (NOON * 10**9,)
        )
        connection.execute("INSERT INTO chat_message_join VALUES (1, 9)")
        connection.commit()
        for name in ("own.db", "own.db-wal"):
            shutil.copy(tmp_path / name, copy / name.replace("own", "chat"))
    (file,) = inputs(copy / "chat.db")
    assert [m.text for m in messages(list(imessage.read(file, imessage.Options())))] == ["new", "old"]
    assert sorted(each.name for each in copy.iterdir()) == ["chat.db", "chat.db-wal"]
    packed = tmp_path / "messages.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(copy / "chat.db", "Messages/chat.db")
        archive.write(copy / "chat.db-wal", "Messages/chat.db-wal")
    (file,) = inputs(packed)
    assert [m.text for m in messages(list(imessage.read(file, imessage.Options())))] == ["new", "old"]
    (copy / "chat.db-wal").unlink()
    (file,) = inputs(copy / "chat.db")
    assert [m.text for m in messages(list(imessage.read(file, imessage.Options())))] == ["old"]
    assert [each.name for each in copy.iterdir()] == ["chat.db"]


def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE fish (name TEXT)")
    (file,) = inputs(path)
    with pytest.raises(UserError, match=r"without message, chat.*fish"):
        list(imessage.read(file, imessage.Options()))


# --- Damage ---------------------------------------------------------------------------------------------------------

SEED = (
    block("are we\nstill on?\nTapbacks:\nLoved by Me\n\n    " + "\n    ".join(REPLY.split("\n")) + "\n")
    + REPLY + "\nThis message responded to an earlier message.\n\n"
    + block("Jan 31, 2024  9:05:07 PM a\nEdited 1 second later: b\nSent with Slam") + block("attachments/1/2.jpg\n")
    + "Jan 31, 2024  9:07:02 PM Sorrel left the conversation.\n\n"
).encode()  # fmt: skip
PIECES = (b"\n", b"\n\n", b"\r", b"    ", b"\xff", b"\x00", b"Jan 31, 2024  9:05:07 PM\n", b"Tapbacks:\n", b"9" * 300)


def mutated(r: random.Random, data: bytes) -> bytes:
    for _ in range(r.randint(1, 4)):
        start, end = sorted((r.randint(0, len(data)), r.randint(0, len(data))))
        lines = data.split(b"\n")
        data = r.choice((
            data[:start], data[start:end], data[:start] + data[end:], data[:end] + data[start:],
            data[:start] + r.choice(PIECES) + data[start:], b"\n".join(r.sample(lines, len(lines))),
        ))  # fmt: skip
    return data


def test_no_mutation_of_a_text_breaks_it_and_the_lines_add_up() -> None:
    r = random.Random(7)
    for _ in range(200):
        data = mutated(r, SEED)
        assert 0 <= imessage.sniff(decoded(data), "x") <= 1
        if not data.startswith(b"SQLite"):
            assert covered(read(data)) == lines_of(decoded(data))


def test_no_mutation_of_a_database_breaks_it(tmp_path: Path) -> None:
    rows = [{"text": f"text {n}", "handle_id": 1 + n % 3, "chat": 1 + n % 3} for n in range(60)]
    seed = made(tmp_path / "seed.db", *rows, {"attributedBody": typedstream("x" * 9000), "is_from_me": 1}).read_bytes()
    r = random.Random(7)
    whole = 0
    for number in range(200):
        data = bytearray(seed)
        page = 4096 * r.randrange(len(seed) // 4096)
        for _ in range(r.randint(1, 30)):
            data[page + r.randrange(20 if r.random() < 0.5 else 4096)] = r.randrange(256)
        if r.random() < 0.2:
            del data[r.randrange(len(data)) :]
        path = tmp_path / f"{number}.db"
        path.write_bytes(data or b"x")
        try:
            found = list(imessage.read(Input(path), imessage.Options()))
        except UserError:
            continue
        finally:
            path.unlink()
        whole += 1
        assert sorted(set(covered(found))) == list(range(1, len(set(covered(found))) + 1))
    assert whole > 20


def test_values_of_any_type(tmp_path: Path) -> None:
    r = random.Random(7)
    columns = [c for c in database.COLUMNS if c not in ("cache_has_attachments", "date_retracted", "is_forward")]
    values = (None, "", "x", 1, -1, 2**62, 1.5, b"\xff", b"NSString\x01+\x81", "2000")
    rows = [{c: r.choice(values) for c in r.sample(columns, 4)} | {"guid": f"{n}"} for n in range(200)]
    path = made(tmp_path / "chat.db", *rows, more="UPDATE handle SET id = x'ff' WHERE ROWID = 2")
    found = read_file(path)
    assert covered(found) == list(range(1, len(covered(found)) + 1)) and len(covered(found)) > 50


def test_two_that_say_the_same_at_the_same_time_stay_two() -> None:
    assert said(read(block("hi") * 2)) == [("Sorrel", "text", "hi")] * 2
