"""X, formerly Twitter: the direct messages of an archive.

On the web open More, Settings and privacy, Your account, Download an archive of your data. The zip that arrives holds
`data/direct-messages.js` and `data/direct-messages-group.js` (of large archives in numbered parts), which are JSON
behind the beginning of a program, the newest message first::

    window.YTD.direct_messages.part0 = [{"dmConversation": {"conversationId": "11-22", "messages": [
      {"messageCreate": {"id": "902", "senderId": "22", "recipientId": "11", "text": "sure, see https://t.co/abc",
       "createdAt": "2024-01-31T20:06:00.000Z", "mediaUrls": [],
       "urls": [{"url": "https://t.co/abc", "expanded": "https://example.org/shifts"}]}},
      {"messageCreate": {"id": "901", "senderId": "11", "recipientId": "22", "text": "swap shifts?",
       "createdAt": "2024-01-31T20:05:07.000Z", "mediaUrls": [], "urls": []}}]}}]

There are no names in them, only numbers of accounts. The owner's name is taken from `account.js` beside the file, and
the others' from the mentions in the owner's posts, `tweets.js`; who is in neither is called by number.

A chat is called like its conversation, and what several entries hold of one is put together. Times are UTC; messages
of the same time are taken in the order of the file turned around where the newest come first. Short links become the
links behind them, those to the attachment of the message itself are left out. Who came or left and what a group was
named are system lines; the greeting that a company's account sends by itself is automatic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, decoded
from mynah.data.sources._shared.jsons import broken, has_keys, text_of, unread
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import iso

LABEL = "X (Twitter)"

BEGINNING = 200  # bytes in which the program before the JSON ends
MESSAGES = ("messageCreate", "welcomeMessageCreate")
EVENTS = {
    "joinConversation": "invited into a group of",
    "participantsJoin": "added",
    "participantsLeave": "left",
    "conversationNameUpdate": "named the group",
    "reactionCreate": "reacted:",
}
ATTACHMENT = "/messages/media/"  # in links that lead to the attachment of the message itself
ESCAPED = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))  # as in posts, and nothing else is
MEDIA = {"video": re.compile(r"video\.twimg\.com/dm_video|\.mp4\b"), "GIF": re.compile("/dm_gif")}
_SHORT = re.compile(r"https?://t\.co/\w+")
_PROGRAM = re.compile(r"[\s\ufeff]*window\.YTD\.direct_messages?(?:_group)?\.part\d+\s*=\s*\[")


class Options(core_options.Options):
    """Nothing to set: every key of an archive has one meaning."""


# --- The two functions of a source ----------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is, by the program around the messages, or without one by their keys. The lists of who wrote when,
    without what, are called and look much the same."""
    if not has_keys(head, "dmConversation", "conversationId"):
        return 0.0
    if _PROGRAM.match(head):
        return 0.95
    plain = head.lstrip("\ufeff \t\r\n").startswith("[") and has_keys(head, "messageCreate", "text")
    return 0.9 if plain else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the conversations, and what is no message."""
    value, error = _value(file)
    if error:
        yield Understood({"counts": "lines"})
        yield from broken(file, error)
        return
    events, unparsed = _events(file, value)
    called = _names(file, {event.sender for event in events if event.sender})
    yield Understood(_facts(events, called))
    yield from _conversations(file, events, called)
    yield from unparsed


def _value(file: Input) -> tuple[Any, str]:
    """What is behind the first `=`, and no error; or None and the error."""
    with file.open() as stream:
        data = stream.read()
    start = data.find(b"=", 0, BEGINNING) + 1 if not data[:BEGINNING].lstrip().startswith(b"[") else 0
    try:
        return orjson.loads(memoryview(data)[start:]), ""
    except orjson.JSONDecodeError:
        pass
    text = decoded(data)  # UTF-16, or not all of it UTF-8
    start = text.find("=", 0, BEGINNING) + 1 if not text[:BEGINNING].lstrip().startswith("[") else 0
    try:
        return orjson.loads(text[start:].encode("utf-8", "replace")), ""
    except orjson.JSONDecodeError as problem:
        return None, f"broken JSON: {problem}"


# --- What happened --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Event:
    """A message, or something else that happened: its place in the file, and who is concerned, by number."""

    number: int
    chat: str
    kind: Kind
    at: datetime
    sender: str
    text: str
    others: tuple[str, ...] = ()
    id: str | None = None
    reactions: int = 0


class _NoMessage(ValueError):
    """Why an element is no message."""


class _Element(NamedTuple):
    """A value in the list of a conversation."""

    chat: str
    value: Any


def _events(file: Input, value: Any) -> tuple[list[_Event], list[Unparsed]]:
    """What happened, in the order of the file, and what could not be read."""
    events: list[_Event] = []
    unparsed = []
    seen: set[tuple[str, str]] = set()
    for number, element in enumerate(_elements(value), 1):
        try:
            event = _event(number, element)
            if event.id and (event.chat, event.id) in seen:
                raise _NoMessage(f"a second message {event.id}")  # conversations overlap where an archive repeats them
            if event.id:
                seen.add((event.chat, event.id))
            events.append(event)
        except _NoMessage as error:
            unparsed.append(unread(file, number, element.value, str(error)))
    return events, unparsed


def _elements(value: Any) -> Iterator[_Element]:
    """The elements of all conversations; what is no conversation is one by itself."""
    for entry in value if isinstance(value, list) else [value]:
        talk = entry.get("dmConversation") if isinstance(entry, dict) else None
        talk = talk if isinstance(talk, dict) else {}
        listed = talk.get("messages")
        if isinstance(listed, list):
            chat = _id(talk.get("conversationId"))
            yield from (_Element(chat, each) for each in listed)
        else:
            yield _Element("", entry)


def _event(number: int, element: _Element) -> _Event:
    """What an element says. Raises _NoMessage."""
    value = element.value
    if not isinstance(value, dict) or len(value) != 1:
        raise _NoMessage("no conversation with messages, and no message")
    ((sort, body),) = value.items()
    if not isinstance(body, dict):
        raise _NoMessage(f"{sort} is an object, not {type(body).__name__}")
    if sort in MESSAGES:
        return _message(number, element.chat, sort, body)
    sender = _id(body.get("initiatingUserId")) or _id(body.get("senderId"))
    listed = body.get("userIds") or body.get("participantsSnapshot")
    others = tuple(each for value in listed if (each := _id(value))) if isinstance(listed, list) else ()
    more = text_of(body.get("name") or body.get("reactionKey"))
    text = f"{EVENTS.get(sort, sort)} {more}".strip()
    return _Event(number, element.chat, "system", _time(body), sender, text, others)


def _message(number: int, chat: str, sort: str, body: dict[str, Any]) -> _Event:
    sender = _id(body.get("senderId"))
    if not sender:
        raise _NoMessage("no sender")
    text, media = _text(body)
    reactions = body.get("reactions")
    kind: Kind = "media" if not text else "text" if sort == "messageCreate" else "automatic"
    count = len(reactions) if isinstance(reactions, list) else 0
    return _Event(number, chat, kind, _time(body), sender, text or media, (), _id(body.get("id")) or None, count)


def _text(body: dict[str, Any]) -> tuple[str, str]:
    """The text with its links spelled out, and a word for what came with it."""
    text = text_of(body.get("text"))
    for code, letter in ESCAPED:
        text = text.replace(code, letter)
    links, media = body.get("urls"), body.get("mediaUrls")
    known = {text_of(link.get("url")): text_of(link.get("expanded")) for link in _objects(links)}
    text = _SHORT.sub(lambda short: _spelled(short[0], known), text)
    first = text_of(media[0]) if isinstance(media, list) and media else ""
    word = next((word for word, pattern in MEDIA.items() if pattern.search(first)), "photo")
    return text.strip(), word if first else "attachment"


def _spelled(short: str, known: dict[str, str]) -> str:
    """The link behind a short one, if that is known; nothing for the attachment of the message itself."""
    link = known.get(short) or short
    return "" if ATTACHMENT in link else link


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, where there is one."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _time(body: dict[str, Any]) -> datetime:
    when = iso(body.get("createdAt"))
    if when is None:
        raise _NoMessage("no time")
    return when.instant


def _id(value: Any) -> str:
    """Numbers of accounts and messages are texts: they are too large for some programs."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text_of(value)


