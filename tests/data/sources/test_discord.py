"""Discord as DiscordChatExporter writes it: nothing is lost, write and read are inverse, and what its formats do."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import Undecided
from mynah.core.types import Conversation, Item, Message, Origin, Understood, Unparsed
from mynah.data.files import HEAD, Input, decoded, inputs
from mynah.data.sources import discord
from mynah.data.sources.discord import bodies

REAL = Path(__file__).parents[4] / "shared" / "data" / "5_chat_exports"
RULE = "=" * 62
START = datetime(2024, 1, 31, 21, 5, 7)


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        yield io.BytesIO(self.data)


def items(text: str | bytes, name: str = "chat", **options: Any) -> list[Item]:
    data = text.encode() if isinstance(text, str) else text
    return list(discord.read(Given(Path(name), data=data), discord.Options(**options)))


def chat(found: Sequence[Item]) -> Conversation:
    (conversation,) = [item for item in found if isinstance(item, Conversation)]
    return conversation


def facts(found: Sequence[Item]) -> dict[str, str]:
    (understood,) = [item.facts for item in found if isinstance(item, Understood)]
    return understood


def said(text: str, **options: Any) -> list[tuple[str, str, str]]:
    return [(m.kind, m.speaker, m.text) for m in chat(items(text, **options)).messages]


def covered(found: Sequence[Item]) -> list[int]:
    """The lines or elements that messages and Unparsed say they come from, each once."""
    origins = {m.origin for item in found if isinstance(item, Conversation) for m in item.messages}
    lost = [item.origin for item in found if isinstance(item, Unparsed)]
    return sorted(line for o in [*origins, *lost] for line in range(o.line, o.line + o.lines))


def message(content: str = "hi", number: int = 1, **more: Any) -> dict[str, Any]:
    """One message of JSON."""
    author = {"id": "55", "name": "tarn", "nickname": "Tarn", "isBot": False}
    at = f"2024-01-31T21:{number % 60:02}:07.1+01:00"
    return {"id": str(number), "type": "Default", "timestamp": at, "content": content, "author": author, **more}


def export(*messages: Any, **more: Any) -> str:
    channel = {"id": "70", "type": "GuildTextChat", "category": "Town", "name": "harbor"}
    root = {"guild": {"id": "7", "name": "Ferry Club"}, "channel": channel, "messages": messages, **more}
    return json.dumps(root, indent=2)


def table(*rows: Sequence[str]) -> str:
    """CSV as the exporter writes it."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    return "AuthorID,Author,Date,Content,Attachments,Reactions\r\n" + out.getvalue()


def plain(*messages: str, end: bool = True) -> str:
    """Plain text as the exporter writes it; a message is a head and what is below."""
    blocks = "".join(f"{each}\n\n\n" for each in messages)
    last = f"{RULE}\nExported {len(messages)} message(s)\n{RULE}\n" if end else ""
    return f"{RULE}\nGuild: Ferry Club\nChannel: Town / harbor\n{RULE}\n\n{blocks}{last}"


