"""WhatsApp's quick ways and the sure ones agree: the pattern of one phone's heads with the grammar of all, what is not
looked at with what is no more than a text, a file in pieces with a file at once."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from test_whatsapp_dialects import Given
from test_whatsapp_mutations import ROWS, SEEDS, mutants

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Message, Origin, Understood
from mynah.data import files
from mynah.data.sources import whatsapp
from mynah.data.sources.whatsapp import DIALECTS, Dialect, bodies, heads, words
from mynah.data.sources.whatsapp import rows as rows_of

QUICK_AT_LEAST = 60  # of the dialects; the others have months in words, eras, or marks inside their dates


def chat(dialect: Dialect, times: int = 40) -> str:
    """The rows of the mutations again and again, some hours between them."""
    start, origin = datetime(2014, 1, 9, 9, 5, 7), Origin("x", 1)
    every = [row for _ in range(times) for row in ROWS]
    messages = [Message(n, t, start + timedelta(minutes=97 * i), origin, k) for i, (n, t, k) in enumerate(every)]
    return whatsapp.write(Conversation(tuple(messages), origin), dialect)


def outcome(data: bytes, **options: object) -> list[Item] | str:
    """What is read, or the error."""
    try:
        return list(whatsapp.read(Given(Path("chat.txt"), data=data), whatsapp.Options(**options)))  # type: ignore[arg-type]
    except UserError as error:
        return str(error)


def small(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Let files be read in pieces of this size."""
    monkeypatch.setattr(files, "HEAD", size)
    monkeypatch.setattr(files, "PIECE", size)


def without_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "quick", lambda text, found: None)


def test_quick_and_sure_agree_on_every_dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {name: chat(dialect, 3).encode() for name, dialect in DIALECTS.items()}
    small(monkeypatch, 400)
    quick = {name: outcome(data, date_order=DIALECTS[name].order, year=2014) for name, data in texts.items()}
    without_quick(monkeypatch)
    for name, data in texts.items():
        assert outcome(data, date_order=DIALECTS[name].order, year=2014) == quick[name], name


def test_quick_and_sure_agree_on_damaged_files(monkeypatch: pytest.MonkeyPatch) -> None:
    data = [*SEEDS, *mutants(400)]
    small(monkeypatch, 150)
    quick = [outcome(each, date_order="dmy", year=2014) for each in data]
    without_quick(monkeypatch)
    small(monkeypatch, files.LARGEST)
    assert [outcome(each, date_order="dmy", year=2014) for each in data] == quick


@pytest.mark.parametrize("name", ["en-gb-android", "en-us-ios", "de-android-12h", "vi-ios", "nl-ios-old"])
def test_the_quick_pattern_finds_what_the_grammar_finds(name: str) -> None:
    text = "\n" + chat(DIALECTS[name]).replace("\r\n", "\n").strip("\ufeff\n")
    found = heads.dominant(heads.find(text))
    pattern = heads.quick(text, found)
    assert pattern is not None
    quick = list(pattern.finditer(text))
    assert [match.start() for match in quick] == [head.start for head in found]
    for match, head in zip(quick, found, strict=True):
        date, clock = (match[3], match[2]) if head.shape.time_first else (match[2], match[3])
        assert (heads.read_date(date), heads.read_time(clock)) == (head.date, head.time)
        sender = heads.SENDER.match(text, head.end)
        assert sender is not None and (sender[1], sender.end()) == (match[4], match.end())


def test_most_dialects_have_a_quick_pattern() -> None:
    texts = ["\n" + chat(dialect, 2).replace("\r\n", "\n").strip("\ufeff\n") for dialect in DIALECTS.values()]
    assert sum(heads.quick(text, heads.dominant(heads.find(text))) is not None for text in texts) >= QUICK_AT_LEAST


# --- A shape that was taken for granted -----------------------------------------------------------------------------

LINE = "31/01/2024, 21:05 - Ann: hi\n"


