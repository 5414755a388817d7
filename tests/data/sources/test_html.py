"""Web pages: what is text in them, what is left out, pages that are chats, and pages made to do harm."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from _damaged import CASES, facts, mutants, read, unparsed

from mynah.core.errors import UserError
from mynah.core.types import Document, Item
from mynah.data.files import HEAD, decoded
from mynah.data.sources import html

PAGE = """<!DOCTYPE html>
<html><head><title> The shed &amp;
 the ladder</title><style>p {color: blue}</style></head>
<body>
<nav><ul><li>Home</li></ul></nav>
<h1>The <em>shed</em></h1>
<p>Open from&nbsp;<b>nine</b><br>
to five &mdash; daily.<p>Ring the <a href="/bell">bell</a> <img src="b.png" alt="(a bell)">.
<h2>Tools</h2>
<table><caption>All tools</caption>
<tr><th>tool<th>place
<tr><td><p>saw</p><td>shelf<br>2
</table>
<ol><li>nails<ul><li>short<li>long</ul><li>glue</ol>
<pre>open  --shed
  now</pre>
<!-- more? --><script>document.write("<p>no")</script>
<p hidden>secret</p><div role="navigation">Next</div>
<h2>Doors</h2>
<footer>Made in a hurry</footer>
</body></html>
"""


def document(found: Sequence[Item]) -> Document:
    (one,) = [item for item in found if isinstance(item, Document)]
    return one


def sections(page: str) -> tuple[tuple[str, str], ...]:
    return document(read(html, page, "page.html")).sections


def test_a_page_keeps_headings_tables_and_lists_and_says_what_it_leaves_out() -> None:
    found = read(html, PAGE, "page.html")
    assert document(found).title == "The shed & the ladder" and document(found).origin.lines == PAGE.count("\n")
    assert document(found).sections == (
        ("The shed", "Open from nine\nto five — daily.\n\nRing the bell (a bell)."),
        (
            "The shed > Tools",
            "All tools\n\ntool | place\nsaw | shelf 2\n\n1. nails\n  - short\n  - long\n2. glue\n\nopen  --shed\n  now",
        ),
        ("The shed > Doors", ""),
    )
    told = facts(found)["left out"]
    assert set(told.split(", ")) == {"2 navigations", "1 comment", "1 script", "1 hidden part", "1 footer"}


def test_tables_that_place_the_parts_of_a_page_are_no_rows() -> None:
    page = "<table><tr><td>left<td><h1>Shed</h1><p>Open.</p><table><tr><td>a<td>b</table>More.</table>"
    assert sections(page) == (("", "left"), ("Shed", "Open.\n\na | b\n\nMore."))


def test_only_the_main_part_is_read_where_it_is_marked() -> None:
    found = read(html, "<body><p>Cookies?</p><main><h1>Shed</h1>Open.</main><h2>See also</h2><p>Garden</p>")
    assert document(found).sections == (("Shed", "Open."),)
    assert facts(found)["left out"] == "3 paragraphs of other parts"
    assert sections("<main></main><p>Open.</p>") == sections("<main>Open.</main>") == (("", "Open."),)


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "windows-1255", "iso-8859-8"])
def test_the_encoding_is_what_the_page_says(codec: str) -> None:
    page = f'<html><head><meta charset="{codec}"><title>מחסן</title><body><p>פתוח'.encode(codec)
    assert document(read(html, page)).title == "מחסן" and document(read(html, page)).sections == (("", "פתוח"),)


@pytest.mark.parametrize("codec", ["punycode", "zlib", "unicode_escape", "nothing"])
def test_an_encoding_that_pages_do_not_have_is_not_believed(codec: str) -> None:
    assert document(read(html, f"<meta charset={codec}><p>open".encode() + b"\xff")).sections == (("", "openÿ"),)


def test_it_is_recognized_by_its_beginning_and_a_chat_is_not() -> None:
    assert html.sniff(PAGE, "notes.txt") == html.sniff(f"\ufeff<!-- x -->\n{PAGE}", "page.html") == 0.85
    assert html.sniff("<h1>Shed</h1><p>open</p>", "page.html") == 0.6
    assert html.sniff("<h1>Shed</h1><p>open</p>", "page.txt") == html.sniff("open", "page.html") == 0
    for mark in ('<div class="message default clearfix">', "<div class=chatlog__message>", "<div class='_a6-g'>"):
        assert html.sniff(f"{PAGE}{mark}", "messages.html") == 0


def test_a_page_without_text_is_listed() -> None:
    found = read(html, "<html><script>start()</script><body>")
    assert [(item.reason, item.origin.lines) for item in unparsed(found)] == [("no text in it", 1)]


def test_deep_pages_are_read_and_deeper_ones_are_an_error() -> None:
    assert sections("<div>" * 900 + "open" + "</div>" * 900) == (("", "open"),)
    with pytest.raises(UserError, match="1,000 elements inside each other"):
        read(html, "<div>" * 100_000)
    assert sections("<p>open\n" * 5000)[0][1].count("open") == 5000


def test_a_damaged_page_gives_a_result_or_an_error() -> None:
    for data in mutants([PAGE], CASES):
        assert 0 <= html.sniff(decoded(data)[:HEAD], "page.html") <= 1
        found = read(html, data)
        assert facts(found)["counts"] == "lines", data
        documents = [item for item in found if isinstance(item, Document)]
        assert len(unparsed(found)) + len(documents) == 1, data
        assert all("".join(sum(each.sections, (each.title,))).encode() for each in documents), "no halves of characters"
