"""Rooms of Matrix: names, replies, replacements, what is taken back, and damaged files."""

from __future__ import annotations

import io
import json
import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pytest

from mynah.core.types import Conversation, Item, Message, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources import matrix

LARK, DOVE = "@lark:example.org", "@dove:example.org"
START = 1706731500000  # 2024-01-31 20:05 UTC


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def event(number: int, sender: str, content: Any, kind: str = "m.room.message", **more: Any) -> dict[str, Any]:
    at = START + 1000 * number
    return {
        "type": kind,
        "sender": sender,
        "event_id": f"${number}",
        "origin_server_ts": at,
        "content": content,
        **more,
    }


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, **more}


def joined(number: int, person: str, name: str | None) -> dict[str, Any]:
    return event(number, person, {"membership": "join", "displayname": name}, "m.room.member", state_key=person)


def replaced(target: str, body: str) -> dict[str, Any]:
    relation = {"rel_type": "m.replace", "event_id": target}
    return {**text("* " + body), "m.new_content": text(body), "m.relates_to": relation}


def answer(target: str, body: str) -> dict[str, Any]:
    return {**text(body), "m.relates_to": {"m.in_reply_to": {"event_id": target}}}


def read(data: bytes) -> list[Item]:
    return list(matrix.read(Given(Path("room.json"), data=data), matrix.Options()))


def exported(*events: Any) -> bytes:
    return json.dumps({"room_name": "Attic", "exported_by": DOVE, "topic": "", "messages": events}).encode()


def messages(*events: Any) -> list[Message]:
    return [m for item in read(exported(*events)) if isinstance(item, Conversation) for m in item.messages]


def said(*events: Any) -> list[tuple[str, str, str]]:
    return [(m.speaker, m.kind, m.text) for m in messages(*events)]


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def numbers(found: list[Item]) -> list[int]:
    origins = [item.origin for item in found if isinstance(item, Unparsed)]
    origins += [m.origin for item in found if isinstance(item, Conversation) for m in item.messages]
    return sorted({line for o in origins for line in range(o.line, o.line + o.lines)})


def test_a_room() -> None:
    found = read(exported(joined(0, LARK, "Lark"), event(1, LARK, text("boxes moved")), event(2, DOVE, text(" all? "))))
    assert facts(found) == {"counts": "messages", "times": "UTC"}
    (room,) = (item for item in found if isinstance(item, Conversation))
    assert room.chat == "Attic" and [m.speaker for m in room.messages] == ["", "Lark", DOVE]
    assert [m.text for m in room.messages] == ["Lark joined", "boxes moved", "all?"]
    assert room.messages[1].at == datetime(2024, 1, 31, 20, 5, 1) and room.messages[1].id == "$1"


def test_the_last_name_is_used_everywhere() -> None:
    events = [joined(0, LARK, "Lark"), event(1, LARK, text("hi")), joined(2, LARK, "Skylark"), joined(3, DOVE, None)]
    assert said(*events)[1] == ("Skylark", "text", "hi")
    mention = f'<a href="https://matrix.to/#/{DOVE}">Dove &amp; Co</a>: hi'
    formatted = event(4, LARK, text("Dove & Co: hi", formatted_body=mention))
    assert said(*events, formatted, event(5, DOVE, text("yes")))[-1] == ("Dove & Co", "text", "yes")


def test_a_reply_does_not_repeat_what_it_answers() -> None:
    body = f"> <{LARK}> boxes\n> moved\n\nall of them?\n> not a quote\n\nreally"
    message = messages(event(1, LARK, text("boxes\nmoved")), event(2, DOVE, answer("$1", body)))[1]
    assert (message.text, message.reply_to) == ("all of them?\n> not a quote\n\nreally", "$1")
    assert said(event(1, LARK, text("> quoted by hand\n\nyes")))[0][2] == "> quoted by hand\n\nyes"
    assert said(event(1, LARK, answer("$0", "> all quoted")))[0][2] == "> all quoted"


def test_a_replaced_message_has_its_last_text() -> None:
    first, other = event(1, LARK, text("boxs")), event(2, DOVE, text("what?"))
    later = event(4, LARK, replaced("$1", "boxes!"))
    found = read(exported(first, other, later, event(3, LARK, replaced("$1", "boxes"))))
    assert [(m.text, m.origin.line) for item in found if isinstance(item, Conversation) for m in item.messages] == [
        ("boxes!", 1), ("what?", 2),
    ]  # fmt: skip
    assert facts(found)["replacements"] == "2, not kept"
    assert said(first, event(3, DOVE, replaced("$1", "stolen")))[0][2] == "boxs"
    assert said(event(3, LARK, replaced("$0", "boxes")))[0][2] == "boxes"
    bundled = {"m.relations": {"m.replace": event(9, LARK, replaced("$1", "boxes?"))}}
    assert said(first | {"unsigned": bundled})[0][2] == "boxes?"
    edited = replaced("$1", f"> <{DOVE}> what?\n\nboxes")
    reply = messages(event(1, LARK, answer("$0", f"> <{DOVE}> what?\n\nbox")), event(2, LARK, edited))[0]
    assert (reply.text, reply.reply_to) == ("boxes", "$0")


