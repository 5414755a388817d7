"""iMessage: the text files of imessage-exporter, and the database of Messages itself.

Apple exports no chats. On a Mac either run `imessage-exporter -f txt`, which writes a text file a chat, or copy the
database `~/Library/Messages/chat.db` together with `chat.db-wal` beside it; the backup of an iPhone holds the same
database as `3d0d7e5fb2ce288813306e4d4636395e047a3d28`. The text files look like this::

    Jan 31, 2024  9:05:07 PM (Read by you after 2 seconds)
    Sorrel
    are we still on?
    Tapbacks:
    Loved by Me

    Jan 31, 2024  9:06:40 PM
    Me
    yes, at the mill

    Jan 31, 2024  9:07:02 PM Sorrel renamed the conversation to Mill

In the text files a reply stands twice, below what it answers and in its own place: the first is dropped. Edited
messages have their last text; tapbacks, effects and the previews of links are counted and left out. The database is
read by `database.py`, and times are UTC there; it knows people by number or address only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared.times import APPLE
from mynah.data.sources.imessage import database
from mynah.data.sources.imessage.database import ME, word

LABEL = "iMessage"

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # in every language
INDENT = " " * 4  # of a reply below what it answers
SHOWN = 1000  # characters of what could not be read
LONGEST_PATH = 1000  # a longer line is somebody's words

_STAMP = rf"({'|'.join(MONTHS)}) (\d{{1,2}}), (\d{{4}}) {{1,2}}(\d{{1,2}}):(\d\d):(\d\d) ([AP])M"
_HEAD = re.compile(rf"{_STAMP}(?: \(Read by [^\n]*\))?", re.A)
_EVENT = re.compile(rf"{_STAMP} (?!\(Read by )(\S.*)", re.A)
_HEADS = re.compile(rf"(?:^|\n\r?\n){_STAMP}(?: \(Read by [^\n]*\))?\r?\n(?=[^\s])", re.A)
_FIRST = re.compile(rf"\s*{_STAMP}", re.A)
_UNSENT = re.compile(r"(.+) (?:unsent a message!|deleted a message\.)")
_PART_UNSENT = re.compile(r".+ unsent this message part(?: .+ after sending)?!")
_EDITED = re.compile(r"Edited .{1,60}? later: (.*)")
_TAPBACKS = ("Tapbacks:", "Reactions:")
_TAPBACK = re.compile(r".+ (?:by|from) .+|.*Sticker from .+")
_EFFECT = re.compile(
    r"Sent with (?:Confetti|Echo|Fireworks|Balloons|Heart|Lasers|Shooting Star|Sparkles|Spotlight|Slam|Loud|Gentle"
    r"|Invisible Ink)"
)
_URL = re.compile(r"https?://\S+")
_PATH = re.compile(r"(?:attachments/|~/|/[^/]+/|[A-Za-z]:\\).*(?:\.\w{1,30}|[-0-9A-Fa-f]{30,})")
_FILE = re.compile(r"[^/\\:]{1,200}\.(\w{1,24})")
_APP = re.compile(r"Digital Touch Message.*|Apple Cash transaction.*|Unable to format app message.*")
DELETED = "This message was deleted from the conversation!"
REPLY = "This message responded to an earlier message."
MISSING = "Attachment missing!"
TRANSLATED = "Translated from:"
PLACEHOLDERS = {
    MISSING: "file", "Started sharing location!": "location", "Stopped sharing location!": "location",
    "SharePlay Message": "SharePlay",
}  # fmt: skip
PREVIEW = ".pluginpayloadattachment"  # what a link is shown with, not something that was sent
WRITTEN = {"photo": "attachments/1.jpg", "video": "attachments/1.mp4", "audio": "attachments/1.m4a"}


class Options(core_options.Options):
    """Nothing to set: the file says everything."""


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is: by the tables of the database, or heads with a sender in the line below."""
    if head.startswith(database.MAGIC):
        return database.sniff(head, name)
    heads = sum(1 for _ in _HEADS.finditer(head.removeprefix("\ufeff")))
    if not heads:
        return 0.0
    return round((0.75 if heads == 1 else 0.9) - (0.0 if _FIRST.match(head.removeprefix("\ufeff")) else 0.3), 2)


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, what could not be read, and the chat; of the database all chats."""
    with file.open() as stream:
        is_database = stream.read(len(database.MAGIC)) == database.MAGIC.encode()
    yield from database.read(file) if is_database else _read_text(file)


def write(conversation: Conversation) -> str:
    """The chat as imessage-exporter would write it."""
    return "".join(_written(message) for message in conversation.messages)


def _written(message: Message) -> str:
    at = message.at or APPLE
    day = f"{MONTHS[at.month - 1]} {at.day:02}, {at.year:04}"
    stamp = f"{day} {(at.hour - 1) % 12 + 1:2}:{at.minute:02}:{at.second:02} {'PM' if at.hour >= 12 else 'AM'}"
    if message.kind == "system":
        return f"{stamp} {message.text}\n\n"
    text = WRITTEN.get(message.text, MISSING) if message.kind == "media" else message.text
    return f"{stamp}\n{message.speaker}\n{DELETED if message.kind == 'deleted' else text}\n\n"


# --- The blocks of a text file --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """The lines of a message: `start` is the index of its head, `end` that of the next one."""

    start: int
    end: int
    at: datetime
    event: str = ""


@dataclass(slots=True)
class _Body:
    """What the lines below a sender say."""

    lines: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    deleted: bool = False


def _read_text(file: Input) -> Iterator[Item]:
    lines = file.text().removeprefix("\ufeff").split("\n")
    lines = [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]
    blocks = list(_blocks(lines))
    chat = _Chat(file, lines, blocks)
    items = [item for block in blocks for item in chat.items(block)]
    yield Understood({"format": "imessage-exporter", **chat.facts()})
    first = blocks[0].start if blocks else len(lines)
    if first:
        reason = "before the first message" if blocks else "no line looks like the head of a message"
        yield _unread(file, lines, 0, first, reason)
    yield from (item for item in items if isinstance(item, Unparsed))
    messages = sorted((item for item in items if isinstance(item, Message)), key=lambda m: m.at or datetime.min)
    if messages:
        yield Conversation(tuple(messages), Origin(file.name, first + 1, len(lines) - first))


def _unread(file: Input, lines: Sequence[str], start: int, end: int, reason: str) -> Unparsed:
    shown = "\n".join(line[:SHOWN] for line in lines[start : min(end, start + SHOWN)])
    return Unparsed(shown[:SHOWN], reason, Origin(file.name, start + 1, end - start))


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """The messages: each begins with a time below a blank line. Elsewhere a time was written by somebody, or stands
    before the first text of an edited message."""
    block: _Block | None = None
    for index, line in enumerate(lines):
        if index and lines[index - 1].strip():
            continue
        if (found := _HEAD.fullmatch(line)) or (found := _EVENT.fullmatch(line)):
            at = _time(found)
            if at is None:
                continue
            if block:
                block.end = index
                yield block
            block = _Block(index, len(lines), at, found[8] if found.re is _EVENT else "")
    if block:
        yield block


def _time(found: re.Match[str]) -> datetime | None:
    month, day, year, hour, minute, second, half = found.groups()[:7]
    if not 1 <= int(hour) <= 12:
        return None
    try:
        return datetime(
            int(year), MONTHS.index(month) + 1, int(day), int(hour) % 12 + 12 * (half == "P"), int(minute), int(second)
        )
    except ValueError:
        return None


# --- The messages of a text file ------------------------------------------------------------------------------------


class _Chat:
    """A text file, with what was left out of it in numbers."""

    def __init__(self, file: Input, lines: Sequence[str], blocks: Sequence[_Block]) -> None:
        self.file, self.lines = file, lines
        self.counts: Counter[str] = Counter()
        self.said: Mapping[tuple[datetime, str], _Block] = {
            (block.at, lines[block.start + 1]): block
            for block in blocks
            if not block.event and block.start + 1 < block.end
        }

    def facts(self) -> dict[str, str]:
        return {what: f"{n}, not kept" for what, n in sorted(self.counts.items())}

    def items(self, block: _Block) -> Iterator[Message | Unparsed]:
        """A message, what nobody said, or a head that nothing follows; and replies that stand nowhere else."""
        if block.event:
            yield self._happened(block)
            return
        sender = self.lines[block.start + 1].strip() if block.start + 1 < block.end else ""
        if not sender:
            yield _unread(self.file, self.lines, block.start, block.end, "a head without a sender")
            return
        own, alone = self._apart(block)
        ends = [reply.start for reply in alone] + [block.end]
        yield self._message(block.at, sender, _body(own, self.counts), block.start, ends[0])
        for reply, end in zip(alone, ends[1:], strict=True):
            body = [line.removeprefix(INDENT) for line in self.lines[reply.start + 2 : reply.end]]
            who = self.lines[reply.start + 1].strip() if reply.start + 1 < reply.end else ""
            if who:
                yield self._message(reply.at, who, _body(body, self.counts), reply.start, end)
            else:
                yield _unread(self.file, self.lines, reply.start, end, "a head without a sender")

    def _message(self, at: datetime, sender: str, body: _Body, start: int, end: int) -> Message:
        origin = Origin(self.file.name, start + 1, end - start)
        text = "\n".join(body.lines).replace(database.OBJECT, "").strip()
        kind: Kind = "deleted" if body.deleted and not body.media else "text" if text else "media"
        if kind == "media":
            text = ", ".join(dict.fromkeys(body.media)) or "file"
        return Message(sender, "" if kind == "deleted" else text, at, origin, kind)

    def _happened(self, block: _Block) -> Message:
        """What the program says. Of a message that was taken back it is all that is left."""
        origin = Origin(self.file.name, block.start + 1, block.end - block.start)
        text = "\n".join([block.event, *self.lines[block.start + 1 : block.end]]).strip()
        unsent = _UNSENT.fullmatch(text)
        if unsent:
            return Message(ME if unsent[1] == "You" else unsent[1], "", block.at, origin, "deleted")
        return Message("", text, block.at, origin, "system")

    def _apart(self, block: _Block) -> tuple[list[str], list[_Block]]:
        """The lines below the sender without the replies to them, and those of the replies that stand nowhere else."""
        own: list[str] = []
        alone: list[_Block] = []
        index = block.start + 2
        while index < block.end:
            reply = self._reply(index, block.end)
            if reply is None:
                own.append(self.lines[index])
                index += 1
                continue
            if self._copy(reply):
                self.counts["copies of replies"] += 1
            else:
                alone.append(reply)
            index = reply.end
        return own, alone

    def _reply(self, index: int, end: int) -> _Block | None:
        """The reply that begins in this line. Some releases indent only the first line of each of its parts: lines that
        its copy has, too, belong to it."""
        line = self.lines[index]
        found = _HEAD.fullmatch(line, len(INDENT)) if line.startswith(INDENT) else None
        at = _time(found) if found else None
        if at is None:
            return None
        reply = _Block(index, index + 1, at)
        copy = self._copy(_Block(index, end, at))
        known = set(self.lines[copy.start + 2 : min(copy.end, copy.start + 1000)]) if copy else set()
        while reply.end < end and not self._begins_reply(reply.end):
            line = self.lines[reply.end]
            if line.strip() and not line.startswith(INDENT) and line not in known:
                break
            reply.end += 1
        return reply

    def _begins_reply(self, index: int) -> bool:
        line = self.lines[index]
        return line.startswith(INDENT) and _HEAD.fullmatch(line, len(INDENT)) is not None

    def _copy(self, reply: _Block) -> _Block | None:
        """The same message in its own place."""
        if reply.start + 1 >= reply.end:
            return None
        return self.said.get((reply.at, self.lines[reply.start + 1].removeprefix(INDENT)))


# --- What a body says -----------------------------------------------------------------------------------------------


def _body(lines: Sequence[str], counts: Counter[str]) -> _Body:
    """The words of the sender, and what else was sent."""
    body = _Body()
    lines = _last_edit(_without_tapbacks(_trimmed(lines), counts))
    if TRANSLATED in lines[1:]:
        lines = lines[lines.index(TRANSLATED, 1) + 1 :]
    if len(lines) > 1 and _URL.fullmatch(lines[0].strip()):
        counts["previews of links"] += 1
        lines = lines[:1]
    if lines and _APP.fullmatch(lines[0]):
        body.media.append("app")
        return body
    for index, line in enumerate(lines):
        if len(line) > LONGEST_PATH:
            body.lines.append(line)
            continue
        sent = _sent(line)
        if line == DELETED:
            return _Body(deleted=True)
        if _PART_UNSENT.fullmatch(line):
            body.deleted = not body.lines
        elif index and _EFFECT.fullmatch(line):
            counts["effects"] += 1
        elif sent:
            body.media.append(sent)
        elif sent is None and not (body.media and (line == "Ended" or line.startswith("Transcription: "))):
            body.lines.append(line)
            body.deleted = body.deleted and not line.strip()
    return body


def _trimmed(lines: Sequence[str]) -> Sequence[str]:
    """Without the blank lines at the end and the remark on a reply."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1] == REPLY):
        end -= 1
    return lines[:end]


