r"""PDF: a manual, a report, a filing. One document, page by page.

Any PDF with text is one; what was only scanned has none, and is made readable by text recognition. A small one is::

    %PDF-1.4
    1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
    2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
    3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources
      <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>> endobj
    4 0 obj <</Length 145>> stream
    BT /F 12 Tf 20 150 Td (The shed is open from nine.) Tj 0 -14 Td (Bring the blue lad-) Tj 0 -14 Td (der back.) Tj ET
    endstream endobj
    trailer <</Root 1 0 R>>

A section is a page: `page 3`, below the headings of the outline that begin on it, or that it continues:
`Tools > Ladders (page 3)`. Lines at the top and the bottom that most pages have (all, or every other one), with any
number in them, are left out and counted. Words that were divided at the end of a line are put together, and lines that
were broken to fit the page are joined. A page without text is listed. What is written in forms, in notes at the margin
and in attached files is not read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.types import Item, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared.documents import LONGEST, content, items, left_out, named, unwrapped

LABEL = "PDF"
MOST_PAGES = 20_000
UNENDED = 100  # streams without an end: for each of them the library looks through the whole file
MOST_ENTRIES = 20_000  # of the outline
EDGE = 3  # lines at the top and at the bottom that may be running heads and feet
REPEATED = 3  # pages that have one, at least
SHORT = 30  # characters of a full line that is no paragraph's
FULL = 0.75  # of the usual length of a line: it was broken to fit the page
LISTED = 3  # headings that begin on one page
PASSWORD = 4  # what PDFium calls a missing password
EMPTY = "has no text (a picture? Text recognition makes it readable)"

# PDFium writes a hyphen at the end of a line as U+0002 or U+FFFE, and no line end behind it.
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_DIVIDED = re.compile(r"(\w{1,40})(?:[\ufffe\x02\xad]\s{0,4}|-[ \t]{0,4}\r?\n)(?=(\w{1,40}))")
_WHOLE = re.compile(r"\w{1,40}-\w{1,40}")
_HYPHENS = str.maketrans({"\ufffe": "-", "\x02": "-", "\xad": None, "\0": None})
_MADE_UP = re.compile(
    r"\s*(?:[\W\d_]*$|untitled|microsoft (?:word|power)|slide 1$|document\d*$|[\w-]+\.\w{2,5}$)", re.I
)


class Options(core_options.Options):
    """A PDF leaves nothing open."""


def sniff(head: str, name: str) -> float:
    """How sure it is: by the mark at the beginning and the objects behind it."""
    head = head.lstrip("\ufeff \t\r\n")
    return 0.95 if head.startswith("%PDF-") and re.search(r"\d \d+ obj\b", head) else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the pages without text, and the document. Raises UserError for one with a password."""
    with _opened(content(file), file.name) as pdf:
        pages = [_text(pdf, index) for index in range(len(pdf))]
        headings = _headings(pdf, len(pages))
        title = _told(lambda: pdf.get_metadata_value("Title"))
        attached = pdf.count_attachments()
    left = Counter({"attached file": max(attached, 0)})
    bodies = _without_running_lines([_lines(text) for text in _undivided(pages)], left)
    usual = _usual(bodies)
    sections = []
    for number, (text, body) in enumerate(zip(pages, bodies, strict=True), 1):
        if body:
            sections.append((_called(headings[number - 1], number), _paragraphs(body, usual)))
        else:
            why = "cannot be read" if text is None else EMPTY
            yield Unparsed((text or "").strip(), f"page {number} {why}", Origin(file.name, number))
    facts = {"counts": "pages", "outline": "yes" if any(headings) else "none"}
    title = named(file) if _MADE_UP.match(title) else title
    if sections:
        yield from items(file, title, sections, len(pages), left, facts)
    else:  # each page is listed already
        yield Understood({**facts, **left_out(left)})


@contextmanager
def _opened(data: bytes, name: str) -> Iterator[Any]:
    """The PDF. Raises UserError for one that needs a password, is damaged or has too many pages."""
    import pypdfium2

    if len(_STREAM.findall(data)) - data.count(b"endstream") > UNENDED:
        raise UserError("a PDF that can be read", f"{name!r}, whose streams have no end", "Copy it again.")
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == PASSWORD:
            todo = "Open it with the password, and print or save it as a PDF without one."
            raise UserError("a PDF without a password", f"{name!r}, which has one", todo) from None
        found = f"{name!r}, which is damaged ({error})"
        raise UserError("a PDF that can be read", found, "Copy it again.") from None
    with pdf:
        if not 0 < len(pdf) <= MOST_PAGES:
            todo = "Cut it into several files." if len(pdf) else "Copy it again."
            raise UserError(f"a PDF of 1 to {MOST_PAGES:,} pages", f"{len(pdf):,} in {name!r}", todo)
        yield pdf


