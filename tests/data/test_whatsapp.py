"""WhatsApp exports: laws (nothing is lost, write and read are inverse), known shapes, and real exports."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import Undecided, UserError
from mynah.core.options import resolve
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, inputs
from mynah.data.sources import whatsapp

REAL = Path(__file__).parents[3] / "shared" / "data" / "5_chat_exports"
LRM, RLM = "\u200e", "\u200f"


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def items(text: str, order: str = "auto", year: int = 0) -> list[Item]:
    file = Given(Path("chat.txt"), data=text.encode())
    return list(whatsapp.read(file, resolve(whatsapp.Options, {"date_order": order, "year": year}, "whatsapp")))


def messages(text: str, order: str = "auto", year: int = 0) -> list[Message]:
    return [m for item in items(text, order, year) if isinstance(item, Conversation) for m in item.messages]


def facts(found: Sequence[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def one(body: str, head: str = "31/01/2024, 21:05 - ", sender: str = "Ann: ") -> tuple[str, str, str]:
    (message,) = messages(f"{head}{sender}{body}")
    return message.kind, message.speaker, message.text


def covered(found: Sequence[Item]) -> list[int]:
    """The lines that messages and Unparsed say they come from."""
    origins = [item.origin for item in found if isinstance(item, Unparsed)]
    origins += [m.origin for item in found if isinstance(item, Conversation) for m in item.messages]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


# --- Laws -----------------------------------------------------------------------------------------------------------

PIECES = [
    "31/01/2024, 21:05 - Ann: hi", "1/2/2024, 00:00 - Ann added Bob", "31/02/2024, 10:00 - Ann: no such day", "",
    "[31/01/2024, 21:05:07] Ann: pasted", "text", f"{LRM}[1/1/24, 9:05:07 PM] Bob: {LRM}image omitted", "12/12/19: at",
    "01/02/2024, 25:61 - Ann: no such time", "31.1.2024 klo 21.05 - Ann: hi", "a\u2028b\u0085c\x0bd", "Bob:", " ",
]  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=20)


@given(st.lists(st.sampled_from(PIECES) | WORDS), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_line_belongs_to_one_thing(lines: list[str], end: str, final: bool) -> None:
    text = end.join(lines) + (end if final and lines else "")
    count = len(text.split("\n")) - (not text or text.endswith("\n"))
    assert covered(items(text, "dmy")) == list(range(1, count + 1))


NAMES = st.text("aZéש語🙂 .-+1:", min_size=1, max_size=12).map(str.strip).filter(lambda name: name and ": " not in name)
TEXTS = st.text("ab Z:é<>()ש🙂-1/.,\n", min_size=1, max_size=40).map(str.strip).filter(bool)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """What `read` could have made: a closing word of each speaker shows where the name ends."""
    rows = draw(st.lists(st.tuples(NAMES, TEXTS), min_size=1, max_size=6))
    rows += [(name, "ok") for name in dict.fromkeys(name for name, _ in rows)]
    rows += [("", "Ann left"), ("Zoe", "<Media omitted>"), ("Zoe", "This message was deleted")]
    texts: list[Kind] = ["text"] * (len(rows) - 3)
    kinds: list[Kind] = [*texts, "system", "media", "deleted"]
    found, line = [], 1
    for (name, text), kind in zip(rows, kinds, strict=True):
        at = draw(st.datetimes(datetime(2009, 1, 1), datetime(2099, 1, 1))).replace(second=0, microsecond=0)
        height = text.count("\n") + 1
        found.append(Message(name, text, at, Origin("chat.txt", line, height), kind))
        line += height
    return Conversation(tuple(found), Origin("chat.txt", 1, line - 1))


@given(conversations())
def test_read_undoes_write(conversation: Conversation) -> None:
    _, again = items(whatsapp.write(conversation), "dmy")
    assert again == conversation


def test_a_message_without_a_time_cannot_be_written() -> None:
    origin = Origin("x", 1)
    with pytest.raises(ValueError, match="without a time"):
        whatsapp.write(Conversation((Message("Ann", "hi", None, origin),), origin))


# --- Heads ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        "1/31/24, 9:05 PM - ", "1/31/24, 9:05\u202fPM - ", "31/01/24, 9:05 pm - ", "2024-01-31, 9:05 p.m. - ",
        "2024/01/31, 9:05 pm - ", "31.01.24, 21:05 - ", "31.01.24, 9:05 nachm. - ", "31-01-2024 21:05 - ",
        "31/01/2024 à 21:05 - ", "31/1/2024 9:05 p.\u00a0m. - ", "31.01.2024, 9:05 ÖS - ", "31/01/24 21.05 - ",
        f"٣١{RLM}/١{RLM}/٢٠٢٤، ٩:٠٥ م - ", "31.1.2024 klo 21.05 - ", "2024/01/31 下午9:05 - ",
        "2024. 1. 31. 오후 9:05 - ", "31. 1. 2024. 21:05 - ", "31/01/2024, 21:05 \u2013 ", "[21:05, 31/01/2024] ",
        "24/1/31, 21:05 - ",
    ],
)  # fmt: skip
def test_heads_to_the_minute(head: str) -> None:
    (message,) = messages(f"{head}Ann B: hi")
    assert (message.at, message.speaker, message.text) == (datetime(2024, 1, 31, 21, 5), "Ann B", "hi")


@pytest.mark.parametrize(
    "head",
    [
        "[1/31/24, 9:05:07 PM] ", "[1/31/24, 9:05:07\u202fPM] ", "[31.01.24, 21:05:07] ", "[31/01/2024 21:05:07] ",
        f"[{RLM}31{RLM}/1{RLM}/2024، 21:05:07] ", f"{LRM}[1/31/24 21.05.07] ", "[31.1.2024 klo 21.05.07] ",
        "[2024/1/31 下午9:05:07] ", "[1/31/R6, 21:05:07] ", "[1/31/2567 BE, 21:05:07] ", "[21:05:07, 1/31/24] ",
        "31-01-24 21:05:07 ", "1/31/24, 9:05:07 PM: ", "31.01.24 21.05.07: ", "[01/2024/31, 21:05:07] ",
    ],
)  # fmt: skip
def test_heads_to_the_second(head: str) -> None:
    (message,) = messages(f"{head}Ann B: hi")
    assert (message.at, message.speaker, message.text) == (datetime(2024, 1, 31, 21, 5, 7), "Ann B", "hi")


@pytest.mark.parametrize(("clock", "hour"), [("12:05 AM", 0), ("12:05 PM", 12), ("1:05 a. m.", 1), ("11:05 pm", 23)])
def test_twelve_hours(clock: str, hour: int) -> None:
    found = items(f"1/31/24, {clock} - Ann: hi")
    assert isinstance(found[1], Conversation) and found[1].messages[0].at == datetime(2024, 1, 31, hour, 5)
    assert facts(found)["clock"] == "12 hours"


def days(*dates: str, order: str = "auto") -> tuple[list[str], str]:
    found = items("".join(f"{each}, 21:05 - Ann: hi\n" for each in dates), order)
    chat = [m for item in found if isinstance(item, Conversation) for m in item.messages]
    return [f"{m.at:%d.%m.%y}" for m in chat], facts(found)["date order"]


@pytest.mark.parametrize(
    ("dates", "first", "why"),
    [
        (["03/04/24", "13/04/24"], "03.04.24", "day first (line 2: 13/04/24)"),
        (["03/04/24", "03/13/24"], "04.03.24", "month first (line 2: 03/13/24)"),
        (["01/02/24", "02/01/24"], "02.01.24", "month first (time runs backward 0 times, otherwise 1)"),
        (["06/12/15", "07/12/15"], "06.12.15", "day first (the chat spans 1 days, otherwise 30)"),
        (["03.04.24"], "03.04.24", "day first (dates with dots are not written month first)"),
        (["03/03/24"], "03.03.24", "day first (day and month are the same number)"),
        (["24/1/31", "24/2/1"], "31.01.24", "year first, then month (line 1: 24/1/31)"),
        (["2024/03/04"], "04.03.24", "year first, then month (the year has four digits)"),
    ],
)
def test_date_order(dates: list[str], first: str, why: str) -> None:
    found, fact = days(*dates)
    assert len(found) == len(dates) and found[0] == first and fact == why


def test_ambiguous_dates_are_asked_for() -> None:
    with pytest.raises(Undecided, match=r"whatsapp\.date_order=dmy") as caught:
        days("03/04/24", "03/04/24")
    question = caught.value
    assert "03/04/24 (line 1)" in question.found and "3 April 2024" in question.todo and "4 March 2024" in question.todo
    assert (question.section, question.option) == ("whatsapp", "date_order")
    assert question.choices == {"dmy": "3 April 2024", "mdy": "4 March 2024"}
    for order in question.choices:
        assert days("03/04/24", order=order)[1].endswith("(as set by date_order)")
    assert days("03/04/24", order="dmy")[0] == ["03.04.24"]
    assert days("03/04/24", order="mdy")[0] == ["04.03.24"]
    assert days("13/04/10", order="ymd")[0] == ["10.04.13"]


def test_the_year_may_stand_first_too() -> None:
    with pytest.raises(Undecided) as caught:
        days("10/11/12")
    assert caught.value.choices == {"dmy": "10 November 2012", "mdy": "11 October 2012", "ymd": "12 November 2010"}


def test_a_short_span_proves_nothing_where_time_runs_backward() -> None:
    with pytest.raises(Undecided, match="time runs backward 1 times in either order"):
        days("02/03/24", "03/04/24", "02/03/24")


@pytest.mark.parametrize("date", ["1402/11/11", "1445/7/19", "11/11/0024"])
def test_years_in_which_nobody_wrote_are_no_dates(date: str) -> None:
    found = items(f"{date}, 21:05 - Ann: hi\n")
    assert [type(item) for item in found] == [Understood, Unparsed]
    assert facts(found)["impossible dates"] == "1, kept as text (first: line 1)"


# --- Months as words, and years that nobody wrote -------------------------------------------------------------------


def named(*heads: str, year: int = 0) -> tuple[list[str], Mapping[str, str]]:
    found = items("".join(f"{head} - Ann: hi\n" for head in heads), year=year)
    chat = [m for item in found if isinstance(item, Conversation) for m in item.messages]
    return [f"{m.at:%Y-%m-%d %H:%M}" for m in chat], facts(found)


@pytest.mark.parametrize(
    "head",
    [
        "21:05, 31 Jan 2014", "31 Jan 2014, 21:05", "Jan 31, 2014, 9:05 PM", "31. Januar 2014 um 21:05",
        "31 January 2014 21:05", "31 de enero de 2014 21:05", "31 янв. 2014, 21:05", "21.05, 31 janv. 2014",
        "31 stycznia 2014 21:05",
    ],
)  # fmt: skip
def test_months_as_words(head: str) -> None:
    found, concluded = named(head)
    assert found == ["2014-01-31 21:05"] and concluded["date order"] == "the month is a word"
    assert "year" not in concluded


def test_the_year_goes_on_from_where_it_was_named() -> None:
    found, concluded = named(
        "2 Jan 10:00", "29 Dec 2012 21:05", "31 Dec 21:05", "2 Jan 08:11", "1 Jan 23:59", "3 Mar 10:00"
    )
    assert [each[:4] for each in found] == ["2012", "2012", "2012", "2013", "2013", "2013"]
    assert concluded["year"] == "2012 to 2013 (after line 2, which names it)"


def test_the_year_of_files_named_after_their_day() -> None:
    text = "Dec 30, 8:11 PM - Ann: hi\nMar 5, 8:11 PM - Ann: IMG-20140305-WA0001.jpg (file attached)\n"
    assert [str(m.at) for m in messages(text)] == ["2013-12-30 20:11:00", "2014-03-05 20:11:00"]
    assert facts(items(text))["year"] == "2013 to 2014 (line 2 names a file of that day)"


def test_the_year_is_asked_for() -> None:
    with pytest.raises(Undecided, match="no year anywhere") as caught:
        named("28 Feb 21:05", "29 Feb 21:05")
    question = caught.value
    assert (question.section, question.option) == ("whatsapp", "year")
    assert question.choices == {year: f"the last message is of 29 February {year}" for year in ("2012", "2016")}
    found, concluded = named("31 Dec 21:05", "29 Feb 21:05", year=2012)
    assert found == ["2011-12-31 21:05", "2012-02-29 21:05"] and concluded["year"] == "2011 to 2012 (as set by year)"


def test_the_day_on_which_a_file_was_written(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_text("31 Dec 21:05 - Ann: hi\n5 Mar 21:05 - Ann: hi\n", encoding="utf-8")
    os.utime(path, (0, datetime(2015, 3, 4).timestamp()))
    found = list(whatsapp.read(Input(path), whatsapp.Options()))
    assert facts(found)["year"] == "2013 to 2014 (the file was written on 2015-03-04)"
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("_chat.txt", (2015, 3, 5, 22, 0, 0)), path.read_text(encoding="utf-8"))
    (file,) = inputs(tmp_path / "export.zip")
    assert facts(list(whatsapp.read(file, whatsapp.Options())))["year"].startswith("2014 to 2015 ")
    os.utime(path)  # a copy of today tells nothing
    with pytest.raises(Undecided):
        list(whatsapp.read(Input(path), whatsapp.Options()))


def test_an_impossible_date_or_another_shape_is_text() -> None:
    text = """before
