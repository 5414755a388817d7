"""A web page: saved from a browser, or a page of a help center.

In a browser: Save page as → Web page, HTML only. A page looks like this::

    <!DOCTYPE html>
    <html>
    <head><title>The shed &amp; the ladder</title></head>
    <body>
    <nav><a href="/">Home</a></nav>
    <h1>The shed</h1>
    <p>It is open from <b>nine</b> to five.</p>
    <h2>Tools</h2>
    <ul><li>a blue ladder</li><li>a saw</li></ul>
    <table><tr><th>Tool</th><th>Place</th></tr><tr><td>saw</td><td>shelf 2</td></tr></table>
    <footer>Made in a hurry</footer>
    </body>
    </html>

Headings, lists, and tables row by row (`saw | shelf 2`) are kept, and code with its lines; links become their text
and pictures what stands in their place. Scripts, styles, navigation, footers and what is hidden are left out and
counted, and so are the paragraphs outside of the main part, where the page marks one. Chats that Telegram, Discord,
Facebook and others export as pages are no documents: they are not recognized here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.types import Item
from mynah.data.files import Input, decoded
from mynah.data.sources._shared.documents import Sections, content, items, lines_of, named

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

LABEL = "web page"
DEEPEST = 1000  # elements that are open at once; the time that parsing takes grows with them
LEFT = {
    "script": "script",
    "style": "style sheet",
    "noscript": "noscript part",
    "template": "template",
    "nav": "navigation",
    "footer": "footer",
    "svg": "drawing",
    "canvas": "drawing",
    "iframe": "frame",
    "object": "object",
    "video": "video",
    "audio": "sound",
    "select": "choice of a form",
    "-comment": "comment",
}
ROLES = {"navigation": "navigation", "contentinfo": "footer", "search": "search form"}
BLOCKS = {
    "p", "div", "section", "article", "header", "main", "aside", "address", "blockquote", "figure", "figcaption",
    "details", "summary", "form", "fieldset", "legend", "center", "dl", "dt", "dd", "ul", "ol", "menu", "table",
    "caption", "hr", "pre", "body",
}  # fmt: skip
HEADINGS = {f"h{level}": level for level in range(1, 7)}
CELLS = ("td", "th")

_PAGE = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*){0,3}(?:<!doctype html|<html\b)", re.I | re.S)
_TAG = re.compile(r"</?(?:p|div|h[1-6]|ul|table|span|body|a)\b[^<>]{0,500}>", re.I)
_CHAT = re.compile(
    r"class=[\"']?(?:message default|chatlog__|pam _3-95|_3-95 _a6-g|_a6-g|sent iMessage|(?:sent|received) message\b)",
    re.I,
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.I)
_CODECS = re.compile(
    rb"iso-?8859-?\d{1,2}|latin-?\d|windows-?\d{3,4}|cp\d{3,4}|koi8-?[ru]|shift[_-]?jis|sjis|euc-?(?:jp|kr)|gbk|gb2312|"
    rb"gb18030|big5|iso-2022-jp", re.I
)  # fmt: skip
# Elements that people close. Those that may be left open, such as p and li, do not nest.
_NESTING = re.compile(
    r"<(/?)(?:div|span|section|article|blockquote|ul|ol|dl|table|font|center|[abius]|em|strong)\b", re.I
)


class Options(core_options.Options):
    """A page leaves nothing open."""


def sniff(head: str, name: str) -> float:
    """How sure it is: by the declaration or the first element, or by the name and some elements."""
    if _CHAT.search(head):
        return 0.0
    if _PAGE.match(head.removeprefix("\ufeff")):
        return 0.85
    called = PurePosixPath(name).suffix.lower() in (".html", ".htm", ".xhtml")
    return 0.6 if called and len(_TAG.findall(head)) >= 3 else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, and the document."""
    from selectolax.lexbor import LexborHTMLParser

    text = _text(content(file))
    check_depth(text, file.name)
    tree = LexborHTMLParser(text)
    sections, left = Sections(), Counter[str]()
    if tree.body is not None:
        _Page(sections, left).read(tree.body, _main(tree))
    found = sections.finished()
    title = tree.css_first("title")
    heading = next((heading for heading, _ in found if heading), "")
    words = title.text() if title is not None else ""
    facts = {"counts": "lines", "headings": f"{sum(bool(heading) for heading, _ in found):,}"}
    yield from items(file, words.strip() or heading or named(file), found, len(lines_of(text)), left, facts)


def _text(data: bytes) -> str:
    """The page as text: UTF-8 or UTF-16, otherwise as the page says, and Windows-1252 where it says nothing."""
    declared = _CHARSET.search(data[:4096])
    if declared and _CODECS.fullmatch(declared[1]):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode(declared[1].decode("ascii").lower(), "replace")
    return decoded(data)


def check_depth(text: str, name: str) -> None:
    """Raise UserError for a page whose elements are nested more deeply than pages are."""
    depth = deepest = 0
    for tag in _NESTING.finditer(text):
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        todo = "Open it in a browser and save its text as .txt."
        raise UserError(f"a page with at most {DEEPEST:,} elements inside each other", f"{deepest:,} in {name!r}", todo)


