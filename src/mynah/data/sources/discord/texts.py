"""The other formats of DiscordChatExporter: CSV, a message a row, and plain text, a message after each head.

Neither has ids of messages, replies or types, so events are known by the English sentences that the exporter writes for
them. CSV may hold the ids of people::

    AuthorID,Author,Date,Content,Attachments,Reactions
    "55","tarn","2024-01-31T21:05:07.1000000+01:00","is the ferry still running?","","👍 (2)"

Plain text begins with what was exported and ends with how much::

    ==============================================================
    Guild: Ferry Club
    Channel: Town / harbor
    ==============================================================

    [1/31/2024 9:05 PM] tarn
    is the ferry still running?


    [1/31/2024 9:06 PM] wren (pinned)
    here is the timetable

    {Attachments}
    https://cdn.discordapp.com/attachments/1/2/timetable.png


    ==============================================================
    Exported 2 message(s)
    ==============================================================
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count, pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared import jsons
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import When, iso
from mynah.data.sources.discord import bodies, dates

HEADERS = ("AuthorID,Author,Date,Content,", "Author;Date;Content;")
ATTACHMENTS, EMBED, STICKERS, REACTIONS = "{Attachments}", "{Embed}", "{Stickers}", "{Reactions}"
FORWARDED = "{Forwarded Message}"
ORIGINALLY = "Originally sent: "
LONGEST = 60  # lines of a preamble, whose topic may have many
SECTIONS = frozenset((ATTACHMENTS, EMBED, STICKERS, REACTIONS, FORWARDED))

_RULE = re.compile(r"={20,200}")
_HEAD = re.compile(r"\[([^\[\]]{8,40})\] (.{1,120})")
_COUNT = re.compile(r"Exported [\d,.\s'’]{1,20} message\(s\)")
_EXPORTED_NAME = re.compile(r"(.+) \[\d{5,20}\](?: \[part \d+\])?")


# --- CSV ------------------------------------------------------------------------------------------------------------


def columns(beginning: str) -> list[str]:
    """The names of the columns, if this begins like CSV of the exporter."""
    plain = beginning[:200].partition("\n")[0].strip().replace('"', "")
    return re.split("[,;]", plain.rstrip(";").casefold()) if plain.startswith(HEADERS) else []


def rows(file: Input, order: str) -> Iterator[Item]:
    """What was understood, the rows that could not be read, and the chat."""
    text = file.text().lstrip("\ufeff \r\n\t")
    head = columns(text)
    found = list(_rows(text, ";" if text.startswith(HEADERS[1]) else ",", len(head)))
    good = [(number, dict(zip(head, row, strict=True))) for number, row, reason in found if not reason]
    times, facts = dates.read(
        [row["date"].strip() for _, row in good], order, lambda index: f"message {good[index][0]} of {file.name!r}"
    )
    names = names_of((_person(row), bodies.without_number(row["author"].strip())) for _, row in good)
    sent: list[bodies.Sent] = []
    unread = [jsons.unread(file, number, row, reason) for number, row, reason in found if reason]
    for (number, row), when in zip(good, times, strict=True):
        if when is None or not names[_person(row)]:
            reason = "no author" if when else "no time"
            unread.append(jsons.unread(file, number, list(row.values()), reason))
        else:
            files = [each for each in row.get("attachments", "").split(",") if each.strip()]
            text = bodies.plain(row["content"], names)
            message = _message(names[_person(row)], text, files, when, Origin(file.name, number))
            sent.append(bodies.Sent(when, (message,)))
    yield Understood({"counts": "messages", **facts, **_reacted(sum(bool(row.get("reactions")) for _, row in good))})
    yield from sorted(unread, key=lambda each: each.origin.line)
    if sent:
        name = _EXPORTED_NAME.fullmatch(PurePosixPath(file.name).stem)
        yield Conversation(bodies.in_time(sent), Origin(file.name, 1, len(found)), name[1] if name else "")


def _rows(text: str, delimiter: str, width: int) -> Iterator[tuple[int, list[str], str]]:
    """The rows below the head with their numbers, and why one could not be read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    first = 1
    try:
        next(reader, None)
    except csv.Error as error:  # a quote in the head that is never closed
        yield first, [], f"broken CSV: {error}"
        first = 2
    for number in count(first):
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # such as a quote that is never closed
            yield number, [], f"broken CSV: {error}"
            continue
        if len(row) == width + 1 and not row[-1]:
            row.pop()  # the oldest exports end each row with a separator
        if len(row) == width:
            yield number, row, ""
        else:
            yield number, row, f"{len(row)} columns instead of {width}" if row else "blank row"


def _person(row: Mapping[str, str]) -> str:
    """Who wrote a row: an id, or the full name in the oldest exports."""
    return row.get("authorid", "").strip() or row["author"].strip()


# --- Plain text -----------------------------------------------------------------------------------------------------


class _Block(NamedTuple):
    """The lines of one message: its head is the line `start`, counted from 0, and `end` is behind its last."""

    stamp: str
    sender: str
    start: int
    end: int


def has_preamble(beginning: str) -> bool:
    """Does this begin like plain text of the exporter?"""
    rule, *named = beginning[:1000].split("\n")[:3]
    return bool(_RULE.fullmatch(rule.strip())) and [each.partition(" ")[0] for each in named] == ["Guild:", "Channel:"]


