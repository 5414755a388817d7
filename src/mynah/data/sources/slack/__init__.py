"""Slack: the zip that an owner of a workspace exports, a folder for each channel and in it a file for each day.

In Slack open the workspace's menu, Tools & settings, Workspace settings, Import/Export data, Export; a zip comes by
e-mail. Slack exports public channels unless the plan allows more. A file holds the messages of one channel and day::

    [{"type": "message", "user": "U01", "user_profile": {"display_name": "tarn"}, "ts": "1706731507.000100",
      "text": "is <https://example.org|the plan> ready &amp; shipped?", "thread_ts": "1706731507.000100"},
     {"type": "message", "user": "U02", "user_profile": {"display_name": "wren"}, "ts": "1706731600.000200",
      "text": "<@U01> yes :tada:", "thread_ts": "1706731507.000100"},
     {"type": "message", "subtype": "channel_join", "user": "U03", "ts": "1706731700.000300",
      "text": "<@U03> has joined the channel"}]

The chat is called like the folder. People are called as in `users.json` beside the folders, which is where the ids in
mentions are looked up, too; who is not in there has a profile with the message. Times are UTC. What is in a thread
replies to its first message. Programs are told from people by `bot_id`, and events by `subtype`. Previews of links are
left out; a message that was shared is passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import orjson

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared import jsons
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import EPOCH, seconds
from mynah.data.sources.slack import texts
from mynah.data.sources.slack.texts import Names

LABEL = "Slack"
OF_PEOPLE = frozenset(("", "me_message", "thread_broadcast", "reply_broadcast", "file_share"))
OF_PROGRAMS = frozenset(("bot_message", "slackbot_response", "assistant_app_thread"))
SLACKBOT = "USLACKBOT"
USERS = ("users.json", "org_users.json")
CHANNELS = ("channels.json", "groups.json")
NOTHING = "content not exported"

_EVIDENCE = re.compile(r'"ts"\s*:\s*"[0-9]{9,11}\.[0-9]{6}"')
_MESSAGE = re.compile(r'"type"\s*:\s*"message"')
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
_FILES = {"image": "photo", "video": "video", "audio": "audio"}


class Options(core_options.Options):
    """Nothing to set: the export says all."""


class _Sent(NamedTuple):
    """The messages that one element of a file holds, and when it was sent."""

    at: datetime
    messages: list[Message]


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that these are messages of Slack: by a type and a time as only Slack has them."""
    beginning = head.lstrip()[:1]
    is_list = beginning == "[" or (beginning == "{" and jsons.has_keys(head, "messages"))
    return 0.95 if is_list and _EVIDENCE.search(head) and _MESSAGE.search(head) else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, what could not be read, and the channel."""
    value, error = jsons.whole(file)
    if error:
        yield Understood({"counts": "lines"})
        yield from jsons.broken(file, error)
        return
    elements = value.get("messages") if isinstance(value, dict) else value
    if not isinstance(elements, list):
        yield Understood({"counts": "messages"})
        yield jsons.unread(file, 1, value, "no list of messages")
        return
    names = _names(file, elements)
    sent: list[_Sent] = []
    unread: list[Unparsed] = []
    for number, element in enumerate(elements, 1):
        found = _sent(element, names, Origin(file.name, number))
        if isinstance(found, str):
            unread.append(jsons.unread(file, number, element, found))
        else:
            sent.append(found)
    yield Understood(_facts(elements))
    yield from unread
    if sent:
        sent.sort(key=lambda each: each.at)
        messages = tuple(message for each in sent for message in each.messages)
        yield Conversation(messages, Origin(file.name, 1, len(elements)), _chat(file))


def write(conversation: Conversation) -> str:
    """The file of a day, for all that Slack has. The chat's name is not in it, but the folder's."""
    written = [_written(message) for message in conversation.messages]
    return orjson.dumps(written, option=orjson.OPT_INDENT_2).decode() + "\n"


def _written(message: Message) -> dict[str, Any]:
    """One message. What stands for media becomes a file of that kind."""
    kind, at = message.kind, (message.at or EPOCH).replace(tzinfo=UTC)
    escaped = message.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said: dict[str, Any] = {"text": "" if kind in ("media", "forwarded") else escaped}
    if kind == "media" and message.text != NOTHING:
        mime = next((mime for mime, word in _FILES.items() if word == message.text), "application")
        said["files"] = [{"mimetype": f"{mime}/x"}]
    if kind == "forwarded":
        said["attachments"] = [{"is_share": True, "text": escaped}]
    who = {"user": message.speaker, "user_profile": {"display_name": message.speaker}} if message.speaker else {}
    subtypes = {"system": "channel_topic", "deleted": "tombstone", "automatic": "bot_message"}
    return {
        "type": "message",
        **({"subtype": subtypes[kind]} if kind in subtypes else {}),
        **who,
        **said,
        "ts": message.id or f"{int(at.timestamp())}.{at.microsecond:06}",
        **({"thread_ts": message.reply_to} if message.reply_to else {}),
    }


def _facts(elements: Sequence[Any]) -> dict[str, str]:
    facts = {"counts": "messages", "times": "UTC"}
    lists = [each.get("reactions") for each in elements if isinstance(each, dict)]
    reactions = sum(len(each) for each in lists if isinstance(each, list))
    return {**facts, "reactions left out": f"{reactions:,}"} if reactions else facts


def _chat(file: Input) -> str:
    """The channel, which is the folder of a day's file; no name where the file is no day's."""
    path = PurePosixPath(file.member) if file.member else PurePosixPath(file.path.absolute().as_posix())
    return path.parent.name if _DAY.fullmatch(path.name) else ""


# --- Who is who -----------------------------------------------------------------------------------------------------


def _names(file: Input, elements: Sequence[Any]) -> Names:
    """The names of the workspace, and of those who are not in its list but whose messages tell their names."""
    place = _place(file)
    known = _workspace(place, _changed(place))
    others = [(key, name) for each in elements if isinstance(each, dict) for key, name in _profile(each)]
    unknown = [(key, name) for key, name in others if key not in known.people]
    return known._replace(people=_with(known.people, unknown)) if unknown else known


def _with(known: Mapping[str, str], more: Sequence[tuple[str, str]]) -> dict[str, str]:
    return names_of([*known.items(), *more])


def _profile(element: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The sender's id and name as a message has them."""
    if key := _sender(element):
        profile = element.get("user_profile") or element.get("bot_profile")
        yield key, _called(profile if isinstance(profile, dict) else {}, jsons.text_of(element.get("username")))


