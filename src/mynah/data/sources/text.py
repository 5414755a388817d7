"""Plain text: a manual, an article, notes. One document, by its headings.

Any file of running text is one: save or export it as `.txt`. It is recognized last of all and only as prose: several
sentences, mostly in long lines, few of which begin as messages do, with a time or a name. What is too short or too
broken for that is read with `--source text`::

    THE BLUE LADDER

    The ladder stands behind the shed. Whoever takes it writes a name on the
    board, and brings it back before five.

    1. Before you climb

    Look at the ground first. It has to be dry and even, or somebody holds the
    ladder. Nobody climbs alone after dark.

    1.1 Shoes

    Wear shoes with a heel. Sandals stay on the ground!

A heading is a line by itself that is underlined, numbered (`1.1 Shoes`, `Chapter 2`) or in capitals; headings of
lower levels stand below those of higher ones: `THE BLUE LADDER > 1. Before you climb`. Numbered lines one after the
other are a list. Lines that were broken to fit a page are joined; lists and short lines keep their ends. The title is
the first line, where that stands alone, or the name of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from mynah.core import options as core_options
from mynah.core.types import Item
from mynah.data.files import Input, decoded
from mynah.data.sources._shared.documents import (
    Sections,
    beginning,
    content,
    is_chat,
    is_prose,
    items,
    lines_of,
    may_be_prose,
    named,
    unwrapped,
)

LABEL = "plain text"
SURE = 0.51  # just enough: any other source that knows the file knows it better
HEADING = 80  # characters of a heading that is not underlined
TITLE = 150  # characters of a first line that is the title

_RULE = re.compile(r" {0,3}([=\-~^*#])\1{2,}\s*")
_NUMBERED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,4})[.)]?\s+[^\W\d_a-zß-öø-ÿа-я].*")
_CHAPTER = re.compile(
    r"(?i:chapter|part|section|appendix|kapitel|teil|chapitre|partie|cap[ií]tulo|глава|часть|פרק|الفصل)"
    r"\s+(?:\d{1,3}|[IVXLC]{1,7}|[A-Zא-ת])(?:$|[\s.:,—–-]).*|第.{1,4}[章节節部]\b.*"
)
_ENDS = re.compile(r"[.!?:;,…。！？；，][\"'”’»)]*$")


class Options(core_options.Options):
    """A plain text leaves nothing open."""


def sniff(head: str, name: str) -> float:
    """Just sure enough of prose, and not at all of what looks like a chat, a page or data."""
    lines = beginning(head)
    if not may_be_prose(name) or not lines or re.match(r"[{<]|\[\s*[\[{\"]|%PDF|PK\x03", lines[0].lstrip()):
        return 0.0
    return SURE if is_prose(lines) and not is_chat(lines) else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, and the document."""
    lines = lines_of(decoded(content(file)))
    blocks = _blocks(lines)
    sections = Sections()
    numbers = [_number(block) for block in blocks]
    title = ""
    for index, block in enumerate(blocks):
        beside = {numbers[other] for other in (index - 1, index + 1) if 0 <= other < len(blocks)}
        level, heading, rest = _heading(block, is_listed=numbers[index] in beside)
        if heading:
            sections.heading(level, heading)
        if rest:
            sections.block(unwrapped(rest))
        if not index:
            title = heading or _title(block)
    found = sections.finished()
    facts = {"counts": "lines", "headings": f"{sum(bool(heading) for heading, _ in found):,}"}
    yield from items(file, title or named(file), found, len(lines), {}, facts)


def _blocks(lines: Sequence[str]) -> list[list[str]]:
    """The lines between those that are blank. A form feed begins a page."""
    rows = (line.replace("\f", "") for line in lines)
    return [list(block) for filled, block in groupby(rows, key=lambda line: bool(line.strip())) if filled]


def _title(block: Sequence[str]) -> str:
    first = block[0].strip()
    return first if len(block) == 1 and len(first) <= TITLE and not first.endswith((".", ":", ",", ";")) else ""


# --- Headings -------------------------------------------------------------------------------------------------------


def _heading(block: Sequence[str], is_listed: bool) -> tuple[int, str, Sequence[str]]:
    """The level of the heading that begins a block, its text, and the other lines. Without one the text is empty."""
    first = block[0].strip()
    if len(block) > 2 and _RULE.fullmatch(block[0]) and _is_under(block[2], block[1]):
        return 1, block[1].strip(), block[3:]
    if len(block) > 1 and not _RULE.fullmatch(block[0]) and _is_under(block[1], first):
        return 1 if block[1].strip()[0] in "=#*" else 2, first, block[2:]
    if len(first) > HEADING or _ENDS.search(first):
        return 0, "", block
    if len(block) == 1 and _CHAPTER.fullmatch(first):
        return 1, first, ()
    if len(block) == 1 and not is_listed and (number := _number(block)):
        return number + 1, first, ()
    if _is_capitals(first) and not (len(block) > 1 and _is_capitals(block[1])):
        return 1, first, block[1:]
    return 0, "", block


def _is_under(rule: str, text: str) -> bool:
    """Does this line underline that text, over at least half of its length?"""
    return bool(_RULE.fullmatch(rule)) and 2 * len(rule.strip()) >= len(text.strip())


def _number(block: Sequence[str]) -> int:
    """How deep the number of a line by itself is: 2 for `1.1 Shoes`; 0 without one."""
    found = _NUMBERED.fullmatch(block[0].strip()) if len(block) == 1 and len(block[0]) <= HEADING else None
    return found[1].count(".") + 1 if found else 0


def _is_capitals(line: str) -> bool:
    return line.isupper() and sum(map(str.isalpha, line)) >= 4
