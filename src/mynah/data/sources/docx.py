"""DOCX: what Word, LibreOffice and Google Docs write. One document, by its headings.

In Google Docs: File → Download → Microsoft Word (.docx). Others: Save as. The file is an archive; the text is in its
member `word/document.xml`. `sample()` makes a small one.

Headings are paragraphs of the styles that are called so, each below those of higher levels; tables are kept row by row
(`saw | shelf 2`), items of lists begin with `-`, and footnotes and endnotes stand below the paragraph that refers to
them, as `[1]`. Of tracked changes the outcome is read: what was inserted, and not what was deleted. Deletions,
pictures, comments, and the heads and feet of pages are left out and counted. The numbers that Word adds to headings
and items are in no file, and so not in the text. The archive is read here and not by python-docx, whose paragraphs
lack tracked insertions, content controls and notes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from xml.etree import ElementTree

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.types import Item
from mynah.data.files import BROKEN, Input
from mynah.data.sources._shared.documents import Sections, content, items, named

LABEL = "Word document"
LARGEST_PART = 64 * 1024**2  # bytes of a part of the archive, unpacked: ten times as many in memory
LARGEST_RATIO = 500  # XML that says the same again and again packs well, but not better
DEEPEST = 150  # elements inside each other
NAMELESS = ("[Content_Types].xml", "word/")
OLE = "ÐÏ\x11"  # the beginning of a .doc, and of a .docx with a password

DELETED = ("del", "moveFrom")
SILENT = ("pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr", "instrText", "delText", "delInstrText", "docPr")
NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}

_BROKEN = (*BROKEN, RuntimeError, LookupError, ValueError)
_STYLED = re.compile(r"heading ([1-9])", re.I)


class Options(core_options.Options):
    """A DOCX leaves nothing open."""


def sniff(head: str, name: str) -> float:
    """How sure it is: by the names of members near the beginning of the archive. A `.docx` that is no archive is one
    with a password, which `read` says."""
    called = PurePosixPath(name).suffix.lower() == ".docx"
    if head.startswith("PK\x03\x04"):
        parts = sum(part in head for part in NAMELESS)
        return 0.95 if parts == 2 else 0.6 if called and parts else 0.0
    return 0.6 if called and head.startswith(OLE) else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, and the document. Raises UserError for a file that is no DOCX, or too large a one."""
    with _opened(content(file), file.name) as archive:
        parts = _Parts(archive, file.name)
        place = parts.main()
        body = parts.parsed(place)
        beside = place.rpartition("/")[0]
        styles = _levels(parts.parsed(f"{beside}/styles.xml", is_optional=True))
        notes = {kind: _notes(parts.parsed(f"{beside}/{kind}s.xml", is_optional=True), kind) for kind in NOTES.values()}
        core = parts.parsed("docProps/core.xml", is_optional=True)
        left = Counter(
            {
                "header": sum(re.search(r"/header\d*\.xml$", part) is not None for part in parts.names),
                "footer": sum(re.search(r"/footer\d*\.xml$", part) is not None for part in parts.names),
            }
        )
    text = _Text(styles, notes, left)
    text.add(body)
    found = text.sections.finished()
    number = sum(_tag(each) == "p" for each in body.iter())
    told = next(((each.text or "").strip() for each in core.iter() if _tag(each) == "title"), "")
    heading = next((heading for heading, _ in found if heading), "").partition(" > ")[0]
    facts = {"counts": "paragraphs", "headings": f"{sum(bool(heading) for heading, _ in found):,}"}
    yield from items(file, text.title or told or heading or named(file), found, number, left, facts)


# --- The archive ----------------------------------------------------------------------------------------------------


