"""The `chat.md` of signal-export: `[2024-01-31 21:05:07] Alder: tea at four?`. `write` undoes `parse`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from mynah.core.types import Conversation, Kind, Message, Origin, Unparsed
from mynah.data.files import KINDS
from mynah.data.sources._shared.jsons import SHOWN
from mynah.data.sources._shared.times import iso

DELETED = "(This message was deleted)"
NOBODY = "No-Sender"
GONE = "deleted message"  # the text of such a message
EVENT = "event"  # what Signal Desktop notes without words: changed keys, new names
FILES = {"picture": "jpg", "video": "mp4", "sound": "m4a", "file": "bin"}

_HEAD = re.compile(r"^\[([0-9]{4}-[0-9]{2}-[0-9]{2})(,?) ([0-9:]{5,8})\] ([^\n:<*][^\n]{0,99}?):(?: |$)", re.M)
_ATTACHED = re.compile(r"!?\[[^\[\]\n]{0,300}\]\((\.\.?/[^\s]{1,400}?)\)(?=  |$)", re.M)
_REACTIONS = re.compile(r"\(- .* -\)")
_STICKER = re.compile(r"\(\( .* \)\)")
_LEFT_OUT = re.compile(r"\((\w[\w ]{0,30}) not exported\)")
_CALL = re.compile(r"(?:Incoming|Outgoing|Missed)(?: [a-z]{1,12})? call(?: \([^()\n]{1,60}\))?")
_OWN = re.compile(r"^\(- .* -\) *$|^\(\( .* \)\) *$|\]\(\./media/|\(This message was deleted\)|\] Me: ", re.M)
_WHATSAPP = re.compile("\u200e")  # before its placeholders and notices
_LOGGED = re.compile(r"(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b", re.I)  # a program, not a person
_NAME = re.compile(r"(?:^|/)(?:chat|index)\.md$")


@dataclass(frozen=True, slots=True)
class Head:
    """Where a message begins, and what is before its text."""

    start: int
    end: int
    at: datetime
    shape: tuple[str, int]  # the comma, and the length of the time
    speaker: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was found in a text; `lines` are the first line with a message and the one behind the last."""

    messages: tuple[Message, ...]
    before: Unparsed | None
    lines: tuple[int, int]
    facts: dict[str, str]


# --- Heads ----------------------------------------------------------------------------------------------------------


def sure(text: str, name: str) -> float:
    """How sure it is. WhatsApp on iPhones writes such heads, too, but always with seconds, and marks what it adds."""
    text = text.replace("\r\n", "\n")
    heads, _ = _heads(text)
    if not heads or all(_LOGGED.match(head.speaker) for head in heads):
        return 0.0
    own = heads[0].shape[1] == len("21:05") or _OWN.search(text) is not None or _two_spaces(text, heads)
    if not own:
        return {1: 0.2}.get(len(heads), 0.1 if _WHATSAPP.search(text) else 0.5)
    return {1: 0.57, 2: 0.82}.get(len(heads), 0.96) + 0.03 * bool(_NAME.search(name))


def _two_spaces(text: str, heads: Sequence[Head]) -> bool:
    """Do most messages end with the two spaces that are a line break in Markdown?"""
    ends = [head.start for head in heads[1:]] + [len(text)]
    bodies = [text[head.end : end].rstrip("\n") for head, end in zip(heads, ends, strict=True)]
    return 2 * sum(body.endswith("  ") for body in bodies) > len(bodies)


def _heads(text: str) -> tuple[list[Head], int]:
    """The heads of the shape that most have, and the number of others: those were pasted by somebody."""
    found = [head for match in _HEAD.finditer(text) if (head := _head(match))]
    if not found:
        return [], 0
    shape = Counter(head.shape for head in found).most_common(1)[0][0]
    heads = [head for head in found if head.shape == shape]
    return heads, len(found) - len(heads)


def _head(match: re.Match[str]) -> Head | None:
    """The head, unless there is no such day or nobody to have spoken."""
    day, comma, time, speaker = match.groups()
    when, name = iso(f"{day} {time}"), " ".join(speaker.split())
    return Head(match.start(), match.end(), when.at, (comma, len(time)), name) if when and name else None


# --- Messages -------------------------------------------------------------------------------------------------------


