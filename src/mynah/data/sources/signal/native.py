"""Signal's own export of 2026: `main.jsonl`, a frame a line. Frames name people and chats before messages use them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood
from mynah.data.files import Input
from mynah.data.sources._shared.jsons import text_of, unread
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import in_order, milliseconds
from mynah.data.sources.signal.desktop import OWNER, UNKNOWN, lines, number_of, told, with_mentions
from mynah.data.sources.signal.markdown import GONE, word

FRAMES = ("account", "recipient", "chat", "chatItem", "stickerPack", "adHocCall", "notificationProfile", "chatFolder")
HEADER = ("backupTimeMs", "mediaRootBackupKey")
DELETED = ("remoteDeletedMessage", "adminDeletedMessage")
MEDIA = {
    "stickerMessage": "sticker",
    "contactMessage": "contact",
    "paymentNotification": "payment",
    "giftBadge": "badge",
    "viewOnceMessage": "attachment",
    "poll": "poll",
}

_FRAME = re.compile(r'\{\s*"(?:recipient|chatItem|chat|account)"\s*:\s*\{|\{[^{}]{0,500}"backupTimeMs"\s*:')
_SIGNS = re.compile(r'"(?:recipientId|chatItem|dateSent|profileGivenName|profileKey|backupTimeMs)"\s*:')


class _Known(NamedTuple):
    """What the frames before the messages say: the name of each recipient, and the recipient of each chat."""

    people: Mapping[str, str]
    chats: Mapping[str, str]
    by_aci: Mapping[str, str]
    own: frozenset[str]  # recipients that are the owner
    signal: frozenset[str]  # recipients that are Signal itself


def is_frame(text: str) -> bool:
    """Does a text, which may be cut, begin with a frame?"""
    return _FRAME.match(text) is not None and _SIGNS.search(text) is not None


def read(file: Input) -> Iterator[Item]:
    """A conversation a chat, and what is no frame."""
    frames: Counter[str] = Counter()
    recipients: dict[str, Mapping[str, Any]] = {}
    chats: dict[str, str] = {}
    account: Mapping[str, Any] = {}
    elements: list[tuple[int, Mapping[str, Any]]] = []
    count = 0
    for value, error in lines(file):
        kind = "" if error or not isinstance(value, dict) else _kind(value)
        frame = _object(value.get(kind)) if kind else {}
        if kind == "recipient":
            recipients[_id(frame.get("id"))] = frame
        elif kind == "chat":
            chats[_id(frame.get("id"))] = _id(frame.get("recipientId"))
        elif kind == "account":
            account = frame
        elif kind == "chatItem":
            count += 1
            elements.append((count, frame))
        elif not kind:
            count += 1
            yield unread(file, count, value, error or "no frame of an export")
        if kind and kind not in ("chat", "chatItem", "recipient"):
            frames[kind] += 1
    yield from _conversations(file, elements, _known(recipients, chats, account), frames)


def _kind(value: Mapping[str, Any]) -> str:
    kind = next((each for each in FRAMES if each in value), "")
    return kind or ("header" if any(each in value for each in HEADER) else "")


def _conversations(
    file: Input, elements: list[tuple[int, Mapping[str, Any]]], known: _Known, frames: Mapping[str, int]
) -> Iterator[Item]:
    facts: Counter[str] = Counter()
    found: dict[str, list[Message]] = {}
    for number, item in elements:
        found.setdefault(_id(item.get("chatId")), []).append(_message(file, number, item, known, facts))
    for chat, messages in found.items():
        recipient = known.chats.get(chat, "")
        title = "Note to Self" if recipient in known.own else known.people.get(recipient) or f"chat {chat}"
        first, last = messages[0].origin.line, messages[-1].origin.line
        yield Conversation(in_order(messages), Origin(file.name, first, last - first + 1), title)
    others = {"other frames": ", ".join(f"{kind} ({count})" for kind, count in frames.items())} if frames else {}
    yield Understood({"counts": "messages", "times": "UTC", **told(facts), **others})


# --- People ---------------------------------------------------------------------------------------------------------


def _known(recipients: Mapping[str, Mapping[str, Any]], chats: Mapping[str, str], account: Mapping[str, Any]) -> _Known:
    own = _joined(account, "givenName", "familyName") or OWNER
    people = names_of((key, own if "self" in each else _title(each)) for key, each in recipients.items())
    by_aci = {
        aci: people[key] for key, each in recipients.items() if (aci := _id(_object(each.get("contact")).get("aci")))
    }
    signal = frozenset(key for key, each in recipients.items() if "releaseNotes" in each)
    own_ids = frozenset(key for key, each in recipients.items() if "self" in each)
    return _Known(people, chats, by_aci, own_ids, signal)


def _title(recipient: Mapping[str, Any]) -> str:
    """How a person or a group is called: as the owner called them, as the phone's contacts do, or as they do."""
    contact = _object(recipient.get("contact"))
    phone = _id(contact.get("e164"))
    title = _object(_object(recipient.get("group")).get("snapshot")).get("title")
    found = (
        _joined(_object(contact.get("nickname")), "given", "family"),
        _joined(contact, "systemGivenName", "systemFamilyName"),
        _joined(contact, "profileGivenName", "profileFamilyName"),
        text_of(contact.get("username")),
        phone and "+" + phone.removeprefix("+"),
        text_of(title) or text_of(_object(title).get("title")),
        "Signal" if "releaseNotes" in recipient else "",
    )
    return next((name for each in found if (name := " ".join(each.split()))), "")


