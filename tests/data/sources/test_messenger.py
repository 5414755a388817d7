"""Facebook Messenger and Instagram: both layouts, broken letters, what the app writes, and real exports."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Message, Understood, Unparsed
from mynah.data.files import HEAD, Input, decoded, inputs
from mynah.data.sources import messages as training_data
from mynah.data.sources import messenger

REAL = Path(__file__).parents[4] / "shared" / "data" / "5_chat_exports"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def read(thread: Any, name: str = "message_1.json") -> list[Item]:
    data = thread if isinstance(thread, bytes) else json.dumps(thread).encode()
    return list(messenger.read(Given(Path(name), data=data), messenger.Options()))


def talk(found: list[Item]) -> Conversation:
    (chat,) = (item for item in found if isinstance(item, Conversation))
    return chat


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def numbers(found: list[Item]) -> list[int]:
    """The elements that messages and Unparsed say they come from."""
    origins = [item.origin for item in found if isinstance(item, Unparsed)]
    origins += [m.origin for item in found if isinstance(item, Conversation) for m in item.messages]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


def broken(text: str) -> str:
    """As the download has it."""
    return text.encode().decode("latin-1")


def plain(sender: str, content: str | None = None, at: int = 1706735107123, **more: Any) -> dict[str, Any]:
    said = {} if content is None else {"content": broken(content)}
    return {"sender_name": broken(sender), "timestamp_ms": at, **said, **more}


def encrypted(sender: str, text: str, at: int = 1706735107123, sort: str = "text", **more: Any) -> dict[str, Any]:
    return {"isUnsent": False, "media": [], "senderName": sender, "text": text, "timestamp": at, "type": sort, **more}


def thread(*elements: Any, **more: Any) -> dict[str, Any]:
    return {"participants": [{"name": broken("Zoë Pine")}, {"name": "Abe Lund"}], "messages": [*elements], **more}


def one(element: Any) -> tuple[str, str, str]:
    (message,) = talk(read(thread(element))).messages
    return message.kind, message.speaker, message.text


# --- Letters --------------------------------------------------------------------------------------------------------


@given(TEXT)
def test_broken_letters_are_mended(text: str) -> None:
    assert messenger.mended(broken(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=256), min_size=1))
def test_letters_that_are_not_broken_stay(text: str) -> None:
    assert messenger.mended(text) == text


def test_one_text_that_cannot_be_mended_does_not_keep_the_others_from_it() -> None:
    found = read(
        thread(plain("Zoë Pine", "naïve 🙈", 1000), {**plain("Abe Lund", at=2000), "content": "d\xe9j\xe0 vu"})
    )
    assert [(m.speaker, m.text) for m in talk(found).messages] == [("Zoë Pine", "naïve 🙈"), ("Abe Lund", "déjà vu")]
    assert "mended" in facts(found)["letters"]
    assert "letters" not in facts(read(thread(encrypted("Zoë Pine", "déjà vu"))))


# --- The thread -----------------------------------------------------------------------------------------------------


def test_newest_first_is_turned_around_also_where_the_time_is_the_same() -> None:
    rows = [plain("Abe Lund", text, at) for text, at in (("d", 3000), ("c", 2000), ("b", 2000), ("a", 1000))]
    chat = talk(read(thread(*rows)))
    assert [m.text for m in chat.messages] == ["a", "b", "c", "d"] and chat.origin.lines == 4
    assert [m.origin.line for m in chat.messages] == [4, 3, 2, 1]
    assert chat.messages[0].at == datetime(1970, 1, 1, 0, 0, 1)
    mixed = [rows[2], rows[0], rows[1]]
    assert [m.text for m in talk(read(thread(*mixed))).messages] == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("more", "name", "chat"),
    [
        ({"thread_path": "inbox/abelund_9", "title": "Abe Lund"}, "x.json", "abelund_9"),
        ({"thread_path": "archived_threads/facebookuser_7/"}, "messages/inbox/a_1/message_2.json", "facebookuser_7"),
        ({"title": broken("Zoë Pine")}, "messages/inbox/zoepine_4/message_2.json", "zoepine_4"),
        ({"title": broken("Zoë Pine")}, "x.json", "Zoë Pine"),
        ({"threadName": "Abe Lund_40"}, "Abe Lund_40.json", "Abe Lund_40"),
        ({}, "message_1.json", ""),
    ],
)
def test_a_chat_is_called_like_its_thread(more: dict[str, str], name: str, chat: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(thread(plain("Abe Lund", "hi"), **more)))
    (file,) = inputs(tmp_path)
    assert talk(list(messenger.read(file, messenger.Options()))).chat == chat


def test_the_zip_of_a_download(tmp_path: Path) -> None:
    root = "your_facebook_activity/messages/inbox/abelund_9/"
    with zipfile.ZipFile(tmp_path / "facebook.zip", "w") as archive:
        for n in (1, 2):
            rows = thread(plain("Abe Lund", f"part {n}"), thread_path="inbox/abelund_9")
            archive.writestr(f"{root}message_{n}.json", json.dumps(rows))
        archive.writestr(f"{root}photos/1.jpg", b"\xff\xd8\xff")
        archive.writestr("your_facebook_activity/messages/autofill_information.json", '{"autofill": {"name": ["Abe"]}}')
    files = list(inputs(tmp_path / "facebook.zip"))
    known = [file for file in files if messenger.sniff(file.head(), file.name) > 0.9]
    assert len(files) == 3 and len(known) == 2
    chats = [talk(list(messenger.read(file, messenger.Options()))) for file in known]
    assert {chat.chat for chat in chats} == {"abelund_9"}
    assert [chat.messages[0].origin.file for chat in chats] == [f"facebook.zip/{root}message_{n}.json" for n in (1, 2)]


# --- Messages -------------------------------------------------------------------------------------------------------

SHARE = {"share": {"link": "https://www.example.org/boats"}}


@pytest.mark.parametrize(
    ("element", "kind", "text"),
    [
        (plain("Zoë Pine", "café at nine?"), "text", "café at nine?"),
        (plain("Zoë Pine", "look", photos=[{"uri": "photos/1.jpg"}]), "text", "look"),
        (plain("Zoë Pine", photos=[{"uri": "photos/1.jpg"}]), "media", "photo"),
        (plain("Zoë Pine", audio_files=[{"uri": "audio/1.mp4"}]), "media", "voice message"),
        (plain("Zoë Pine", sticker={"uri": "stickers_used/1.png"}), "media", "sticker"),
        (plain("Zoë Pine", gifs=[{"uri": "gifs/1.gif"}], photos=[]), "media", "GIF"),
        (plain("Zoë Pine"), "media", "attachment"),
        (plain("Zoë Pine", "Zoë Pine sent an attachment.", **SHARE), "media", "link"),
        (plain("Zoë Pine", "You sent an attachment.", **SHARE), "media", "link"),
        (plain("Zoë Pine", "You sent a photo."), "media", "attachment"),
        (plain("Zoë Pine", "Zoë Pine sent a live location.", share={"share_text": "gone"}), "media", "link"),
        (plain("Hans", "Hans hat einen Anhang gesendet.", **SHARE), "media", "link"),
        (plain("Zoë Pine", **SHARE), "media", "link"),
        (plain("Zoë Pine", "So true.", **SHARE), "text", "So true."),
        (plain("Zoë Pine", "Zoë Pine lists it on example.org.", **SHARE), "text", "Zoë Pine lists it on example.org."),
        (plain("Zoë Pine", is_unsent=True), "deleted", ""),
        (plain("Zoë Pine", "oh no", is_unsent=True), "deleted", ""),
        (plain("Zoë Pine", is_taken_down=True), "deleted", ""),
        (plain("Zoë Pine", "I missed your call."), "text", "I missed your call."),
        (plain("Zoë Pine", "You left the lamp on."), "text", "You left the lamp on."),
        (plain("Zoë Pine", "Zoë Pine here, is it gone?"), "text", "Zoë Pine here, is it gone?"),
        (plain("Will", "Will do."), "text", "Will do."),
        (encrypted("Zoë Pine", "keys are under the pot"), "text", "keys are under the pot"),
        (encrypted("Zoë Pine", "", sort="media", media=[{"uri": "./media/0b1c.jpeg"}]), "media", "picture"),
        (encrypted("Zoë Pine", "", sort="media", media=[{"uri": "Failed to download media"}]), "media", "file"),
        (encrypted("Zoë Pine", "https://example.org", sort="link"), "text", "https://example.org"),
        (encrypted("Zoë Pine", "", sort="placeholder"), "deleted", ""),
        (encrypted("Zoë Pine", "oh no") | {"isUnsent": True}, "deleted", ""),
    ],
)  # fmt: skip
def test_what_somebody_sent(element: dict[str, Any], kind: str, text: str) -> None:
    sender = messenger.mended(element.get("sender_name") or element["senderName"])
    assert one(element) == (kind, sender, text)


@pytest.mark.parametrize(
    "text",
    [
        "Reacted 😆 to your message ", "Liked a message", "Zoë Pine named the group Boat crew.",
        "Zoë Pine set the nickname for Abe Lund to Captain.", "You set your nickname to Cook.",
        "Zoë added Bo to the group.",
        "Zoë Pine left the group.", "You changed the group photo.", "You are now connected on Messenger",
        "Abe Lund wasn't notified about this message because they're in quiet mode.", "The video call ended.",
        "Zoë Pine missed your call.", "Zoë Pine a nommé le groupe Les marins.", "You created a poll: When?",
    ],
)  # fmt: skip
def test_what_the_app_tells(text: str) -> None:
    assert one(plain("Zoë Pine", text)) == ("system", "", text.strip())


def test_calls_and_who_came_are_told_by_their_keys() -> None:
    assert one(plain("Zoë Pine", "Ruf mich an", call_duration=0)) == ("system", "", "Ruf mich an")
    assert one(plain("Zoë Pine", "Verpasst", missed=True)) == ("system", "", "Verpasst")
    assert one(plain("Zoë Pine", type="Call", call_duration=7)) == ("system", "", "call")
    joined = plain("Zoë Pine", type="Subscribe", users=[{"name": broken("Bo Ström")}])
    assert one(joined) == ("system", "", "joined: Bo Ström")
    assert one(plain("", type="Unsubscribe")) == ("system", "", "left")
    assert one(plain("Zoë Pine", "hi", type="Generic")) == ("text", "Zoë Pine", "hi")


def test_a_sentence_that_only_stands_beside_links_stands_for_them() -> None:
    shared = [plain("Zoë Pine", "Wysłano załącznik teraz.", at, **SHARE) for at in (1000, 2000, 3000)]
    assert {m.kind for m in talk(read(thread(*shared))).messages} == {"media"}
    assert {m.kind for m in talk(read(thread(*shared[:2]))).messages} == {"text"}
    alone = plain("Zoë Pine", "Wysłano załącznik teraz.", 4000)
    assert {m.kind for m in talk(read(thread(*shared, alone))).messages} == {"text"}


def test_reactions_are_counted() -> None:
    found = read(thread(plain("Zoë Pine", "hi", reactions=[{"reaction": broken("👍"), "actor": "Abe Lund"}] * 2)))
    assert facts(found)["reactions"] == "2, not read" and facts(found)["counts"] == "messages"


@pytest.mark.parametrize(
    "element",
    [
        7, None, "text", [], {}, {"sender_name": "", "timestamp_ms": 1000, "content": "x"}, plain("A", "x", at=0),
        {"sender_name": "A", "content": "x"}, plain("A", "x", at=10**20), plain("A", "x") | {"timestamp_ms": True},
        plain("A", "x") | {"timestamp_ms": "1000"}, {"sender_name": ["A"], "timestamp_ms": 1000}, {"senderName": "A"},
    ],
)  # fmt: skip
def test_what_is_no_message_is_unparsed_in_its_place(element: Any) -> None:
    found = read(thread(plain("Zoë Pine", "a", 2000), element, plain("Zoë Pine", "b", 1000)))
    (unparsed,) = (item for item in found if isinstance(item, Unparsed))
    assert unparsed.origin.line == 2 and unparsed.reason and numbers(found) == [1, 2, 3]
    assert [m.text for m in talk(found).messages] == ["b", "a"]


def test_a_file_without_messages() -> None:
    for value in ([], 7, {"messages": 7}, {"a": 1}):
        found = read(value)
        assert numbers(found) == [1] and facts(found)["counts"] == "messages"
    assert len(read(thread())) == 1
    found = read(b'{"messages": [\n{"sender_name": "A')
    assert numbers(found) == [1, 2] and facts(found)["counts"] == "lines"


# --- Files that are damaged, and files of others --------------------------------------------------------------------

SEED = thread(
    plain("Zoë Pine", "café at nine?", 5000, **SHARE),
    plain("Abe Lund", at=4000, photos=[{"uri": "1.jpg"}], reactions=[{"reaction": broken("👍"), "actor": "Abe Lund"}]),
    plain("Zoë Pine", at=3000, type="Subscribe", users=[{"name": "Bo"}]),
    encrypted("Zoë Pine", "keys", 2000, media=[{"uri": "a.jpg"}]),
    thread_path="inbox/abelund_9",
    title="Abe Lund",
)


def mutated(random_: random.Random, value: Any, pieces: list[bytes]) -> bytes:
    """JSON that is cut, doubled, swapped or replaced: its values, or its bytes."""
    data = json.dumps(changed(random_, json.loads(json.dumps(value)))).encode()
    for _ in range(random_.choice((0, 0, 1, 3))):
        start, end = sorted(random_.randrange(len(data) + 1) for _ in range(2))
        end = min(end, start + random_.choice((1, 5, len(data))))
        data = data[:start] + random_.choice((b"", data[start:end] * 2, *pieces)) + data[end:]
    return data


def changed(random_: random.Random, value: Any) -> Any:
    """A value in which some other values stand."""
    if random_.random() < 0.04:
        return random_.choice((None, 7, -1.5, 1e300, True, "", "é\x00", [], {}, [value, value], {"messages": value}))
    if isinstance(value, list):
        return [changed(random_, each) for each in value if random_.random() > 0.03]
    if isinstance(value, dict):
        return {key: changed(random_, each) for key, each in value.items() if random_.random() > 0.03}
    return value


PIECES = [b'"', b"}", b"]},", b'{"messages":[', b"\\ud83d", b"\xff\xfe", b"\xc3", b"[" * 2000, b"null", b"\n"]


def test_a_damaged_file_gives_a_result_or_an_error() -> None:
    for seed in range(200):
        data = mutated(random.Random(seed), SEED, PIECES)
        assert 0 <= messenger.sniff(decoded(data[:HEAD]), "message_1.json") <= 1
        try:
            found = read(data)
        except UserError:
            continue
        assert numbers(found) == list(range(1, len(numbers(found)) + 1)), seed
        assert all(isinstance(m, Message) for m in said(found)) and facts(found)


def said(found: list[Item]) -> Iterator[Message]:
    return (m for item in found if isinstance(item, Conversation) for m in item.messages)


def test_sniff_knows_its_own_and_nothing_else() -> None:
    for element in (plain("Zoë Pine", "x" * 100_000), encrypted("Zoë Pine", "x" * 100_000)):
        head = json.dumps(thread(element, threadName="Abe Lund_40"), indent=1)[:HEAD]
        assert messenger.sniff(head, "message_12.json") > messenger.sniff("\ufeff" + head, "x.json") > 0.5
        assert training_data.sniff(head, "message_1.json") == 0
    quoted = json.dumps({"messages": [{"from": "Ida", "text": json.dumps(SEED)}]})
    for other in ("", "{", '{"messages": []}', quoted, json.dumps(thread()), "sender_name: Ida, timestamp_ms: 7"):
        assert messenger.sniff(other, "message_1.json") == 0


# --- Real exports ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.exists(), reason="the real exports are not here")
def test_real_exports() -> None:
    (file,) = inputs(REAL / "instagram_chatminer" / "test_export.json")
    expected = json.loads((REAL / "instagram_chatminer" / "expected.json").read_text())["messages"]
    spoken = {(str(m.at), m.speaker, m.text) for m in said(list(messenger.read(file, messenger.Options())))}
    assert spoken == {(each["timestamp"].replace("T", " "), each["author"], each["message"]) for each in expected}
    (file,) = inputs(REAL / "multi_platform_chatpack" / "instagram.json")
    counts = json.loads((REAL / "multi_platform_chatpack" / "expected.json").read_text())["instagram.json"]
    kinds = [m.kind for m in said(list(messenger.read(file, messenger.Options())))]
    assert len(kinds) == counts["items"] and kinds.count("media") == counts["items_without_content"]


@pytest.mark.skipif(not REAL.exists(), reason="the real exports are not here")
def test_real_exports_of_others_are_not_claimed() -> None:
    for path in REAL.glob("*/*.*"):
        own = path.name in ("test_export.json", "instagram.json")
        for file in inputs(path):
            assert (messenger.sniff(file.head(), file.name) > 0.5) == own, path
