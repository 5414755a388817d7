"""Direct messages of X: entries that belong together, names from other files, links, and damaged files."""

from __future__ import annotations

import json
import random
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from test_messenger import PIECES, Given, facts, mutated, numbers, said

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Unparsed
from mynah.data.files import HEAD, decoded, inputs
from mynah.data.sources import messages as training_data
from mynah.data.sources import x

PROGRAM = "window.YTD.direct_messages.part0 = "


def read(value: Any, program: str = PROGRAM) -> list[Item]:
    data = value if isinstance(value, bytes) else (program + json.dumps(value)).encode()
    return list(x.read(Given(Path("direct-messages.js"), data=data), x.Options()))


def message(id: str, sender: str, text: str, minute: int = 0, sort: str = "messageCreate", **more: Any) -> Any:
    at = f"2024-01-31T20:{minute:02}:07.000Z"
    return {sort: {"id": id, "senderId": sender, "recipientId": "22", "text": text, "createdAt": at, **more}}


def event(sort: str, minute: int, **more: Any) -> Any:
    return {sort: {"createdAt": f"2024-01-31T20:{minute:02}:07.000Z", **more}}


def talk(chat: str, *elements: Any) -> Any:
    return {"dmConversation": {"conversationId": chat, "messages": [*elements]}}


def chats(found: list[Item]) -> dict[str, list[str]]:
    return {item.chat: [m.text for m in item.messages] for item in found if isinstance(item, Conversation)}


def texts(*elements: Any) -> list[tuple[str, str, str]]:
    return [(m.kind, m.speaker, m.text) for m in said(read([talk("11-22", *elements)]))]


# --- Conversations --------------------------------------------------------------------------------------------------