# --- Laws -----------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda text: text == text.strip() and "<" not in text
)
MEDIA = st.sampled_from(["photo", "video", "audio", "file", "sticker", "embed", "PDF", bodies.NOTHING])
KINDS = st.sampled_from(["text", "automatic", "forwarded", "media", "system"])


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    messages = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        kind = draw(KINDS)
        text = draw(MEDIA if kind == "media" else WORDS)
        reply = (
            str(number - 1) if kind in ("text", "media", "automatic") and number > 1 and draw(st.booleans()) else None
        )
        at = START + timedelta(seconds=number // 2, microseconds=number)
        speaker = "" if kind == "system" else draw(WORDS)
        messages.append(Message(speaker, text, at, Origin("chat", number), kind, str(number), reply))
    name = draw(st.sampled_from(["", "Tarn", "Ferry Club / harbor", "Ferry Club / Town / harbor"]))
    return Conversation(tuple(messages), Origin("chat", 1, len(messages)), name)


@given(conversations())
def test_what_is_written_is_read(conversation: Conversation) -> None:
    written = discord.write(conversation)
    assert discord.sniff(written, "x") > 0.5
    found = items(written)
    assert chat(found) == conversation and facts(found)["counts"] == "messages" and "times" not in facts(found)


@given(st.lists(st.tuples(WORDS, st.lists(WORDS.filter(lambda w: w[0] not in "[{="), min_size=1).map("\n\n".join))))
def test_csv_and_plain_text_hold_the_same(rows: list[tuple[str, str]]) -> None:
    rows = [(name, text) for name, text in rows if len(name) < 30 and not bodies.is_notice(text) and "#" not in name]
    rows = [row for row in rows if "]" not in row[0] and not row[0].endswith(" (pinned)")]
    wanted = [("text", name, text) for name, text in rows]
    if wanted:
        times = [START + timedelta(minutes=number) for number in range(len(rows))]
        of_csv = table(*((n, n, at.isoformat(), text, "", "") for at, (n, text) in zip(times, rows, strict=True)))
        of_text = plain(*(f"[{at:%d.%m.%Y %H:%M}] {n}\n{text}" for at, (n, text) in zip(times, rows, strict=True)))
        assert said(of_csv) == wanted and said(of_text)[1:-1] == wanted


LINES = [
    "",
    "[1/31/2024 9:05 PM] tarn",
    "[31.13.2024 10:00] wren (pinned)",
    "{Attachments}",
    "{Reactions}",
    RULE,
    "text",
]
LINES += ["Guild: Ferry Club", "Channel: harbor", "Exported 3 message(s)", "{Forwarded Message}", " ", "\u2028a\x0b"]


@given(st.lists(st.sampled_from(LINES)), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_every_line_of_plain_text_belongs_to_one_thing(lines: list[str], end: str, ends: bool, framed: bool) -> None:
    text = end.join(plain(*lines).split("\n") if framed else lines) + (end if ends else "")
    count = len(text.split("\n")) - (not text or text.endswith("\n"))
    assert covered(items(text, date_order="mdy")) == list(range(1, count + 1))


def seeds() -> list[bytes]:
    first = message("a ferry", 1, attachments=[{"fileName": "x.png"}], reactions=[{"count": 2}])
    later = [
        message("", n, forwardedMessage={"content": "b"}, mentions=[{"id": "9", "name": "w"}]) for n in range(2, 6)
    ]
    rows = [("55", "tarn#0001", f"2024-01-31T21:0{n}:07+01:00", 'li,ne\n"two"', "a.png,b", "x (2)") for n in range(5)]
    texts = [f"[1/31/2024 9:0{n} PM] tarn\nhello\n\n{{Attachments}}\nhttps://x/y.png" for n in range(5)]
    return [export(first, *later, 7).encode(), table(*rows).encode(), plain(*texts).encode()]


def mutant(r: random.Random, data: bytes) -> bytes:
    """A damaged file: pieces are cut, doubled, swapped or replaced."""
    for _ in range(r.randint(1, 4)):
        a, b, c = sorted(r.randint(0, len(data)) for _ in range(3))
        junk = r.choice((b"\xff", b"\x00", b'"', b"{", b"]", b"\n", b"null", b"99999999999", b"[1/1/2024 1:00] a\n"))
        pieces = (data[:a] + data[b:], data[:b] + data[a:], data[:a] + data[b:c] + data[a:b] + data[c:])
        data = r.choice((*pieces, data[:a] + junk + data[a:], data[:a] + junk + data[a + len(junk) :], data[:c]))
    return data


def test_damaged_files_end_well() -> None:
    r = random.Random(7)
    chats = 0
    for index in range(300):
        data = mutant(r, seeds()[index % 3])
        text = decoded(data)
        assert 0 <= discord.sniff(text[:HEAD], "chat") <= 1
        found = items(data, date_order="mdy")
        lines = text.count("\n") + (not text.endswith("\n")) if text else 0
        numbers = covered(found)
        by_line = facts(found).get("counts", "lines") == "lines"
        assert numbers == list(range(1, (lines if by_line else len(numbers)) + 1)), data
        chats += any(isinstance(item, Conversation) for item in found)
    assert 100 < chats < 300


JUNK: tuple[Any, ...] = (None, 7, True, "", "x", [], {}, [7], [{}], {"id": []}, "<@55>", -1.5, "2024-01-31", [[]])


def test_values_of_another_kind_end_well() -> None:
    r = random.Random(7)
    more = {"attachments": [{}], "embeds": [{}], "stickers": [{}], "reactions": [{}], "mentions": [{"id": "9"}]}
    day = [
        message("hi", 1, **more),
        message("", 2, forwardedMessage=more),
        message("", 3, reference={"messageId": "1"}),
    ]
    for _ in range(300):
        root = json.loads(export(*day, messageCount=3))
        for _ in range(r.randint(1, 6)):
            place = r.choice((root["messages"], root["channel"], root, *(m for m in root["messages"] if m in day)))
            key = (
                r.randrange(3) if isinstance(place, list) else r.choice([each for each in place if each != "messages"])
            )
            junk = json.loads(json.dumps(r.choice(JUNK)))
            place[key] = junk if place is not root or key != "channel" else {"name": junk}
        assert covered(items(json.dumps(root))) == [1, 2, 3]


# --- JSON -----------------------------------------------------------------------------------------------------------


def test_who_says_what_when() -> None:
    wren = {"id": "56", "name": "wren", "nickname": None}
    found = items(
        export(
            message("later", 2, type="Reply", author=wren, reference={"messageId": "1", "channelId": "70"}),
            message("first", 1),
            messageCount=2,
        )
    )
    first, later = chat(found).messages
    assert (first.speaker, first.text, first.at) == ("Tarn", "first", datetime(2024, 1, 31, 21, 1, 7, 100_000))
    assert (later.speaker, later.reply_to, later.origin) == ("wren", "1", Origin("chat", 1))
    assert chat(found).chat == "Ferry Club / Town / harbor" and facts(found) == {"counts": "messages"}


def test_two_people_of_one_name_are_two() -> None:
    other = {"id": "56", "name": "other", "nickname": "Tarn"}
    assert [who for _, who, _ in said(export(message(), message(author=other)))] == ["Tarn", "Tarn (56)"]


def test_a_new_nickname_is_for_all_messages() -> None:
    renamed = {"id": "55", "name": "tarn", "nickname": "Captain"}
    assert [who for _, who, _ in said(export(message(), message(author=renamed)))] == ["Captain", "Captain"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"attachments": [{"fileName": "x.PNG"}]}, ("media", "Tarn", "photo")),
        ({"attachments": [{"fileName": "voice-message.ogg"}, {"fileName": "x.mp4"}]}, ("media", "Tarn", "audio")),
        ({"attachments": [{"url": "https://x/y"}]}, ("media", "Tarn", "file")),
        ({"stickers": [{"name": "Wave"}]}, ("media", "Tarn", "sticker")),
        ({"embeds": [{"title": "t"}]}, ("media", "Tarn", "embed")),
        ({}, ("media", "Tarn", bodies.NOTHING)),
        ({"content": "look", "attachments": [{"fileName": "x.png"}]}, ("text", "Tarn", "look")),
        ({"type": "GuildMemberJoin", "content": "Joined the server."}, ("system", "", "Tarn: Joined the server.")),
        ({"type": "21"}, ("system", "", "Tarn: 21")),
        ({"type": "ThreadCreated"}, ("system", "", "Tarn: Thread created")),
        ({"type": 19, "content": "yes"}, ("text", "Tarn", "yes")),
        ({"forwardedMessage": {"content": "news"}}, ("forwarded", "Tarn", "news")),
        ({"forwardedMessage": {"attachments": [{"fileName": "a.gif"}]}}, ("forwarded", "Tarn", "photo")),
    ],
)
def test_kinds(more: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert said(export(message(**{"content": "", **more}))) == [expected]


def test_bots() -> None:
    bot = {"id": "1", "name": "Timetable", "isBot": True}
    embeds = [{"title": "Departures", "description": "21:30", "fields": []}]
    texts = export(message("hello", author=bot), message("", author=bot, embeds=embeds))
    assert said(texts) == [("automatic", "Timetable", "hello"), ("automatic", "Timetable", "Departures\n21:30")]


def test_own_words_with_what_is_passed_on() -> None:
    found = items(export(message("see", 1, forwardedMessage={"content": "news"}, reference={"messageId": "9"})))
    assert [(m.kind, m.text, m.origin.line, m.reply_to) for m in chat(found).messages] == [
        ("text", "see", 1, None),
        ("forwarded", "news", 1, None),
    ]


@pytest.mark.parametrize(
    "reference", [{"messageId": "1", "channelId": "71"}, {"messageId": "1", "type": "Forward"}, {"messageId": None}, 7]
)
def test_references_that_are_no_replies(reference: Any) -> None:
    assert chat(items(export(message(reference=reference)))).messages[0].reply_to is None


def test_raw_markup_is_shown_as_it_was_seen() -> None:
    raw = (
        "<@55> <@!56> <@57> <@&8> <#70> <:ferry:1> <a:wave:2> <t:1706731507:R> </plan:3> a <b> 1 < 2 <t:99999999999999>"
    )
    shown = "@Tarn @wren @Unknown @role #70 :ferry: :wave: 2024-01-31 20:05 /plan a <b> 1 < 2 <t:99999999999999>"
    assert said(export(message(raw, mentions=[{"id": "56", "name": "wren"}]))) == [("text", "Tarn", shown)]


def test_an_export_that_was_broken_off() -> None:
    whole = export(message("one", 1), message("two", 2), message("three", 3))
    for text in (whole[: whole.index("three")], whole.replace("\n", "\r\n")[: whole.index("three")]):
        found = items(text)
        assert [m.text for m in chat(found).messages] == ["one", "two"] and covered(found) == [1, 2, 3]
        assert "broken off" in facts(found)["end"]
    (lost,) = [item for item in items(whole[: whole.index("one")]) if isinstance(item, Unparsed)]
    assert "broken JSON" in lost.reason and lost.origin.lines == whole[: whole.index("one")].count("\n") + 1


def test_elements_that_are_no_messages() -> None:
    broken = [7, None, message(author=None), message(timestamp="soon"), message(timestamp="0001-01-01T00:00:00+14:00")]
    found = items(export(message(), *broken, message(content=None)))
    reasons = [item.reason for item in found if isinstance(item, Unparsed)]
    assert covered(found) == list(range(1, 8)) and reasons[2:] == ["no author", "no time", "no time"]
    assert items("[]")[1] == Unparsed("[]", "no list of messages", Origin("chat", 1))


def test_what_the_facts_tell() -> None:
    utc = message("", timestamp="2024-01-31T20:05:07+00:00", reactions=[{"count": 2}, {"count": 1}])
    found = facts(items(export(utc, messageCount=5)))
    assert found["times"] == "UTC" and found["reactions left out"] == "2"
    assert found["messages"] == "1, where the export itself counts 5" and "not allowed" in found["content"]


def test_the_hour_that_comes_twice() -> None:
    summer, winter = "2024-10-27T02:50:00+02:00", "2024-10-27T02:10:00+01:00"
    texts = [text for _, _, text in said(export(message("b", timestamp=winter), message("a", timestamp=summer)))]
    assert texts == ["a", "b"]


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ({"id": "1", "type": "DirectTextChat", "name": "wren"}, "wren"),
        ({"id": "1", "type": "GuildPublicThread", "category": "help", "name": "rope"}, "Ferry Club / help / rope (1)"),
        ({"id": "1", "type": "GuildTextChat", "name": "harbor"}, "Ferry Club / harbor"),
        (None, "Ferry Club"),
    ],
)
def test_names_of_chats(channel: Any, name: str) -> None:
    assert chat(items(export(message(), channel=channel))).chat == name