31/01/2024, 21:05 - Ann: one
31/02/2024, 21:06 - Ann: no such day
[31/01/2024, 21:05:07] Bob: pasted
31/01/2024 21:06 Bob: no head at all
31/01/24, 21:07 - Bob: pasted, too
31/01/2024, 21:08 - Ann: two
"""
    found = items(text)
    unparsed = next(item for item in found if isinstance(item, Unparsed))
    assert (unparsed.text, unparsed.reason) == ("before", "before the first message")
    chat = messages(text)
    assert [(m.text[-3:], m.origin.line, m.origin.lines) for m in chat] == [("too", 2, 5), ("two", 7, 1)]
    assert facts(found)["heads of another shape"] == "2, kept as text (first: line 4)"
    assert facts(found)["impossible dates"] == "1, kept as text (first: line 3)"


def test_lines_without_any_head_are_unparsed() -> None:
    (unparsed,) = items("just\r\ntext\r\n")
    assert isinstance(unparsed, Unparsed) and unparsed.origin == Origin("chat.txt", 1, 2)
    assert items("") == []


# --- Bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("media", "<Media omitted>"), ("media", "<Medien ausgeschlossen>"), ("media", "<Multimedia omitido>"),
        ("media", "<Mídia oculta>"), ("media", "<Médias omis>"), ("media", "<Media omessi>"),
        ("media", "<Media weggelaten>"), ("media", "<Без медиафайлов>"), ("media", "<Medya dahil edilmedi>"),
        ("media", "<המדיה לא נכללה>"), ("media", "<تم استبعاد الوسائط>"), ("media", "<मीडिया के बिना>"),
        ("media", "<Media tidak disertakan>"), ("media", "<メディアなし>"), ("media", "<미디어 파일 제외됨>"),
        ("media", "<省略多媒体文件>"), ("media", "<忽略多媒體檔>"), ("media", f"{LRM}image omitted"),
        ("media", f"{LRM}Bild weggelassen"), ("media", f"{LRM}画像は含まれていません"),
        ("media", f"{RLM}لم يتم إدراج الصورة"),
        ("media", f"{LRM}<attached: 00000042-PHOTO-2024-01-31-21-05-07.jpg>"), ("media", f"{LRM}<Anhang: a.pdf>"),
        ("media", f"{LRM}<附件\uff1a00000001-AUDIO-2024-01-31-21-05-07.opus>"),
        ("media", f"old-01.jpg <{LRM}attached>"), ("media", "IMG-20240131-WA0007.jpg (file attached)"),
        ("media", "plan.pdf (Datei angehängt)\nplan.pdf"),
        ("media", f"plan.pdf • {LRM}2 pages {LRM}<attached: 00000012-plan.pdf>"), ("media", "null"),
        ("media", "The gate\n1 Mill Lane\nlocation: https://maps.google.com/?q=1.0,2.0"),
        ("media", "live location shared"), ("media", "POLL:\nWhen?\nOPTION: Now (2 votes)\nOPTION: Later (1 vote)"),
        ("deleted", "This message was deleted"), ("deleted", f"{LRM}You deleted this message."),
        ("deleted", "Diese Nachricht wurde gelöscht."), ("deleted", "הודעה זו נמחקה"), ("deleted", "此訊息已刪除"),
        ("deleted", f"{LRM}This message was deleted by admin Bob."), ("text", "image omitted from the book"),
        ("text", "a <b: c> d"), ("text", "ok (really)"), ("text", "null and void"), ("text", "POLL:\nno options"),
        ("text", "see https://example.org"), ("text", ""), ("text", f"{RLM}שלום"),
        ("media", "Ida Kern.vcf (xx yy)"), ("media", "AUD-20240131-WA0007. (xx yy)"), ("text", "a.jpg (xx yy)"),
        ("media", "Xxxx: https://maps.google.com/?q=1.25,-2.5"),
        ("text", "look here: https://maps.google.com/?q=1.25,2.5"),
        ("media", "Gate (1 Mill Lane): https://foursquare.com/v/0123456789abcdef01234567"),
        ("media", "Waiting for this message. This may take a while."), ("media", f"plan.pdf {LRM}document omitted"),
        ("media", "plan.pdf • 2 pages document omitted"), ("text", "the document omitted"),
        ("media", "<image omitted>"), ("media", "Poll: When?\n    - Now\n    - Later"), ("media", "2 contacts shared"),
        ("media", "Location: 1.25, 2.5 - https://maps.google.com/?q=1.25,2.5"), ("text", "what was shared"),
        ("media", f"ANKET:\nNe zaman?\n{LRM}SEÇENEK: Şimdi (1 oy)\n{LRM}SEÇENEK: Sonra (0 oy)"),
        ("system", "Voice call. 12 min"), ("system", f"Voice call, {LRM}1 hr 2 min"),
        ("system", "Video call. No answer"),
        ("system", "Missed voice call. Tap to call back"), ("text", "Voice call"), ("text", "Voice call. at nine?"),
        ("deleted", "You deleted this message as admin"), ("text", "You deleted this message, why"),
    ],
)  # fmt: skip
def test_kinds(kind: str, body: str) -> None:
    text = body if kind == "text" else body.lstrip(LRM + RLM)
    assert one(body) == (kind, "" if kind == "system" else "Ann", text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("IMG-20240131-WA0007.jpg (file attached)\nat the gate", "at the gate"),
        (f"{LRM}IMG-1.jpg (Datei angehängt)\nam Tor\nseit neun", "am Tor\nseit neun"),
        (f"at the gate {LRM}<attached: 00000042-PHOTO-2024-01-31-21-05-07.jpg>", "at the gate"),
        ("<Media omitted>\nat the gate", "at the gate"),
        (f"at the gate {LRM}image omitted", "at the gate"),
        (f"left shed {LRM}<This message was edited>", "left shed"),
        ("schon da <Diese Nachricht wurde bearbeitet.>", "schon da"),
        ("one\u2028two", "one\ntwo"),
        (f"xx yy {LRM}<Zzzzz zzzz zzz>", "xx yy"),
        ("xx yy <Zzzzz zzzz zzz>", "xx yy <Zzzzz zzzz zzz>"),
        ("a.jpg (file attached) at the gate", "at the gate"),
        ("<image omitted> at the gate", "at the gate"),
        ("  spaced  \n\nout \n", "spaced  \n\nout"),
    ],
)
def test_what_is_kept_of_a_text(body: str, text: str) -> None:
    assert one(body) == ("text", "Ann", text)


def test_an_attachment_is_known_by_the_members_of_the_zip(tmp_path: Path) -> None:
    chat = "31/01/2024, 21:05 - Ann: a b.jpg (xx yy)\n31/01/2024, 21:06 - Ann: c.jpg (xx yy)\n"
    chat += "31/01/2024, 21:07 - Ann: <xx: a b.jpg>\n31/01/2024, 21:08 - Ann: <xx: c.jpg>\n"
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("WhatsApp Chat.txt", chat)
        archive.writestr("a b.jpg", "")
    (file,) = inputs(tmp_path / "export.zip")
    chat_items = list(whatsapp.read(file, whatsapp.Options()))
    assert isinstance(chat_items[1], Conversation)
    assert [m.kind for m in chat_items[1].messages] == ["media", "text"] * 2
    assert chat_items[1].origin.file == "export.zip/WhatsApp Chat.txt"


# --- Who speaks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        'Ann changed the group name from "a" to "b: c"', "Ann added Bob", "Missed voice call", "You created group: x",
        "Ann turned on admin approval: new members wait", "Ann: Missed voice call", "Ann:.",
        "Ida hat die Gruppe a: b erstellt",
        "Ann: Messages and calls are end-to-end encrypted. Tap to learn more.",
    ],
)  # fmt: skip
def test_notices_have_no_speaker(line: str) -> None:
    (kind, speaker, _) = one(line, sender="")
    assert (kind, speaker) == ("system", "")


def test_ios_notices_are_marked_and_groups_are_no_speakers() -> None:
    text = f"""[31/01/24, 21:05:07] Garden Club: {LRM}Xxxxx yyyyy zzzzz.