def test_newest_first_is_turned_around_also_where_the_time_is_the_same() -> None:
    found = read([talk("11-22", *(message(str(n), "11", text, n // 2) for n, text in ((5, "d"), (3, "c"), (2, "b"))))])
    assert chats(found) == {"11-22": ["b", "c", "d"]}
    (chat,) = (item for item in found if isinstance(item, Conversation))
    assert [m.origin.line for m in chat.messages] == [3, 2, 1] and chat.messages[0].id == "2"
    assert chat.messages[0].at == datetime(2024, 1, 31, 20, 1, 7) and facts(found)["times"] == "UTC"


def test_entries_of_one_conversation_are_put_together_and_what_repeats_is_told() -> None:
    found = read([
        talk("11-22", message("3", "11", "c", 3), message("2", "11", "b", 2)),
        talk("9", message("2", "44", "elsewhere", 1)),
        talk("11-22", message("2", "11", "b", 2), message("1", "11", "a", 1)),
        talk("empty"),
    ])  # fmt: skip
    assert chats(found) == {"11-22": ["a", "b", "c"], "9": ["elsewhere"]} and numbers(found) == [1, 2, 3, 4, 5]
    (unparsed,) = (item for item in found if isinstance(item, Unparsed))
    assert unparsed.origin.line == 4 and "second message 2" in unparsed.reason


def test_what_is_no_message_is_unparsed_in_its_place() -> None:
    wrong = [7, None, {}, {"messageCreate": 7}, {"a": {}, "b": {}}, event("messageCreate", 1), {"participantsJoin": {}}]
    wrong += [message("1", "11", "x") | {"b": 1}, {"messageCreate": {"senderId": "11", "createdAt": "soon"}}]
    found = read([7, talk("11-22", message("1", "11", "a"), *wrong, message("2", "11", "b", 1)), {"dmConversation": 7}])
    assert chats(found) == {"11-22": ["a", "b"]} and numbers(found) == list(range(1, len(wrong) + 5))
    for value in (7, {}, {"a": 1}):
        assert numbers(read(value)) == [1]
    assert numbers(read(b"window.YTD.direct_messages.part0 = [\n{")) == [1, 2]


def test_any_program_before_the_messages() -> None:
    entries = [talk("11-22", message("1", "11", "a = b"))]
    for program in (PROGRAM, "window.YTD.direct_messages_group.part12=", "\ufeff" + PROGRAM, "", "\ufeff", " \n"):
        assert chats(read(entries, program)) == {"11-22": ["a = b"]}, program
    latin = (PROGRAM + json.dumps(entries, ensure_ascii=False).replace("a = b", "é")).encode("windows-1252")
    assert chats(read(latin)) == {"11-22": ["é"]}


# --- Messages -------------------------------------------------------------------------------------------------------


def test_links_are_spelled_out_and_the_one_to_the_attachment_is_left_out() -> None:
    urls = [
        {"url": "https://t.co/abc", "expanded": "https://example.org/a?b=1&copy=2"},
        {"url": "https://t.co/pic", "expanded": "https://twitter.com/messages/media/902"},
        {"url": "a", "expanded": "aaaa"}, {"url": 7}, 7,
    ]  # fmt: skip
    photo = {"urls": urls, "mediaUrls": ["https://ton.twitter.com/dm/1.jpg"]}
    video = {"urls": urls, "mediaUrls": ["https://video.twimg.com/dm_video/1/2.mp4"]}
    assert texts(
        message("1", "11", "see https://t.co/abc, and https://t.co/abcd a", 1, urls=urls),
        message("2", "11", "look https://t.co/pic", 2, **photo),
        message("3", "11", "https://t.co/pic", 3, **photo),
        message("4", "11", "https://t.co/pic", 4, **video),
        message("5", "11", "", 5),
        message("6", "11", "1 &lt; 2 &amp;&amp; &copy;", 6),
    ) == [
        ("text", "11", "see https://example.org/a?b=1&copy=2, and https://t.co/abcd a"),
        ("text", "11", "look"),
        ("media", "11", "photo"),
        ("media", "11", "video"),
        ("media", "11", "attachment"),
        ("text", "11", "1 < 2 && &copy;"),
    ]


def test_what_happens_in_a_group_and_what_a_company_greets_with() -> None:
    assert texts(
        event("joinConversation", 1, initiatingUserId="11", participantsSnapshot=["22", "33"]),
        event("participantsJoin", 2, initiatingUserId="11", userIds=["44"]),
        event("participantsLeave", 3, userIds=["44", 7]),
        event("conversationNameUpdate", 4, initiatingUserId="22", name="Boat crew"),
        event("reactionCreate", 5, senderId="22", reactionKey="like", eventId="1"),
        event("somethingNew", 6),
        message("7", "33", "How can we help?", 7, sort="welcomeMessageCreate"),
    ) == [
        ("system", "", "11 invited into a group of 22, 33"),
        ("system", "", "11 added 44"),
        ("system", "", "44, 7 left"),
        ("system", "", "22 named the group Boat crew"),
        ("system", "", "22 reacted: like"),
        ("system", "", "somethingNew"),
        ("automatic", "33", "How can we help?"),
    ]


def test_reactions_are_counted() -> None:
    found = read([talk("11-22", message("1", "11", "a", reactions=[{"senderId": "22", "reactionKey": "like"}]))])
    assert facts(found)["reactions"] == "1, not read"


# --- Names ----------------------------------------------------------------------------------------------------------

ACCOUNT = [{"account": {"accountId": "11", "username": "ada", "accountDisplayName": "Ada"}}]
TWEETS = [
    {"tweet": {"entities": {"user_mentions": [{"id_str": "22", "name": "Bo", "screen_name": "bo"}, {"id_str": "33"}]}}},
    {"tweet": {"entities": {}}}, {"tweet": 7}, 7,
]  # fmt: skip


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_names_come_from_the_other_files_of_the_archive(zipped: bool, whole: bool, tmp_path: Path) -> None:
    texts = {
        "direct-messages.js": PROGRAM + json.dumps([talk("11-22", *(message(n, n, "hi") for n in ("11", "22", "33")))]),
        "account.js": "window.YTD.account.part0 = " + json.dumps(ACCOUNT),
        "tweets.js": "window.YTD.tweets.part0 = " + (json.dumps(TWEETS) if whole else "[{"),
        "direct-message-headers.js": "window.YTD.direct_message_headers.part0 = "
        + json.dumps([talk("11-22", {"messageCreate": {"id": "1", "senderId": "11"}})]),
    }
    (tmp_path / "data").mkdir()
    path = tmp_path / "data"
    if zipped:
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in texts.items():
                archive.writestr(f"data/{name}", text)
    else:
        for name, text in texts.items():
            (path / name).write_text(text)
    (file,) = (each for each in inputs(path) if x.sniff(each.head(), each.name) > 0.5)
    found = list(x.read(file, x.Options()))
    assert {m.speaker for m in said(found)} == {"Ada", "Bo" if whole else "22", "33"}
    assert facts(found)["names"].startswith("1 of 3" if whole else "2 of 3")


# --- Files that are damaged, and files of others --------------------------------------------------------------------

SEED = [
    talk("11-22", message("2", "11", "see https://t.co/abc", 2, urls=[{"url": "https://t.co/abc", "expanded": "x"}]),
         message("1", "22", "hi", 1, mediaUrls=["a.jpg"], reactions=[{"senderId": "11"}])),
    talk("99", event("participantsJoin", 3, initiatingUserId="11", userIds=["44"]), message("3", "44", "é", 4)),
]  # fmt: skip


def test_a_damaged_file_gives_a_result_or_an_error() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        data = chance.choice((PROGRAM.encode(), b"", b"window = ")) + mutated(chance, SEED, PIECES)
        assert 0 <= x.sniff(decoded(data[:HEAD]), "direct-messages.js") <= 1
        try:
            found = read(data)
        except UserError:
            continue
        assert numbers(found) == list(range(1, len(numbers(found)) + 1)), seed
        assert all(m.speaker or m.kind == "system" for m in said(found)) and facts(found)


def test_sniff_knows_its_own_and_nothing_else() -> None:
    text = json.dumps([talk("11-22", message("1", "11", "x" * 100_000))])
    for head in (PROGRAM + text, "window.YTD.direct_messages_group.part3 = " + text, text):
        assert x.sniff(head[:HEAD], "a.txt") > 0.5 and training_data.sniff(head[:HEAD], "a.txt") == 0
    headers = json.dumps([talk("11-22", {"messageCreate": {"id": "1", "senderId": "11"}})])
    others = ("", "[", "window.YTD.direct_messages.part0 = [ ]", f"window.YTD.direct_message_headers.part0 = {headers}")
    quoted = json.dumps([{"role": "user", "content": text[:500]}])
    for other in (*others, headers, quoted, f"window.YTD.tweets.part0 = {json.dumps(TWEETS)}", f"# {PROGRAM}{text}"):
        assert x.sniff(other, "direct-messages.js") == 0