# --- Conversations --------------------------------------------------------------------------------------------------


def _conversations(file: Input, events: Iterable[_Event], called: dict[str, str]) -> Iterator[Conversation]:
    chats: dict[str, list[_Event]] = {}
    for event in events:
        chats.setdefault(event.chat, []).append(event)
    for chat, listed in chats.items():
        first, last = listed[0].number, listed[-1].number
        if listed[0].at > listed[-1].at:
            listed.reverse()
        listed.sort(key=lambda event: event.at)
        messages = tuple(_spoken(file, event, called) for event in listed)
        yield Conversation(messages, Origin(file.name, first, last - first + 1), chat)


def _spoken(file: Input, event: _Event, called: dict[str, str]) -> Message:
    origin = Origin(file.name, event.number)
    sender = called.get(event.sender, event.sender)
    if event.kind != "system":
        return Message(sender, event.text, event.at, origin, event.kind, event.id)
    concerned = ", ".join(called.get(each, each) for each in event.others)
    who = [sender, event.text, concerned] if event.sender else [concerned, event.text]
    return Message("", " ".join(filter(None, who)), event.at, origin, "system", event.id)


def _facts(events: Iterable[_Event], called: dict[str, str]) -> dict[str, str]:
    facts = {"counts": "messages", "times": "UTC"}
    unknown = sum(name == number for number, name in called.items())
    if unknown:
        facts["names"] = f"{unknown} of {len(called)} people are called by number: no post of the owner mentions them"
    reactions = sum(event.reactions for event in events)
    if reactions:
        facts["reactions"] = f"{reactions}, not read"
    return facts


