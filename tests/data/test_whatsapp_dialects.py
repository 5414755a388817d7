"""Every dialect of WhatsApp's exports: what is written in it is read again, and no line is lost."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources import whatsapp
from mynah.data.sources.whatsapp import DIALECTS, Dialect, heads, words

YEAR = 2016  # of the dialects that name none
each_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def read(text: str, dialect: Dialect, order: str = "") -> list[Item]:
    file = Given(Path("chat.txt"), data=text.encode())
    return list(whatsapp.read(file, whatsapp.Options(date_order=order or dialect.order, year=YEAR)))


def covered(found: Sequence[Item]) -> list[int]:
    """The lines that messages and Unparsed say they come from."""
    origins = [item.origin for item in found if isinstance(item, Unparsed)]
    origins += [m.origin for item in found if isinstance(item, Conversation) for m in item.messages]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


# --- Reading undoes writing -----------------------------------------------------------------------------------------

ODD_NAMES = ("Ann-Lee - work", "🙈 Bo", "דנה לוי", "سلمى", "+49 170 0000000", "A.", "语", "Dr. O'Neil, PhD", "a:b")
COLONS = ("Team: Ops", "Team: Dev", "Zoe: (new) - 2")
TEXTS = st.text("ab Z:é<>()ש🙂-1/.,\n", min_size=1, max_size=40).map(str.strip).filter(bool)
NAMES = st.sampled_from(ODD_NAMES) | st.text("abZéש語🙂", min_size=1, max_size=6)
NOON = datetime(2015, 1, 31, 12, 30)


def shape(dialect: Dialect) -> heads.Shape:
    return heads.find("\n" + written("hi", dialect))[0].shape


def written(text: str, dialect: Dialect) -> str:
    origin = Origin("x", 1)
    return whatsapp.write(Conversation((Message("Bob", text, NOON, origin),), origin), dialect).strip("\ufeff\r\n")


PASTED = [(shape(dialect), written("pasted", dialect)) for dialect in DIALECTS.values()]


@st.composite
def chats(draw: st.DrawFn, dialect: Dialect) -> Conversation:
    """What `read` could have made of a file in this dialect: everybody says enough to show where the name ends."""
    own = shape(dialect)
    pasted = st.sampled_from([line for other, line in PASTED if other != own])
    texts = TEXTS | pasted.map(lambda line: "look:\n" + line) | st.just("bar\n\n\nbar")
    rows: list[tuple[str, str, Kind]] = []
    for name in draw(st.lists(NAMES | st.sampled_from(COLONS), min_size=1, max_size=4, unique=True)):
        said = draw(st.lists(texts, max_size=3))
        rows += [(name, text, "text") for text in [*said, *["ok"] * (3 + len(said))]]
    rows += [(rows[0][0], text, "media") for text in dialect.placeholders("media")[:2]]
    rows += [(rows[0][0], text, "deleted") for text in dialect.placeholders("deleted")]
    if dialect.notice != "- " or draw(st.booleans()):
        rows.append(("", "Ann left", "system"))
    return dated(
        draw(st.permutations(rows)), draw(st.lists(times(dialect), min_size=len(rows), max_size=len(rows))), dialect
    )


def times(dialect: Dialect) -> st.SearchStrategy[datetime]:
    if "y" not in dialect.date:
        return st.datetimes(datetime(YEAR, 1, 1), datetime(YEAR, 12, 31))
    return st.datetimes(datetime(2009, 1, 1), datetime(2099, 1, 1))


def dated(rows: Sequence[tuple[str, str, Kind]], when: Sequence[datetime], dialect: Dialect) -> Conversation:
    """The rows as messages of a file, at these times as far as the dialect tells them."""
    if "y" not in dialect.date:
        when = sorted(when)
    messages, line = [], 1
    for (name, text, kind), at in zip(rows, when, strict=True):
        at = at.replace(microsecond=0, second=at.second if dialect.seconds else 0)
        height = text.count("\n") + 1
        messages.append(Message(name, text, at, Origin("chat.txt", line, height), kind))
        line += height
    return Conversation(tuple(messages), Origin("chat.txt", 1, line - 1))


@each_dialect
@settings(max_examples=6)
@given(data=st.data())
def test_read_undoes_write(dialect: Dialect, data: st.DataObject) -> None:
    conversation = data.draw(chats(dialect))
    understood, again = read(whatsapp.write(conversation, dialect), dialect)
    assert again == conversation
    assert isinstance(understood, Understood)


@each_dialect
def test_the_order_is_proved_by_the_file(dialect: Dialect) -> None:
    """Dates of two weeks, in which one number is above 12."""
    rows: list[tuple[str, str, Kind]] = [("Ann", "hi", "text")] * 14
    conversation = dated(rows, [datetime(YEAR, 1, day, 9, 30) for day in range(9, 23)], dialect)
    understood, again = read(whatsapp.write(conversation, dialect), dialect, "auto")
    assert again == conversation
    assert isinstance(understood, Understood)
    ios = dialect.platform != "android"
    assert ("iOS" in understood.facts["platform"]) == ios
    assert understood.facts["clock"] == ("12 hours" if "a" in dialect.clock else "24 hours")


NOISE = (
    "", " ", "\u200e", "[", "31/01/2024", "12:30", "31/02/2024, 10:00 - Ann: no such day", "Ann:", "- ", "\u2028", "]",
    "99/99/99, 99:99 - x: y", "[1/1/24, 9:05:07 PM] Bob: \u200eimage omitted", "Jan 1, 9:05 AM - Ann: hi", "a\rb",
)  # fmt: skip


@each_dialect
@settings(max_examples=4)
@given(data=st.data())
def test_every_line_belongs_to_one_thing(dialect: Dialect, data: st.DataObject) -> None:
    lines = whatsapp.write(data.draw(chats(dialect)), dialect).split(dialect.line_end)
    for noise in data.draw(st.lists(st.sampled_from(NOISE + tuple(line for _, line in PASTED)), max_size=8)):
        lines.insert(data.draw(st.integers(0, len(lines))), noise)
    text = dialect.line_end.join(lines)
    count = text.count("\n") + (not text.endswith("\n"))
    assert covered(read(text, dialect)) == list(range(1, count + 1))


def test_dialects_differ_and_span_the_ways_of_writing() -> None:
    assert len(set(DIALECTS.values())) == len(DIALECTS)
    assert {dialect.order for dialect in DIALECTS.values()} == {"dmy", "mdy", "ymd"}
    assert {dialect.platform for dialect in DIALECTS.values()} == {"android", "ios", "web"}
    assert {s.mark for s, _ in PASTED} == {"-", "[", ":", " "}
    for field in fields(Dialect):
        assert len({getattr(dialect, field.name) for dialect in DIALECTS.values()}) > 1, field.name


def test_a_message_without_a_text_gets_the_placeholder_of_the_language() -> None:
    origin = Origin("x", 1)
    chat = Conversation(
        (Message("Ida", "", NOON, origin, "media"), Message("Ida", "", NOON, origin, "deleted")), origin
    )
    assert whatsapp.write(chat, DIALECTS["de-android"]).splitlines() == [
        "31.01.15, 12:30 - Ida: <Medien ausgeschlossen>", "31.01.15, 12:30 - Ida: Diese Nachricht wurde gelöscht",
    ]  # fmt: skip
    assert "\u200eBild weggelassen\r\n" in whatsapp.write(chat, DIALECTS["de-ios"])


# --- Phrases --------------------------------------------------------------------------------------------------------

KINDS: dict[str, Kind] = {
    "omitted": "media",
    "live": "media",
    "waiting": "media",
    "deleted": "deleted",
    "missed": "system",
}


def kind_of(body: str, dialect: Dialect = whatsapp.ANDROID) -> tuple[str, str]:
    (message,) = (
        m for item in read(written(body, dialect), dialect) if isinstance(item, Conversation) for m in item.messages
    )
    return message.kind, message.text


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_phrases_of_a_language(language: str) -> None:
    known = words.LANGUAGES[language]
    bodies = [(kind, phrase) for field, kind in KINDS.items() for phrase in getattr(known, field).split("|") if phrase]
    bodies += [("media", f"<{phrase}>") for phrase in known.media.split("|")]
    bodies += [("media", f"a b.pdf ({phrase})") for phrase in known.attached.split("|")]
    bodies += [("media", f"<{phrase}: 00000042-a b.pdf>") for phrase in known.attached_ios.split("|") if phrase]
    bodies += [("media", f"<{phrase}: a b.pdf>") for phrase in known.attached_ios.split("|") if phrase]
    places = [phrase for phrase in known.location.split("|") if phrase]
    bodies += [("media", f"{phrase}: https://maps.google.com/?q=-1.25,2.5") for phrase in places]
    for word in filter(None, known.call.split("|")):
        bodies += [
            ("system", f"{word}. {rest}") for rest in ["12 min", "1 h 3 min", *known.unanswered.split("|")] if rest
        ]
    if known.poll:
        word, choice = known.poll.split("|")
        bodies.append(("media", f"{word}:\nWhen?\n{choice}: Now (2 votes)\n{choice}: Later (1 vote)"))
    for kind, body in bodies:
        for marked in (body, body + ".", "\u200e" + body) if "\n" not in body and ".pdf" not in body else (body,):
            assert kind_of(marked) == (kind, marked.lstrip("\u200e")), marked
        if ".pdf" not in body:  # what stands around an attachment is its caption
            assert kind_of(f"so {body} said") == ("text", f"so {body} said")
    for phrase in filter(None, known.edited.split("|")):
        assert (
            kind_of(f"at the gate <{phrase}>") == kind_of(f"at the gate \u200e<{phrase}.>") == ("text", "at the gate")
        )
    for phrase in known.banner.split("|"):
        assert kind_of(f"{phrase} xyz")[0] == "system"


def test_words_do_not_contradict_each_other() -> None:
    meanings: dict[str, set[str]] = {}
    for field, kind in KINDS.items():
        for phrase in words.every(field):
            meanings.setdefault(phrase.casefold(), set()).add(kind)
    assert not {phrase: kinds for phrase, kinds in meanings.items() if len(kinds) > 1}
    assert not {word.casefold() for word in words.every("am")} & {word.casefold() for word in words.every("pm")}
    starts: dict[str, set[int]] = {}
    for language in words.LANGUAGES.values():
        for month, name in enumerate(language.months.split(), 1):
            for start in name.split(","):
                starts.setdefault(start, set()).add(month)
    assert all(len(each) == 1 for each in starts.values())


@pytest.mark.parametrize("language", [code for code, each in words.LANGUAGES.items() if each.months])
def test_months_of_a_language(language: str) -> None:
    for month, name in enumerate(words.LANGUAGES[language].months.split(), 1):
        for start in name.split(","):
            text = f"21:05, 31 {start.title()}. 2014 - Ann: hi\n"
            found = heads.find("\n" + text)
            assert [(h.date, h.time.hour) for h in found] == [(("2014", str(month), "31"), 21)], text


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_halves_of_the_day_of_a_language(language: str) -> None:
    known = words.LANGUAGES[language]
    for half, hour in [(w, 1) for w in known.am.split("|") if w] + [(w, 13) for w in known.pm.split("|") if w]:
        glued = [] if half[0].isascii() else [f"1:05{half}", f"{half}1:05"]
        for clock in (f"1:05 {half}", f"1:05\u202f{half}", f"{half} 1:05", *glued):
            (head,) = heads.find(f"\n31/01/24, {clock} - Ann: hi")
            assert head.time.hour == hour and head.shape.half_days, clock


def test_a_dialect_is_a_value() -> None:
    assert replace(whatsapp.ANDROID) == whatsapp.ANDROID and hash(whatsapp.ANDROID) == hash(replace(whatsapp.ANDROID))