def _called(profile: Mapping[str, Any], otherwise: str) -> str:
    """What Slack shows: the display name, or the full name of who has none."""
    names = (jsons.text_of(profile.get(key)).strip() for key in ("display_name", "real_name", "name"))
    return next(filter(None, names), "") or otherwise.strip()


def _place(file: Input) -> Input:
    """The same for all files of a folder, so that the lists above it are read once. They are one above a day's file,
    even where only the channel's folder was asked for, or the file itself."""
    if file.member is not None:
        return Input(file.path, str(PurePosixPath(file.member).parent / "_"), file.base)
    folder = file.path.parent
    narrow = file.base in (None, folder) and _DAY.fullmatch(file.path.name)
    return Input(folder / "_", None, folder.parent if narrow else file.base)


def _changed(place: Input) -> tuple[int, ...]:
    """When the lists were written."""
    if place.member is not None:
        return (place.path.stat().st_mtime_ns,)
    return tuple(file.path.stat().st_mtime_ns for name in USERS + CHANNELS if (file := place.near(name)))


@lru_cache(256)
def _workspace(place: Input, changed: tuple[int, ...]) -> Names:
    """The people and channels in the lists of an export; they are read again where `changed` is another."""
    users = [user for name in USERS for user in _listed(place, name)]
    people = [(jsons.text_of(user.get("id")), _name_of(user)) for user in users]
    bots = frozenset(jsons.text_of(user.get("id")) for user in users if user.get("is_bot") is True)
    channels = [each for name in CHANNELS for each in _listed(place, name)]
    named = {jsons.text_of(each.get("id")): jsons.text_of(each.get("name")) for each in channels}
    return Names(names_of((key, name) for key, name in people if key), named, bots | {SLACKBOT})