# --- CSV ------------------------------------------------------------------------------------------------------------


def test_csv() -> None:
    rows = [
        ("55", "tarn#0001", "2024-01-31T21:05:07.1000000+01:00", 'line, one\n"two"', "", "👍 (2)"),
        ("56", "tarn#0002", "2024-01-31T21:06:07.1000000+01:00", "", "https://x/a.png?ex=1,https://x/b", ""),
        ("55", "tarn#0001", "2024-01-31T21:07:00.0000000+01:00", "Pinned a message.", "", ""),
    ]
    found = items(table(*rows), "Ferry Club - Town - harbor [700000] [part 2].csv")
    assert [(m.kind, m.speaker, m.text) for m in chat(found).messages] == [
        ("text", "tarn", 'line, one\n"two"'),
        ("media", "tarn (56)", "photo"),
        ("system", "", "tarn: Pinned a message."),
    ]
    assert chat(found).chat == "Ferry Club - Town - harbor" and covered(found) == [1, 2, 3]
    assert facts(found) == {"counts": "messages", "reactions left out": "those to 1 messages"}


def test_the_oldest_csv() -> None:
    text = 'Author;Date;Content;Attachments;\n"tarn#0001";"31-Jan-18 09:05 PM";"hi; there";"";\n'
    text += '"wren#0001";"31-Jan-18 09:06 AM";"ho";"";\n'
    assert discord.sniff(text, "x") > 0.5
    assert [(m.speaker, m.text, str(m.at)) for m in chat(items(text)).messages] == [
        ("wren", "ho", "2018-01-31 09:06:00"),
        ("tarn", "hi; there", "2018-01-31 21:05:00"),
    ]