[31/01/24, 21:05:08] ~\u202fMoss: who has the keys?
[31/01/24, 21:05:09] Fern: {LRM}Yyyyy zzzzz
[31/01/24, 21:05:10] \u202a+44\u00a020\u00a07946\u00a00999\u202c: me
{RLM}[31/01/24, 21:05:11] Fern: {RLM}Yyyyy zzzzz
[31/01/24, 21:05:12] Fern: {RLM}שלום
"""
    found = [(m.kind, m.speaker) for m in messages(text)]
    person = [("text", "Moss"), ("system", ""), ("text", "+44 20 7946 0999"), ("system", ""), ("text", "Fern")]
    assert found == [("system", ""), *person]


def test_notices_of_whatsapp_web() -> None:
    text = """Messages and calls are end-to-end encrypted.
[1/31/24, 9:05:07 PM] - You created group "a: b"
[1/31/24, 9:05:08 PM] You: hi
"""
    unparsed = next(item for item in items(text) if isinstance(item, Unparsed))
    assert unparsed.reason == "before the first message"
    found = [(m.kind, m.speaker, m.text) for m in messages(text)]
    assert found == [("system", "", 'You created group "a: b"'), ("text", "You", "hi")]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("~\u202fMoss", "Moss"), ("~Moss", "Moss"), ("\u200e~\u00a0Moss", "Moss"),
        ("\u202a+49 170 0000000\u202c", "+49 170 0000000"),
        ("🙈", "🙈"), ("דנה לוי", "דנה לוי"), ("\u2068سلمى\u2069", "سلمى"),
        ("Ann - work", "Ann - work"), ("Ann [work]", "Ann [work]"), ("12:30", "12:30"), ("Ann:", "Ann:"),
        ("31/01/2024", "31/01/2024"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("head", ["31/01/2024, 21:05 - ", "[31/01/2024, 21:05:07] "])
def test_names(head: str, written: str, name: str) -> None:
    assert one("hi", head, f"{written}: ") == ("text", name, "hi")


def test_a_stranger_is_not_merged_with_a_contact_of_the_same_name() -> None:
    text = "31/01/24, 21:05 - ~ Tom: hi\n31/01/24, 21:05 - Tom: hi\n31/01/24, 21:05 - ~ Eve: hi\n"
    assert [m.speaker for m in messages(text)] == ["~ Tom", "Tom", "Eve"]


def test_names_with_a_colon_by_frequency() -> None:
    lines = ["Team: Ops: up"] * 3 + [f"Team: Dev: down {n}: again" for n in range(4)]
    lines += ["Ann: note: milk"] * 5 + ["Ann: hi"]
    lines += ["Bob: location: https://maps.google.com/?q=1,2"] * 3
    found = Counter(m.speaker for m in messages("".join(f"31/01/24, 21:05 - {line}\n" for line in lines)))
    assert found == {"Team: Ops": 3, "Team: Dev": 4, "Ann": 6, "Bob": 3}


def test_a_frequent_name_with_a_verb_is_a_name() -> None:
    found = messages("31/01/24, 21:05 - Kim added at gym: hi\n" * 3)
    assert {m.speaker for m in found} == {"Kim added at gym"}


# --- Recognition ----------------------------------------------------------------------------------------------------


def test_sniff_goes_by_content() -> None:
    chat = "31/01/24, 21:05 - Ann: hi\n" * 3
    assert 0.5 < whatsapp.sniff(chat, "notes.txt") < whatsapp.sniff(chat, "export.zip/_chat.txt") <= 1
    assert whatsapp.sniff("see:\n" + chat, "notes.txt") < whatsapp.sniff(chat, "notes.txt")
    assert whatsapp.sniff(chat + "31/01/24, 21:0", "a.txt") == whatsapp.sniff(chat, "a.txt")
    for other in (
        "", "_chat.txt", '{"messages": []}', "[21:05] <ann> hi\n" * 9, "2024-01-31 21:05:07 INFO: started\n" * 9,
        "[1/31/2024 9:05 PM] ann#1\nhi\n\n" * 9, "--- Log opened Wed Jan 31 21:05:07 2024\n21:05 <ann> hi\n",
        "2024. 1. 31. 오후 9:05, Ann : hi\n" * 9,
    ):  # fmt: skip
        assert whatsapp.sniff(other, "WhatsApp Chat.txt") < 0.5, other


# --- Real exports ---------------------------------------------------------------------------------------------------

needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real exports are not here")


def real(folder: str, name: str, order: str = "auto") -> list[Message]:
    """The messages of a real export, whose lines must add up."""
    (file,) = inputs(REAL / folder / name)
    assert whatsapp.sniff(file.head(), file.name) > 0.5
    found = list(whatsapp.read(file, resolve(whatsapp.Options, {"date_order": order}, "whatsapp")))
    text = file.text()
    assert covered(found) == list(range(1, text.count("\n") + (not text.endswith("\n")) + 1))
    return [m for item in found if isinstance(item, Conversation) for m in item.messages]


def expected(folder: str, name: str = "expected.json") -> Any:
    return json.loads((REAL / folder / name).read_text(encoding="utf-8"))


def said(found: Sequence[Message]) -> list[Message]:
    return [m for m in found if m.kind != "system"]


@needs_real
def test_real_chatistics() -> None:
    files = expected("whatsapp_chatistics")["files"]
    orders = {"_chat 3.txt": "mdy"}  # both orders run backward once; its authors know that the month stands first
    for name, facts_of in files.items():
        found = said(real("whatsapp_chatistics", name, orders.get(name, "auto")))
        assert len(found) == facts_of["n_messages"]
        assert [m.speaker for m in found] == facts_of.get("senderName", [m.speaker for m in found])
        times = facts_of.get("datetime", [m.at.isoformat() for m in found if m.at])
        assert [m.at.isoformat() for m in found if m.at] == times
        for message, text in zip(found, facts_of.get("text", []), strict=False):
            assert message.text.endswith(text.strip())  # they drop control characters, which stand before


@needs_real
def test_real_chatminer() -> None:
    facts_of = expected("whatsapp_chatminer")
    for name in facts_of["files"]:
        found = said(real("whatsapp_chatminer", name))
        rows = [
            {"timestamp": m.at.isoformat(), "author": m.speaker, "message": m.text.replace("\n", " ")}
            for m in reversed(found)
            if m.at
        ]
        assert rows == facts_of["messages_newest_first"]


@needs_real
def test_real_pustur() -> None:
    facts_of = expected("whatsapp_pustur")
    chat = real("whatsapp_pustur", "short_chat.txt")
    short = facts_of["short_chat.txt"]
    assert [m.speaker or None for m in chat] == short["authors"]
    assert chat[-1].text == short["last_message"].strip()
    assert str(chat[0].at).replace(" ", "T") == short["first_date_month_first"]
    assert str(chat[-1].at).replace(" ", "T") == short["last_date_month_first"]
    facts_of_zip = expected("whatsapp_pustur", "expected_zip.json")
    chat = real("whatsapp_pustur", "ios_group_with_media.zip")
    assert len(chat) == facts_of_zip["_chat.txt_headers"]
    assert len(chat) - len(said(chat)) == facts_of_zip["system_lines"]
    assert sorted({m.speaker for m in said(chat)}) == facts_of_zip["participants"]
    attached = [m.text for m in chat if m.kind == "media" and "attached" in m.text]
    assert attached == [f"<attached: {name}>" for name in facts_of_zip["attachments"]]


@needs_real
def test_real_pustur_cases() -> None:
    for case in expected("whatsapp_pustur")["cases"]:
        order = "mdy" if case.get("options", {}).get("days_first") is False else "dmy"
        try:
            found = messages(case["text"])
        except UserError:  # a single ambiguous date, which they take for day first
            found = messages(case["text"], order)
        assert len(found) == len(case["expected"]), case["name"]
        for message, row in zip(found, case["expected"], strict=True):
            if "date" in row:
                assert str(message.at).replace(" ", "T") == row["date"], case["name"]
            if "author" in row:
                assert (message.speaker or None) == row["author"], case["name"]
            if "message" in row:
                assert message.text == row["message"], case["name"]
            if "system" in row:
                assert (message.kind == "system") == row["system"], case["name"]
            if "attachment" in row:
                assert message.kind == "media" or "\n" in case["text"], case["name"]  # with a caption it is text


@needs_real
def test_real_edge_cases() -> None:
    for name, facts_of in expected("whatsapp_synthetic_edge_cases")["files"].items():
        found = real("whatsapp_synthetic_edge_cases", name)
        assert len(found) - len(said(found)) == facts_of["system"], name
        for message, (at, speaker, text, *_) in zip(said(found), facts_of["messages"], strict=True):
            assert message.at == datetime.fromisoformat(at) and message.speaker == speaker, name
            if isinstance(text, str):
                assert message.text.replace(RLM, "") == text, name  # marks stay in bodies
            else:
                assert message.kind == ("deleted" if "deleted" in text else "media"), name


@needs_real
def test_real_chatpack() -> None:
    for name, facts_of in expected("multi_platform_chatpack").items():
        if name.startswith("whatsapp"):
            found = real("multi_platform_chatpack", name)
            assert len(found) == facts_of["headers"] and len(found) - len(said(found)) == facts_of["system_like"]
            assert sum(m.kind == "media" for m in found) == facts_of.get("media_omitted", 0)
