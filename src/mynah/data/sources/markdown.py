"""Markdown: the pages of a handbook, a README, notes.

Most sites and note programs keep or export their pages as `.md`; a page looks like this::

    ---
    title: The shed
    ---
    # Tools

    The [blue ladder](tools/ladder.md) stands **behind** the shed. Bring it back before five.

    ## Who has what

    | tool | who  |
    |------|------|
    | saw  | Ida  |

    - nails: shelf 2
    - glue: shelf 3

    ```
    open --shed
    ```

Headings are kept, each below those of higher levels: `Tools > Who has what`. Links become their text, tables are kept
row by row (`saw | Ida`), lists and code with their lines; HTML in it is read as a page is. The title is that of the
front matter, the first heading, or the name of the file; the other fields of the front matter and comments are left
out and counted, and so are the tags of templates (`{% … %}`, `{{ … }}`) in pages with front matter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.types import Item, Origin, Unparsed
from mynah.data.files import Input, decoded
from mynah.data.sources import html
from mynah.data.sources._shared.documents import (
    Sections,
    beginning,
    content,
    is_chat,
    is_prose,
    items,
    may_be_prose,
    named,
)

if TYPE_CHECKING:
    from markdown_it.token import Token

LABEL = "Markdown"
NESTED = 100  # lists and quotes inside each other, each of which counts twice
OPEN = 500  # brackets that are open at once; the time that a parser takes grows with their square
CHAT = 0.3  # share of lines that may look like messages: pages hold tables of times

_FRONT = re.compile(r"---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_TEMPLATE = re.compile(r"(\]\(|\]: ?)?(?:\{%[\s\S]{0,500}?%\}|\{\{[\s\S]{0,500}?\}\})")
_BRACKET = re.compile(r"[\[\]]|\n[ \t]*\n")
_DEFINITION = re.compile(r"[ >]{0,9}\[[^\]]{1,300}\]:")
_HEADING = re.compile(r"^#{1,6} +\S", re.M)
_MARKS = tuple(
    re.compile(pattern, re.M)
    for pattern in (
        r"^(?:```|~~~)",
        r"\[[^\]\n]{1,200}\]\([^)\n]{1,500}\)",
        r"\*\*[^\s*][^\n*]{0,200}\*\*",
        r"^ {0,8}(?:[-*+]|\d{1,3}\.) +\S",
        r"^\|?[ :-]{0,20}-{3,}[ :-]{0,20}\|",
        r"^> ?\S",
        r"^(?:={3,}|-{3,})$",
    )
)


class Options(core_options.Options):
    """Markdown leaves nothing open."""


def sniff(head: str, name: str) -> float:
    """How sure it is: by headings with `#` or front matter and other marks. A file called `.md` needs fewer of them."""
    lines = beginning(head)
    text = "\n".join(lines)
    if not may_be_prose(name) or "\0" in text or text.startswith(("{", "[{", "<")) or is_chat(lines, CHAT, CHAT):
        return 0.0
    points = sum(mark.search(text) is not None for mark in _MARKS)
    points += 2 * bool(_FRONT.match(text)) + 2 * bool(_HEADING.search(text))
    if PurePosixPath(name).suffix.lower() in (".md", ".markdown"):
        return 0.8 if points > 1 else 0.6 if points or is_prose(lines) else 0.0
    return 0.7 if points > 3 else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, what could not be read, and the document."""
    text = decoded(content(file)).removeprefix("\ufeff").replace("\r\n", "\n")
    number = text.count("\n") + bool(text and not text.endswith("\n"))
    left = Counter[str]()
    title, body = _front(text, left)
    above = text.count("\n") - body.count("\n")  # lines of front matter
    check_brackets(body, file.name)
    page = _Page(left)
    for line, words in page.read(body):
        yield Unparsed(words, "nested too deeply, or half of a link", Origin(file.name, line + above))
    found = page.sections.finished()
    heading = next((heading for heading, _ in found if heading), "").partition(" > ")[0]
    facts = {"counts": "lines", "headings": f"{sum(bool(heading) for heading, _ in found):,}"}
    yield from items(file, title or heading or named(file), found, number, left, facts)


