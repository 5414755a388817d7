"""Telegram: every element counts once, times and names are those of the file, and the traps of real exports."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Message, Origin, Understood, Unparsed
from mynah.data.files import HEAD, Input, inputs
from mynah.data.sources import telegram

REAL = Path(__file__).parents[4] / "shared" / "data" / "5_chat_exports"
START = datetime(2024, 1, 31, 21, 5)


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def items(value: Any) -> list[Item]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(telegram.read(Given(Path("result.json"), data=data), telegram.Options()))


def chats(found: list[Item]) -> list[Conversation]:
    return [item for item in found if isinstance(item, Conversation)]


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def covered(found: list[Item]) -> list[int]:
    """The elements that messages and Unparsed say they come from."""
    origins = [m.origin for chat in chats(found) for m in chat.messages]
    origins += [item.origin for item in found if isinstance(item, Unparsed)]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


def message(text: Any = "hello", number: int = 0, **more: Any) -> dict[str, Any]:
    at = START + timedelta(minutes=number)
    seconds = str(int((at - datetime(1970, 1, 1)).total_seconds()) - 3600)  # one hour east of UTC
    head = {"id": number, "type": "message", "date": at.isoformat(), "date_unixtime": seconds}
    return {**head, "from": "Ida", "from_id": "user7", "text": text, "text_entities": [], **more}


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"name": "Ida", "type": "personal_chat", "id": 7, "messages": list(messages), **more}


def account(*found: Any, left: list[Any] | None = None) -> dict[str, Any]:
    whole = {"about": "Here is", "personal_information": {}, "chats": {"about": "all chats", "list": list(found)}}
    return whole | ({"left_chats": {"about": "left", "list": left}} if left is not None else {})


def one(text: Any = "", number: int = 1, **more: Any) -> Message:
    (found,) = chats(items(chat(message(text, number, **more))))
    return found.messages[0]


# --- Laws -----------------------------------------------------------------------------------------------------------

ELEMENTS: list[Any] = [
    message(), message(""), message("", photo="a.jpg"), {"id": 1, "type": "unsupported"}, {"type": "news"}, None, 7,
    "x", [], {}, {"type": "service", "action": "pin_message"}, message([1, None, {"text": 7}, "a"]),
    message("", date="x"),
    message("", date=None, date_unixtime="9" * 30), message("", from_id=7), message("", from_id=None, **{"from": None}),
    message("", from_id=[]), message("x", reactions=7), message("x", reactions=[{"count": "x"}]), {"type": ["message"]},
]  # fmt: skip
LISTS = st.lists(st.sampled_from(ELEMENTS), max_size=6)


@given(st.lists(LISTS, min_size=1, max_size=4), st.lists(LISTS, max_size=2))
def test_every_element_belongs_to_one_thing(lists: list[list[Any]], left: list[list[Any]]) -> None:
    found = items(account(*(chat(*each, id=n) for n, each in enumerate(lists)), left=[chat(*each) for each in left]))
    assert covered(found) == list(range(1, sum(map(len, [*lists, *left])) + 1))
    assert facts(found)["counts"] == "messages"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PARTS = TEXTS | st.builds(lambda text: {"type": "bold", "text": text}, TEXTS)


@given(st.lists(PARTS))
def test_a_text_is_its_parts_without_anything_between(parts: list[Any]) -> None:
    whole = "".join(part if isinstance(part, str) else part["text"] for part in parts).strip()
    assert one(parts).text == (whole or "attachment")


@given(st.lists(st.integers(0, 5), min_size=1))
def test_messages_come_by_time_and_then_as_they_stand(minutes: list[int]) -> None:
    (found,) = chats(items(chat(*(message("x", minute) for minute in minutes))))
    order = [(m.at, m.origin.line) for m in found.messages]
    assert order == sorted(order, key=lambda pair: (pair[0] or START, pair[1]))


SEED = json.dumps(
    account(
        chat(message("hello"), message(["see ", {"type": "link", "text": "example.org"}], 1, reactions=[{"count": 2}])),
        chat(
            {"id": 4, "type": "service", "actor": "Ida", "action": "create_group", "members": [None, "Otto"]}, name="Us"
        ),
        left=[chat(message("", 3, media_type="sticker", file="a.webp"), name=None)],
    ),
    indent=1,
).encode()
PIECES = (b"[", b"]", b"{", b"}", b'"', b"null", b"7", b",", b"\\x0B", b"\xff", b'"messages": ', b"1e999", b'"x": [[[[')


def mutations() -> Iterator[bytes]:
    r = random.Random(7)
    for number in range(200):
        start, end = sorted(r.randrange(len(SEED)) for _ in range(2))
        piece = SEED[start:end]
        changed = (
            SEED[:start] + SEED[end:],
            SEED[:end] + piece + SEED[end:],
            SEED[:start] + r.choice(PIECES) + SEED[start + r.randrange(9) :],
            SEED.replace(r.choice((b'"hello"', b'"Ida"', b'"message"', b"[", b'"7"')), r.choice(PIECES)),
        )
        yield changed[number % 4]


def test_a_damaged_file_gives_a_result_or_an_error_for_people() -> None:
    for data in mutations():
        assert 0 <= telegram.sniff(data[:HEAD].decode("utf-8", "replace"), "result.json") <= 1
        try:
            found = items(data)
        except UserError:
            continue
        assert covered(found) == list(range(1, len(covered(found)) + 1))
        assert all(m.speaker or m.kind == "system" for each in chats(found) for m in each.messages)
        assert facts(found)["counts"] in ("messages", "lines")


# --- What a file holds ----------------------------------------------------------------------------------------------


def test_kinds() -> None:
    missing = "(File not included. Change data exporting settings to download.)"
    said = {
        ("media", "photo"): one(photo=missing),
        ("media", "sticker"): one(file=missing, media_type="sticker", sticker_emoji="x"),
        ("media", "voice message"): one(file="a.ogg", media_type="voice_message"),
        ("media", "file"): one(file="plan.pdf", mime_type="application/pdf"),
        ("media", "location"): one(location_information=None),
        ("media", "poll"): one(poll={"question": "When?", "answers": []}),
        ("media", "attachment"): one(),
        ("text", "at the gate"): one("at the gate", photo=missing),
        ("forwarded", "at the gate"): one("at the gate", forwarded_from=None),
        ("automatic", "at the gate"): one("at the gate", via_bot="@gatebot"),
    }
    assert list(said) == [(m.kind, m.text) for m in said.values()]


def test_what_bots_and_telegram_say_is_automatic() -> None:
    def kinds(**more: Any) -> list[str]:
        other = message("no", 1, from_id="user9", **{"from": "Otto"})
        (found,) = chats(items(chat(message(), other, **more)))
        return [m.kind for m in found.messages]

    assert kinds(type="bot_chat") == ["automatic", "text"]
    assert kinds(type="personal_chat") == kinds(type="bot_chat", id=8) == ["text", "text"]
    assert kinds(type="verification_codes") == ["automatic", "automatic"]
    assert one("Login code: 12345", from_id="user777000").kind == "automatic"


def test_service_messages_are_words() -> None:
    def event(**more: Any) -> str:
        (found,) = chats(items(chat({"id": 1, "type": "service", "date": START.isoformat(), "text": "", **more})))
        (message,) = found.messages
        assert (message.kind, message.speaker) == ("system", "")
        return message.text

    assert event(actor="Ida", action="phone_call", discard_reason="missed") == "Ida: phone call (missed)"
    assert event(actor=None, action="invite_members", members=[None, "Otto", "Bo"]) == "invite members (Otto, Bo)"
    assert event(actor="Ida", action="edit_group_title", title="Rowing") == "Ida: edit group title (Rowing)"
    assert event() == "event"


def test_people_and_chats_are_told_apart_by_their_ids() -> None:
    nobody = {"from": None, "from_id": "user3"}
    found = items(
        account(
            chat(message(), message("", 1, **nobody), message("", 2, from_id=9), message("", 3, from_id="user9")),
            chat(message("", 4, from_id=None, **{"from": None}), id=8),
            chat(message(), name=None, id=5),
            {"type": "saved_messages", "id": 1, "messages": [message()]},
            left=[chat(message(), id=6, type="private_group")],
        )
    )
    names = [each.chat for each in chats(found)]
    assert names == ["Ida", "Ida (personal_chat 8)", "personal_chat 5", "Saved Messages", "Ida (private_group 6)"]
    speakers = [[m.speaker for m in each.messages] for each in chats(found)]
    assert speakers[:2] == [["Ida", "user3", "Ida (user9)", "Ida (user9)"], ["Deleted Account"]]
    assert facts(found)["chats"] == "5"


def test_replies_and_ids() -> None:
    found = one("x", 8, reply_to_message_id=7)
    assert (found.id, found.reply_to) == ("8", "7")
    assert one("x", 8, reply_to_message_id=7, reply_to_peer_id="channel9").reply_to is None


def test_times_are_local_where_the_file_says_them() -> None:
    assert one("x", 0).at == START
    assert facts(items(chat(message())))["times"] == "local"
    plain = {key: value for key, value in message().items() if key != "date"}
    found = items(chat(plain))
    assert chats(found)[0].messages[0].at == START - timedelta(hours=1) and facts(found)["times"] == "UTC"
    assert facts(items(chat(plain, message())))["times"] == "local, 1 of them UTC"
    assert one("x", date="soon", date_unixtime="soon").at is None


def test_the_hour_that_comes_twice_is_in_order() -> None:
    first = message("first", date="2024-10-27T02:50:00", date_unixtime="1729990200")
    second = message("second", date="2024-10-27T02:10:00", date_unixtime="1729991400")
    (found,) = chats(items(chat(second, first)))
    assert [(m.text, m.origin.line) for m in found.messages] == [("first", 2), ("second", 1)]


def test_control_characters_are_mended() -> None:
    data = json.dumps(chat(message("aQb"), message("cRd", 1))).encode().replace(b"Q", rb"\x0B").replace(b"R", rb"\\x41")
    found = items(data)
    assert [m.text for m in chats(found)[0].messages] == ["a\x0bb", r"c\x41d"]
    assert facts(found)["control characters mended"] == "1"


def test_reactions_are_counted() -> None:
    found = items(chat(message("x", reactions=[{"type": "emoji", "count": 3, "emoji": "x"}, {"emoji": "y"}])))
    assert facts(found)["reactions not read"] == "4"


def test_what_is_no_export() -> None:
    for value in (7, [], {}, {"messages": 7}, {"chats": 7}, {"chats": {"list": [7]}}, {"about": "x", "contacts": {}}):
        found = items(value)
        assert covered(found) == [1] and not chats(found) and facts(found)
    found = items(b'{"messages": [\n{"id": 1')
    assert covered(found) == [1, 2] and facts(found)["counts"] == "lines"


def test_sniff_sees_telegram_and_nothing_else() -> None:
    whole = json.dumps(chat(*(message("x" * 50, n) for n in range(300))), indent=1)
    assert telegram.sniff(whole[:HEAD], "x") == telegram.sniff(whole[:400], "x") > 0.9
    contacts = [{"user_id": n, "first_name": "Ida", "date": "2024-01-01T00:00:00"} for n in range(2000)]
    long = json.dumps(
        {"about": "x", "personal_information": {}, "contacts": {"about": "", "list": contacts}, "chats": 1}
    )
    assert telegram.sniff(long[:HEAD], "x") >= 0.85
    quoted = json.dumps({"messages": [{"sender_name": "Ida", "content": '"from_id": 1, "text_entities": 2'}]})
    for other in (
        "",
        "{",
        "[]",
        quoted,
        '[{"from_id": 1, "messages": 2}]',
        '{"messages": [{"role": "user"}]}',
        "Ida: hi",
    ):
        assert telegram.sniff(other, "result.json") == 0


# --- Real exports ---------------------------------------------------------------------------------------------------


def real(name: str) -> list[Item]:
    (file,) = inputs(REAL / name)
    assert telegram.sniff(file.head(), file.name) > 0.5
    return list(telegram.read(file, telegram.Options()))


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")
def test_real_exports() -> None:
    expected = json.loads((REAL / "telegram_chatminer/expected.json").read_text())["messages"]
    for name, title in (("test_single_export.json", ""), ("test_batch_export.json", "Chatname")):
        (found,) = chats(real(f"telegram_chatminer/{name}"))
        assert found.chat == title and found.messages[0].origin == Origin(name, 1)
        assert [m.speaker for m in found.messages] == [each["author"] for each in expected]
        assert [m.at for m in found.messages] == [datetime.fromisoformat(each["timestamp"]) for each in expected]
        # that reader joins the parts with spaces
        assert [m.text for m in found.messages] == [each["message"].replace(": ", ":") for each in expected]
    expected = json.loads((REAL / "multi_platform_chatpack/expected.json").read_text())
    (simple,) = chats(real("multi_platform_chatpack/telegram_simple.json"))
    assert [m.speaker for m in simple.messages] == expected["telegram_simple.json"]["senders"]
    (complex_,) = chats(real("multi_platform_chatpack/telegram_complex.json"))
    assert [m.kind for m in complex_.messages] == ["text", "text", "text", "system", "media"]
    assert complex_.messages[1].reply_to == "1"