def test_rows_that_are_none() -> None:
    good = ("55", "tarn", "2024-01-31T21:05:07+01:00", "hi", "", "")
    text = table(good, ("55", "tarn", "soon", "x", "", ""), ("", "", good[2], "x", "", "")) + 'a,b\n\n"' + "c" * 200_000
    found = items(text)
    assert [item.reason.partition(":")[0] for item in found if isinstance(item, Unparsed)] == [
        "no time", "no author", "2 columns instead of 6", "blank row", "broken CSV"
    ]  # fmt: skip
    assert covered(found) == [1, 2, 3, 4, 5, 6]


# --- Plain text -----------------------------------------------------------------------------------------------------


def test_plain_text() -> None:
    text = plain(
        "[1/31/2024 9:05\u202fPM] tarn\nline one\n\nline two",
        "[1/31/2024 9:06 PM] wren (pinned)\nlook\n\n{Attachments}\nhttps://x/a.png\n\n{Embed}\nnot hers",
        "[1/31/2024 9:07 PM] wren\n\n\n{Attachments}\nhttps://x/a.mp4?ex=1",
        "[1/31/2024 9:08 PM] wren\n\n\n{Forwarded Message}\nnews\nOriginally sent: 1/30/2024 9:00 PM",
        "[1/31/2024 9:09 PM] tarn\nStarted a call that lasted 1,000 minutes.",
    )
    found = items(text)
    first, *messages, last = chat(found).messages
    assert first.kind == last.kind == "system" and "Exported 5" in last.text
    assert chat(found).chat == "Ferry Club / Town / harbor"
    assert [(m.kind, m.speaker, m.text) for m in messages] == [
        ("text", "tarn", "line one\n\nline two"),
        ("text", "wren", "look"),
        ("media", "wren", "video"),
        ("forwarded", "wren", "news"),
        ("system", "", "tarn: Started a call that lasted 1,000 minutes."),
    ]
    assert messages[0].at == datetime(2024, 1, 31, 21, 5) and messages[0].origin == Origin("chat", 6, 6)
    assert facts(found)["date order"].startswith("month first (proved by 1/31/2024")


