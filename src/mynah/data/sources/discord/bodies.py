"""What the formats of DiscordChatExporter share: what stands in a message, and the order of messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from mynah.core.types import Message
from mynah.data.files import KINDS
from mynah.data.sources._shared.times import When, seconds

NOTHING = "content not exported"  # polls, and all messages where the exporter was not allowed to see the content
_WORDS = {"picture": "photo", "sound": "audio"}
_RAW = re.compile(
    r"<(?:(@[!&]?|#)(\d{1,20})|a?(:\w{1,40}:)\d{1,20}|t:(-?\d{1,14})(?::[A-Za-z])?|(/[^<>:]{1,100}):\d+)>"
)
_NOTICE = re.compile(
    r"Added (?:a recipient|.{1,80} to the group)\.|Removed (?:a recipient|.{1,80} from the group)\.|Left the group\."
    r"|Started a (?:call that lasted [\d,]+ minutes|thread)\.|Changed the channel (?:icon\.|name\.|name: .{1,200})"
    r"|Pinned a message\.|Joined the server\."
)
_NUMBER = re.compile(r"#\d{4}$")


class Sent(NamedTuple):
    """The messages that one element of a file holds, and when it was sent."""

    when: When
    messages: tuple[Message, ...]


def in_time(sent: Sequence[Sent]) -> tuple[Message, ...]:
    """Messages in the order they were sent. An export may be in reverse; then those of one time are, too."""
    instants = [each.when.instant for each in sent]
    steps = [(b > a) - (b < a) for a, b in pairwise(instants)]
    found = reversed(sent) if sum(steps) < 0 else sent
    return tuple(m for each in sorted(found, key=lambda each: each.when.instant) for m in each.messages)


def word(file: str) -> str:
    """What an attachment is, in a word, by its name or its address."""
    name, dot, suffix = file.partition("?")[0].strip().rpartition(".")
    kind = KINDS.get(f".{suffix.casefold()}", "file") if name and dot else "file"
    return _WORDS.get(kind, kind)


def placeholder(files: Iterable[str], sticker: bool, embed: bool) -> str:
    """What stands for a message without words."""
    if first := next(iter(files), ""):
        return word(first)
    return "sticker" if sticker else "embed" if embed else NOTHING


def is_notice(text: str) -> bool:
    """Is it what the exporter writes for an event, in formats that do not mark events?"""
    return len(text) < 300 and _NOTICE.fullmatch(text) is not None


def without_number(name: str) -> str:
    """`tarn` of `tarn#0042`, as all were called until 2023."""
    return _NUMBER.sub("", name) or name


def plain(text: str, names: Mapping[str, str]) -> str:
    """The text as it was seen: mentions and emoji are still raw if the exporter was told to leave them."""
    if "<" in text:
        text = _RAW.sub(lambda found: _seen(found, names), text)
    return text.strip()


def _seen(found: re.Match[str], names: Mapping[str, str]) -> str:
    mark, number, emoji, stamp, command = found.groups()
    if mark:
        return f"#{number}" if mark == "#" else "@" + names.get(number, "role" if mark == "@&" else "Unknown")
    if stamp:
        at = seconds(stamp)
        return f"{at:%Y-%m-%d %H:%M}" if at else found[0]
    return str(emoji or command)