@pytest.mark.parametrize(
    "odd",
    [
        "31/01/2024, 25:61 - Ann: no such time\n", "31/01/2024 21:05 - Ann: another comma\n",
        "31/01/2024, 21:05 -\u200e Ann: a mark\n", "31/02/2024, 21:05 - Ann: no such day\n",
        "[31/01/2024, 21:05:07] Bob: pasted\n", "31.01.2024, 21:05 - Bob: pasted\n",
        "look:\n[1/1/24, 9:05:07 PM] x: y\n", "look:\n31.01.2024 21.05 - Bob left\n",
        "31/01/2024, 21:05 - Ann:\n[1/1/24, 9:05:07 PM] x: y\n", "31/01/2024, 21:05 - Ann: b: c:\nd\n",
    ],
)  # fmt: skip
def test_odd_lines_among_many(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (LINE * 30 + odd + LINE * 30).encode()
    small(monkeypatch, 200)
    quick = outcome(text)
    without_quick(monkeypatch)
    small(monkeypatch, files.LARGEST)
    assert outcome(text) == quick and isinstance(quick, list)


def test_the_shape_of_most_heads_wins_wherever_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, 100)
    pasted = "[31/01/2024, 21:05:07] Bob: hi\n"
    found = outcome((pasted * 20 + LINE * 30).encode())
    assert isinstance(found, list)
    understood, unparsed, read = found
    assert isinstance(understood, Understood) and isinstance(read, Conversation)
    assert understood.facts["heads of another shape"] == "20, kept as text (first: line 1)"
    assert (len(read.messages), read.origin, unparsed.origin.lines) == (30, Origin("chat.txt", 21, 30), 20)  # type: ignore[union-attr]
    found = outcome((pasted * 30 + LINE * 20).encode())
    assert isinstance(found, list) and isinstance(found[-1], Conversation) and len(found[-1].messages) == 30


# --- What is not looked at ------------------------------------------------------------------------------------------


def suspected(texts: list[str]) -> set[str]:
    """Those that are looked at, of texts behind a sender."""
    text = "".join(f"31/01/2024, 21:05 - Ann: {each}\n" for each in texts)
    scan = rows_of.Scan().read(Given(Path("chat.txt"), data=text.encode()))
    return {texts[rows.line[place] - 1] for rows in scan.rows for place in rows.suspects.tolist()}


def variants(phrase: str) -> list[str]:
    """A phrase as it may stand in a file."""
    spaced = phrase.replace(" ", "\u00a0")
    return [
        phrase,
        phrase.upper(),
        phrase.lower(),
        phrase.title(),
        f"{phrase}.",
        f"\u200e{phrase}",
        f"\u2068{phrase}",
        spaced,
    ]


def test_whatever_the_phrases_match_is_looked_at() -> None:
    """A body that is not looked at is a text as it is."""
    fields = ("media", "omitted", "deleted", "live", "waiting", "missed", "banner", "location", "call", "attached")
    every = [phrase for field in fields for phrase in words.every(field)]
    texts = [each for phrase in every for each in variants(phrase)]
    texts += [f"{word}. 12 min" for word in words.every("call")] + ["null", "2 contacts shared", "٢ contacts shared"]
    texts += [f"plan.pdf {phrase}" for phrase in words.every("omitted")]
    texts += [f"{phrase}: https://maps.google.com/?q=1.0,2.0" for phrase in words.every("location")]
    texts += [f"a.jpg ({phrase})" for phrase in words.every("attached")]
    texts += [f"so <{phrase}>" for phrase in words.every("edited")]
    texts = [each for each in dict.fromkeys(texts) if "\n" not in each]
    looked_at = suspected(texts)
    for text in texts:
        for ios in (False, True):
            if text not in looked_at:
                assert bodies.classify(text.strip(), False, ios, ()) == ("text", text), text


def test_most_of_what_people_write_is_not_looked_at() -> None:
    plain = [
        "are you there?",
        "I am waiting at the gate",
        "two minutes!",
        "ok...",
        "שלום",
        "да, конечно",
        "🙈",
        "Yes, I am",
    ]
    assert suspected(plain) == set()


def test_spaces_are_those_that_python_takes_away() -> None:
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace() and chr(code) not in "\r\n"]
    assert suspected([f"a{each}" for each in spaces]) == {f"a{each}" for each in spaces}


# --- Pieces ---------------------------------------------------------------------------------------------------------


def test_pieces_are_whole_lines_and_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    r = random.Random(3)
    for data in [*SEEDS[:20], *mutants(300), b"", b"\n", b"a", b"\xff\xfe", "a\nb".encode("utf-16")]:
        file = Given(Path("chat.txt"), data=data)
        small(monkeypatch, r.choice((3, 7, 50, 1000)))
        pieces = list(file.pieces())
        text = files.decoded(data).replace("\r\n", "\n")
        assert "".join(pieces) == ("\n" + text.removesuffix("\n") if text else "")
        assert all(piece.startswith("\n") for piece in pieces)