def test_a_head_that_was_pasted_is_text() -> None:
    pasted = "see\n\n[1/31/2024 9:00 PM] wren\nwhat she said"
    reacted = "[1/31/2024 9:06 PM] wren\nho\n\n{Reactions}\n👍 (2)\n\n[1/31/2024 9:07 PM] tarn\nfine"
    assert said(plain(f"[1/31/2024 9:05 PM] tarn\n{pasted}", reacted))[1:-1] == [
        ("text", "tarn", pasted),
        ("text", "wren", "ho"),
        ("text", "tarn", "fine"),
    ]


def test_newest_first() -> None:
    newest = plain(
        *(f"[31/01/2024 {time}] tarn\n{text}" for time, text in [("21:06", "c"), ("21:05", "b"), ("21:05", "a")])
    )
    assert [text for _, _, text in said(newest)[1:-1]] == ["a", "b", "c"]


def test_text_without_preamble_or_messages() -> None:
    found = items(plain(end=False))
    assert [type(item) for item in found] == [Understood, Unparsed] and covered(found) == [1, 2, 3, 4, 5]
    assert [type(item) for item in items("hello\nthere")] == [Understood, Unparsed] and items("") == [Understood({})]


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("1/31/2024 9:05 PM", "2024-01-31 21:05"), ("31/01/2024 21:05", "2024-01-31 21:05"),
        ("31.01.2024 21:05", "2024-01-31 21:05"), ("2024-01-31 21:05", "2024-01-31 21:05"),
        ("2024/01/31 21:05", "2024-01-31 21:05"), ("2024. 1. 31. 오후 9:05", "2024-01-31 21:05"),
        ("31/1/2024, 9:05 p. m.", "2024-01-31 21:05"), ("31-Jan-24 12:05 AM", "2024-01-31 00:05"),
        ("31.1.2024 21.05", "2024-01-31 21:05"), ("31/1/2567 21:05", "2024-01-31 21:05"),
        ("2024/1/31 下午 09:05", "2024-01-31 21:05"), ("04.03.2024 21:05", "2024-03-04 21:05"),
        ("3/3/2024 12:05 PM", "2024-03-03 12:05"),
    ],
)  # fmt: skip
def test_dates(stamp: str, day: str) -> None:
    assert f"{chat(items(plain(f'[{stamp}] tarn{chr(10)}hi'))).messages[1].at:%Y-%m-%d %H:%M}" == day