def _text(pdf: Any, index: int) -> str | None:
    """The text of a page, in the order in which the file draws it; None where the page is damaged."""
    import pypdfium2

    try:
        page = pdf[index]
        try:
            return str(page.get_textpage().get_text_bounded())
        finally:
            page.close()  # and what hangs on it
    except pypdfium2.PdfiumError:
        return None


# --- Headings -------------------------------------------------------------------------------------------------------


def _headings(pdf: Any, number: int) -> list[tuple[str, ...]]:
    """For each page the headings of the outline that begin on it, or else the one that it continues."""
    begins: list[list[str]] = [[] for _ in range(number)]
    path: list[str] = []
    for entry in islice(pdf.get_toc(), MOST_ENTRIES):
        path = [*path[: entry.level], " ".join(_told(entry.get_title).split())]
        page = _page_of(entry)
        whole = " > ".join(filter(None, path))
        if page is not None and page < number and 0 < len(whole) <= LONGEST:
            begins[page].append(whole)
    found: list[tuple[str, ...]] = []
    for here in begins:
        found.append(tuple(here) or (found[-1][-1:] if found else ()))
    return found


def _told(ask: Callable[[], str]) -> str:
    """What PDFium says, or nothing where that is no text."""
    try:
        return ask()
    except UnicodeDecodeError:
        return ""


def _page_of(entry: Any) -> int | None:
    """The page, from 0, that an entry of the outline leads to."""
    import pypdfium2

    try:
        target = entry.get_dest()
        page = target.get_index() if target else None
    except pypdfium2.PdfiumError:
        return None
    return int(page) if page is not None and page >= 0 else None


def _called(headings: Sequence[str], number: int) -> str:
    """`Tools > Ladders (page 3)`, or `page 3`."""
    if not headings:
        return f"page {number}"
    more = f"; and {len(headings) - LISTED} more" if len(headings) > LISTED else ""
    return f"{'; '.join(headings[:LISTED])}{more} (page {number})"


# --- Lines ----------------------------------------------------------------------------------------------------------


def _undivided(pages: Sequence[str | None]) -> list[str]:
    """The pages with the words whole that were divided at the end of a line. The hyphen stays in those that have one
    elsewhere, too."""
    texts = [text or "" for text in pages]
    whole = {word.lower() for text in texts for word in _WHOLE.findall(text)}

    def mended(found: re.Match[str]) -> str:
        first, second = found.groups()
        stays = f"{first}-{second}".lower() in whole or not (first[-1].isalpha() and second[0].islower())
        return f"{first}-" if stays else str(first)

    return [_DIVIDED.sub(mended, text).translate(_HYPHENS) for text in texts]


def _lines(text: str) -> list[str]:
    """The lines of a page that are not blank."""
    rows = (" ".join(line.split()) for line in text.replace("\r\n", "\n").split("\n"))
    return [row for row in rows if row]


def _without_running_lines(pages: Sequence[list[str]], left: Counter[str]) -> list[list[str]]:
    """The pages without the lines that stand at the top, or at the bottom, of most of them. Even and odd pages may
    have lines of their own."""
    tops = _repeated([page[:EDGE] for page in pages])
    feet = _repeated([page[-EDGE:] for page in pages])
    found = []
    for number, page in enumerate(pages):
        first, last = 0, len(page)
        while first < min(EDGE, last) and _shape(page[first]) in tops[number % 2]:
            first += 1
        while last > max(first, len(page) - EDGE) and _shape(page[last - 1]) in feet[number % 2]:
            last -= 1
        left["running header"] += first
        left["running footer"] += len(page) - last
        found.append(page[first:last])
    return found


def _repeated(edges: Sequence[Sequence[str]]) -> tuple[set[str], set[str]]:
    """The shapes of lines that most pages have: for the odd pages, and for the even ones."""
    shapes = [{_shape(line) for line in edge} for edge in edges]

    def most(group: Sequence[set[str]]) -> set[str]:
        counts = Counter(shape for page in group for shape in page)
        return {shape for shape, n in counts.items() if n >= REPEATED and 2 * n > len(group)}

    everywhere = most(shapes)
    return everywhere | most(shapes[::2]), everywhere | most(shapes[1::2])


def _shape(line: str) -> str:
    """A line with its numbers made equal."""
    return re.sub(r"\d+", "0", line)


def _usual(pages: Sequence[Sequence[str]]) -> int:
    """How long a full line is, in characters: nine in ten are not longer. Tables and headings are shorter."""
    lengths = sorted(len(line) for page in pages for line in page)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def _paragraphs(lines: Sequence[str], usual: int) -> str:
    """The text of a page. A line that is nearly full was broken to fit the page."""
    return unwrapped(lines, int(FULL * usual), 2 * usual) if usual >= SHORT else "\n".join(lines)