def check_brackets(text: str, name: str) -> None:
    """Raise UserError for a paragraph with more open brackets than anybody writes."""
    depth = deepest = 0
    for found in _BRACKET.finditer(text):
        depth = depth + 1 if found[0] == "[" else max(depth - 1, 0) if found[0] == "]" else 0
        deepest = max(deepest, depth)
    if deepest > OPEN:
        todo = "Read it as it stands, with --source text."
        raise UserError(f"Markdown with at most {OPEN} open brackets in a paragraph", f"{deepest:,} in {name!r}", todo)


def _front(text: str, left: Counter[str]) -> tuple[str, str]:
    """The title of the front matter, and the text without it; all of the text where there is none."""
    found = _FRONT.match(text)
    try:
        fields = yaml.load(found[1], Loader=yaml.BaseLoader) if found else None  # this loader makes nothing but text
    except (yaml.YAMLError, ValueError, RecursionError):
        fields = None
    if not found or not isinstance(fields, dict):
        return "", text
    title = fields.get("title")
    title = title.strip() if isinstance(title, str) else ""
    left["field of the front matter"] += len(fields) - bool(title)
    body, tags = _TEMPLATE.subn(_without, text[found.end() :])
    left["template tag"] += tags
    return title, body


def _without(tag: re.Match[str]) -> str:
    """What stays of the tag of a template: its lines, and a place for the link that leads there."""
    return f"{tag[1]}#" if tag[1] else "\n" * tag[0].count("\n")


# --- The page -------------------------------------------------------------------------------------------------------


class _Page:
    """A page as it is read, from the tokens of a parser."""

    def __init__(self, left: Counter[str]) -> None:
        self.sections, self.left = Sections(), left
        self.lists: list[bool] = []  # those that are open: has it numbers?
        self.marker = ""
        self.level = 0  # of the heading that is open
        self.row: list[str] | None = None

    def read(self, text: str) -> list[tuple[int, str]]:
        """Add all of a text. Returns the lines, with their numbers, that the parser left out without a word."""
        from markdown_it import MarkdownIt

        parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 2 * NESTED}).enable(["table", "strikethrough"])
        read: set[int] = set()
        for token in parser.parse(text):
            self.add(token)
            if token.map and (not token.nesting or token.type in ("heading_open", "table_open")):
                read.update(range(*token.map))
        missed = [(index + 1, line) for index, line in enumerate(text.split("\n")) if index not in read]
        missed = [(number, line) for number, line in missed if re.search(r"\w", line)]
        lost, target = [], 0
        for number, line in missed:
            if _DEFINITION.match(line) or number == target:
                self.left["target of a link"] += number != target
                target = number + line.rstrip().endswith("]:")  # it may stand in the next line
            else:
                lost.append((number, line))
        return lost

    def add(self, token: Token) -> None:
        """Add what a token says."""
        kind = token.type
        if kind == "inline":
            self.words(self.plain(token.children or ()))
        elif kind in ("fence", "code_block"):
            self.sections.block(token.content.strip("\n"))
        elif kind == "html_block":
            self.html(token.content)
        elif kind == "heading_open":
            self.level = int(token.tag[1:])
        elif kind == "heading_close":
            self.level = 0
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self.lists.append(kind == "ordered_list_open")
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif kind == "list_item_open":
            self.marker = f"{token.info}. " if self.lists[-1] else "- "
        elif kind == "tr_open":
            self.row = []
        elif kind == "tr_close" and self.row is not None:
            row, self.row = self.row, None
            self.sections.block(" | ".join(row), "row")

    def words(self, text: str) -> None:
        """The text of a paragraph, a heading or a cell."""
        if self.level:
            self.sections.heading(self.level, text)
        elif self.row is not None:
            self.row.append(" ".join(text.split()))
        elif self.lists and text.strip():
            marker, self.marker = self.marker or "  ", ""
            self.sections.block("  " * (len(self.lists) - 1) + marker + text, "item")
        else:
            self.sections.block(text)

    def plain(self, tokens: Sequence[Token]) -> str:
        """The text of what stands in one paragraph."""
        return "".join(map(self.said, tokens)).strip()

    def said(self, token: Token) -> str:
        if token.type == "softbreak":
            return " "
        if token.type == "hardbreak" or (token.type == "html_inline" and token.content.lower().startswith("<br")):
            return "\n"
        if token.type == "html_inline":
            self.left["comment"] += token.content.startswith("<!--")
            return ""
        return token.content  # of a picture it is the text that stands in its place; of the ends of a link nothing

    def html(self, text: str) -> None:
        """A part in HTML. What only opens or closes an element holds nothing."""
        html.fragment(text, self.sections, self.left)