def _name_of(user: Mapping[str, Any]) -> str:
    profile = user.get("profile")
    return _called(profile if isinstance(profile, dict) else {}, "") or _called(user, "")


def _listed(place: Input, name: str) -> list[dict[str, Any]]:
    """The objects of a list in the export; none where there is no such list."""
    file = place.near(name)
    value = jsons.whole(file)[0] if file else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


# --- Messages -------------------------------------------------------------------------------------------------------


def _sent(element: Any, names: Names, origin: Origin) -> _Sent | str:
    """The messages of an element, or why there is none."""
    if not isinstance(element, dict):
        return f"a message is an object, not {type(element).__name__}"
    at = _time(element.get("ts"))
    if at is None:
        return "no time"
    messages = list(_messages(element, at, names, origin))
    return _Sent(at, messages) if messages else "no sender"


def _time(stamp: Any) -> datetime | None:
    """The time behind `seconds.micros`, which is also the id of a message and therefore a text."""
    return seconds(stamp) if isinstance(stamp, str) else None


def _messages(element: Mapping[str, Any], at: datetime, names: Names, origin: Origin) -> Iterator[Message]:
    """The message of an element, and one more where it also shares another; none where nobody wrote it."""
    key, subtype = str(element["ts"]), jsons.text_of(element.get("subtype"))
    sender = _sender(element)
    speaker = names.people.get(sender, sender)
    text = texts.plain(jsons.text_of(element.get("text")), names) or texts.of_blocks(element.get("blocks"), names)
    if _generated(element, subtype):
        subtype, text = "", texts.plain(_comment(element), names)
    if subtype == "tombstone" and speaker:
        yield Message(speaker, text or "deleted", at, origin, "deleted", key, _thread(element))
        return
    if subtype not in OF_PEOPLE | OF_PROGRAMS:
        yield Message("", text or subtype.replace("_", " "), at, origin, "system", key)
        return
    if not speaker:
        return
    shared = texts.of_attachments(_shared(element), names)
    if subtype in OF_PROGRAMS or element.get("bot_id") or sender in names.bots:
        said = text or texts.of_attachments(element.get("attachments"), names) or _placeholder(element)
        yield Message(speaker, said, at, origin, "automatic", key, _thread(element))
        return
    if text or not shared:
        kind: Kind = "text" if text else "media"
        yield Message(speaker, text or _placeholder(element), at, origin, kind, key, _thread(element))
    if shared:
        yield Message(speaker, shared, at, origin, "forwarded", key, _thread(element))


def _sender(element: Mapping[str, Any]) -> str:
    """The id of who wrote a message, or the name that a program took."""
    comment = element.get("comment")
    told = (element.get("user"), comment.get("user") if isinstance(comment, dict) else None)
    people = next(filter(None, map(jsons.text_of, told)), "")
    return people or jsons.text_of(element.get("username")).strip() or jsons.text_of(element.get("bot_id"))


def _thread(element: Mapping[str, Any]) -> str | None:
    """The first message of the thread, unless this is it."""
    first = jsons.text_of(element.get("thread_ts"))
    return first if first and first != element["ts"] else None


def _generated(element: Mapping[str, Any], subtype: str) -> bool:
    """Did Slack write the text, as it did for files until 2018? What the person wrote stands with the file."""
    return subtype in ("file_comment", "file_mention") or (subtype == "file_share" and "file" in element)


def _comment(element: Mapping[str, Any]) -> str:
    """What a person wrote to a file."""
    file = element.get("file")
    comment = element.get("comment") or (file.get("initial_comment") if isinstance(file, dict) else None)
    return jsons.text_of(comment.get("comment")) if isinstance(comment, dict) else ""


def _shared(element: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attachments that are messages which somebody passed on."""
    attachments = element.get("attachments")
    found = attachments if isinstance(attachments, list) else []
    return [each for each in found if isinstance(each, dict) and each.get("is_share") is True]


def _placeholder(element: Mapping[str, Any]) -> str:
    """What stands for a message without words."""
    files = element.get("files")
    first = files[0] if isinstance(files, list) and files else element.get("file")
    if isinstance(first, dict):
        return _FILES.get(jsons.text_of(first.get("mimetype")).partition("/")[0], "file")
    return "attachment" if element.get("attachments") else NOTHING
