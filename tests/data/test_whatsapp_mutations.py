"""Damaged WhatsApp exports: whatever the bytes are, reading ends in items whose lines add up, or in a UserError."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from test_whatsapp_dialects import Given, covered

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Kind, Message, Origin
from mynah.data.files import HEAD, decoded
from mynah.data.sources import whatsapp
from mynah.data.sources.whatsapp import DIALECTS

ROWS: tuple[tuple[str, str, Kind], ...] = (
    ("", "Messages and calls are end-to-end encrypted.", "system"), ("Ida", "are you there?", "text"),
    ("Otto", "", "media"), ("Ida", "I am waiting\nat the gate", "text"), ("🙈 Bo", "", "deleted"),
    ("سلمى", "عند الباب", "text"),
    ("+49 170 0000000", "POLL:\nWhen?\nOPTION: Now (2 votes)\nOPTION: Later (1 vote)", "media"),
    ("Team: Ops", "up: 9 - 12", "text"), ("", 'Ida changed the group name from "a" to "b: c"', "system"),
    ("Otto", "plan.pdf (file attached)\nfor you", "text"), ("Ida", "see https://maps.google.com/?q=1.25,2.5", "text"),
)  # fmt: skip
BY_HAND = (
    "31.01.24, 21:05 - Ida: IMG-20240131-WA0007.jpg (Datei angehängt)\nam Tor\n31.01.24, 21:07 - Otto: null\n",
    "\u200e[1/31/24, 9:05:07\u202fPM] ~\u202fMoss: plan.pdf • \u200e2 pages \u200e<attached: 00000012-plan.pdf>\r\n"
    "[1/31/24, 9:06:40\u202fPM] Fern: left shed \u200e<This message was edited>\r\n",
    "21:05, 31 Dec 2013 - Ida: hi\n2 Jan 21:05 - Ida: hi\n21:05, 3 Jan - Otto: hi\n29 Feb 09:00 - Otto: hi\n",
    "Jan 5, 8:11 PM - Ida: hi\nMar 5, 8:11 PM - Otto: IMG-20140305-WA0001.jpg (file attached)\n",
    "31-01-18 21:05:07 Ida: hi\n1/31/14, 9:05:07 PM: Otto: hi\n[21:05, 31/01/2024] Ida: hi\n"
    "[1/31/24, 9:05:07 PM] - hi\n",
)


def seeds() -> list[bytes]:
    """A small chat in every dialect, and small exports by hand."""
    start = datetime(2014, 1, 9, 21, 5, 7)
    origin = Origin("x", 1)
    messages = [Message(n, t, start + timedelta(hours=7 * i), origin, k) for i, (n, t, k) in enumerate(ROWS)]
    chat = Conversation(tuple(messages), origin)
    return [whatsapp.write(chat, dialect).encode() for dialect in DIALECTS.values()] + [
        text.encode() for text in BY_HAND
    ]


SEEDS = seeds()
MARKS = "\ufeff\u200e\u200f\u061c\u202a\u202c\u2066\u2069\u00a0\u202f\u2009\u2028\u0085\x00\r"
NUMBERS = ("9" * 5, "9" * 400, "٣" * 20, "0", "00", "-1", "²", "1e9", "R99999", "H0", "2400", "1402")
BROKEN = (b"\xed\xa0\x80", b"\xff", b"\xc3", b"\xf0\x9f", b"\xfe\xff", b"\xff\xfe", b"\x00", b"\x1a", b"\xc2\x85")
FILL = ("a", " ", ":", ": ", "<", "<a:", "(", ")", "1", "1/", "\u200e", "é", "[", "- ", ". ", "🙈")
Mutation = Callable[[random.Random, bytes], bytes]


def lines_of(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def flip(r: random.Random, data: bytes) -> bytes:
    changed = bytearray(data or b"x")
    for _ in range(r.randint(1, 8)):
        changed[r.randrange(len(changed))] = r.randrange(256)
    return bytes(changed)


def cut(r: random.Random, data: bytes) -> bytes:
    start, end = sorted((r.randint(0, len(data)), r.randint(0, len(data))))
    return data[:start] + data[end:] if r.random() < 0.5 else data[start:end]


def double(r: random.Random, data: bytes) -> bytes:
    lines = lines_of(data)
    return b"\n".join(line for line in lines for _ in range(r.choice((1, 1, 2, 5))))


def shuffle(r: random.Random, data: bytes) -> bytes:
    return b"\n".join(r.sample(lines := lines_of(data), len(lines)))


def remove(r: random.Random, data: bytes) -> bytes:
    return b"\n".join(line for line in lines_of(data) if r.random() < 0.7)


def insert(r: random.Random, data: bytes, pieces: tuple[bytes, ...]) -> bytes:
    for _ in range(r.randint(1, 10)):
        place = r.randint(0, len(data))
        data = data[:place] + r.choice(pieces) + data[place:]
    return data


def mark(r: random.Random, data: bytes) -> bytes:
    return insert(r, data, tuple(each.encode() for each in MARKS))


def damage(r: random.Random, data: bytes) -> bytes:
    return insert(r, data, BROKEN)


def number(r: random.Random, data: bytes) -> bytes:
    places = [i for i, byte in enumerate(data) if chr(byte).isdigit()] or [0]
    place = r.choice(places)
    return data[:place] + r.choice(NUMBERS).encode() + data[place + 1 :]


def mix(r: random.Random, data: bytes) -> bytes:
    lines = lines_of(data) + lines_of(r.choice(SEEDS))
    return b"\n".join(r.sample(lines, len(lines)) if r.random() < 0.5 else lines)


def lengthen(r: random.Random, data: bytes) -> bytes:
    return insert(r, data, ((r.choice(FILL) * r.choice((200, 2000))).encode(),))


def blank(r: random.Random, data: bytes) -> bytes:
    lines = lines_of(data)
    lines.insert(r.randint(0, len(lines)), r.choice((b"\n", b"\r\n", b" \n")) * r.choice((10, 3000)))
    return b"\n".join(lines)


def encode(r: random.Random, data: bytes) -> bytes:
    return data.decode(errors="replace").encode(r.choice(("utf-16", "utf-16-be", "utf-8-sig", "cp1252")), "replace")


MUTATIONS: tuple[Mutation, ...] = (
    flip, cut, double, shuffle, remove, mark, damage, number, mix, lengthen, blank, encode
)  # fmt: skip


def mutants(count: int) -> list[bytes]:
    """So many damaged files, the same ones in each run."""
    r = random.Random(7)
    found = []
    for index in range(count):
        data = SEEDS[index % len(SEEDS)]
        for mutation in r.choices(MUTATIONS, k=r.randint(1, 3)):
            data = mutation(r, data)
        found.append(data)
    return found


def outcome(data: bytes, options: whatsapp.Options) -> str:
    """How reading ends: with a chat, with lines that nobody understands, or with an error that says what to do."""
    text = decoded(data)
    assert 0 <= whatsapp.sniff(text[:HEAD], "chat.txt") <= 1
    try:
        found = list(whatsapp.read(Given(Path("chat.txt"), data=data), options))
    except UserError as error:
        assert error.expected and error.found and error.todo
        return "asked"
    count = text.count("\n") + (not text.endswith("\n")) if text else 0
    assert covered(found) == list(range(1, count + 1)), data
    return "chat" if any(isinstance(item, Conversation) for item in found) else "none"


def tried(count: int) -> Counter[str]:
    options = [whatsapp.Options(), *(whatsapp.Options(date_order=order, year=2014) for order in ("dmy", "mdy", "ymd"))]
    return Counter(outcome(data, options[index % 4]) for index, data in enumerate(mutants(count)))


def test_ten_thousand_damaged_files_end_well() -> None:
    outcomes = tried(10_000)
    assert outcomes.total() == 10_000 and min(outcomes[each] for each in ("chat", "none", "asked")) > 100


HOSTILE = (
    *(piece * (400_000 // len(piece)) for piece in FILL), "\n" * 400_000, "\r\n" * 200_000, "1 " * 200_000,
    "1/1/1 " * 70_000, "1/1/14 1:11" + " " * 400_000, "<a:" * 130_000 + ">", "a: " * 130_000, "Ann: b: c: " * 40_000,
    "(1 a)" * 80_000, "x.jpg (" * 60_000, "POLL:\n" + "OPTION: (1 " * 40_000, "Jan " * 100_000,
    "\u200e<" * 130_000, "https://" * 50_000,
    "Voice call. " + "1 " * 200_000, "de " * 130_000, "\u200e" * 400_000, "a\u2028" * 200_000, "١" * 400_000,
)  # fmt: skip


@pytest.mark.timeout(120)  # each takes a moment; what needed the square of the size would take an hour
@pytest.mark.parametrize(
    "head", ["", "31/01/2024, 21:05 - ", "[31/01/2024, 21:05:07] Ann: \u200e", "31/01/2024, 21:05 - Ann: "]
)
def test_the_time_grows_with_the_size(head: str) -> None:
    for body in HOSTILE:
        assert outcome(f"{head}{body}".encode(), whatsapp.Options(date_order="dmy", year=2014)) in ("chat", "none")
