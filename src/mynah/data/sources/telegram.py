"""Telegram: the `result.json` that Telegram Desktop writes, of one chat or of the whole account.

In Telegram Desktop open the chat, then the three dots, Export chat history; for all chats Settings, Advanced, Export
Telegram data. Choose the format "Machine-readable JSON": the phones cannot export, and the HTML is not read::

    {
     "name": "Reed",
     "type": "personal_chat",
     "id": 41,
     "messages": [
      {
       "id": 7,
       "type": "message",
       "date": "2024-01-31T21:05:07",
       "date_unixtime": "1706731507",
       "from": "Reed",
       "from_id": "user41",
       "text": ["the ladder is in the ", {"type": "bold", "text": "shed"}, ", see "],
       "text_entities": []
      },
      {
       "id": 8,
       "type": "service",
       "date": "2024-01-31T21:06:00",
       "date_unixtime": "1706731560",
       "actor": "Reed",
       "actor_id": "user41",
       "action": "phone_call",
       "discard_reason": "missed",
       "text": ""
      },
      {
       "id": 9,
       "type": "message",
       "date": "2024-01-31T21:06:30",
       "date_unixtime": "1706731590",
       "from": "Ida Kern",
       "from_id": "user58",
       "reply_to_message_id": 7,
       "text": "on my way"
      }
     ]
    }

Times are those of the computer that exported; where a file has only the seconds since 1970, they are UTC. People and
chats are told apart by their ids. What was sent through a bot, by a bot in its own chat and by Telegram itself (the
codes to log in) is automatic. Of an account only the chats are read. Telegram Desktop writes control characters in a
way that is no JSON; they are mended.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared.jsons import broken, has_keys, text_of, unread, whole
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import in_order, iso, seconds

LABEL = "Telegram"

MARKS = ("date_unixtime", "text_entities", "from_id", "actor_id")  # keys that no other format has
ACCOUNT = ("personal_information", "frequent_contacts", "profile_pictures", "web_sessions", "left_chats")
LISTS = ("chats", "left_chats")  # where an account holds its chats
NAMELESS = {"saved_messages": "Saved Messages", "replies": "Replies", "verification_codes": "Verification Codes"}
TELEGRAM = "user777000"  # sends codes to log in, and news
NOBODY = "Deleted Account"

MEDIA_TYPES = {
    "sticker": "sticker",
    "video_message": "video message",
    "voice_message": "voice message",
    "animation": "animation",
    "video_file": "video",
    "audio_file": "audio",
}
MEDIA_KEYS = {
    "photo": "photo",
    "contact_information": "contact",
    "live_location_period_seconds": "live location",
    "location_information": "location",
    "place_name": "location",
    "poll": "poll",
    "game_title": "game",
    "invoice_information": "invoice",
    "giveaway_information": "giveaway",
    "file": "file",
}

# tdesktop writes \x1B for an escape. A backslash before it that is itself escaped makes it two plain characters.
_CONTROL = re.compile(r"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")


class Options(core_options.Options):
    """Nothing to set: the file says it all."""


class _Chat(NamedTuple):
    """One chat of the file as it stands there. `id` says which one it is, even where two are called the same."""

    id: str
    name: str
    type: str
    bot: str  # the id of the other side where that is a bot
    messages: Sequence[Any]


# --- The two functions of a source ----------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is, by keys that only Telegram writes. The contacts of an account may fill the whole head."""
    if not head.lstrip("\ufeff \t\r\n").startswith("{"):
        return 0.0
    marks = sum(has_keys(head, mark) for mark in MARKS)
    if marks and has_keys(head, "messages"):
        return 0.95 if marks > 1 else 0.85
    parts = sum(has_keys(head, part) for part in ACCOUNT)
    return 0.9 if has_keys(head, "about") and parts and (parts > 1 or has_keys(head, "list")) else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, a conversation a chat, and what is no message."""
    value, error, mended = _value(file)
    if error:
        yield Understood({"counts": "lines"})
        yield from broken(file, error)
        return
    facts: Counter[str] = Counter({"control characters mended": mended})
    chats, other = _chats(value)
    yield from _items(file, chats, other, facts)


def _items(file: Input, chats: Sequence[_Chat], other: Sequence[Any], facts: Counter[str]) -> Iterator[Item]:
    people = names_of(pair for chat in chats for message in chat.messages if (pair := _sender(message)))
    called = names_of((chat.id, chat.name) for chat in chats)
    number = 1
    for chat in chats:
        items = [_item(file, each, n, chat, people, facts) for n, each in enumerate(chat.messages, number)]
        messages = [item for item in items if isinstance(item, Message)]
        if messages:
            title = called[chat.id] if len(chats) > 1 else chat.name
            ordered = _in_order(messages, chat.messages, number)
            yield Conversation(ordered, Origin(file.name, number, len(items)), title)
        yield from (item for item in items if isinstance(item, Unparsed))
        number += len(items)
    yield from (unread(file, n, each, "no chat with messages") for n, each in enumerate(other, number))
    yield Understood(_facts(chats, facts))


def _facts(chats: Sequence[_Chat], facts: Counter[str]) -> dict[str, str]:
    told = {"counts": "messages", "times": "local"}
    utc = facts.pop("UTC", 0)
    if utc:
        told["times"] = "UTC" if not facts["local"] else f"local, {utc} of them UTC"
    del facts["local"]
    if len(chats) > 1:
        told["chats"] = str(len(chats))
    return told | {name: str(count) for name, count in facts.items() if count}


# --- Files ----------------------------------------------------------------------------------------------------------


def _value(file: Input) -> tuple[Any, str, int]:
    """The value of the file, or why there is none, and the number of control characters that were mended."""
    value, error = whole(file)
    if not error:
        return value, "", 0
    text, mended = _CONTROL.subn(r"\1\\u00\2", file.text())
    if not mended:
        return None, error, 0
    try:
        return orjson.loads(text), "", mended
    except orjson.JSONDecodeError as still:
        return None, f"broken JSON: {still}", 0


def _chats(value: Any) -> tuple[list[_Chat], list[Any]]:
    """The chats of a file of one chat or of an account, and what stands there in place of chats."""
    if not isinstance(value, dict):
        return [], [value]
    if "messages" in value:
        found = [value]
    else:
        lists = [value[key] for key in LISTS if key in value]
        found = [each for part in lists for each in _listed(part)]
    if not found:
        return [], [value]
    chats, other = [], []
    for number, each in enumerate(found, 1):
        if isinstance(each, dict) and isinstance(each.get("messages"), list):
            chats.append(_chat(each, number))
        else:
            other.append(each)
    return chats, other


def _listed(part: Any) -> list[Any]:
    """The chats of `{"about": …, "list": […]}`."""
    chats = part.get("list") if isinstance(part, dict) else None
    return chats if isinstance(chats, list) else [part]


def _chat(chat: dict[str, Any], number: int) -> _Chat:
    kind, given = text_of(chat.get("type")) or "chat", chat.get("id", number)
    name = text_of(chat.get("name")) or NAMELESS.get(kind, "")
    bot = f"user{given}" if kind == "bot_chat" else ""
    return _Chat(f"{kind} {given}"[:100], name, kind, bot, chat["messages"])


# --- Messages -------------------------------------------------------------------------------------------------------


def _item(
    file: Input, element: Any, number: int, chat: _Chat, people: dict[str, str], facts: Counter[str]
) -> Message | Unparsed:
    """The message that an element is, or why it is none."""
    if not isinstance(element, dict):
        return unread(file, number, element, "no message")
    kind = element.get("type", "message")
    if kind == "unsupported":
        return unread(file, number, element, "a message of a kind that Telegram Desktop cannot export")
    if kind not in ("message", "service"):
        return unread(file, number, element, "a message of an unknown type")
    at, origin, id_of = _time(element, facts), Origin(file.name, number), _id(element.get("id"))
    facts["reactions not read"] += _reactions(element.get("reactions"))
    if kind == "service":
        return Message("", _event(element), at, origin, "system", id_of)
    sent, text = _sent(element, chat)
    sender = _sender(element)
    speaker = people[sender[0]] if sender else _name(element.get("from")) or NOBODY
    elsewhere = "reply_to_peer_id" in element  # the ids of another chat
    reply_to = None if elsewhere else _id(element.get("reply_to_message_id"))
    return Message(speaker, text, at, origin, sent, id_of, reply_to)


def _sent(message: dict[str, Any], chat: _Chat) -> tuple[Kind, str]:
    """What it is, and its text. What somebody passed on or a bot wrote says so, whatever it holds."""
    text = _text(message)
    sender = _person(message.get("from_id"))
    by_program = "via_bot" in message or sender == TELEGRAM or chat.type == "verification_codes"
    sent: Kind = "text" if text else "media"
    if "forwarded_from" in message or "saved_from" in message:
        sent = "forwarded"
    elif by_program or (sender and sender == chat.bot):
        sent = "automatic"
    return sent, text or _media(message)


def _text(message: dict[str, Any]) -> str:
    """The parts of the text put together. They hold their own spaces."""
    text = message.get("text")
    if not text:
        text = message.get("text_entities")
    parts = text if isinstance(text, list) else [text]
    return "".join(text_of(part.get("text") if isinstance(part, dict) else part) for part in parts).strip()


def _media(message: dict[str, Any]) -> str:
    """A word for what was sent without text."""
    kind = message.get("media_type")
    if isinstance(kind, str) and kind in MEDIA_TYPES:
        return MEDIA_TYPES[kind]
    return next((word for key, word in MEDIA_KEYS.items() if key in message), "attachment")


def _event(event: dict[str, Any]) -> str:
    """A service message in words: `Reed: phone call (missed)`."""
    words = text_of(event.get("action")).replace("_", " ") or "event"
    members = event.get("members")
    details = [event.get(key) for key in ("title", "discard_reason", "information_text", "emoticon")]
    details += members if isinstance(members, list) else []
    told = ", ".join(detail for each in details if (detail := _name(each)))
    actor = _name(event.get("actor"))
    return (f"{actor}: " if actor else "") + words + (f" ({told})" if told else "")


def _reactions(value: Any) -> int:
    """How many reactions there are: one each where a count is missing."""
    if not isinstance(value, list):
        return 0
    counts = [each.get("count") if isinstance(each, dict) else None for each in value]
    return sum(n if isinstance(n, int) and n > 0 else 1 for n in counts)


# --- Who and when ---------------------------------------------------------------------------------------------------


def _sender(message: Any) -> tuple[str, str] | None:
    """The id and the name of the sender, if there is an id. Service messages name people by it, too."""
    if not isinstance(message, dict):
        return None
    for name, key in (("from", "from_id"), ("actor", "actor_id")):
        person = _person(message.get(key))
        if person:
            return person, _name(message.get(name))
    return None


def _person(value: Any) -> str | None:
    """`user41`; before 2021 it was the bare number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"user{value}"
    return text_of(value) or None


def _name(value: Any) -> str:
    return " ".join(text_of(value).split())


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else None


def _time(message: dict[str, Any], facts: Counter[str]) -> datetime | None:
    """The local time, or UTC where there is nothing else."""
    if when := iso(message.get("date")):
        facts["local"] += 1
        return when.at
    at = seconds(message.get("date_unixtime"))
    facts["UTC"] += at is not None
    return at


def _in_order(messages: Sequence[Message], elements: Sequence[Any], first: int) -> tuple[Message, ...]:
    """By time: by that in UTC where all have it, as local time repeats an hour when summer ends."""
    in_utc = [seconds(elements[each.origin.line - first].get("date_unixtime")) for each in messages]
    return in_order(messages, in_utc if all(in_utc) else ())