def parse(text: str, name: str) -> Parsed:
    """All messages of a text, by time; `name` is the file's."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    heads, strange = _heads(text)
    behind = 1 + text.count("\n") + (bool(text) and not text.endswith("\n"))
    start = heads[0].start if heads else len(text)
    first = 1 + text.count("\n", 0, start) if heads else behind
    before = None
    if first > 1:
        reason = "before the first message" if heads else "no line looks like the head of a message"
        before = Unparsed(text[:start].removesuffix("\n")[:SHOWN], reason, Origin(name, 1, first - 1))
    facts: Counter[str] = Counter({"heads of another shape, kept as text": strange})
    messages = sorted(
        _messages(text, heads, name, first, behind, facts), key=lambda message: message.at or datetime.min
    )
    told = {what: str(count) for what, count in facts.items() if count}
    return Parsed(tuple(messages), before, (first, behind), told)


def _messages(
    text: str, heads: Sequence[Head], name: str, line: int, behind: int, facts: Counter[str]
) -> Iterator[Message]:
    """One message a head: all up to the next one. The first is in `line`, and `behind` is the line after the last."""
    for number, head in enumerate(heads, 1):
        end = heads[number].start if number < len(heads) else len(text)
        after = line + text.count("\n", head.start, end) if number < len(heads) else behind
        yield _message(head, text[head.end : end], Origin(name, line, after - line), facts)
        line = after


def _message(head: Head, body: str, origin: Origin, facts: Counter[str]) -> Message:
    kind, text = _classified(body, facts)
    if kind == "system" and text != EVENT:
        text = f"{head.speaker}: {text}" if head.speaker != NOBODY else text
    return Message("" if kind == "system" else head.speaker, text, head.at, origin, kind)


def _classified(body: str, facts: Counter[str]) -> tuple[Kind, str]:
    """The kind and the text of a body without what the exporter added to it."""
    if body.strip() == DELETED:
        return "deleted", GONE
    files = [match[1] for match in _ATTACHED.finditer(body)]
    plain = _ATTACHED.sub("", body)
    lines = plain.strip().split("\n")
    sticker = _pop_added(lines, files, facts)
    if _is_quoted(lines, plain):
        facts["quotes not read"] += 1
        del lines[: _quoted(lines)]
    text = "\n".join(lines).strip()
    if is_call(text):
        return "system", text
    if text:
        return "text", text
    if sticker or any("_stickers/" in each for each in files):
        return "media", "sticker"
    return ("media", word(files[0])) if files else ("system", EVENT)


def _pop_added(lines: list[str], files: list[str], facts: Counter[str]) -> bool:
    """Take reactions, stickers and files that are missing off the end. Was there a sticker?"""
    sticker = False
    while lines:
        last = lines[-1].strip()
        if _REACTIONS.fullmatch(last):
            facts["reactions not read"] += last.count(", ") + 1
        elif _STICKER.fullmatch(last):
            sticker = True
        elif left := _LEFT_OUT.fullmatch(last):
            files.append(left[1])
        elif last:
            break
        lines.pop()
    return sticker


def _quoted(lines: Sequence[str]) -> int:
    """How many lines at the beginning are a quote."""
    return next((n for n, line in enumerate(lines) if not (line == ">" or line.startswith("> "))), len(lines))


def _is_quoted(lines: Sequence[str], body: str) -> bool:
    """Does it begin with what somebody else had said? That has a blank line behind it; who types `> x` has not."""
    n = _quoted(lines)
    return n > 0 and (not lines[n].strip() if n < len(lines) else body.lstrip(" ").startswith("\n"))


def is_call(text: str) -> bool:
    """Is it what signal-export writes for a call?"""
    return _CALL.fullmatch(text) is not None


def word(path: str) -> str:
    """What a file is, by its name or its MIME type: a noun."""
    mime = {"image": "picture", "photo": "picture", "video": "video", "audio": "sound", "voice": "sound"}
    return KINDS.get(PurePosixPath(path).suffix.lower()) or mime.get(re.split(r"[/ ]", path.lower())[0], "file")


# --- Writing --------------------------------------------------------------------------------------------------------


def write(conversation: Conversation) -> str:
    """The chat as signal-export writes it. Of system lines only calls and events have a way to be written."""
    return "".join(
        f"[{each.at or datetime.min:%Y-%m-%d %H:%M:%S}] {_written(each)}\n\n" for each in conversation.messages
    )


def _written(message: Message) -> str:
    if message.kind == "deleted":
        return f"{message.speaker}: {DELETED}"
    if message.kind == "media":
        file = f"(( {message.text} ))" if message.text == "sticker" else _link(message.text)
        return f"{message.speaker}:   \n{file}" if message.text == "sticker" else f"{message.speaker}:   {file}  "
    if message.kind == "system":
        return f"{NOBODY}: {'' if message.text == EVENT else message.text}  "
    return f"{message.speaker}: {message.text}  "


def _link(text: str) -> str:
    name = f"media.{FILES.get(text, 'bin')}"
    return ("!" if text == "picture" else "") + f"[{name}](./media/{name})"
