"""WhatsApp: the text file that a phone writes with "Export chat".

On Android open the chat, then the three dots, More, Export chat; on an iPhone tap the name above the chat, Export chat.
Both give a `.txt` or a zip with one inside, in the language, the clock and the date order of the phone::

    31/01/2024, 21:04 - Messages and calls are end-to-end encrypted.
    31/01/2024, 21:05 - Ida Kern: are you there?
    I am waiting at the gate
    31/01/2024, 21:06 - Otto: <Media omitted>
    31/01/2024, 21:07 - Otto: two minutes!

A file has no header, so everything is concluded from its lines: the shape that most heads share (a head of another
shape was pasted by someone and stays text), the order of day and month, and where a name with a colon ends. Heads are
found in `_whatsapp_heads.py` and dated in `_whatsapp_dates.py`, bodies are told apart in `_whatsapp_bodies.py` by the
phrases in `_whatsapp_words.py`; `_whatsapp_dialects.py` writes what this file reads.
"""

from __future__ import annotations

import gc
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Literal

from mynah.core import options as core_options
from mynah.core.options import option
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, readable
from mynah.data.sources import _whatsapp_bodies as bodies
from mynah.data.sources import _whatsapp_dates as dates
from mynah.data.sources import _whatsapp_heads as heads_of
from mynah.data.sources import _whatsapp_words as words
from mynah.data.sources._whatsapp_dialects import ANDROID, DIALECTS, Dialect, write
from mynah.data.sources._whatsapp_heads import Head, any_of, clean

__all__ = ["ANDROID", "DIALECTS", "LABEL", "Dialect", "Options", "read", "sniff", "write"]

LABEL = "WhatsApp"
LONGEST_NAME = 100  # what is longer before a colon is a notice, not a name
OFTEN = 3  # what stands before a colon this often is a name, whatever it looks like

_EVENT = re.compile(words.events(), re.I)
_PLACEHOLDERS = rf"<(?:{any_of(words.every('media'))})>"
_TRACES = re.compile(rf"[{bodies.LEFT}{bodies.RIGHT}]|{_PLACEHOLDERS}|{any_of(bodies.BANNERS)}")
_NAME = re.compile(r"(?:^|/)_chat\.txt$|whatsapp", re.I)
_WEB_NOTICE = "- "  # WhatsApp Web sets notices off like this


class Options(core_options.Options):
    """What the file itself cannot always tell."""

    date_order: Literal["auto", "dmy", "mdy", "ymd"] = option("auto", "the order of day, month and year in the heads")
    year: int = option(0, "the year of the last message, where no head names one", ge=0, le=9999)


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is WhatsApp's: by lines that look like heads with a sender, and WhatsApp's own words."""
    text = _text(head)
    heads = heads_of.dominant(heads_of.find(text))
    senders = sum(_prefix(_rest(text, h)) is not None for h in heads)
    if not senders:
        return 0.0
    traces = bool(_TRACES.search(head))
    sure = {1: 0.4, 2: 0.65}.get(senders, 0.8)
    shape = heads[0].shape
    if not traces and shape.year == 0 and shape.mark != "-":
        sure -= 0.3  # exports of Signal look like this, too
    if not traces and shape.mark == " ":
        sure -= 0.2  # and so do the logs of programs
    if not text[: heads[0].start].strip():
        sure += 0.05  # a document that quotes a chat begins otherwise
    return round(max(sure, 0.0) + 0.1 * traces + 0.05 * bool(_NAME.search(name)), 2)


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the lines before the first message, and the chat. Raises Undecided for ambiguous dates."""
    with _no_collector():
        items = list(_items(file, options))
    yield from items


def _items(file: Input, options: Options) -> Iterator[Item]:
    text = _text(file.text())
    found = heads_of.find(text)
    heads = heads_of.dominant(found)
    if not heads:
        if text:
            yield _unparsed(file, text, "no line looks like the head of a message")
        return
    days, concluded = dates.days(file, text, heads, options.date_order, options.year)
    dated = [(head, day) for head, day in zip(heads, days, strict=True) if day]
    yield Understood(_facts(text, concluded, found, heads, dated))
    first = dated[0][0].start if dated else len(text)
    if first:
        yield _unparsed(file, text[:first], "before the first message")
    if dated:
        messages = tuple(_messages(file, text, dated))
        start, last = messages[0].origin.line, messages[-1].origin
        yield Conversation(messages, Origin(file.name, start, last.line + last.lines - start))


# --- The text -------------------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    """The lines, each after a line feed. Only LF and CRLF end lines: `str.splitlines` would split at U+2028, too."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return "\n" + text.removesuffix("\n") if text else ""


def _rest(text: str, head: Head) -> str:
    """What follows a head in its line."""
    end = text.find("\n", head.end)
    return text[head.end : end if end >= 0 else len(text)]


def _unparsed(file: Input, text: str, reason: str) -> Unparsed:
    return Unparsed(text[1:], reason, Origin(file.name, 1, text.count("\n")))