def _opened(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive. Raises UserError for what is none."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        if data.startswith(OLE.encode("latin-1")):
            todo = "Open it and save it as .docx, without a password."
            raise UserError("a .docx", f"{name!r}, which has a password or is an old .doc", todo) from None
        found = f"{name!r}, which is damaged ({error})"
        raise UserError("a .docx that can be read", found, "Copy it again.") from None


class _Parts:
    """The parts of an archive, which are XML, with limits."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name = archive, name
        self.names = frozenset(archive.namelist())

    def main(self) -> str:
        """Where the text is. Raises UserError for an archive that is no DOCX."""
        for relation in self.parsed("_rels/.rels", is_optional=True):
            target = (relation.get("Target") or "").lstrip("/")
            if (relation.get("Type") or "").endswith("/officeDocument") and target in self.names:
                return target
        if "word/document.xml" in self.names:
            return "word/document.xml"
        raise UserError("a .docx", f"{self.name!r}, an archive without 'word/document.xml'", "Save it as .docx again.")

    def parsed(self, part: str, is_optional: bool = False) -> ElementTree.Element:
        """The XML of a part; an optional one that is not there is empty. Raises UserError for one that is damaged, or
        was made to do harm: entities, which Word never writes, are not read."""
        if is_optional and part not in self.names:
            return ElementTree.Element("nothing")
        try:
            info = self.archive.getinfo(part)
            if info.file_size > min(LARGEST_PART, LARGEST_RATIO * max(info.compress_size, 1024)):
                found = f"{part!r} in {self.name!r}, which unpacks to {info.file_size:,} bytes"
                raise UserError("a .docx of sane size", found, "Open it and save it again, in several files.")
            return _tree(self.archive.read(info))
        except (*_BROKEN, ElementTree.ParseError) as error:
            found = f"{part!r} in {self.name!r}, which is damaged ({error})"
            raise UserError("a .docx that can be read", found, "Open it and save it again.") from None


def _tree(data: bytes) -> ElementTree.Element:
    """The tree of some XML. Raises ValueError where it is nested too deeply, or declares entities."""
    if b"<!DOCTYPE" in data or "<!DOCTYPE".encode("utf-16-le") in data or "<!DOCTYPE".encode("utf-16-be") in data:
        raise ValueError("it declares a document type")
    depth = 0
    root: ElementTree.Element | None = None
    for event, element in ElementTree.iterparse(io.BytesIO(data), ("start", "end")):
        root = element if root is None else root
        depth += 1 if event == "start" else -1
        if depth > DEEPEST:
            raise ValueError(f"more than {DEEPEST} elements inside each other")
    assert root is not None  # the parser raises an error where there is no element
    return root


def _tag(element: ElementTree.Element) -> str:
    """The name of an element. Word has two name spaces for the same names."""
    return element.tag.rpartition("}")[2]


def _value(element: ElementTree.Element | None, name: str = "val") -> str:
    """An attribute, in whatever name space."""
    found = element.attrib.items() if element is not None else ()
    return next((value for key, value in found if key.rpartition("}")[2] == name), "")


def _child(element: ElementTree.Element | None, *path: str) -> ElementTree.Element | None:
    """The element at the end of a path of names."""
    for name in path:
        element = next((each for each in element if _tag(each) == name), None) if element is not None else None
    return element


def _levels(styles: ElementTree.Element) -> dict[str, int | str]:
    """What each style of paragraphs is: a level of headings from 1, "title" or "list". Styles rest on others."""
    own: dict[str, int | str] = {}
    rests: dict[str, str] = {}
    for style in styles:
        key, name = _value(style, "styleId"), _value(_child(style, "name")).lower()
        outline = _value(_child(style, "pPr", "outlineLvl"))
        rests[key] = _value(_child(style, "basedOn"))
        if heading := _STYLED.fullmatch(name):
            own[key] = int(heading[1])
        elif name == "title":
            own[key] = "title"
        elif outline.isdecimal() and int(outline) < 9:
            own[key] = int(outline) + 1
        elif name.startswith("list ") or _child(style, "pPr", "numPr") is not None:
            own[key] = "list"
    return {key: _rested(key, own, rests) for key in rests}


def _rested(key: str, own: Mapping[str, int | str], rests: Mapping[str, str]) -> int | str:
    for _ in range(20):  # styles that rest on each other in a circle are no headings
        if key in own or key not in rests:
            break
        key = rests[key]
    return own.get(key, 0)


def _notes(part: ElementTree.Element, kind: str) -> dict[str, ElementTree.Element]:
    """The notes by their ids, without the lines that separate them from the page."""
    return {_value(note, "id"): note for note in part if _tag(note) == kind and not _value(note, "type")}


# --- The text -------------------------------------------------------------------------------------------------------


class _Text:
    """The text as it is read."""

    def __init__(
        self,
        styles: Mapping[str, int | str],
        notes: Mapping[str, Mapping[str, ElementTree.Element]],
        left: Counter[str],
    ) -> None:
        self.sections, self.title = Sections(), ""
        self.styles, self.notes, self.left = styles, notes, left
        self.referred: list[ElementTree.Element] = []  # the notes of the paragraph that is read
        self.number = 0

    def add(self, element: Iterable[ElementTree.Element]) -> None:
        """Add the paragraphs and tables below an element. Controls and the like may stand around them."""
        for child in element:
            tag = _tag(child)
            if tag == "p":
                self.paragraph(child)
            elif tag == "tbl":
                self.table(child)
            elif tag in DELETED:
                self.left["tracked deletion"] += 1
            elif tag not in SILENT:
                self.add(_chosen(child))

    def paragraph(self, element: ElementTree.Element) -> None:
        """A paragraph is a heading, an item of a list or text, by its style."""
        text = "".join(self.runs(element)).strip()
        properties = _child(element, "pPr")
        style = self.styles.get(_value(_child(properties, "pStyle")), 0)
        outline = _value(_child(properties, "outlineLvl"))
        numbered = _child(properties, "numPr")
        if style == "title" and not self.title and text:
            self.title = " ".join(text.split())
        if isinstance(style, int) and (style or (outline.isdecimal() and int(outline) < 9)):
            self.sections.heading(style or int(outline) + 1, text)
        elif text and (style == "list" or numbered is not None):
            level = _value(_child(numbered, "ilvl"))
            indent = "  " * min(int(level), 8) if level.isdecimal() else ""
            self.sections.block(f"{indent}- {text}", "item")
        else:
            self.sections.block(text)
        self.add_notes()

    def table(self, element: ElementTree.Element) -> None:
        """A table is one line a row."""
        for row in _below(element, "tr"):
            if _child(row, "trPr", "del") is not None:
                self.left["tracked deletion"] += 1
                continue
            cells = [" ".join("".join(self.runs(cell)).split()) for cell in _below(row, "tc")]
            if any(cells):
                self.sections.block(" | ".join(cells), "row")
        self.add_notes()

    def add_notes(self) -> None:
        """The notes that were referred to. Notes in notes are not there in Word."""
        notes, self.referred = self.referred, []
        for note in notes:
            self.number += 1
            self.sections.block(f"[{self.number}] {' '.join(''.join(self.runs(note)).split())}", "item")
        self.referred.clear()

    def runs(self, element: Iterable[ElementTree.Element]) -> Iterator[str]:
        """The pieces of text below an element, as they stand after the tracked changes."""
        for child in element:
            tag = _tag(child)
            if tag == "t":
                yield child.text or ""
            elif tag in SIGNS:
                yield SIGNS[tag]
            elif tag in NOTES:
                yield self.reference(tag, _value(child, "id"))
            elif tag in DELETED:
                self.left["tracked deletion"] += 1
            elif tag not in SILENT:
                self.left["picture"] += tag in ("blip", "imagedata")
                self.left["sign of a symbol font"] += tag == "sym"
                self.left["comment"] += tag == "commentReference"
                yield from self.runs(_chosen(child))
                if tag in ("p", "tr"):
                    yield "\n"
                elif tag == "tc":
                    yield " "

    def reference(self, tag: str, key: str) -> str:
        """`[1]` where the paragraph refers to a note."""
        note = self.notes[NOTES[tag]].get(key)
        if note is None:
            return ""
        self.referred.append(note)
        return f"[{self.number + len(self.referred)}]"


def _chosen(element: ElementTree.Element) -> Iterable[ElementTree.Element]:
    """An element, or of those with the same content in two forms the first one."""
    return list(element)[:1] if _tag(element) == "AlternateContent" else element


def _below(element: Iterable[ElementTree.Element], tag: str) -> Iterator[ElementTree.Element]:
    """The rows of a table, or the cells of a row: controls and insertions may stand around them."""
    for child in element:
        if _tag(child) == tag:
            yield child
        elif _tag(child) in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"):
            yield from _below(child, tag)


# --- A sample -------------------------------------------------------------------------------------------------------


def sample() -> bytes:
    """A small DOCX, as the contract of sources wants one: the text of other samples is in their docstrings."""
    spaces = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    office = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{office}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{relation}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document {spaces}><w:body><w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr>'
        "<w:r><w:t>The shed</w:t></w:r></w:p><w:p><w:r><w:t>It is open from nine.</w:t></w:r></w:p>"
        "</w:body></w:document>",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return stream.getvalue()
