"""Markdown: headings with their parents, what is kept as text, front matter and templates, and a real handbook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from _damaged import CASES, Given, facts, mutants, read, unparsed

from mynah.core.errors import UserError
from mynah.core.types import Document, Item, Unparsed
from mynah.data.files import HEAD, Input, decoded
from mynah.data.sources import markdown

REAL = Path(__file__).parents[4] / "shared" / "data" / "7_rag" / "handbook_18f"

PAGE = """---
title: "The shed: rules"
tags: [shed, tools]
---

Read this {% icon
"bell" %}
first, then [the list]({% page "list/" %}).

# Tools

The **blue** ladder\\
stands `behind` the
shed ![a ladder](ladder.png).

## Who has what

| tool | who      |
|:-----|---------:|
| saw  | Ida **M.** |

1. nails
2. glue
   - in tubes

   at the top

> Ask Otto.

```sh
open --shed   # now
```

Doors
=====

<!-- paint them -->
<details><summary>Keys</summary>

Otto has one. See [who][1].

</details>

[1]: who.md
[2]:
  which.md
"""


def document(found: Sequence[Item]) -> Document:
    (one,) = [item for item in found if isinstance(item, Document)]
    return one


def test_a_page_keeps_its_headings_and_its_text() -> None:
    found = read(markdown, PAGE, "rules.md")
    assert document(found).title == "The shed: rules" and document(found).origin.lines == PAGE.count("\n")
    assert document(found).sections == (
        ("", "Read this\n\nfirst, then the list."),
        ("Tools", "The blue ladder\nstands behind the shed a ladder."),
        (
            "Tools > Who has what",
            "tool | who\nsaw | Ida M.\n\n1. nails\n2. glue\n  - in tubes\n  at the top\n\n"
            "Ask Otto.\n\nopen --shed   # now",
        ),
        ("Doors", "Keys\n\nOtto has one. See who."),
    )
    assert not unparsed(found)
    assert facts(found) == {
        "counts": "lines",
        "headings": "3",
        "left out": "2 template tags, 2 targets of a link, 1 field of the front matter, 1 comment",
    }


@pytest.mark.parametrize(
    ("page", "title"),
    {
        "# Tools\n\nSaws.\n": "Tools",
        "---\ntitle: Shed\n---\n# Tools\n\nSaws.\n": "Shed",
        "---\norder: 3\n---\n# Tools\n\nSaws.\n": "Tools",
        "---\ntitle: [\n---\nSaws.\n": "title: [",  # which is a heading where it is no front matter
        "Saws.\n": "page",
        "---\n\nSaws hang on the wall.\n\n---\n": "page",
        '---\ntitle: "\\uD800 Shed"\n---\nSaws.\n': "? Shed",
    }.items(),
)
def test_the_title_is_that_of_the_front_matter_or_the_first_heading(page: str, title: str) -> None:
    found = document(read(markdown, page, "page.md"))
    assert found.title == title and any("Saws" in text for _, text in found.sections)


def test_template_tags_are_text_where_there_is_no_front_matter() -> None:
    found = read(markdown, "# Templates\n\nWrite `{{ name }}` for a name.\n")
    assert document(found).sections == (("Templates", "Write {{ name }} for a name."),)
    assert "left out" not in facts(found)


def test_a_heading_without_text_stays_unless_its_parts_name_it() -> None:
    headings = [heading for heading, _ in document(read(markdown, "# A\n## B\n## C\ntext\n# D\n")).sections]
    assert headings == ["A > B", "A > C", "D"]


def test_lists_that_are_nested_too_deeply_are_listed() -> None:
    found = read(markdown, "# A\n\ntext\n\n" + ">" * 300 + " lost?\n")
    assert [(item.origin.line, "lost?" in item.text) for item in unparsed(found)] == [(5, True)]
    deep = "\n".join(" " * (2 * depth) + f"- level{depth}" for depth in range(150))
    found = read(markdown, deep)
    told = " ".join([text for _, text in document(found).sections] + [item.text for item in unparsed(found)])
    assert all(f"level{depth}" in told for depth in range(150))


@pytest.mark.parametrize("bracket", ["[", "![", "[[]"])
def test_brackets_that_nobody_closes_are_an_error(bracket: str) -> None:
    with pytest.raises(UserError, match="open brackets"):
        read(markdown, bracket * 100_000)
    assert read(markdown, (bracket * 300 + "\n\n") * 3)


def test_it_is_recognized_by_its_marks_and_a_chat_is_not() -> None:
    assert markdown.sniff(PAGE, "page.txt") == 0.7 and markdown.sniff(PAGE, "page.md") == 0.8
    assert markdown.sniff("# Tools\nsaws\n", "page.md") == 0.8 > markdown.sniff("# Tools\nsaws\n", "page.txt") == 0
    assert markdown.sniff(PAGE, "page.csv") == markdown.sniff("milk\n", "list.md") == markdown.sniff("", "page.md") == 0
    chat = "# The shed\n\n" + "".join(f"[2024-01-31 21:0{n}] Ida: **tea** at [four](x)?\n- yes\n" for n in range(9))
    assert markdown.sniff(chat, "chat.md") == 0


def test_a_damaged_page_gives_a_result() -> None:
    for data in mutants([PAGE], CASES):
        assert 0 <= markdown.sniff(decoded(data)[:HEAD], "page.md") <= 1
        found = read(markdown, data)
        lines = decoded(data).removeprefix("\ufeff").replace("\r\n", "\n")
        number = max(1, lines.count("\n") + (not lines.endswith("\n")))
        (whole,) = [item.origin for item in found if isinstance(item, Document | Unparsed) and item.origin.line == 1][
            -1:
        ]
        assert whole.lines == number and facts(found)["counts"] == "lines", data
        for each in (item for item in found if isinstance(item, Document)):
            assert "".join(sum(each.sections, (each.title,))).encode(), "no halves of characters"


@pytest.mark.skipif(not REAL.exists(), reason="the corpora are not on this machine")
def test_a_handbook_is_read_with_its_titles() -> None:
    pages = sorted(REAL.rglob("*.md"))
    assert len(pages) > 200
    for path in pages[::6]:
        file = Input(path, None, REAL)
        assert markdown.sniff(file.head(), file.name) >= 0.6, path
        found = list(markdown.read(file, markdown.Options()))
        written = [line for line in path.read_text("utf-8").split("\n") if line.startswith("title:")]
        if "redirect_to:" in path.read_text("utf-8"):
            assert [item.reason for item in unparsed(found)] == ["no text in it"], path
            continue
        assert not unparsed(found) and (not written or document(found).title != path.stem), path
        assert "{%" not in repr(document(found).sections) or not written, path


def test_a_page_with_windows_line_ends_is_the_same_page() -> None:
    given = Given(Path("rules.md"), data=PAGE.replace("\n", "\r\n").encode())
    assert list(markdown.read(given, markdown.Options())) == read(markdown, PAGE, "rules.md")
