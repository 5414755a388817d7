"""Matrix: a room as Element exports it to JSON.

In Element open the room, then Room info, Export chat, and choose JSON as the format. It gives a `.json`, or a zip with
`export.json` inside where attachments were asked for. What was encrypted is written as it was read on that device::

    {"room_name": "Attic", "room_creator": "@lark:example.org", "exported_by": "@dove:example.org", "messages": [
    {"type": "m.room.member", "sender": "@lark:example.org", "state_key": "@lark:example.org", "event_id": "$1",
     "origin_server_ts": 1706731500000, "content": {"membership": "join", "displayname": "Lark"}},
    {"type": "m.room.message", "sender": "@lark:example.org", "event_id": "$2", "origin_server_ts": 1706731507000,
     "content": {"msgtype": "m.text", "body": "boxes moved"}},
    {"type": "m.room.message", "sender": "@dove:example.org", "event_id": "$3", "origin_server_ts": 1706731560000,
     "content": {"msgtype": "m.text", "body": "> <@lark:example.org> boxes moved\\n\\nall of them?",
                 "m.relates_to": {"m.in_reply_to": {"event_id": "$2"}}}}]}

People are called as they are in the events of members and in mentions, otherwise by their id. A replaced message has
its last text; the quoted beginning of a reply is cut. Reactions, votes, replacements and redactions are counted, not
kept; what could not be decrypted is left unread.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared.jsons import broken, has_keys, text_of, unread, whole
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import EPOCH, milliseconds

LABEL = "Matrix (Element)"

LISTS = ("messages", "chunk")  # the export's own, and that of the protocol's pages of messages
MEDIA = {
    "m.image": "photo", "m.video": "video", "m.audio": "audio", "m.file": "file", "m.location": "location",
}  # fmt: skip
UNCOUNTED = {
    "m.reaction": "reactions",
    "m.room.redaction": "redactions",
    "m.poll.response": "votes",
    "m.poll.end": "votes",
    "org.matrix.msc3381.poll.response": "votes",
    "org.matrix.msc3381.poll.end": "votes",
}
POLLS = ("m.poll.start", "org.matrix.msc3381.poll.start")
MEMBERSHIPS = {"join": "joined", "leave": "left", "invite": "was invited", "ban": "was banned", "knock": "knocked"}
STATES = {
    "m.room.create": "created the room",
    "m.room.avatar": "changed the picture of the room",
    "m.room.encryption": "turned on encryption",
    "m.room.tombstone": "moved the room",
}
NEW_VALUES = {"m.room.name": "name", "m.room.topic": "topic"}

_MENTION = re.compile(r'<a href="https://matrix\.to/#/(@[^"/?<>]{1,255})">([^<>]{1,100})</a>')


class Options(core_options.Options):
    """Nothing to set: the events say everything."""


# --- The two functions of a source ----------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is a room: by the names that only Element gives, or those of the protocol's events."""
    events = has_keys(head, "origin_server_ts", "sender", "content")
    if has_keys(head, "room_name", "messages") and (events or has_keys(head, "exported_by")):
        return 0.95
    return 0.7 if events and has_keys(head, "event_id", "type") and head.lstrip("\ufeff \r\n\t")[:1] in "{[" else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, what could not be read, and the room."""
    value, error = whole(file)
    if error:
        yield Understood({})
        yield from broken(file, error)
        return
    events = _events(value)
    if events is None:
        yield Understood({"counts": "messages"})
        yield unread(file, 1, value, "no list of events")
        return
    room = _Room(file, events)
    items = list(room.items())
    yield Understood({"counts": "messages", "times": "UTC", **room.facts()})
    yield from (item for item in items if isinstance(item, Unparsed))
    messages = sorted((item for item in items if isinstance(item, Message)), key=lambda m: m.at or EPOCH)
    if messages:
        name = text_of(value.get("room_name")).strip() if isinstance(value, dict) else ""
        yield Conversation(tuple(messages), Origin(file.name, 1, len(items)), name)


def _events(value: Any) -> Sequence[Any] | None:
    """The list of events, or None."""
    if isinstance(value, dict):
        value = next((value[key] for key in LISTS if isinstance(value.get(key), list)), None)
    return value if isinstance(value, list) else None


# --- The room -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Room:
    """The events of a room, and what later ones say of earlier ones."""

    file: Input
    events: Sequence[Any]
    names: dict[str, str] = field(init=False)
    edits: dict[str, Mapping[str, Any]] = field(init=False)
    redacted: set[str] = field(init=False)
    counts: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        known = [event for event in self.events if _is_event(event)]
        mentioned = [pair for event in known for pair in _mentioned(event)]  # members say it better, and overrule
        self.names = names_of([*mentioned, *(pair for event in known for pair in _called(event))])
        self.redacted = {_redacts(event) for event in known if event["type"] == "m.room.redaction"}
        self.edits = _edits(known)

    def facts(self) -> dict[str, str]:
        """What is not kept, in numbers."""
        return {what: f"{n}, not kept" for what, n in sorted(self.counts.items())}

    def items(self) -> Iterator[Message | Unparsed]:
        """What each event is. Those that only change or answer another are counted."""
        number = 1
        for event in self.events:
            item = self._item(event, number)
            if item is not None:
                yield item
                number += 1

    def _item(self, event: Any, number: int) -> Message | Unparsed | None:
        if not _is_event(event):
            return unread(self.file, number, event, "no event with a type and a sender")
        kind = event["type"]
        if kind in UNCOUNTED:
            self.counts[UNCOUNTED[kind]] += 1
            return None
        if _replaces(event) in self.edits:
            self.counts["replacements"] += 1
            return None
        if _is_redacted(event) or text_of(event.get("event_id")) in self.redacted:
            # What is left of an event of the room itself still says something; of a message nothing does.
            return self._system(event, number) if "state_key" in event else self._message(event, number, "", "deleted")
        if kind == "m.room.encrypted":
            return unread(self.file, number, "", "could not be decrypted where it was exported")
        if kind == "m.room.message":
            return self._said(event, number)
        if kind == "m.sticker" or kind in POLLS:
            return self._message(event, number, "sticker" if kind == "m.sticker" else "poll", "media")
        if "state_key" in event or kind.startswith("m.call."):
            return self._system(event, number)
        return unread(self.file, number, event, f"an unknown kind of event: {text_of(kind)[:100]}")

    def _said(self, event: Mapping[str, Any], number: int) -> Message | Unparsed:
        """A message with its last text."""
        content = self.edits.get(text_of(event.get("event_id"))) or _content(event)
        if not _replaces(event):
            content = {**content, "m.relates_to": _content(event).get("m.relates_to")}
        else:  # what it replaces is not in the file
            content = _new_content(event) or content
        kind, text = _words(content)
        if not text:
            return unread(self.file, number, event, "a message without a text")
        return self._message(event, number, text, kind, _answered(_content(event)))

    def _message(
        self, event: Mapping[str, Any], number: int, text: str, kind: Kind, reply_to: str | None = None
    ) -> Message:
        speaker = self.names[_sender(event)]
        origin = Origin(self.file.name, number)
        return Message(speaker, text, _time(event), origin, kind, text_of(event.get("event_id")) or None, reply_to)

    def _system(self, event: Mapping[str, Any], number: int) -> Message:
        event_id = text_of(event.get("event_id")) or None
        return Message("", self._happened(event), _time(event), Origin(self.file.name, number), "system", event_id)

    def _happened(self, event: Mapping[str, Any]) -> str:
        """An event of the room in words."""
        kind, content, who = event["type"], _content(event), self.names[_sender(event)]
        if kind == "m.room.member":
            member = text_of(event.get("state_key"))
            membership = content.get("membership")
            what = MEMBERSHIPS.get(membership, "changed") if isinstance(membership, str) else "changed"
            return f"{self.names.get(member, member) or who} {what}"
        if kind in NEW_VALUES:
            what = NEW_VALUES[kind]
            return f"{who} changed the {what} of the room to {text_of(content.get(what))!r}"
        if kind.startswith("m.call."):
            return f"{who}: call ({text_of(kind)})"
        return f"{who} {STATES.get(kind, f'changed the room ({text_of(kind)})')}"


# --- Events ---------------------------------------------------------------------------------------------------------


def _is_event(event: Any) -> bool:
    return isinstance(event, dict) and isinstance(event.get("type"), str) and bool(_sender(event))


def _sender(event: Mapping[str, Any]) -> str:
    return text_of(event.get("sender")).strip()


def _content(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(event, "content")


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of this name, or an empty one."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _time(event: Mapping[str, Any]) -> datetime | None:
    value = event.get("origin_server_ts")
    return milliseconds(value) if isinstance(value, int) else None


def _called(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Who has what name by this event: its sender none, a member the one that was chosen."""
    yield _sender(event), ""
    member = text_of(event.get("state_key")).strip()
    if event["type"] == "m.room.member" and member:
        yield member, text_of(_content(event).get("displayname"))


