"""Skype: `messages.json` of the export of an account; Teams for personal use exports the same.

On the page secure.skype.com, Export chat history (for Teams: teams.live.com, Export), conversations; the download is a
`.tar` with `messages.json` in it, which is to be unpacked::

    {"userId": "8:live:holt", "exportDate": "2024-02-01T08:00", "conversations": [
    {"id": "8:live:una", "displayName": "Una", "MessageList": [
    {"id": "2", "originalarrivaltime": "2024-01-31T20:06:00.1Z", "messagetype": "RichText",
     "content": "done &amp; sent", "from": "8:live:holt"},
    {"id": "1", "originalarrivaltime": "2024-01-31T20:05:07.0Z", "messagetype": "RichText",
     "content": "<quote author=\\"holt\\">later</quote>is it sent?", "from": "8:live:una"}]}]}

The newest message stands first and is read last. Times are UTC. People are called as messages and conversations with
them alone call them, otherwise by the id without its number; the owner of the account usually has no other name. What
is quoted is left out of a reply, and a message that is nothing but a quotation was forwarded. Calls, polls and what
happened to a group are system lines. Messages are counted, all of the file from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any, NamedTuple

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared import jsons
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import iso

LABEL = "Skype"

_MEDIA = {
    "RichText/UriObject": "photo", "RichText/Media_Video": "video", "RichText/Media_AudioMsg": "voice message",
    "RichText/Media_GenericFile": "file", "RichText/Files": "file", "RichText/Media_Album": "album",
    "RichText/Media_FlikMsg": "video", "RichText/Media_Card": "card", "RichText/Contacts": "contact",
    "RichText/Location": "location", "RichText/Media_CallRecording": "recording",
    "EndToEndEncryption/EncryptedText": "encrypted message", "EndToEndEncryption/EncryptedMedia": "encrypted message",
}  # fmt: skip
_RICH, _PLAIN = ("RichText", "RichText/Html", "RichText/Sms"), ("Text",)
_TAG = re.compile(r"(<[^<>]*>)")
_TAG_NAME = re.compile(r"<(/?)([a-z_]+)", re.I)
_LINES = ("br", "p", "div", "li", "tr")  # begin a line of their own
_QUOTES = ("quote", "legacyquote", "blockquote")
_BOT = "28:"  # what the ids of programs begin with


class Options(core_options.Options):
    """Nothing to set."""


class _Element(NamedTuple):
    """A message as the file has it, and its number in the file."""

    number: int
    value: dict[str, Any]
    at: datetime


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is Skype's: by the keys of conversations and their messages."""
    if head.lstrip("\ufeff \t\r\n")[:1] != "{" or not jsons.has_keys(head, "conversations", "MessageList"):
        return 0.0
    return 0.97 if jsons.has_keys(head, "messagetype", "originalarrivaltime") else 0.7


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the messages that could not be read, and the conversations."""
    value, error = jsons.whole(file)
    yield Understood({"times": "UTC", "counts": "lines" if error else "messages"})
    if error:
        yield from jsons.broken(file, error)
        return
    found = value.get("conversations") if isinstance(value, dict) else None
    if not isinstance(found, list):
        yield jsons.unread(file, 1, value, "no list of conversations")
        return
    chats: list[tuple[dict[str, Any], list[_Element]]] = []
    number = 1
    for conversation in found:
        messages = conversation.get("MessageList") if isinstance(conversation, dict) else None
        if not isinstance(messages, list):
            yield jsons.unread(file, number, conversation, "no conversation: it has no list of messages")
            number += 1
            continue
        elements = [_element(file, number + place, message) for place, message in enumerate(messages)]
        number += len(messages)
        yield from (each for each in elements if isinstance(each, Unparsed))
        yield from _copies(file, kept := [each for each in elements if isinstance(each, _Element)])
        if kept and kept[0].at > kept[-1].at:
            kept.reverse()  # before they are sorted: of two with the same time the newer stands first
        chats.append((conversation, sorted(kept, key=lambda each: each.at)))
    yield from _conversations(file, chats)


def _element(file: Input, number: int, message: Any) -> _Element | Unparsed:
    """The message, or why it is none."""
    if not isinstance(message, dict) or not isinstance(message.get("messagetype"), str):
        return jsons.unread(file, number, message, "a message has a type")
    when = iso(message.get("originalarrivaltime"))
    if when is None or not _id(message):
        return jsons.unread(file, number, message, "no sender" if when else "no time")
    return _Element(number, message, when.instant)


def _copies(file: Input, elements: list[_Element]) -> Iterator[Unparsed]:
    """Take out what the server wrote a second time when a message was edited."""
    kept: list[_Element] = []
    for each in elements:
        properties = each.value.get("properties")
        server = isinstance(properties, dict) and str(properties.get("isserversidegenerated")).lower() == "true"
        same = kept and all(kept[-1].value.get(key) == each.value.get(key) for key in ("content", "from"))
        if server and same:
            yield jsons.unread(file, each.number, each.value, "a second copy of an edited message")
        else:
            kept.append(each)
    elements[:] = kept


# --- Who speaks -----------------------------------------------------------------------------------------------------


def _id(message: Mapping[str, Any]) -> str:
    """The id of a sender; older files have an address that ends in it."""
    return jsons.text_of(message.get("from")).rpartition("/")[2].strip()


def _conversations(file: Input, chats: Sequence[tuple[dict[str, Any], list[_Element]]]) -> Iterator[Conversation]:
    """The conversations that have messages, each with a name of its own."""
    people = names_of(_seen(chats))
    pairs = [(jsons.text_of(chat.get("id")) or f"conversation {place}", chat) for place, (chat, _) in enumerate(chats)]
    called = names_of((identity, _title(chat)) for identity, chat in pairs)
    for (identity, _), (_, elements) in zip(pairs, chats, strict=True):
        if elements:
            messages = tuple(_message(file, each, people) for each in elements)
            numbers = [each.number for each in elements]
            origin = Origin(file.name, min(numbers), max(numbers) - min(numbers) + 1)
            yield Conversation(messages, origin, called[identity])


def _title(chat: Mapping[str, Any]) -> str:
    properties = chat.get("threadProperties")
    topic = properties.get("topic") if isinstance(properties, dict) else None
    return unescape(jsons.text_of(chat.get("displayName")) or jsons.text_of(topic))


def _seen(chats: Sequence[tuple[dict[str, Any], list[_Element]]]) -> Iterator[tuple[str, str]]:
    """Ids and names, the surest names last: those that messages have, those of conversations, the ids themselves."""
    yield from ((_id(each.value), _bare(_id(each.value))) for _, elements in chats for each in elements)
    yield from ((jsons.text_of(chat.get("id")), _title(chat)) for chat, _ in chats)
    for _, elements in chats:
        for each in elements:
            yield _id(each.value), unescape(_TAG.sub("", jsons.text_of(each.value.get("displayName"))))


def _bare(identity: str) -> str:
    """`live:una` of `8:live:una`."""
    return identity.partition(":")[2] or identity


# --- What they say --------------------------------------------------------------------------------------------------


def _message(file: Input, element: _Element, people: Mapping[str, str]) -> Message:
    value = element.value
    kind, text = _said(value)
    if kind == "text" and _id(value).startswith(_BOT):
        kind = "automatic"
    speaker = "" if kind == "system" else people[_id(value)]
    identity = jsons.text_of(value.get("id")) or None
    return Message(speaker, text, element.at, Origin(file.name, element.number), kind, identity)


def _said(value: Mapping[str, Any]) -> tuple[Kind, str]:
    """The kind of a message and its text."""
    what, content = value["messagetype"], jsons.text_of(value.get("content"))
    properties = value.get("properties")
    if isinstance(properties, dict) and properties.get("deletetime"):
        return "deleted", "deleted message"
    if what in _MEDIA or what.startswith("RichText/Media_"):
        return "media", _MEDIA.get(what, "file")
    if what not in (*_RICH, *_PLAIN):
        return "system", jsons.text_of(what) or "notice"
    text, quoted = (content.strip(), "") if what in _PLAIN else _text(content)
    if text:
        return "text", text
    return ("forwarded", quoted) if quoted else ("deleted", "deleted message")  # what is deleted keeps its place


def _text(content: str) -> tuple[str, str]:
    """The words of what was written with marks, and what is quoted in it."""
    said: list[str] = []
    quoted: list[str] = []
    depth = 0
    for place, piece in enumerate(_TAG.split(content)):
        into = quoted if depth else said
        if place % 2 == 0:
            into.append(unescape(piece))
            continue
        found = _TAG_NAME.match(piece)
        end, name = (found[1], found[2].lower()) if found else ("", "")
        if name in _QUOTES and not piece.endswith("/>"):
            depth = max(0, depth - 1) if end else depth + 1
        elif name == "at" and not end:
            into.append("@")
        elif name in _LINES and not (end and name == "br"):
            into.append("\n")
    return _tidy(said), _tidy(quoted)


def _tidy(pieces: Sequence[str]) -> str:
    text = "".join(pieces).replace("\r\n", "\n").replace("@@", "@").replace("\u00a0", " ")
    return re.sub(r"\n{3,}", "\n\n", text).strip().encode("utf-8", "replace").decode()
