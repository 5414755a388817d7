"""Skype: the newest message first, marks, and who is called how."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from _damaged import chats, check_damaged, covered, facts, messages, read, said, unparsed

from mynah.core.types import Kind
from mynah.data.sources import messages as training
from mynah.data.sources import skype


def message(number: int, sender: str, content: Any, what: str = "RichText", **more: Any) -> dict[str, Any]:
    at = f"2024-01-31T20:{number:02}:00.1234567Z"
    return {"id": str(number), "displayName": None, "originalarrivaltime": at, "messagetype": what,
            "content": content, "from": sender, **more}  # fmt: skip


def export(*chats: dict[str, Any]) -> str:
    return json.dumps({"userId": "8:live:holt", "exportDate": "2024-02-01T08:00", "conversations": list(chats)})


UNA = {
    "id": "8:live:una",
    "displayName": "Una &amp; Co",
    "MessageList": [
        message(4, "8:live:una", "<partlist/>", "Event/Call"),
        message(3, "8:live:holt", "done &amp; sent", properties={"isserversidegenerated": True}),
        message(2, "8:live:holt", 'done &amp; sent<e_m ts="1"></e_m>'),
        message(1, "8:live:una", '<quote author="holt"><legacyquote>[1] holt: </legacyquote>later</quote>is it sent?'),
    ],
}
GROUP = {
    "id": "19:x@thread.skype",
    "displayName": None,
    "threadProperties": {"topic": "Hiking"},
    "MessageList": [
        message(8, "https://host/contacts/8:live:una", "<URIObject/>", "RichText/UriObject"),
        message(7, "8:ada", "hi", displayName="Ada <b>L.</b>"),
        message(6, "28:concierge", "Welcome!"),
        message(5, "8:live:holt", "<value>x</value>", "ThreadActivity/TopicUpdate"),
    ],
}
FILE = export(UNA, GROUP)


def test_two_chats() -> None:
    found = read(skype, FILE)
    una, group = chats(found)
    assert said([una]) == [
        ("Una & Co", "text", "is it sent?"), ("live:holt", "text", "done & sent"),
        ("live:holt", "text", "done & sent"), ("", "system", "Event/Call"),
    ]  # fmt: skip
    assert said([group]) == [
        ("", "system", "ThreadActivity/TopicUpdate"), ("concierge", "automatic", "Welcome!"), ("Ada L.", "text", "hi"),
        ("Una & Co", "media", "photo"),
    ]  # fmt: skip
    assert [m.origin.line for m in una.messages] == [4, 3, 2, 1] and covered(found) == list(range(1, 9))
    assert (una.chat, group.chat) == ("Una & Co", "Hiking") and facts(found) == {"times": "UTC", "counts": "messages"}
    assert una.messages[0].at == datetime(2024, 1, 31, 20, 1, 0, 123456) and una.messages[0].id == "1"


def test_the_second_copy_of_an_edited_message_is_no_message() -> None:
    copy = message(2, "8:live:holt", "done", properties={"isserversidegenerated": "True"})
    found = read(skype, export({"id": "8:live:una", "MessageList": [message(3, "8:live:holt", "done"), copy]}))
    assert [m.text for m in messages(found)] == ["done"] and covered(found) == [1, 2]
    assert unparsed(found)[0].reason == "a second copy of an edited message"


@pytest.mark.parametrize(
    ("what", "content", "kind", "text"),
    [
        ("RichText", '<at id="8:a">Ada</at> see <a href="https://example.org">this</a>', "text", "@Ada see this"),
        ("RichText", '<ss type="smile">:)</ss> a<br/>b<b raw_pre="*">c</b>', "text", ":) a\nbc"),
        ("RichText", "1 &lt; 2 <3", "text", "1 < 2 <3"),
        ("RichText", "<p>one</p><p>two</p>", "text", "one\n\ntwo"),
        ("RichText", "<quote>theirs <quote>and older</quote></quote>", "forwarded", "theirs and older"),
        ("RichText", "", "deleted", "deleted message"),
        ("RichText", None, "deleted", "deleted message"),
        ("Text", "a <b> & c", "text", "a <b> & c"),
        ("RichText/Media_GenericFile", "<URIObject/>", "media", "file"),
        ("RichText/Media_AudioMsg", "", "media", "voice message"),
        ("RichText/Media_New", "", "media", "file"),
        ("Poll", "{}", "system", "Poll"),
    ],
)
def test_kinds(what: str, content: Any, kind: Kind, text: str) -> None:
    (m,) = messages(read(skype, export({"id": "x", "MessageList": [message(1, "8:una", content, what)]})))
    assert (m.kind, m.text) == (kind, text)


def test_deleted() -> None:
    gone = message(1, "8:una", "secret", properties={"deletetime": "1706731507"})
    assert said(read(skype, export({"id": "x", "MessageList": [gone]}))) == [("una", "deleted", "deleted message")]


def test_people_and_chats_of_one_name_are_told_apart() -> None:
    found = read(skype, export(*({"id": f"8:live:{n}", "displayName": "Una", "MessageList": [
        message(1, f"8:live:{n}", "hi")]} for n in "ab")))  # fmt: skip
    assert [(c.chat, c.messages[0].speaker) for c in chats(found)] == [
        ("Una", "Una"), ("Una (8:live:b)", "Una (8:live:b)")
    ]  # fmt: skip


def test_what_is_no_message() -> None:
    listed = [1, {}, message(1, "", "x"), message(2, "8:a", "x", originalarrivaltime="soon"), message(3, "8:a", "x")]
    found = read(skype, export({"id": "x", "MessageList": listed}, {"id": "y"}))
    assert len(unparsed(found)) == 5 and covered(found) == [1, 2, 3, 4, 5, 6] and len(messages(found)) == 1
    for broken in ("{", "{}", "[1]"):
        assert len(unparsed(read(skype, broken))) == 1


def test_messages_of_one_minute_stay_in_order() -> None:
    listed = [message(2, "8:a", "three"), message(1, "8:a", "two"), message(1, "8:a", "one")]
    for order, expected in ((listed, ["one", "two", "three"]), (listed[::-1], ["one", "two", "three"])):
        assert [m.text for m in messages(read(skype, export({"id": "x", "MessageList": order})))] == expected


def test_time_grows_with_the_size_of_a_text() -> None:
    for piece in ("<", "<quote>", "</quote>", "<a ", ">", "&"):
        assert len(messages(read(skype, export({"id": "x", "MessageList": [message(1, "8:a", piece * 100_000)]})))) == 1


def test_sniff() -> None:
    assert skype.sniff(FILE, "messages.json") > 0.9 > training.sniff(FILE, "messages.json")
    for other in ("", "{}", '{"conversations": []}', '[{"MessageList": 1}]'):
        assert skype.sniff(other, "messages.json") == 0


def test_damaged_files_end_well() -> None:
    check_damaged(skype, [FILE, json.dumps(json.loads(FILE), indent=1)])