def _mentioned(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Who is mentioned in a message, by which name."""
    formatted = text_of(_content(event).get("formatted_body"))
    if "matrix.to" in formatted:
        for person, name in _MENTION.findall(formatted):
            if not name.startswith("@"):
                yield html.unescape(person), html.unescape(name)


def _redacts(event: Mapping[str, Any]) -> str:
    """The id of what an event takes back; newer rooms have it in the content."""
    return text_of(event.get("redacts")) or text_of(_content(event).get("redacts"))


def _is_redacted(event: Mapping[str, Any]) -> bool:
    unsigned = _object(event, "unsigned")
    if unsigned.get("redacted_because") or unsigned.get("redacted_by"):
        return True
    return event["type"] in ("m.room.message", "m.room.encrypted", "m.sticker") and not _content(event)


def _replaces(event: Mapping[str, Any]) -> str:
    """The id of the message that this one replaces, or nothing."""
    relation = _object(_content(event), "m.relates_to")
    return text_of(relation.get("event_id")) if relation.get("rel_type") == "m.replace" else ""


def _new_content(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(_content(event), "m.new_content")


def _edits(events: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The last content of each message that was replaced. Only its sender can do that."""
    senders = {text_of(event.get("event_id")): _sender(event) for event in events if not _replaces(event)}
    last: dict[str, Mapping[str, Any]] = {}
    for event in sorted(events, key=lambda event: _time(event) or EPOCH):
        bundled = _object(_object(_object(event, "unsigned"), "m.relations"), "m.replace")
        own = text_of(event.get("event_id"))
        if own and _new_content(bundled):
            last.setdefault(own, _new_content(bundled))
        target = _replaces(event)
        if target and senders.get(target) == _sender(event) and _new_content(event):
            last[target] = _new_content(event)
    return last


def _answered(content: Mapping[str, Any]) -> str | None:
    return text_of(_object(_object(content, "m.relates_to"), "m.in_reply_to").get("event_id")) or None


def _words(content: Mapping[str, Any]) -> tuple[Kind, str]:
    """Kind and text of a message."""
    body = text_of(content.get("body"))
    sort = text_of(content.get("msgtype"))
    if sort in MEDIA:
        name = text_of(content.get("filename")).strip()
        captioned = name and body.strip() and body.strip() != name
        return ("text", body.strip()) if captioned else ("media", MEDIA[sort])
    if _answered(content):
        body = _without_quote(body)
    return "automatic" if sort == "m.notice" or sort.startswith("m.key.") else "text", body.strip()


def _without_quote(body: str) -> str:
    """A reply without the message that it repeats: lines with `> `, and a blank one."""
    lines = body.split("\n")
    count = 0
    while count < len(lines) and lines[count].startswith(">"):
        count += 1
    return "\n".join(lines[count:]) if count and count < len(lines) else body
