"""Slack's export: nothing is lost, write and read are inverse, and what Slack does to text, threads and files."""

from __future__ import annotations

import io
import json
import os
import random
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.types import Conversation, Item, Message, Origin, Understood, Unparsed
from mynah.data.files import HEAD, Input, decoded, inputs
from mynah.data.sources import slack
from mynah.data.sources.slack import texts

REAL = Path(__file__).parents[4] / "shared" / "data" / "5_chat_exports"
NAMES = texts.Names({"U1": "tarn", "U2": "wren"}, {"C1": "harbor"})
USERS = [
    {"id": "U1", "name": "t.arn", "profile": {"display_name": "tarn", "real_name": "Tarn Vale"}},
    {"id": "U2", "name": "wren", "profile": {"display_name": "", "real_name": "Wren Moor"}},
    {"id": "U3", "name": "ferry", "is_bot": True, "profile": {}},
    {"id": "U4", "name": "x", "profile": {"display_name": "tarn"}},
]


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        yield io.BytesIO(self.data)


def message(text: str = "hi", ts: str = "1706731507.000100", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": text, "ts": ts, **more}


def items(value: Any) -> list[Item]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(slack.read(Given(Path("day.json"), data=data), slack.Options()))


def chat(found: Sequence[Item]) -> Conversation:
    (conversation,) = [item for item in found if isinstance(item, Conversation)]
    return conversation


def facts(found: Sequence[Item]) -> dict[str, str]:
    (understood,) = [item.facts for item in found if isinstance(item, Understood)]
    return understood


def said(*messages: Any) -> list[tuple[str, str, str]]:
    return [(m.kind, m.speaker, m.text) for m in chat(items(messages)).messages]


def covered(found: Sequence[Item]) -> list[int]:
    """The lines or elements that messages and Unparsed say they come from, each once."""
    origins = {m.origin for item in found if isinstance(item, Conversation) for m in item.messages}
    lost = [item.origin for item in found if isinstance(item, Unparsed)]
    return sorted(line for o in [*origins, *lost] for line in range(o.line, o.line + o.lines))


def packed(path: Path, **days: Any) -> Path:
    """A zip as Slack makes it; `harbor__2024_01_31` is a day of a channel."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.json", json.dumps(USERS))
        archive.writestr("channels.json", json.dumps([{"id": "C1", "name": "harbor"}]))
        for name, day in days.items():
            channel, _, date = name.partition("__")
            archive.writestr(f"{channel}/{date.replace('_', '-')}.json", json.dumps(day))
    return path


def read_all(path: Path) -> list[Item]:
    files = [file for file in inputs(path) if slack.sniff(file.head(), file.name) > 0.5]
    return [item for file in files for item in slack.read(file, slack.Options())]


# --- Laws -----------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda text: text == text.strip() and ":skin-tone-" not in text
)
KINDS = st.sampled_from(["text", "automatic", "forwarded", "media", "system", "deleted"])


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    messages = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        kind = draw(KINDS)
        at = datetime(2024, 1, 31, 21, 5, 7) + timedelta(seconds=number // 2, microseconds=number)
        key = f"{1706735107 + number // 2}.{number:06}"
        text = draw(st.sampled_from(["photo", "video", "audio", "file", slack.NOTHING]) if kind == "media" else WORDS)
        reply = "1706731507.000100" if kind != "system" and draw(st.booleans()) else None
        speaker = "" if kind == "system" else draw(WORDS)
        messages.append(Message(speaker, text, at, Origin("day.json", number), kind, key, reply))
    return Conversation(tuple(messages), Origin("day.json", 1, len(messages)))


@given(conversations())
def test_what_is_written_is_read(conversation: Conversation) -> None:
    written = slack.write(conversation)
    assert slack.sniff(written, "x") > 0.5
    found = items(written.encode())
    assert chat(found) == conversation and facts(found) == {"counts": "messages", "times": "UTC"}


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("<>@#!|&;:U1C^hate "))
def test_no_text_breaks_it(text: str) -> None:
    texts.plain(text, NAMES)
    assert 0 <= slack.sniff(text, "x") <= 1


def test_the_time_grows_with_the_size() -> None:
    for piece in ("<", "<@", "<@U1|", ":a", ":a::skin-tone-", "&amp;", "<!date^"):
        texts.plain(piece * (400_000 // len(piece)), NAMES)


JUNK: tuple[Any, ...] = (None, 7, True, "", "x", [], {}, [7], [{}], {"a": []}, "<@", "1706731507.5", 1706731507.5, [[]])


def spoiled(r: random.Random, day: list[Any]) -> list[Any]:
    """A day in which some values are of another kind, some missing, some doubled."""
    day = deepcopy(day)
    for _ in range(r.randint(1, 6)):
        number = r.randrange(len(day))
        element = day[number]
        if r.random() < 0.2 or not isinstance(element, dict):
            day[number] = deepcopy(r.choice((*JUNK, day[0])))
        else:
            key = r.choice([*element, "subtype", "user", "blocks", "attachments", "file", "files", "comment"])
            element[key] = deepcopy(r.choice(JUNK))
    return day


def damaged(r: random.Random, data: bytes) -> bytes:
    """A file of which pieces are cut, doubled or swapped."""
    a, b, c = sorted(r.randint(0, len(data)) for _ in range(3))
    pieces = (data[:a] + data[b:], data[:b] + data[a:], data[:a] + data[b:c] + data[a:b] + data[c:], data[:b])
    return r.choice((*pieces, data[:a] + b"\xff" + data[a:]))


def test_damaged_files_end_well() -> None:
    r = random.Random(7)
    files = [{"mimetype": "image/png"}]
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text"}]}]}]
    day = [message("<@U2> hi", files=files), message("", blocks=blocks), message(subtype="channel_join")]
    day += [message("", attachments=[{"is_share": True, "text": "x"}]), message(bot_id="B1", reactions=[{"count": 1}])]
    chats = 0
    for index in range(400):
        data = json.dumps(spoiled(r, day)).replace("},", "},\n").encode()
        data = damaged(r, data) if index % 2 else data
        text = decoded(data)
        assert 0 <= slack.sniff(text[:HEAD], "day.json") <= 1
        found = items(data)
        numbers, by_line = covered(found), facts(found).get("counts") == "lines"
        lines = text.count("\n") + (not text.endswith("\n")) if text else 0
        assert numbers == list(range(1, (lines if by_line else len(numbers)) + 1)), data
        assert index % 2 or len(numbers) == len(day)
        chats += any(isinstance(item, Conversation) for item in found)
    assert 200 <= chats < 400


# --- Text -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a &amp; b &lt;c&gt; &amp;lt;", "a & b <c> &lt;"),
        ("<@U1> <@U2|old> <@U9|nine> <@U8>", "@tarn @wren @nine @U8"),
        ("<#C1|dock> <#C1> <#C1|> <#C9>", "#dock #harbor #harbor #C9"),
        ("<!here> <!channel> <!here|@here> <!subteam^S1|@crew> <!subteam^S1>", "@here @channel @here @crew @subteam"),
        ("<!date^1706731507^{date}|31 January>", "31 January"),
        ("<https://example.org|this> <https://example.org/a?b&amp;c>", "this https://example.org/a?b&c"),
        ("<mailto:a@b.org|a@b.org> <mailto:a@b.org> <tel:+491|+49 1>", "a@b.org a@b.org +49 1"),
        ("hi :wave::skin-tone-3: :tada: ", "hi :wave: :tada:"), ("a <b> c <> <\n>", "a <b> c <> <\n>"),
        ("&gt; quoted\nso?", "> quoted\nso?"),
    ],
)  # fmt: skip
def test_text_as_it_was_seen(text: str, shown: str) -> None:
    assert texts.plain(text, NAMES) == shown


def test_blocks_where_there_is_no_text() -> None:
    line = [
        {"type": "user", "user_id": "U2"}, {"type": "text", "text": " see "}, {"type": "link", "url": "https://x.org"},
        {"type": "link", "url": "https://x.org", "text": " this"}, {"type": "emoji", "name": "wave::skin-tone-2"},
        {"type": "channel", "channel_id": "C1"}, {"type": "broadcast", "range": "here"},
        {"type": "color", "value": "#fff"},
    ]  # fmt: skip
    one, two = ({"type": "rich_text_section", "elements": [{"type": "text", "text": each}]} for each in ("one", "two"))
    rich = [{"type": "rich_text_section", "elements": line}, {"type": "rich_text_list", "elements": [one, two]}]
    blocks = [{"type": "rich_text", "elements": rich}, {"type": "section", "text": {"text": "<@U1> &amp; I"}}]
    shown = "@wren see https://x.org this:wave:#harbor@here#fff\n• one\n• two\n@tarn & I"
    assert texts.of_blocks(blocks, NAMES) == shown
    assert said(message("words", blocks=blocks))[0][2] == "words"
    deep: dict[str, Any] = one
    for _ in range(300):
        deep = {"type": "rich_text_list", "elements": [deep]}
    assert texts.of_blocks([deep], NAMES) == ""


# --- Messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (message(), ("text", "U1", "hi")),
        (message(subtype="me_message"), ("text", "U1", "hi")),
        (message(subtype="thread_broadcast"), ("text", "U1", "hi")),
        (message(subtype="channel_join", text="<@U1> has joined"), ("system", "", "@U1 has joined")),
        (message(subtype="huddle_thread", text=""), ("system", "", "huddle thread")),
        (message(subtype="tombstone", text="It was deleted."), ("deleted", "U1", "It was deleted.")),
        (message(subtype="bot_message", user=None, username="Ferry"), ("automatic", "Ferry", "hi")),
        (message(bot_id="B1"), ("automatic", "U1", "hi")),
        (message(user="USLACKBOT"), ("automatic", "USLACKBOT", "hi")),
        (message(bot_id=None), ("text", "U1", "hi")),
        (
            message("", subtype="bot_message", attachments=[{"title": "Late", "text": "&lt;10", "fallback": "no"}]),
            ("automatic", "U1", "Late\n<10"),
        ),
        (message("", files=[{"mimetype": "image/png"}]), ("media", "U1", "photo")),
        (message("", files=[{"mode": "tombstone"}]), ("media", "U1", "file")),
        (message("look", subtype="file_share", files=[{"mimetype": "image/png"}]), ("text", "U1", "look")),
        (message("<@U1> uploaded a file: <x|y>", subtype="file_share", file={}), ("media", "U1", "file")),
        (
            message("<@U1> uploaded <x|y> and commented: map", subtype="file_share",
                    file={"mimetype": "image/png", "initial_comment": {"comment": "the &amp; map"}}),
            ("text", "U1", "the & map"),
        ),
        (
            message("<@U1> commented on <x|y>: no", subtype="file_comment", user=None,
                    comment={"user": "U7", "comment": "no"}),
            ("text", "U7", "no"),
        ),
        (message(attachments=[{"from_url": "https://x.org", "text": "preview"}]), ("text", "U1", "hi")),
        (message("", attachments=[{"is_share": True, "text": "<@U2> news"}]), ("forwarded", "U1", "@U2 news")),
        (message(""), ("media", "U1", slack.NOTHING)),
    ],
)  # fmt: skip
def test_kinds(element: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert said(element) == [expected]


def test_own_words_with_what_is_shared() -> None:
    found = chat(items([message("see", attachments=[{"is_share": True, "text": "news"}])]))
    assert [(m.kind, m.text, m.origin.line) for m in found.messages] == [("text", "see", 1), ("forwarded", "news", 1)]


def test_threads_and_order() -> None:
    root, reply = "1706731507.000100", "1706731600.000200"
    found = chat(items([message("b", reply, thread_ts=root), message("c", reply), message("a", root, thread_ts=root)]))
    assert [(m.text, m.id, m.reply_to, m.origin.line) for m in found.messages] == [
        ("a", root, None, 3), ("b", reply, root, 1), ("c", reply, None, 2)
    ]  # fmt: skip
    assert found.messages[0].at == datetime(2024, 1, 31, 20, 5, 7, 100)


def test_elements_that_are_no_messages() -> None:
    day = [7, message(ts=1706731507), message(ts="soon"), message(user=None), message(), {"type": "message"}]
    found = items([*day, message(ts="9" * 30)])
    reasons = [item.reason for item in found if isinstance(item, Unparsed)]
    assert reasons == ["a message is an object, not int", "no time", "no time", "no sender", "no time", "no time"]
    assert (
        covered(found) == list(range(1, 8)) and facts(items([message(reactions=[{}, {}])]))["reactions left out"] == "2"
    )
    assert [type(item) for item in items(b"[{")] == [Understood, Unparsed]
    assert covered(items({"ok": True})) == [1] and chat(items({"ok": True, "messages": [message()]})).chat == ""


# --- The export -----------------------------------------------------------------------------------------------------


def test_names_come_from_the_lists_of_the_export(tmp_path: Path) -> None:
    profile = {"user_profile": {"real_name": "Guest"}}
    day = [message("<@U2> in <#C1>"), message(user="U2"), message(user="U3"), message(user="U4")]
    other = [message(user="U9", **profile), message(user="U2", user_profile={"display_name": "other"})]
    path = packed(tmp_path / "export.zip", harbor__2024_01_31=day, D024__2024_02_01=other)
    expected = [
        ("harbor", "text", "tarn", "@Wren Moor in #harbor"), ("harbor", "text", "Wren Moor", "hi"),
        ("harbor", "automatic", "ferry", "hi"), ("harbor", "text", "tarn (U4)", "hi"),
        ("D024", "text", "Guest", "hi"), ("D024", "text", "Wren Moor", "hi"),
    ]  # fmt: skip
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    with zipfile.ZipFile(tmp_path / "deep.zip", "w") as archive:
        for file in folder.rglob("*.json"):
            archive.write(file, f"Ferry Club export/{file.relative_to(folder).as_posix()}")
    for place in (path, folder, tmp_path / "deep.zip"):
        chats = [item for item in read_all(place) if isinstance(item, Conversation)]
        assert sorted((c.chat, m.kind, m.speaker, m.text) for c in chats for m in c.messages) == sorted(expected)
    for part in (folder / "harbor", folder / "harbor" / "2024-01-31.json"):
        found = chat(read_all(part))
        assert found.chat == "harbor" and found.messages[0].text == "@Wren Moor in #harbor"


def test_lists_are_read_once_and_again_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = {f"harbor__2024_01_{day:02}": [message()] for day in range(1, 21)}
    path = packed(tmp_path / "export.zip", **days)
    read, whole = Counter[str](), slack.jsons.whole

    def counting(file: Input) -> tuple[Any, str]:
        read[Path(file.name).name] += 1
        return whole(file)

    monkeypatch.setattr(slack.jsons, "whole", counting)
    read_all(path)
    assert read["users.json"] == 1 and read["2024-01-20.json"] == 1
    os.utime(path, (1, 1))
    read_all(path)
    assert read["users.json"] == 2


def test_sniff() -> None:
    day = json.dumps([message()] * 2)
    for text in (
        day,
        "\n " + day,
        json.dumps([message()], indent=4),
        json.dumps({"ok": True, "messages": [message()]}),
    ):
        assert slack.sniff(text, "x") > 0.5
    assert slack.sniff(json.dumps([message()] * 1000)[:HEAD], "x") > 0.5
    for other in ("", "[]", json.dumps(USERS), day[1:], '[{"ts": 1706731507.0001, "type": "message"}]'):
        assert slack.sniff(other, "harbor/2024-01-31.json") == 0


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")
def test_real_export() -> None:
    expected = json.loads((REAL / "slack_export" / "expected.json").read_text())
    found = read_all(REAL / "slack_export" / "testarchive.zip")
    assert not any(isinstance(item, Unparsed) for item in found)
    chats = [item for item in found if isinstance(item, Conversation)]
    assert {c.chat: sum(len(d.messages) for d in chats if d.chat == c.chat) for c in chats} == expected["channels"]
    kinds = Counter(m.kind for c in chats for m in c.messages)
    subtypes = expected["subtypes"]
    assert kinds["automatic"] == subtypes["bot_message"] and kinds["media"] == subtypes["file_share"]
    assert kinds["text"] == subtypes["user_message"] + subtypes["file_comment"]
    assert kinds["system"] == subtypes["channel_join"] + subtypes["bot_add"]
    people = {m.speaker for c in chats for m in c.messages if m.kind in ("text", "media")}
    assert people == set(expected["users"])
    for path in REAL.glob("*/*"):
        if path.name != "testarchive.zip":
            assert all(slack.sniff(file.head(), file.name) == 0 for file in inputs(path)), path