def test_a_date_that_can_be_read_both_ways_is_asked_for() -> None:
    text = plain("[3/4/2024 9:05 PM] tarn\nhi")
    with pytest.raises(Undecided, match=r"discord\.date_order=dmy") as caught:
        items(text)
    assert caught.value.choices == {"dmy": "3 April 2024", "mdy": "4 March 2024"}
    assert (caught.value.section, caught.value.option) == ("discord", "date_order") and "line 6" in caught.value.found
    for order, day in (("dmy", datetime(2024, 4, 3, 21, 5)), ("mdy", datetime(2024, 3, 4, 21, 5))):
        found = items(text, date_order=order)
        assert chat(found).messages[1].at == day and facts(found)["date order"].endswith("(as set by date_order)")
    backward = plain(*(f"[{day}/2024 9:05 PM] tarn\nhi" for day in ("3/4", "4/1", "4/2")))
    assert "time runs backward 0 times, otherwise 1" in facts(items(backward))["date order"]


# --- Sniffing and real samples --------------------------------------------------------------------------------------


def test_sniff() -> None:
    for data in seeds()[:3]:
        for text in (decoded(data), decoded(data).replace("\n", "\r\n")):
            assert discord.sniff(text, "x") > 0.5
    for other in (
        "",
        "{}",
        "[]",
        '{"messages": [{"role": "user"}]}',
        "Author,Date\n",
        f"{RULE}\nhello\n",
        "Guild: x\n",
    ):
        assert discord.sniff(other, "discord.json") == 0
    long = export(message("long " * 20_000))
    assert discord.sniff(long[:HEAD], "x") > 0.5


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")
def test_real_samples() -> None:
    folder = REAL / "multi_platform_chatpack"
    expected = json.loads((folder / "expected.json").read_text())
    for name in ("discord.json", "discord.csv", "discord.txt"):
        (file,) = inputs(folder / name)
        assert discord.sniff(file.head(), file.name) > 0.5
        found = list(discord.read(file, discord.Options()))
        messages = [m for m in chat(found).messages if m.kind != "system"]
        assert len(messages) == expected[name]["messages"] and not any(isinstance(item, Unparsed) for item in found)
        assert messages[0].speaker == "Alice" and messages[0].at == datetime(2024, 1, 15, 10, 30)
        if name == "discord.json":
            assert messages[1].reply_to == str(expected[name]["1"]["reply_to"]) and messages[2].text == "sticker"
    for path in REAL.glob("*/*"):
        if "discord" not in path.name:
            assert all(discord.sniff(file.head(), file.name) == 0 for file in inputs(path)), path