def _joined(value: Mapping[str, Any], *keys: str) -> str:
    return " ".join(text for key in keys if (text := text_of(value.get(key)).strip()))


# --- Messages -------------------------------------------------------------------------------------------------------


def _message(file: Input, number: int, item: Mapping[str, Any], known: _Known, facts: Counter[str]) -> Message:
    author = _id(item.get("authorId"))
    at, sent = milliseconds(item.get("dateSent")), number_of(item.get("dateSent"))
    origin = Origin(file.name, number)
    update = item.get("updateMessage")
    if update is not None or "directionless" in item:
        return Message("", _words(update), at, origin, "system", sent)
    standard = _object(item.get("standardMessage")) or _object(item.get("directStoryReplyMessage"))
    facts["reactions not read"] += sum(
        len(r) for each in item.values() if isinstance(r := _object(each).get("reactions"), list)
    )
    facts["edited"] += bool(item.get("revisions"))
    kind, text = _content(item, standard, known)
    if author in known.signal and kind == "text":
        kind = "automatic"
    speaker = known.people.get(author) or (f"{UNKNOWN} ({author})" if author else UNKNOWN)
    reply_to = number_of(_object(standard.get("quote")).get("targetSentTimestamp"))
    return Message(speaker, text, at, origin, kind, sent, reply_to)


def _content(item: Mapping[str, Any], standard: Mapping[str, Any], known: _Known) -> tuple[Kind, str]:
    if any(each in item for each in DELETED):
        return "deleted", GONE
    media = next((noun for key, noun in MEDIA.items() if key in item), "")
    if media:
        return "media", media
    text = _object(standard.get("text")) or _object(_object(standard.get("textReply")).get("text"))
    ranges = text.get("bodyRanges")
    mentions = [(each, known.by_aci.get(_id(each.get("mentionAci")), "")) for each in map(_object, _list(ranges))]
    body = with_mentions(text_of(text.get("body")), mentions) or text_of(standard.get("emoji")).strip()
    return ("text", body) if body else ("media", _attached(standard))


def _attached(standard: Mapping[str, Any]) -> str:
    """A noun for the first attachment."""
    for each in map(_object, _list(standard.get("attachments"))):
        pointer = _object(each.get("pointer"))
        return word(text_of(pointer.get("contentType")) or text_of(pointer.get("fileName")))
    return "attachment"


def _words(update: Any) -> str:
    """What an update is about: `groupChange` as `group change`."""
    key = next(iter(_object(update)), "")
    detail = text_of(_object(_object(update).get(key)).get("type")).lower().replace("_", " ")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text_of(key)).lower() or "event"
    return f"{words}: {detail}" if detail else words


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _id(value: Any) -> str:
    """An id, which may be written as a number or as a text."""
    return number_of(value) or ""
