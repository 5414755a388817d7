"""DOCX: headings by style, tables, lists and notes, what tracked changes leave, and archives made to do harm."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Sequence

import pytest
from _damaged import facts, mutants, read, unparsed

from mynah.core.errors import UserError
from mynah.core.types import Document, Item
from mynah.data.files import HEAD, decoded
from mynah.data.sources import docx

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)


def document(found: Sequence[Item]) -> Document:
    (one,) = [item for item in found if isinstance(item, Document)]
    return one


def packed(body: str, **parts: str) -> bytes:
    """The sample with another body, and further parts of `word/`."""
    with zipfile.ZipFile(io.BytesIO(docx.sample())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["word/document.xml"] = f"<w:document {SPACES}><w:body>{body}</w:body></w:document>".encode()
    for name, text in parts.items():
        members[f"word/{name}.xml"] = f"<w:{name} {SPACES}>{text}</w:{name}>".encode()
    return zipped(members)


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def sections(body: str, **parts: str) -> tuple[tuple[str, str], ...]:
    return document(read(docx, packed(body, **parts), "rules.docx")).sections


def test_what_python_docx_writes_is_read() -> None:
    from docx import Document as Written

    written = Written()
    written.core_properties.title = ""
    written.add_heading("Rules of the shed", 0)
    written.add_paragraph("It is open from nine.")
    written.add_heading("Tools", 1)
    written.add_heading("Ladders", 2)
    written.add_paragraph("blue ones", style="List Bullet")
    written.add_paragraph("long ones", style="List Number")
    table = written.add_table(2, 2)
    for cell, text in zip(table._cells, ("tool", "place", "saw", "shelf 2"), strict=True):
        cell.text = text
    written.sections[0].header.paragraphs[0].text = "not for others"
    stream = io.BytesIO()
    written.save(stream)
    found = read(docx, stream.getvalue(), "rules.docx")
    assert document(found).title == "Rules of the shed" and facts(found)["left out"] == "1 header"
    assert document(found).sections == (
        ("", "Rules of the shed\n\nIt is open from nine."),
        ("Tools > Ladders", "- blue ones\n- long ones\n\ntool | place\nsaw | shelf 2"),
    )
    assert docx.sniff(decoded(stream.getvalue()[:HEAD]), "notes.txt") == 0.95


def test_styles_rest_on_others_and_are_known_in_every_language() -> None:
    styles = (
        '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="Kapitel"><w:name w:val="Kapitel"/><w:basedOn w:val="berschrift1"/></w:style>'
        '<w:style w:styleId="A"><w:name w:val="A"/><w:basedOn w:val="B"/></w:style>'
        '<w:style w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/></w:style>'
        '<w:style w:styleId="Outlined"><w:name w:val="x"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
    )
    body = "".join(p(name, f'<w:pStyle w:val="{name}"/>') for name in ("Kapitel", "Outlined", "A"))
    assert sections(body, styles=styles) == (("Kapitel > Outlined", "A"),)


def test_of_tracked_changes_the_outcome_is_read() -> None:
    ins, gone = "<w:ins><w:r><w:t>ten</w:t></w:r></w:ins>", "<w:del><w:r><w:delText>nine</w:delText></w:r></w:del>"
    moved = "<w:moveFrom><w:r><w:t>x</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>!</w:t></w:r></w:moveTo>"
    row = "<w:tr><w:trPr>{}</w:trPr><w:tc>{}</w:tc></w:tr>"
    table = f"<w:tbl>{row.format('<w:del/>', p('no'))}{row.format('', p('yes'))}</w:tbl>"
    found = read(docx, packed(f"<w:p><w:r><w:t>Open at </w:t></w:r>{gone}{ins}{moved}</w:p>{table}"))
    assert document(found).sections == (("", "Open at ten!\n\nyes"),)
    assert facts(found)["left out"] == "3 tracked deletions"


def test_notes_stand_below_the_paragraph() -> None:
    refer = '<w:p><w:r><w:t>Open{}</w:t><w:{}Reference w:id="{}"/></w:r></w:p>'
    separator = '<w:footnote w:id="0" w:type="separator"/>'
    found = sections(
        refer.format(" today", "footnote", 2) + refer.format("", "endnote", 2) + refer.format("", "footnote", 9),
        footnotes=f'{separator}<w:footnote w:id="2">{p("from nine")}</w:footnote>',
        endnotes=f'<w:endnote w:id="2">{p("to five")}</w:endnote>',
    )
    assert found == (("", "Open today[1]\n\n[1] from nine\n\nOpen[2]\n\n[2] to five\n\nOpen"),)


def test_controls_links_breaks_and_text_boxes_are_read_once() -> None:
    control = f"<w:sdt><w:sdtPr><w:t>no</w:t></w:sdtPr><w:sdtContent>{p('control')}</w:sdtContent></w:sdt>"
    both = f"<mc:Choice>{p('box')}</mc:Choice><mc:Fallback>{p('box')}</mc:Fallback>"
    box = f"<w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r>"
    link = "<w:hyperlink><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:hyperlink>"
    field = "<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>7</w:t></w:r>"
    picture = '<w:r><a:blip/><w:commentReference w:id="1"/></w:r>'
    found = read(docx, packed(f"{control}<w:p>{box}</w:p><w:p>{link}</w:p><w:p>{field}{picture}</w:p>"))
    assert document(found).sections == (("", "control\n\nbox\n\na\tb\nc\n\n7"),)
    assert facts(found)["left out"] == "1 picture, 1 comment" and document(found).origin.lines == 6


def test_a_file_without_text_is_listed() -> None:
    assert [item.reason for item in unparsed(read(docx, packed("<w:p/>")))] == ["no text in it"]


def test_it_is_recognized_by_its_members() -> None:
    head = decoded(docx.sample())
    assert docx.sniff(head, "notes.txt") == 0.95 and docx.sniff("PK\x03\x04 chat.txt", "export.zip") == 0
    assert docx.sniff("ÐÏ\x11à", "rules.docx") == 0.6 > docx.sniff("ÐÏ\x11à", "rules.doc") == 0


HARMFUL = {
    "has a password or is an old .doc": b"\xd0\xcf\x11\xe0\xa1\xb1",
    "which is damaged": b"PK\x03\x04 half",
    "an archive without 'word/document.xml'": zipped({"a.txt": b"open"}),
    "no element found": zipped({"word/document.xml": b""}),
    "more than 150 elements inside each other": packed("<w:x>" * 200 + "</w:x>" * 200),
    "of sane size": packed(" " * 5_000_000),
    "declares a document type": zipped({"word/document.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}),
}


@pytest.mark.parametrize("told", HARMFUL)
def test_what_is_no_docx_is_an_error(told: str) -> None:
    with pytest.raises(UserError, match=re.escape(told)):
        read(docx, HARMFUL[told])


def test_a_damaged_file_gives_a_result_or_an_error() -> None:
    whole = packed(p("Shed", '<w:outlineLvl w:val="0"/>') + p("Open from nine.") * 3, styles='<w:style w:styleId="a"/>')
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    r = random.Random(7)
    damaged = [
        zipped({**members, "word/document.xml": data}) for data in mutants([members["word/document.xml"].decode()], 100)
    ]
    for _ in range(100):
        a, b = sorted(r.randint(0, len(whole)) for _ in range(2))
        damaged.append(
            r.choice((whole[:a] + whole[b:], whole[:a] + r.randbytes(9) + whole[a + 9 :], whole[:b] + whole[a:]))
        )
    results = 0
    for data in damaged:
        assert 0 <= docx.sniff(decoded(data)[:HEAD], "x.docx") <= 1
        try:
            found = read(docx, data)
        except UserError:
            continue
        assert facts(found)["counts"] == "paragraphs"
        assert len(unparsed(found)) + sum(isinstance(item, Document) for item in found) == 1
        results += 1
    assert results > 10