# --- Names ----------------------------------------------------------------------------------------------------------


def _names(file: Input, people: set[str]) -> dict[str, str]:
    """How those who wrote are called: from the archive's other files, where they are there and whole."""
    known = dict(_owner(file))
    if people - known.keys():
        known = dict(_mentioned(file)) | known
    return names_of((person, known.get(person, "")) for person in sorted(people))


def _owner(file: Input) -> Iterator[tuple[str, str]]:
    """The number and the name of whose archive it is."""
    for entry in _beside(file, "account.js"):
        account = entry.get("account")
        if isinstance(account, dict):
            name = text_of(account.get("accountDisplayName")) or text_of(account.get("username"))
            yield _id(account.get("accountId")), name


def _mentioned(file: Input) -> Iterator[tuple[str, str]]:
    """Numbers and names of those whom posts mention."""
    for entry in _beside(file, "tweets.js") or _beside(file, "tweet.js"):
        post = entry.get("tweet", entry)
        if not isinstance(post, dict):
            continue
        entities = post.get("entities")
        mentions = entities.get("user_mentions") if isinstance(entities, dict) else None
        for each in _objects(mentions):
            name = text_of(each.get("name")) or text_of(each.get("screen_name"))
            if name.strip():
                yield _id(each.get("id_str")), name


def _beside(file: Input, name: str) -> list[dict[str, Any]]:
    """The entries of another file of the archive. It is only asked for names: that it is damaged does no harm."""
    with suppress(UserError):
        near = file.near(name)
        return _objects(_value(near)[0]) if near else []
    return []