def _facts(
    text: str,
    concluded: Mapping[str, str],
    found: Sequence[Head],
    heads: Sequence[Head],
    dated: Sequence[tuple[Head, date]],
) -> dict[str, str]:
    """What was concluded, in words; lines that look like heads but are not used are mentioned."""
    shape = heads[0].shape
    facts = {
        "platform": {"[": "iOS", "-": "Android"}.get(shape.mark, "an old iOS"),
        **concluded,
        "clock": "12 hours" if shape.half_days else "24 hours",
    }
    strange = [h for h in found if h.shape != shape] if len(heads) < len(found) else []
    impossible = []
    if len(dated) < len(heads):
        used = {h for h, _ in dated}
        impossible = [h for h in heads if h not in used]
    for what, unused in {"heads of another shape": strange, "impossible dates": impossible}.items():
        if unused:
            facts[what] = f"{len(unused)}, kept as text (first: line {dates.line_of(text, unused[0])})"
    return facts


@contextmanager
def _no_collector() -> Iterator[None]:
    """Without the search for cycles, which would go through all messages again and again and find none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


# --- Who speaks -----------------------------------------------------------------------------------------------------


def _prefix(rest: str, start: int = 0) -> str | None:
    """What stands before the first colon after `start`, if that can be a name."""
    at = rest.find(": ", start)
    if at < 0 and rest.endswith(":"):
        at = len(rest) - 1
    return rest[:at] if start < at <= LONGEST_NAME else None


def _senders(rests: Sequence[str], web: bool) -> list[str | None]:
    """The sender of each message as it is written, or None for a notice."""
    senders = [_prefix(rest) for rest in rests]
    longer = _names_with_colon(rests, senders)
    if longer:
        senders = [_longest(rest, name, longer) for rest, name in zip(rests, senders, strict=True)]
    notices = {name for name, n in Counter(senders).items() if name and n < OFTEN and _is_notice(name, web)}
    return [None if name in notices else name for name in senders] if notices else senders


def _is_notice(name: str, web: bool) -> bool:
    """Is what stands before a colon rather the beginning of `Ann changed the group name from "a" to "b: c"`?"""
    return _EVENT.search(name) is not None or (web and name.startswith(_WEB_NOTICE))


def _longest(rest: str, name: str | None, longer: Collection[str]) -> str | None:
    """The name with all its colons."""
    while name is not None and (next_name := _prefix(rest, len(name) + 2)) in longer:
        name = next_name
    return name


def _names_with_colon(rests: Sequence[str], senders: Sequence[str | None]) -> set[str]:
    """Names that hold a colon: whatever begins like `Team` goes on like `Team: Ops` or another name as frequent."""
    counts = Counter(senders)
    parents: dict[str, str] = {}
    for rest, sender in zip(rests, senders, strict=True):
        name, depth = sender, 0
        while name is not None and depth < 4:
            longer = _prefix(rest, len(name) + 2)
            if longer is None:
                break
            parents[longer] = name
            depth += 1
            if depth < 4:
                counts[longer] += 1
            name = longer
    frequent = [
        name
        for name in parents
        if counts[name] >= OFTEN and clean(name[len(parents[name]) + 2 :]).casefold() not in bodies.LABELS
    ]
    covered: Counter[str] = Counter()
    for name in frequent:
        covered[parents[name]] += counts[name]
    return {name for name in frequent if covered[parents[name]] == counts[parents[name]]}


def _shown(senders: Collection[str]) -> dict[str, str]:
    """How each sender is called. `~ Name` (who is not in the contacts) loses its mark unless a contact is `Name`."""
    plain = {sender: clean(sender).strip() for sender in senders}
    taken = set(plain.values())
    shown = {}
    for sender, name in plain.items():
        bare = name.removeprefix("~").strip()
        shown[sender] = bare if bare and bare not in taken else name
    return shown


# --- What they say --------------------------------------------------------------------------------------------------


def _messages(file: Input, text: str, dated: Sequence[tuple[Head, date]]) -> Iterator[Message]:
    """One message a head: its line and those up to the next head."""
    name, members = file.name, _members(file)
    ios = dated[0][0].shape.mark != "-"
    rests = [_rest(text, head) for head, _ in dated]
    senders = _senders(rests, web=ios)
    shown = _shown({sender for sender in senders if sender is not None})
    ends = [head.start for head, _ in dated[1:]] + [len(text)]
    line = 1 + text.count("\n", 0, dated[0][0].start)
    for (head, day), end, rest, sender in zip(dated, ends, rests, senders, strict=True):
        lines = 1 + text.count("\n", head.end, end)
        body = text[head.end : end] if lines > 1 else rest
        kind: Kind = "system"
        if sender is None:
            body = body.removeprefix(_WEB_NOTICE) if ios else body
            body = _stripped(body)
        else:
            body = _stripped(body[len(sender) + 2 :] if len(body) > len(sender) + 1 else "")
            generated = ios and bodies.is_generated(body, text[head.start + 1])
            kind, body = bodies.classify(body, generated, ios, members)
        speaker = "" if sender is None or kind == "system" else shown[sender]
        yield Message(speaker, body, datetime.combine(day, head.time), Origin(name, line, lines), kind)
        line += lines


def _stripped(body: str) -> str:
    """The body without the space around it; some phones write line feeds as U+2028."""
    return (body if body.isascii() else body.replace("\u2028", "\n")).strip()


def _members(file: Input) -> frozenset[str]:
    """The names of the other files in the zip: what a message names is an attachment, whatever the language."""
    if file.member is None:
        return frozenset()
    with readable(file.name), zipfile.ZipFile(file.path) as archive:
        return frozenset(PurePosixPath(name).name for name in archive.namelist())
