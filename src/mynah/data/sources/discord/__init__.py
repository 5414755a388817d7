"""Discord: what DiscordChatExporter writes, as JSON, CSV or plain text.

Discord itself exports only what you wrote yourself, so chats come from the program DiscordChatExporter: choose the
channel, then JSON as the format (`--format Json`), which knows more than the others: who replied to what, who is a bot,
and when to the second::

    {"guild": {"id": "7", "name": "Ferry Club"},
     "channel": {"id": "70", "type": "GuildTextChat", "category": "Town", "name": "harbor"},
     "messages": [
      {"id": "1202000000000000000", "type": "Default", "timestamp": "2024-01-31T21:05:07.1+01:00",
       "content": "is the ferry still running?", "author": {"id": "55", "name": "tarn", "nickname": "Tarn"}},
      {"id": "1202000000000000001", "type": "Reply", "timestamp": "2024-01-31T21:06:40+01:00",
       "content": "@Tarn yes, until ten", "author": {"id": "56", "name": "wren", "nickname": null},
       "reference": {"messageId": "1202000000000000000"}},
      {"id": "1202000000000000002", "type": "ChannelPinnedMessage", "timestamp": "2024-01-31T21:07:00+01:00",
       "content": "Pinned a message.", "author": {"id": "55", "name": "tarn", "nickname": "Tarn"}}],
     "messageCount": 3}

People are called by their nickname or else their user name. Times are the clock of the computer that exported, or UTC.
Of an export that was broken off the messages up to there are read. CSV and plain text (`texts.py`) have no ids
and do not say who is a bot; their dates are read by `dates.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import orjson

from mynah.core import options as core_options
from mynah.core.options import option
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import KINDS, Input
from mynah.data.sources._shared import jsons
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import When, iso
from mynah.data.sources.discord import bodies, dates, texts

LABEL = "Discord"
OF_PEOPLE = frozenset(("Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "0", "19", "20", "23"))
"""Types of messages that somebody wrote, by name or by number; all others are events."""
SUFFIXES = {bodies.word(f"file{suffix}"): suffix for suffix in KINDS}
MESSAGE_ENDS = "\n    },"  # the exporter indents all that is inside of a message deeper


class Options(core_options.Options):
    """What plain text and older CSV cannot always tell."""

    date_order: Literal["auto", "dmy", "mdy", "ymd"] = option("auto", "the order of day, month and year in dates")


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that DiscordChatExporter wrote this: by its keys, its columns or its rules of `=`."""
    beginning = head.lstrip("\ufeff \r\n\t")
    if beginning.startswith("{"):
        return 0.95 if jsons.has_keys(head, "guild", "channel", "messages") else 0.0
    if texts.columns(beginning):
        return 0.95
    return 0.95 if texts.has_preamble(beginning) else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, what could not be read, and the chat. Raises Undecided for ambiguous dates."""
    beginning = file.head().lstrip("\ufeff \r\n\t")
    if beginning.startswith(("{", "[")):
        yield from _items(file)
    elif texts.columns(beginning):
        yield from texts.rows(file, options.date_order)
    else:
        yield from texts.lines(file, options.date_order)


def write(conversation: Conversation) -> str:
    """The chat as DiscordChatExporter writes JSON, for all that Discord has."""
    guild, slash, name = conversation.chat.partition(" / ")
    value = {
        "guild": {"id": "0", "name": guild if slash else ""},
        "channel": {"id": "0", "type": "GuildTextChat", "name": name if slash else guild},
        "messages": [_written(message) for message in conversation.messages],
        "messageCount": len(conversation.messages),
    }
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"


def _written(message: Message) -> dict[str, Any]:
    """One message. What stands for media becomes an attachment of that kind."""
    kind, text = message.kind, message.text
    reference = {"reference": {"messageId": message.reply_to}} if message.reply_to else {}
    author = {"author": {"id": message.speaker, "name": message.speaker, "isBot": kind == "automatic"}}
    media = text if kind == "media" else ""
    file = media and media not in ("sticker", "embed", bodies.NOTHING)
    return {
        "id": message.id,
        "type": "GuildMemberJoin" if kind == "system" else "Reply" if message.reply_to else "Default",
        "timestamp": message.at.isoformat() if message.at else None,
        "content": "" if kind in ("media", "forwarded") else text,
        **(author if message.speaker else {}),
        "attachments": [{"fileName": f"file{SUFFIXES.get(media, '')}"}] if file else [],
        "stickers": [{"name": "sticker"}] if media == "sticker" else [],
        "embeds": [{}] if media == "embed" else [],
        **reference,
        **({"forwardedMessage": {"content": text}} if kind == "forwarded" else {}),
    }


# --- JSON -----------------------------------------------------------------------------------------------------------


def _items(file: Input) -> Iterator[Item]:
    value, error = jsons.whole(file)
    rest = ""
    if error:
        value, rest = _up_to_break(file.text())
    elements = value.get("messages") if isinstance(value, dict) else None
    if error and not isinstance(elements, list):
        yield Understood({"counts": "lines"})
        yield from jsons.broken(file, error)
        return
    if not isinstance(elements, list):
        yield Understood({"counts": "messages"})
        yield jsons.unread(file, 1, value, "no list of messages")
        return
    if error:
        elements = [*elements, rest]
    yield from _chat(file, value, elements, error)


def _up_to_break(text: str) -> tuple[Any, str]:
    """What stands before the last whole message of an export that was broken off, and the rest."""
    at = text.rfind(MESSAGE_ENDS)
    if at < 0:
        return None, text
    end = at + len(MESSAGE_ENDS)
    try:
        return orjson.loads(text[: end - 1] + "]}"), text[end:]
    except orjson.JSONDecodeError:
        return None, text


def _chat(file: Input, value: Mapping[str, Any], elements: Sequence[Any], error: str) -> Iterator[Item]:
    """All messages of a file, which are of one channel."""
    channel = _dict(value.get("channel"))
    names = _names(elements)
    sent: list[bodies.Sent] = []
    unread: list[Unparsed] = []
    for number, element in enumerate(elements, 1):
        if not isinstance(element, dict):
            reason = error if error and number == len(elements) else f"a message is an object, not {_type(element)}"
            unread.append(jsons.unread(file, number, element, reason))
            continue
        when = iso(element.get("timestamp"))
        found = tuple(_messages(element, when, names, Origin(file.name, number), _key(channel.get("id"))))
        if when and found:
            sent.append(bodies.Sent(when, found))
        else:
            unread.append(jsons.unread(file, number, element, "no author" if when else "no time"))
    yield Understood(_facts(value, elements, sent, error))
    yield from unread
    if sent:
        yield Conversation(bodies.in_time(sent), Origin(file.name, 1, len(elements)), _chat_name(value, channel))


def _facts(
    value: Mapping[str, Any], elements: Sequence[Any], sent: Sequence[bodies.Sent], error: str
) -> dict[str, str]:
    """What was concluded and what was left out, in words."""
    facts = {"counts": "messages", **dates.zone([each.when for each in sent])}
    if error:
        facts["end"] = "the export was broken off"
    counted = value.get("messageCount")
    if isinstance(counted, int) and counted != len(elements):
        facts["messages"] = f"{len(elements):,}, where the export itself counts {counted:,}"
    reactions = sum(len(_dicts(each.get("reactions"))) for each in elements if isinstance(each, dict))
    if reactions:
        facts["reactions left out"] = f"{reactions:,}"
    messages = [m for each in sent for m in each.messages]
    if messages and all(m.text == bodies.NOTHING for m in messages):
        facts["content"] = "every message is empty: the exporter was not allowed to see the content"
    return facts


def _chat_name(value: Mapping[str, Any], channel: Mapping[str, Any]) -> str:
    """The channel below its category and its server. Threads may share a title, so they have their id with it."""
    name, kind = jsons.text_of(channel.get("name")).strip(), jsons.text_of(channel.get("type"))
    if "Thread" in kind and name:
        name = f"{name} ({_key(channel.get('id'))})"
    if kind.startswith("Direct"):
        return name
    above = (_dict(value.get("guild")).get("name"), channel.get("category"))
    return " / ".join(part for part in (*(jsons.text_of(each).strip() for each in above), name) if part)


# --- People ---------------------------------------------------------------------------------------------------------


def _names(elements: Sequence[Any]) -> dict[str, str]:
    """How everybody is called who wrote, and then who was mentioned, by id."""
    authors = [_dict(each.get("author")) for each in elements if isinstance(each, dict)]
    mentioned = [user for each in elements if isinstance(each, dict) for user in _dicts(each.get("mentions"))]
    wrote = [(_id(user), _called(user)) for user in authors if _id(user)]
    known = {"", *(person for person, _ in wrote)}
    return names_of([*wrote, *((_id(user), _called(user)) for user in mentioned if _id(user) not in known)])


def _id(user: Mapping[str, Any]) -> str:
    """The id of a user, or the name where there is none."""
    return _key(user.get("id")) or jsons.text_of(user.get("name")).strip()


def _called(user: Mapping[str, Any]) -> str:
    return jsons.text_of(user.get("nickname")).strip() or jsons.text_of(user.get("name")).strip()


# --- Messages -------------------------------------------------------------------------------------------------------


def _messages(
    element: Mapping[str, Any], when: When | None, names: Mapping[str, str], origin: Origin, channel: str
) -> Iterator[Message]:
    """The message of an element, and one more where it also passes something on; none where nobody wrote it."""
    author = _dict(element.get("author"))
    speaker = names.get(_id(author), "")
    at, key = when.at if when else None, _key(element.get("id")) or None
    text = bodies.plain(jsons.text_of(element.get("content")), names)
    kind = _key(element.get("type")) or "Default"
    if kind not in OF_PEOPLE:
        what = text or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).capitalize()
        yield Message("", f"{speaker}: {what}" if speaker else what, at, origin, "system", key)
        return
    if not speaker:
        return
    forwarded = element.get("forwardedMessage")
    if text or not isinstance(forwarded, dict):
        kinds: Kind = "automatic" if author.get("isBot") is True else "text" if text else "media"
        said = text or _without_words(element, kinds)
        yield Message(speaker, said, at, origin, kinds, key, _reply_to(element, channel))
    if isinstance(forwarded, dict):
        passed = bodies.plain(jsons.text_of(forwarded.get("content")), names) or _without_words(forwarded, "media")
        yield Message(speaker, passed, at, origin, "forwarded", key)


def _without_words(element: Mapping[str, Any], kind: Kind) -> str:
    """What stands for a message without content. Bots say much in embeds, which have a title and a description."""
    embeds = _dicts(element.get("embeds"))
    if kind == "automatic":
        words = [jsons.text_of(embed.get(key)).strip() for embed in embeds for key in ("title", "description")]
        if said := "\n".join(filter(None, words)):
            return said
    files = [jsons.text_of(each.get("fileName")) or "file" for each in _dicts(element.get("attachments"))]
    return bodies.placeholder(files, bool(_dicts(element.get("stickers"))), bool(embeds))


def _reply_to(element: Mapping[str, Any], channel: str) -> str | None:
    """The message that was replied to, in the same channel. Messages that are passed on refer to others, too."""
    reference = _dict(element.get("reference"))
    elsewhere = _key(reference.get("channelId")) not in ("", channel)
    if elsewhere or reference.get("type") == "Forward" or isinstance(element.get("forwardedMessage"), dict):
        return None
    return _key(reference.get("messageId")) or None


# --- Values of any type ---------------------------------------------------------------------------------------------


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _key(value: Any) -> str:
    """An id or a type as text; some tools write numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else jsons.text_of(value).strip()


def _type(value: Any) -> str:
    return "null" if value is None else type(value).__name__
