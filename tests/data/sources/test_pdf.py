"""PDF: pages and their headings, what is left out of them, words that were divided, and files that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from _damaged import facts, mutants, read, unparsed

from mynah.core.errors import UserError
from mynah.core.types import Document, Item
from mynah.data.files import HEAD, Input, decoded
from mynah.data.sources import pdf

REAL = Path(__file__).parents[4] / "shared" / "data" / "7_rag" / "sec_10q_pdf"

SENTENCES = (
    "The shed is open from nine.",
    "Ida has the key.",
    "Saws hang on the wall.",
    "Ring the bell twice.",
    "Ladders stay dry.",
    "Otto locks the door.",
)


def document(found: Sequence[Item]) -> Document:
    (one,) = [item for item in found if isinstance(item, Document)]
    return one


def made(
    *pages: Sequence[str],
    outline: Sequence[tuple[str, int]] = (),
    title: str = "",
    trailer: str = "",
    made_of: str = "",
) -> bytes:
    """A PDF with these lines on its pages, and an outline of (heading, page from 0). PDFium finds the objects by
    itself, so that no table of them is written."""
    objects = ["<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"]
    kids = []
    for lines in pages:
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
        content = f"BT /F 12 Tf 20 780 Td {shown}ET" if lines else ""
        objects.append(f"<</Length {len(content)}>> stream\n{content}\nendstream")
        place = "/Parent 9000 0 R /MediaBox [0 0 600 800] /Resources <</Font <</F 1 0 R>>>>"
        objects.append(f"<</Type /Page {place} /Contents {len(objects)} 0 R>>")
        kids.append(len(objects))
    named = dict(enumerate(objects, 1))
    named[9000] = f"<</Type /Pages /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] /Count {len(kids)}>>"
    for index, (heading, page) in enumerate(outline):
        following = f"/Next {9101 + index} 0 R" if index + 1 < len(outline) else ""
        named[9100 + index] = f"<</Title ({heading}) /Parent 9002 0 R {following} /Dest [{kids[page]} 0 R /Fit]>>"
    named[9002] = f"<</Type /Outlines /First 9100 0 R /Last {9099 + len(outline)} 0 R /Count {len(outline)}>>"
    named[9001] = f"<</Type /Catalog /Pages 9000 0 R {'/Outlines 9002 0 R' if outline else ''}>>"
    named[9003] = f"<</Title ({title})>>"
    body = "".join(f"{number} 0 obj {text} endobj\n" for number, text in named.items())
    return f"%PDF-1.7\n{body}{made_of}trailer <</Root 9001 0 R /Info 9003 0 R {trailer}>>\n".encode("latin-1")


def test_a_section_is_a_page() -> None:
    found = read(pdf, made(["The shed is open."], ["Bring the saw."], title="Rules of the shed"), "rules.pdf")
    assert facts(found) == {"counts": "pages", "outline": "none"}
    assert document(found).title == "Rules of the shed" and document(found).origin.lines == 2
    assert document(found).sections == (("page 1", "The shed is open."), ("page 2", "Bring the saw."))


@pytest.mark.parametrize("title", ["", "untitled", "Microsoft Word - rules.doc", "rules_v2.docx", "0000-22-000070"])
def test_a_title_that_a_program_made_up_is_none(title: str) -> None:
    assert document(read(pdf, made(["Open."], title=title), "a.zip/rules.pdf")).title == "rules"


def test_the_outline_names_the_pages() -> None:
    outline = [("Doors", 1), ("Keys", 1), ("Tools", 3)]
    found = read(pdf, made(*([line] for line in SENTENCES[:4]), outline=outline))
    headings = ["page 1", "Doors; Keys (page 2)", "Keys (page 3)", "Tools (page 4)"]
    assert [heading for heading, _ in document(found).sections] == headings and facts(found)["outline"] == "yes"


def test_lines_that_most_pages_have_are_left_out_and_counted() -> None:
    pages = [["Rules", line, f"Page {n} of 6"] for n, line in enumerate(SENTENCES, 1)]
    found = read(pdf, made(*pages))
    assert [text for _, text in document(found).sections] == list(SENTENCES)
    assert facts(found)["left out"] == "6 running headers, 6 running footers"
    sides = [[("Rules", "The shed")[n % 2], line] for n, line in enumerate(SENTENCES)]
    found = read(pdf, made(*sides))
    assert [text for _, text in document(found).sections] == list(SENTENCES)
    pages = [["Rules", line] if n < 2 else [line] for n, line in enumerate(SENTENCES)]
    assert document(read(pdf, made(*pages))).sections[0][1] == f"Rules\n{SENTENCES[0]}", "two pages are not most"


def test_divided_words_and_lines_are_put_together() -> None:
    lines = (
        "Whoever takes the blue ladder that stands be-",
        "hind the well-known shed has to bring it back",
        "before the bell rings at five, and writes the well-",
        "known name on the board.",
    )
    (section,) = document(read(pdf, made(lines))).sections
    whole = "Whoever takes the blue ladder that stands behind the well-known shed has to bring it back before the bell"
    assert section[1] == f"{whole} rings at five, and writes the well-known name on the board."
    (section,) = document(read(pdf, made(["Form 10-", "Q of 2019-", "2020"]))).sections
    assert "10-Q" in section[1] and "2019-2020" in section[1]


def test_pages_without_text_are_listed() -> None:
    found = read(pdf, made(["Open."], [], ["Closed."]))
    assert [heading for heading, _ in document(found).sections] == ["page 1", "page 3"]
    assert [(item.reason[:18], item.origin.line) for item in unparsed(found)] == [("page 2 has no text", 2)]
    found = read(pdf, made([], []))
    assert [item.origin.line for item in unparsed(found)] == [1, 2] and facts(found)["counts"] == "pages"


def test_a_password_and_damage_are_errors() -> None:
    secret = "/Filter /Standard /V 1 /R 2 /P -4 /O <" + "41" * 32 + "> /U <" + "42" * 32 + ">"
    locked = made(["Open."], trailer=f"/Encrypt <<{secret}>> /ID [<41> <41>]")
    with pytest.raises(UserError, match="without a password"):
        read(pdf, locked)
    for data in (b"%PDF-1.7 ", b"", made(["Open."])[:80]):
        with pytest.raises(UserError, match="which is damaged"):
            read(pdf, data)


def test_too_many_pages_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_PAGES", 1)
    with pytest.raises(UserError, match="Cut it"):
        read(pdf, made(["Open."], ["Closed."]))


def test_it_is_recognized_by_its_content() -> None:
    assert pdf.sniff(decoded(made(["Open."])), "notes.txt") == 0.95
    assert pdf.sniff("%PDF-1.7 ", "x.pdf") == pdf.sniff("A file begins with %PDF-1.7 1 0 obj", "x.pdf") == 0


def test_a_damaged_file_gives_a_result_or_an_error() -> None:
    seed = made(*([line, "Page 1"] for line in SENTENCES[:3]), outline=[("Doors", 1)], title="Shed").decode("latin-1")
    read_whole = 0
    for data in mutants([seed], 100):
        assert 0 <= pdf.sniff(decoded(data)[:HEAD], "x.pdf") <= 1
        try:
            found = read(pdf, data)
        except UserError:
            continue
        documents = [item for item in found if isinstance(item, Document)]
        pages = {item.origin.line for item in unparsed(found)} | {
            1 + n for each in documents for n in range(each.origin.lines)
        }
        assert pages == set(range(1, len(pages) + 1)) and facts(found)["counts"] == "pages", data
        assert all("".join(sum(each.sections, (each.title,))).encode() for each in documents)
        read_whole += bool(documents)
    assert read_whole > 10


@pytest.mark.skipif(not REAL.exists(), reason="the corpora are not on this machine")
def test_a_filing_is_read_page_by_page() -> None:
    paths = sorted(REAL.rglob("*.pdf"))
    assert len(paths) == json.loads((REAL / "expected.json").read_text("utf-8"))["pdfs"]
    file = Input(paths[0])
    found = list(pdf.read(file, pdf.Options()))
    assert pdf.sniff(file.head(), file.name) == 0.95 and document(found).title == paths[0].stem
    assert len(document(found).sections) == document(found).origin.lines == 28 and not unparsed(found)
    text = "\n".join(words for _, words in document(found).sections)
    assert "iPhone" in text and "\ufffe" not in text and "Form 10-Q |" not in text