def _without_tapbacks(lines: Sequence[str], counts: Counter[str]) -> list[str]:
    kept: list[str] = []
    index = 0
    while index < len(lines):
        end = index
        if lines[index] in _TAPBACKS:
            end += 1
            while end < len(lines) and _TAPBACK.fullmatch(lines[end].strip()):
                end += 1
        if end > index + 1:
            counts["tapbacks"] += end - index - 1
            index = end
        else:
            kept.append(lines[index])
            index += 1
    return kept


def _last_edit(lines: list[str]) -> list[str]:
    """Of an edited message, which begins with a time and its first text, the last."""
    first = next((i for i, line in enumerate(lines) if _FIRST.match(line)), None)
    if first is None:
        return lines
    edits = [(i, found[1]) for i, line in enumerate(lines[first:], first) if (found := _EDITED.fullmatch(line))]
    return [*lines[:first], edits[-1][1], *lines[edits[-1][0] + 1 :]] if edits else lines


def _sent(line: str) -> str | None:
    """What was sent, if the line stands for an attachment; nothing for what only shows a link, None for words."""
    if line in PLACEHOLDERS:
        return PLACEHOLDERS[line]
    if "." not in line and "/" not in line:
        return None
    if re.match(r"(?:\w+ )?Sticker from .+: ", line):
        return "sticker"
    suffix = PurePosixPath(line).suffix.lower()
    if _PATH.fullmatch(line):
        return "" if suffix == PREVIEW else word(suffix)
    name = _FILE.fullmatch(line)
    return word(suffix) if name and word(suffix) != "file" and " " not in line.strip() else None
