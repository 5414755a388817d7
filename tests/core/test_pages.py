"""What pages share: pictures that can stand side by side, safe text, and numbers as people read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup
from matplotlib.axes import Axes

from mynah.core import pages
from mynah.core.pages import Picture, Table

ATTACK = "<script>alert('x')</script>"
MINUS = "\N{MINUS SIGN}"


def rendered(folder: Path, template: str, **shown: object) -> str:
    """What a page of this template becomes; it can use all macros."""
    macros = '{% from "pages.html.jinja" import head, mast, picture, share, table %}'
    (folder / "page.html.jinja").write_text(macros + template, encoding="utf-8")
    return pages.rendered(folder, {"twice": lambda text: text * 2}, **shown)


# --- Pictures -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def silences() -> Picture:
    found = pages.silences([1, 60, 3600, 86400], [1200, 340, 17], 3600, "the cut")
    assert found
    return found


def test_pictures_share_no_ids_and_wear_the_colors_of_the_page(silences: Picture) -> None:
    def plot(axes: Axes) -> None:
        axes.bar([1], [1], color=pages.COLORS["one"])

    other = pages.draw("other", 100, 100, plot)
    ids, others = (set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (silences.svg, other))
    assert ids and others and not ids & others
    assert set(re.findall(r"#([\w-]+)", silences.svg)) <= ids, "no color of its own, no reference to anything else"
    assert "var(--tuned)" in silences.svg and "var(--one)" in other


def test_every_color_has_a_light_and_a_dark_value() -> None:
    light, dark = re.findall(r":root \{(.*?)\}", pages.CODE[1].read_text(encoding="utf-8"), re.DOTALL)[:2]
    for variables in (light, dark):
        assert set(pages.NAMES) <= set(re.findall(r"--([\w-]+): #", variables))


def test_silences_are_told_in_words_and_numbers_too(silences: Picture) -> None:
    assert silences.alt == "Bars of the time between messages: 1,540 of 1,557 below 1 h, the cut."
    assert silences.numbers.groups == {"": [["0 s", "1 min", "1,200"], ["1 min", "1 h", "340"], ["1 h", "more", "17"]]}
    assert pages.silences([1, 2, 3], [0, 0], 2, "the cut") is None


# --- The template ---------------------------------------------------------------------------------------------------


def test_text_is_escaped_wherever_it_stands(tmp_path: Path) -> None:
    table = Table([ATTACK] * 2, {ATTACK: [[ATTACK] * 2]})
    drawn = Picture(Markup("<svg></svg>"), ATTACK, table, ATTACK, [("one", ATTACK, ATTACK)])
    template = (
        "{% call head(text) %}{% endcall %}{{ mast(text, text) }}{{ picture(drawn) }}{{ share(text, 1, text, 'one') }}"
    )
    page = rendered(tmp_path, template, text=ATTACK, drawn=drawn)
    assert page.count("&lt;script&gt;") == 14 and "<script" not in page
    assert "<svg></svg>" in page


def test_a_page_can_be_written_and_lacks_nothing(tmp_path: Path) -> None:
    assert rendered(tmp_path, "\n{{ text|twice }} ", text="a\ud83d") == "a?a?"
    with pytest.raises(UndefinedError, match="missing"):
        rendered(tmp_path, "{{ missing }}")


# --- Numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (30, "30 s"), (60, "1 min"), (5400, "1.5 h"), (86400, "1 d"), (30 * 86400, "30 d")],
)
def test_a_pause_has_one_unit(seconds: float, said: str) -> None:
    assert pages.pause(seconds) == said


@pytest.mark.parametrize(
    ("value", "places", "plus", "said"),
    [
        (1234.5, 1, False, "1,234.5"),
        (-1.17, 2, True, f"{MINUS}1.17"),
        (1.17, 2, True, "+1.17"),
        (-0.001, 2, False, "0.00"),
        (0.001, 2, True, "0.00"),
        (-1, 0, False, f"{MINUS}1"),
    ],
)
def test_numbers_have_a_true_minus_sign_and_none_before_zero(value: float, places: int, plus: bool, said: str) -> None:
    assert pages.signed(value, places, plus) == said


@pytest.mark.parametrize(("n", "said"), [(0, "0"), (999, "999"), (1234, "1.2k"), (9949, "9.9k"), (34_200, "34k")])
def test_a_short_count(n: int, said: str) -> None:
    assert pages.short(n) == said


def test_counts_have_commas_and_other_things_stay() -> None:
    assert [pages.count(value) for value in (1234567, True, "1234", 0.5)] == ["1,234,567", "True", "1234", "0.5"]
    assert pages.rows(["a", "b"], [1, 2000]) == [["a", "1"], ["b", "2,000"]]
    assert pages.spaced("too_short") == "too short"


@given(st.lists(st.integers(0, 10**6), min_size=2, unique=True).map(sorted))
def test_bins_name_every_number_once(edges: list[int]) -> None:
    ends = [[int(end.replace(",", "")) for end in name.split("\N{EN DASH}")] for name in pages.bins(edges)]
    assert [end[0] for end in ends] == edges[:-1]
    assert [end[-1] + 1 for end in ends] == edges[1:]