def test_what_is_taken_back() -> None:
    events = [
        event(1, LARK, {}),
        event(2, LARK, text("secret")),
        event(3, LARK, {}, "m.room.redaction", redacts="$2"),
        event(4, LARK, text("more")),
        event(5, LARK, {"redacts": "$4"}, "m.room.redaction"),
        event(6, LARK, {}, "m.room.encrypted", unsigned={"redacted_because": {"type": "m.room.redaction"}}),
    ]
    found = read(exported(*events))
    assert said(*events) == [(LARK, "deleted", "")] * 4
    assert facts(found)["redactions"] == "2, not kept" and numbers(found) == [1, 2, 3, 4]


def test_other_kinds() -> None:
    events = [
        event(1, LARK, {"msgtype": "m.image", "body": "a.jpg"}),
        event(2, LARK, {"msgtype": "m.image", "body": "the attic", "filename": "a.jpg"}),
        event(3, LARK, {"msgtype": "m.notice", "body": "build done"}),
        event(4, LARK, {"msgtype": "m.emote", "body": "waves"}),
        event(5, LARK, {"body": "a fox"}, "m.sticker"),
        event(6, LARK, {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "x"}}, "m.reaction"),
        event(7, LARK, {"name": "Loft"}, "m.room.name", state_key=""),
        event(8, LARK, {}, "m.call.invite"),
        event(9, LARK, {}, "m.room.power_levels", state_key=""),
    ]
    assert said(*events) == [
        (LARK, "media", "photo"),
        (LARK, "text", "the attic"),
        (LARK, "automatic", "build done"),
        (LARK, "text", "waves"),
        (LARK, "media", "sticker"),
        ("", "system", f"{LARK} changed the name of the room to 'Loft'"),
        ("", "system", f"{LARK}: call (m.call.invite)"),
        ("", "system", f"{LARK} changed the room (m.room.power_levels)"),
    ]
    assert facts(read(exported(*events)))["reactions"] == "1, not kept"


def test_what_cannot_be_read_is_numbered_too() -> None:
    events = [
        event(1, LARK, {"ciphertext": "x"}, "m.room.encrypted"), 7, {"type": "m.room.message"},
        event(2, LARK, text("")), event(3, LARK, {}, "x.unknown"), event(4, LARK, text("hi")),
    ]  # fmt: skip
    found = read(exported(*events))
    unparsed = [item for item in found if isinstance(item, Unparsed)]
    assert len(unparsed) == 5 and all(item.reason for item in unparsed) and numbers(found) == [1, 2, 3, 4, 5, 6]


def test_messages_are_in_the_order_of_time() -> None:
    found = messages(event(5, LARK, text("b")), event(1, DOVE, text("a")), event(5, DOVE, text("c")))
    assert [(m.text, m.origin.line) for m in found] == [("a", 2), ("b", 1), ("c", 3)]


@pytest.mark.parametrize("stamp", [None, "x", 10**18, -(10**18), True, 1.5])
def test_an_impossible_time_is_none(stamp: Any) -> None:
    assert messages(event(1, LARK, text("a")) | {"origin_server_ts": stamp})[0].at is None


def test_sniff() -> None:
    long = exported(*(event(n, LARK, text("boxes " * 50)) for n in range(400)))
    assert matrix.sniff(long.decode()[:65536], "x.txt") > 0.9
    assert matrix.sniff(json.dumps([event(1, LARK, text("a"))]), "x.json") > 0.5
    for other in ("", "{", '{"room_name": "Attic"}', '{"messages": [{"sender_name": "Ann", "content": "hi"}]}'):
        assert matrix.sniff(other, "matrix - Attic - Chat Export.json") == 0


SEED = exported(
    joined(0, LARK, "Lark"), event(1, LARK, text("boxes")), event(2, DOVE, answer("$1", f"> <{LARK}> boxes\n\nall?")),
    event(3, LARK, replaced("$1", "boxes!")), event(4, LARK, {}, "m.room.redaction", redacts="$2"),
    event(5, DOVE, {"msgtype": "m.image", "body": "a.jpg"}), event(6, DOVE, {}, "m.call.hangup"),
    event(7, DOVE, text("hi", formatted_body=f'<a href="https://matrix.to/#/{LARK}">Lark</a>')),
)  # fmt: skip
PIECES = (b"null", b"1", b"{}", b"[]", b'""', b"true", b"1e300", b'"m.replace"', b'"$1"', b"\xff", b'"m.room.member"')


def mutated(r: random.Random) -> bytes:
    """A file in which values are swapped for others, or that is cut, doubled or broken anywhere."""
    value = json.loads(SEED)
    for _ in range(r.randint(1, 6)):
        holder: Any = r.choice(value["messages"])
        while isinstance(holder, dict) and holder and r.random() < 0.6:
            key = r.choice(list(holder))
            if not isinstance(holder[key], dict) or r.random() < 0.4:
                holder[key] = r.choice((None, 1, {}, [], "", True, 1e300, "m.replace", "$1", [{}], {"a": {}}))
                break
            holder = holder[key]
    data = json.dumps(value).encode() if r.random() < 0.8 else SEED
    for _ in range(r.choice((0, 0, 1, 2))):
        start, end = sorted((r.randint(0, len(data)), r.randint(0, len(data))))
        data = r.choice((data[:start], data[:start] + data[end:], data[:end] + data[start:],
                         data[:start] + r.choice(PIECES) + data[start:]))  # fmt: skip
    return data


def test_no_mutation_breaks_it_and_the_counts_add_up() -> None:
    r = random.Random(7)
    for _ in range(200):
        data = mutated(r)
        assert 0 <= matrix.sniff(data.decode("utf-8", "replace"), "x") <= 1
        found = read(data)
        count = len(numbers(found))
        assert numbers(found) == list(range(1, count + 1)) and facts(found) is not None