def lines(file: Input, order: str) -> Iterator[Item]:
    """What was understood, the lines that could not be read, and the chat."""
    text = file.text()
    found = re.split(r"\r?\n", text)
    if not found[-1]:
        found.pop()
    begin, end = _preamble_end(found), _postamble_start(found)
    blocks = _blocks(found, begin, end)
    times, facts = dates.read(
        [each.stamp for each in blocks], order, lambda index: f"line {blocks[index].start + 1} of {file.name!r}"
    )
    names = names_of((each.sender, bodies.without_number(each.sender)) for each in blocks)
    sent: list[bodies.Sent] = []
    unread: list[Unparsed] = []
    for block, when in zip(blocks, times, strict=True):
        origin = Origin(file.name, block.start + 1, block.end - block.start)
        if when:
            body = found[block.start + 1 : block.end]
            sent.append(bodies.Sent(when, tuple(_of_block(names[block.sender], body, when, origin))))
        else:
            unread.append(_lost(found, block.start, block.end, "no such day or time", file))
    yield Understood({**facts, **_reacted(sum(line == REACTIONS for line in found))})
    first, messages = blocks[0].start if blocks else end, bodies.in_time(sent)
    before, after = found[:first], found[end:]
    if before and not (begin and messages):
        unread.insert(0, _lost(found, 0, first, "before the first message", file))
    if after and not messages:
        unread.append(_lost(found, end, len(found), "after the last message", file))
    yield from unread
    if messages:
        around = [Message("", "\n".join(before).strip(), messages[0].at, Origin(file.name, 1, first), "system")]
        ended = [Message("", "\n".join(after), messages[-1].at, Origin(file.name, end + 1, len(after)), "system")]
        every = (*(around if begin else ()), *messages, *(ended if after else ()))
        yield Conversation(every, Origin(file.name, 1, len(found)), _chat_name(before))


def _preamble_end(found: Sequence[str]) -> int:
    """The number of lines that say what was exported, between two rules."""
    if not has_preamble("\n".join(found[:3])):
        return 0
    return next((i + 1 for i, line in enumerate(found[3:LONGEST], 3) if _RULE.fullmatch(line)), 0)


def _postamble_start(found: Sequence[str]) -> int:
    """Where the lines begin that say how much was exported."""
    last = len(found)
    while last and not found[last - 1].strip():
        last -= 1
    rule, counted, end = found[last - 3 : last] if last >= 3 else ("", "", "")
    ends = _RULE.fullmatch(rule) and _COUNT.fullmatch(counted) and _RULE.fullmatch(end)
    return last - 3 if ends else len(found)


def _chat_name(preamble: Sequence[str]) -> str:
    """The channel as the preamble names it, with its server."""
    named = dict(line.split(": ", 1) for line in preamble[1:3] if ": " in line)
    guild, channel = named.get("Guild", "").strip(), named.get("Channel", "").strip()
    return channel if guild in ("Direct Messages", "") or not channel else f"{guild} / {channel}"


def _blocks(found: Sequence[str], begin: int, end: int) -> list[_Block]:
    """The messages between preamble and postamble. Before each head there are two blank lines, or reactions and one; a
    line with fewer that looks like a head was pasted by someone."""
    heads: list[tuple[int, str, str]] = []
    for index in range(begin, end):
        line = found[index]
        if not line.startswith("[") or not (head := _HEAD.fullmatch(line)):
            continue
        if _may_stand(found, index, first=not heads) and _is_stamp(head[1]):
            heads.append((index, head[1], head[2].strip().removesuffix(" (pinned)")))
    ends = [index for index, _, _ in [*heads[1:], (end, "", "")]]
    return [_Block(stamp, sender, start, last) for (start, stamp, sender), last in zip(heads, ends, strict=False)]


def _may_stand(found: Sequence[str], index: int, first: bool) -> bool:
    above = ["", "", "", *found[max(index - 3, 0) : index]][-3:]
    return not above[2] and (first or not above[1] or above[0] == REACTIONS)


def _is_stamp(text: str) -> bool:
    return bool(dates.numbers(text) or dates.of_word(text) or iso(text))


def _lost(found: Sequence[str], start: int, end: int, reason: str, file: Input) -> Unparsed:
    return Unparsed("\n".join(found[start:end])[: jsons.SHOWN], reason, Origin(file.name, start + 1, end - start))


def _of_block(speaker: str, body: Sequence[str], when: When, origin: Origin) -> Iterator[Message]:
    """The message in the lines below a head, and what it passes on."""
    marks = [i for i, line in enumerate(body) if line in SECTIONS and not (i and body[i - 1])]
    sections = {body[start]: body[start + 1 : end] for start, end in pairwise([*marks, len(body)])}
    text = bodies.plain("\n".join(body[: marks[0]] if marks else body), {})
    files = [line for line in sections.get(ATTACHMENTS, ()) if line.strip()]
    if text or FORWARDED not in sections:
        yield _message(speaker, text, files, when, origin, sections)
    if FORWARDED in sections:
        passed = [line for line in sections[FORWARDED] if not line.startswith(ORIGINALLY)]
        what = bodies.plain("\n".join(passed), {}) or bodies.placeholder(files, STICKERS in sections, EMBED in sections)
        yield Message(speaker, what, when.at, origin, "forwarded")


# --- Both -----------------------------------------------------------------------------------------------------------


def _message(
    speaker: str, text: str, files: Sequence[str], when: When, origin: Origin, sections: Collection[str] = ()
) -> Message:
    """A message, or an event that only its words tell."""
    if not files and bodies.is_notice(text):
        return Message("", f"{speaker}: {text}", when.at, origin, "system")
    kind: Kind = "text" if text else "media"
    said = text or bodies.placeholder(files, STICKERS in sections, EMBED in sections)
    return Message(speaker, said, when.at, origin, kind)


def _reacted(messages: int) -> dict[str, str]:
    return {"reactions left out": f"those to {messages:,} messages"} if messages else {}