def fragment(html: str, sections: Sections, left: Counter[str]) -> None:
    """Add a piece of HTML to a document that is being read."""
    from selectolax.lexbor import LexborHTMLParser

    check_depth(html, "a part in HTML")
    body = LexborHTMLParser(f"<body>{html}").body  # a comment before the body would stand outside of it
    if body is not None:
        _Page(sections, left).read(body, None)


# --- The tree -------------------------------------------------------------------------------------------------------


def _main(tree: LexborHTMLParser) -> int | None:
    """The id of the one element that is marked as the main part, if it has text."""
    found = tree.css("main, [role=main]") or tree.css("article")
    return found[0].mem_id if len(found) == 1 and found[0].text().strip() else None


def _left(node: LexborNode) -> str:
    """What an element is that is left out, or nothing."""
    tag = node.tag or ""
    if tag in LEFT:
        return LEFT[tag]
    attributes = node.attrs if node.is_element_node else None
    if attributes is None:
        return ""
    if "hidden" in attributes:
        return "hidden part"
    return ROLES.get(attributes.get("role") or "", "")


class _Page:
    """A page as it is read: the text that is not yet a paragraph, the row and the list that are open."""

    def __init__(self, sections: Sections, left: Counter[str]) -> None:
        self.sections, self.left = sections, left
        self.words: list[str] = []
        self.cells: list[str] | None = None  # of the row that is open, if it is one of a table of data
        self.lists: list[int] = []  # the number of the item, for each list that is open; 0 without numbers
        self.marker = ""  # what stands before the next paragraph, in a list
        self.code = 0
        self.outside = False

    def read(self, body: LexborNode, main: int | None) -> None:
        """Each node as it begins and as it ends. Nothing here is recursive: pages may be nested deeply."""
        self.outside = main is not None
        node, begins = body, True
        while True:
            here = node.mem_id
            if begins:
                what = _left(node)
                self.left[what] += bool(what)
                if here == main:
                    self.end_block()
                    self.outside = False
                child = None if what else node.first_child
                if not what:
                    self.begin(node)
                if child is not None:
                    node = child
                    continue
                if not what:
                    self.end(node)
            else:
                self.end(node)
            if here == main:
                self.end_block()
                self.outside = True
            if here == body.mem_id:
                return self.end_block()
            following = node.next or node.parent
            assert following is not None
            begins = node.next is not None
            node = following

    def begin(self, node: LexborNode) -> None:
        """What the beginning of a node does."""
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            self.words.append(text if self.code else re.sub(r"\s+", " ", text))
        elif tag == "br":
            self.words.append("\n")
        elif tag == "img":
            self.words.append(node.attrs.get("alt") or "")
        elif tag in HEADINGS or tag == "table":
            self.end_row()  # this table places parts of the page, and holds no data
            self.end_block()
        elif tag == "tr":
            self.end_block()
            self.cells = []
        elif tag in ("li", "dd"):
            self.end_block()
            self.marker = self.item() if tag == "li" and self.cells is None else ""
        elif tag in BLOCKS:
            self.end_block()
            if tag in ("ul", "ol", "menu"):
                self.lists.append(0 if tag != "ol" else 1)
            self.code += tag == "pre"

    def end(self, node: LexborNode) -> None:
        """What the end of a node does."""
        tag = node.tag or ""
        if tag in HEADINGS:
            text, self.words = "".join(self.words), []
            if self.outside:
                self.left["paragraph of other parts"] += bool(text.strip())
            else:
                self.sections.heading(HEADINGS[tag], text)
        elif tag in CELLS and self.cells is not None:
            self.cells.append(" ".join("".join(self.words).split()))
            self.words = []
        elif tag == "tr":
            self.end_row()
        elif tag in BLOCKS or tag in CELLS or tag == "li":
            self.end_block()
            if tag in ("ul", "ol", "menu") and self.lists:
                self.lists.pop()
                self.marker = ""
            self.code -= tag == "pre"

    def item(self) -> str:
        """What stands before an item of the list that is open."""
        if not self.lists:
            return "- "
        number = self.lists[-1]
        self.lists[-1] += bool(number)
        return "  " * (len(self.lists) - 1) + (f"{number}. " if number else "- ")

    def end_row(self) -> None:
        """The cells of the row that is open are a line."""
        if self.cells is not None:
            row, self.cells = self.cells, None
            if any(row):
                self.add(" | ".join(row), "row")

    def end_block(self) -> None:
        """What was read so far is a paragraph; in a row of a table it is part of a cell."""
        if self.cells is not None:
            self.words.append(" ")
            return
        lines, self.words = "".join(self.words).split("\n"), []
        text = "\n".join(lines if self.code else (" ".join(line.split()) for line in lines)).strip("\n")
        if text.strip():
            marker, self.marker = self.marker, ""
            self.add(marker + text, "item" if self.lists else "")

    def add(self, text: str, kind: Literal["", "row", "item"]) -> None:
        """A paragraph of the document, unless it stands outside of the main part."""
        if self.outside:
            self.left["paragraph of other parts"] += 1
        else:
            self.sections.block(text, kind)
