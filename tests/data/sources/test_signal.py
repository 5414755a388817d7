"""Signal: what three exporters write, with the laws of text for one and those of JSON for the others."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Message, Origin, Understood, Unparsed
from mynah.data.files import HEAD, Input, inputs
from mynah.data.sources import signal, whatsapp

REAL = Path(__file__).parents[4] / "shared" / "data" / "5_chat_exports"
START = datetime(2024, 1, 31, 21, 5, 7)
SENT = 1_706_735_107_000  # START, in UTC


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def items(data: str | bytes, name: str = "x.txt") -> list[Item]:
    raw = data.encode() if isinstance(data, str) else data
    return list(signal.read(Given(Path(name), data=raw), signal.Options()))


def chats(found: list[Item]) -> list[Conversation]:
    return [item for item in found if isinstance(item, Conversation)]


def said(found: list[Item]) -> list[tuple[str, str, str]]:
    return [(m.speaker, m.kind, m.text) for chat in chats(found) for m in chat.messages]


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def covered(found: list[Item]) -> list[int]:
    """The lines or elements that messages and Unparsed say they come from."""
    origins = [m.origin for chat in chats(found) for m in chat.messages]
    origins += [item.origin for item in found if isinstance(item, Unparsed)]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


def jsonl(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


# --- Markdown -------------------------------------------------------------------------------------------------------

HEAD_OF = "[2024-01-31 21:05:07] "
LINES = [
    f"{HEAD_OF}Alder: tea at four?  ", "", "(- Alder: x -)", "> tea", "[2024-01-31, 21:05] Me: pasted", "(( x ))",
    "[2024-02-31 21:05:07] Me: no such day", f"{HEAD_OF}Me: ", "a\u2028b\x0bc", f"{HEAD_OF}No-Sender:",
    "[x](./media/y)  ",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(LINES) | st.text("]:-(> a1", max_size=9)), st.sampled_from(["\n", "\r\n"]), st.booleans()
)
def test_every_line_belongs_to_one_thing(lines: list[str], end: str, final: bool) -> None:
    text = end.join(lines) + (end if final and lines else "")
    count = len(text.split("\n")) - (not text or text.endswith("\n"))
    assert covered(items(text)) == list(range(1, count + 1))


WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30)
SPEAKERS = WORDS.map(lambda name: " ".join(name.replace(":", "").split())).filter(
    lambda name: name and name[0] not in "<*" and name != "No-Sender"
)
TYPED = st.lists(WORDS.filter(lambda word: word[0] not in "[(!>"), min_size=1, max_size=3).map("\n".join)
KINDS = st.one_of(
    st.tuples(SPEAKERS, st.just("text"), TYPED.map(str.strip).filter(lambda t: t and t[0] not in "[(!>")),
    st.tuples(SPEAKERS, st.just("media"), st.sampled_from(["picture", "video", "sound", "file", "sticker"])),
    st.tuples(SPEAKERS, st.just("deleted"), st.just("deleted message")),
    st.tuples(
        st.just(""), st.just("system"), st.sampled_from(["event", "Missed video call", "Outgoing call (declined)"])
    ),
)


@given(st.lists(KINDS, min_size=1, max_size=6))
def test_read_undoes_write(rows: list[Any]) -> None:
    at = [START + timedelta(hours=n) for n in range(len(rows))]
    messages = [Message(who, text, at[n], Origin("x", 1), kind) for n, (who, kind, text) in enumerate(rows)]
    written = signal.write(Conversation(tuple(messages), Origin("x", 1)))
    assert said(items(written)) == rows
    assert [m.at for m in chats(items(written))[0].messages] == at
    assert covered(items(written)) == list(range(1, written.count("\n") + 1))


def body(text: str) -> tuple[str, str]:
    ((_, kind, found),) = said(items(f"{HEAD_OF}Alder: {text}"))
    return kind, found


def test_what_the_exporter_adds_is_no_text() -> None:
    said_so = {
        "\n\n> tea at four?\n> or five?\n\nmake it five  \n": ("text", "make it five"),
        "> tea at four?\n\nmake it five  \n": ("text", "make it five"),
        "> to be or not to be\nsays he": ("text", "> to be or not to be\nsays he"),
        ">_< no": ("text", ">_< no"),
        "yes  \n(- Ida: x, Bo: y -)\n": ("text", "yes"),
        "yes  \n(- Ida: x -)![pot.jpg](./media/pot.jpg)  \n": ("text", "yes"),
        "  ![pot.jpg](./media/the%20pot_(1).jpg)  [a](./media/a.pdf)  \n": ("media", "picture"),
        "  [plan.pdf](./media/plan.pdf)  ": ("media", "PDF"),
        "  [x](../exported_stickers/1/2.webp)  ": ("media", "sticker"),
        "  \n(( x ))\n": ("media", "sticker"),
        "  \n(image not exported)": ("media", "picture"),
        "see [the map](https://example.org)": ("text", "see [the map](https://example.org)"),
        "(This message was deleted)\n": ("deleted", "deleted message"),
        "Incoming voice call (accepted, 2m 5s)  \n": ("system", "Alder: Incoming voice call (accepted, 2m 5s)"),
        "  \n": ("system", "event"),
    }
    assert {text: body(text) for text in said_so} == said_so
    told = facts(items(f"{HEAD_OF}Alder: > tea\n\nyes  \n(- Ida: x, Bo: y -)"))
    assert (told["reactions not read"], told["quotes not read"], told["counts"]) == ("2", "1", "lines")


def test_heads_of_another_shape_and_days_that_never_were_stay_text() -> None:
    found = items(f"hi\n{HEAD_OF}Alder: a\n[2024-01-31, 21:05] Me: b\n[2024-02-31 21:05:07] Me: c\n{HEAD_OF}Me: d")
    assert [text for *_, text in said(found)] == ["a\n[2024-01-31, 21:05] Me: b\n[2024-02-31 21:05:07] Me: c", "d"]
    assert facts(found)["heads of another shape, kept as text"] == "1"
    assert covered(found) == [1, 2, 3, 4, 5]


def test_messages_come_by_time() -> None:
    found = items("[2024-01-31 21:06] Me: b\n[2024-01-31 21:05] Me: a\nmore\n[2024-01-31 21:06] Me: c\n")
    assert [(m.text, m.origin.line) for m in chats(found)[0].messages] == [("a\nmore", 2), ("b", 1), ("c", 4)]


def test_sniff_tells_it_from_whatsapp() -> None:
    rows = [f"{HEAD_OF}{name}: tea?" for name in ("Ida", "Otto", "Ida", "Otto")]
    for sure, text in (
        (True, "  \n\n".join(rows) + "  \n"),
        (True, "\n".join(rows) + "\n(- Ida: x -)\n"),
        (True, "\n".join(rows).replace(":07]", "]")),
        (True, "\n".join(rows).replace(":07]", "]").replace("tea?", "\u200etea")),
        (False, "\n".join(rows)),
        (False, "\n".join(rows).replace("tea?", "\u200eimage omitted")),
    ):
        assert (signal.sniff(text, "x") > whatsapp.sniff(text, "x")) == sure, text
    origin = Origin("x", 1)
    messages = tuple(Message("Me", "hi", START + timedelta(hours=n), origin) for n in range(6))
    for dialect in whatsapp.DIALECTS.values():
        text = whatsapp.write(Conversation(messages, origin), dialect)
        assert signal.sniff(text, "chat.md") < whatsapp.sniff(text, "x"), text
    for other in (
        "",
        "[",
        "[21:05] <ida> hi: x",
        "[2024-01-31 21:05] INFO: started\n" * 3,
        "Ida: hi",
        "[2024-01-31] x",
    ):
        assert signal.sniff(other, "chat.md") <= 0.1, other


# --- data.json ------------------------------------------------------------------------------------------------------

PLAIN = {"date": START.isoformat(), "sender": "Alder", "body": "tea at four?  ", "quote": "", "sticker": ""}
PLAIN |= {"reactions": [], "attachments": []}


def test_lines_of_signal_export() -> None:
    rows: list[tuple[Any, Any]] = [
        (PLAIN, ("Alder", "text", "tea at four?")),
        ({**PLAIN, "sender": "Me", "quote": "\n\n> tea\n\n", "body": "five"}, ("Me", "text", "five")),
        ({**PLAIN, "body": "  ", "sticker": "x", "reactions": [["Me", "x"]]}, ("Alder", "media", "sticker")),
        ({**PLAIN, "body": "  ", "attachments": [{"name": "a.jpg", "path": "b"}]}, ("Alder", "media", "picture")),
        ({**PLAIN, "deleted": True}, ("Alder", "deleted", "deleted message")),
        ({**PLAIN, "body": "Missed video call"}, ("", "system", "Alder: Missed video call")),
        ({**PLAIN, "body": "  "}, ("", "system", "event")),
    ]
    text = jsonl(*(row for row, _ in rows))
    assert signal.sniff(text, "data.json") > 0.5 and signal.sniff(text[:200], "x") > 0.5
    found = items(text + "\n{\n7\n", "Alder/data.json")
    assert said(found) == [expected for _, expected in rows]
    assert covered(found) == list(range(1, 10)) and chats(found)[0].chat == "Alder"
    assert facts(found) == {"counts": "messages", "reactions not read": "1", "quotes not read": "1"}


def test_of_two_files_with_the_same_chat_one_is_read(tmp_path: Path) -> None:
    markdown = f"{HEAD_OF}Alder: tea at four?  \n\n{HEAD_OF}Me: yes  \n\n"
    folder = tmp_path / "out" / "Alder"
    folder.mkdir(parents=True)
    (folder / "chat.md").write_text(markdown)
    (folder / "data.json").write_text(jsonl(PLAIN))
    packed = tmp_path / "out.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"Alder/{path.name}")
    for place in (tmp_path / "out", packed):
        found = {file.name.rpartition("/")[2]: list(signal.read(file, signal.Options())) for file in inputs(place)}
        assert [len(chats(found[name])) for name in ("chat.md", "data.json")] == [0, 1]
        assert chats(found["data.json"])[0].chat == "Alder" and covered(found["chat.md"]) == [1, 2, 3, 4]
    (alone,) = inputs(folder / "chat.md")
    assert chats(list(signal.read(alone, signal.Options())))[0].chat == "Alder"


# --- sigtop ---------------------------------------------------------------------------------------------------------


def row(body: Any = "tea at four?", kind: str = "incoming", **more: Any) -> dict[str, Any]:
    return {"type": kind, "body": body, "sent_at": SENT, "conversationId": "c1", "sourceServiceId": "aci-1", **more}


def test_rows_of_sigtop() -> None:
    mention = {"start": 3, "length": 1, "mentionAci": "aci-2", "replacementText": "Bo"}
    rows = [
        row(),
        row("five", "outgoing", quote={"id": SENT, "text": "tea at four?"}, sourceServiceId="me", sent_at=SENT + 1),
        row(None, attachments=[{"contentType": "image/jpeg"}], sent_at=str(SENT + 2), reactions=[{"emoji": "x"}]),
        row("", sticker={"emoji": "x"}, sent_at=SENT + 3),
        row("x", deletedForEveryone=1, sent_at=SENT + 4),
        row(None, "call-history", sent_at=SENT + 5),
        row("🙂 \ufffc!", "outgoing", bodyRanges=[mention, {"start": 0, "length": 2, "style": 1}], sent_at=SENT + 6),
    ]
    text = json.dumps(rows)
    assert signal.sniff(text, "x.json") > 0.5 and signal.sniff("[\n" + text[1:300], "x") > 0.5
    found = items(text, "Alder (+4930123).json")
    assert said(found) == [
        ("Alder", "text", "tea at four?"),
        ("Me", "text", "five"),
        ("Alder", "media", "picture"),
        ("Alder", "media", "sticker"),
        ("Alder", "deleted", "deleted message"),
        ("", "system", "call history"),
        ("Me", "text", "🙂 @Bo!"),
    ]
    (chat,) = chats(found)
    assert (chat.chat, chat.messages[0].at) == ("Alder", START) and chat.messages[1].reply_to == chat.messages[0].id
    assert facts(found) == {"counts": "messages", "times": "UTC", "reactions not read": "1"}


def test_people_of_a_group_have_names_only_where_they_were_mentioned() -> None:
    mention = {"start": 0, "length": 1, "mentionUuid": "aci-1", "replacementText": "Bo"}
    rows = [row("a"), row("\ufffc", bodyRanges=[mention], sourceServiceId="aci-2", source="+4930123")]
    found = items(json.dumps(rows), "Rowing (group).json")
    assert said(found) == [("Bo", "text", "a"), ("+4930123", "text", "@Bo")] and chats(found)[0].chat == "Rowing"
    assert said(items(json.dumps(rows[:1]), "Rowing (group).json")) == [("aci-1", "text", "a")]
    several = items(json.dumps([row(), row(conversationId="c2")]), "x.json")
    assert [each.chat for each in chats(several)] == ["x", "x (c2)"]


# --- main.jsonl -----------------------------------------------------------------------------------------------------

PEOPLE: list[Any] = [
    {"version": "1", "backupTimeMs": "1706735107000"},
    {"account": {"givenName": "Ida", "profileKey": "x"}},
    {"recipient": {"id": "1", "self": {}}},
    {"recipient": {"id": "2", "contact": {"aci": "YWNp", "profileGivenName": "Alder", "e164": "4930"}}},
    {"recipient": {"id": "3", "contact": {"aci": "Ym8=", "e164": "4931"}}},
    {"recipient": {"id": 4, "group": {"snapshot": {"title": {"title": "Rowing"}}}}},
    {"recipient": {"id": "5", "releaseNotes": {}}},
    *({"chat": {"id": str(n + 10), "recipientId": str(n)}} for n in (1, 2, 4, 5)),
]


def item(author: int, *, chat: int = 14, **more: Any) -> dict[str, Any]:
    return {"chatItem": {"chatId": chat, "authorId": str(author), "dateSent": str(SENT), "incoming": {}, **more}}


def standard(text: str, **more: Any) -> dict[str, Any]:
    return {"standardMessage": {"text": {"body": text}, **more}}


def test_frames_of_signal() -> None:
    mention = {"length": 1, "mentionAci": "YWNp"}
    picture = {"attachments": [{"pointer": {"contentType": "image/png"}}]}
    rows: list[tuple[Any, Any]] = [
        (item(2, **standard("tea?", reactions=[{"emoji": "x"}])), ("Alder", "text", "tea?")),
        (item(1, **standard("yes", quote={"targetSentTimestamp": SENT}), outgoing={}), ("Ida", "text", "yes")),
        (item(3, **standard("\ufffc no", **picture), dateSent=SENT), ("+4931", "text", "\ufffc no")),
        (
            item(3, standardMessage={"text": {"body": "\ufffc no", "bodyRanges": [mention]}}),
            ("+4931", "text", "@Alder no"),
        ),
        (item(2, standardMessage=picture), ("Alder", "media", "picture")),
        (item(2, stickerMessage={"sticker": {"emoji": "x"}}), ("Alder", "media", "sticker")),
        (item(2, remoteDeletedMessage={}), ("Alder", "deleted", "deleted message")),
        (item(2, updateMessage={"groupChange": {"updates": []}}, directionless={}), ("", "system", "group change")),
        (item(9, **standard("who?")), ("Unknown (9)", "text", "who?")),
    ]
    text = jsonl(*PEOPLE, *(each for each, _ in rows))
    assert signal.sniff(text, "main.jsonl") > 0.5 and signal.sniff(jsonl(*PEOPLE[2:]), "x") > 0.5
    found = items(text)
    assert said(found) == [expected for _, expected in rows]
    assert [m.at for m in chats(found)[0].messages] == [START] * len(rows) and covered(found) == list(range(1, 10))
    assert chats(found)[0].messages[1].reply_to == chats(found)[0].messages[0].id
    told = {"counts": "messages", "times": "UTC", "reactions not read": "1", "other frames": "header (1), account (1)"}
    assert facts(found) == told


def test_chats_of_signal_have_names() -> None:
    rows = [item(2, chat=n, **standard("x")) for n in (14, 12, 11, 99)] + [item(5, chat=15, **standard("news"))]
    found = items(jsonl(*PEOPLE, *rows, {"frame": 1}) + "{\n")
    assert [each.chat for each in chats(found)] == ["Rowing", "Alder", "Note to Self", "chat 99", "Signal"]
    assert said(found)[-1] == ("Signal", "automatic", "news") and covered(found) == list(range(1, 8))


# --- Whatever comes -------------------------------------------------------------------------------------------------

SEEDS = [
    f"{HEAD_OF}Alder: tea?  \n(- Me: x -)\n\n{HEAD_OF}Me: > tea?\n\nyes  [a](./media/a.jpg)  \n\n".encode(),
    jsonl(PLAIN, {**PLAIN, "reactions": [["Me", "x"]], "attachments": [{"name": "a.jpg"}]}, PLAIN).encode(),
    json.dumps([row(), row("\ufffc", bodyRanges=[{"start": 0, "length": 1, "mentionAci": "a"}]), row(None)]).encode(),
    jsonl(*PEOPLE, item(2, **standard("tea?")), item(1, updateMessage={"simpleUpdate": {"type": "X"}})).encode(),
]  # fmt: skip
PIECES = (
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b"null",
    b"7",
    b"[7]",
    b"{}",
    b"\xff",
    b"1e999",
    b"-1",
    b"\n",
    b"\\ud800",
    b"true",
)


def mutations() -> Iterator[bytes]:
    r = random.Random(11)
    for number in range(200):
        seed = SEEDS[number % 4]
        start, end = sorted(r.randrange(len(seed)) for _ in range(2))
        old = r.choice(
            (b'"2"', b"{}", b"[]", b'"tea?"', b'"x"', str(SENT).encode(), b"null", b'"a"', b"21:05", b'"c1"')
        )
        changed = (
            seed[:start] + seed[end:],
            seed[:end] + seed[start:end] + seed[end:],
            seed[:start] + r.choice(PIECES) + seed[start + r.randrange(9) :],
            seed.replace(old, r.choice(PIECES)),
        )
        yield changed[number // 4 % 4]


def test_a_damaged_file_gives_a_result_or_an_error_for_people() -> None:
    for data in mutations():
        text = data.decode("utf-8", "replace")
        assert 0 <= signal.sniff(text[:HEAD], "x") <= 1
        try:
            found = items(data)
        except UserError:
            continue
        last = max(covered(found), default=0)
        assert covered(found) == list(range(1, last + 1)), data
        if facts(found)["counts"] == "lines":
            assert last == text.count("\n") + (bool(text) and not text.endswith("\n"))
        assert all(m.speaker or m.kind == "system" for chat in chats(found) for m in chat.messages)


# --- Real exports ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")
def test_real_export() -> None:
    expected = json.loads((REAL / "signal_chatminer/expected.json").read_text())["messages"]
    (file,) = inputs(REAL / "signal_chatminer/test_export.txt")
    assert signal.sniff(file.head(), file.name) > max(0.5, whatsapp.sniff(file.head(), file.name))
    (chat,) = chats(list(signal.read(file, signal.Options())))
    found = [replace(m, text=m.text.replace("\n", " ")) for m in chat.messages]  # so does that reader
    # the other reader lists them as it likes; ours are by time
    assert [(str(m.at), m.speaker, m.text) for m in found] == sorted(
        (each["timestamp"].replace("T", " "), each["author"], each["message"]) for each in expected
    )
