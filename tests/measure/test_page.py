"""The page: self-contained, escaped, honest about what its figures say, and whole with little or much to show."""

from __future__ import annotations

import dataclasses
import math
import random
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from mynah.core.types import Score
from mynah.measure.page import Exchange, Point, Report, render

ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)> &amp; {{ 7*7 }}"


def sample() -> Report:
    """An invented, plausible run: 812 turns of Maya's."""
    dice = random.Random(7)
    figures = {
        "base": {"bits_per_byte": (3.10, 0.13), "bleu": (1.42, 0.5), "rougeL": (0.081, 0.012)},
        "prompted": {"bits_per_byte": (2.62, 0.12), "bleu": (2.05, 0.6), "rougeL": (0.097, 0.014)},
        "tuned": {"bits_per_byte": (1.93, 0.09), "bleu": (5.31, 1.3), "rougeL": (0.142, 0.02)},
    }
    over = {
        "base": {"bits_per_byte": (-1.17, 0.14), "bleu": (3.89, 1.2), "rougeL": (0.061, 0.018)},
        "prompted": {"bits_per_byte": (-0.69, 0.1), "bleu": (3.26, 3.4), "rougeL": (0.045, 0.017)},
    }
    return Report(
        title="Maya, from the family chat",
        persona="Maya",
        made_at="2025-03-14 18:05",
        accounts=[
            {"stage": "ingest", "came_in": {"files": 1, "lines": 12480}, "seconds": 1.2,
             "went_out": {"messages": 11034, "continuations": 1393, "system lines": 52, "unparsed": 1},
             "notes": ["Dates are day first: line 41 proves it."]},
            {"stage": "clean", "came_in": {"messages": 11034}, "went_out": {"messages": 9871},
             "notes": ["214 telephone numbers and 31 addresses were replaced by pseudonyms."], "seconds": 4.81},
            {"stage": "pair", "came_in": {"messages": 9871}, "went_out": {"examples": 402, "learned_turns": 1013},
             "notes": [], "seconds": 0.4},
            {"stage": "train", "came_in": {"examples": 322, "learned_turns": 812}, "went_out": {"steps": 240},
             "notes": ["LoRA of rank 16 on the starter of 14 M weights, in bfloat16."], "seconds": 1624},
        ],
        ingest={"source": "WhatsApp (iPhone)", "date_order": "day, month, year", "first": "2021-02-03 08:11",
                "last": "2025-03-09 22:47", "messages": 11034, "conversations": 431,
                "speakers": {"Maya": 0.383, "דני כהן": 0.341, "Mum 🌻": 0.196, "Uncle Bartholomew-Maximilian": 0.08},
                "unparsed": [{"file": "chat.zip/_chat.txt", "line": 512, "text": "[31/31] ???", "reason": "no date"}]},
        drops={"media": 702, "deleted": 88, "exact_copy": 214, "too_long": 9, "other_language": 150},
        lengths={part: [max(1, int(dice.lognormvariate(3.2, 0.9))) for _ in range(n)]
                 for part, n in (("train", 812), ("valid", 99), ("test", 102))},
        curves=[_point(step, dice) for step in range(10, 241, 10)],
        scores={system: _scores(of) for system, of in figures.items()},
        differences={"tuned": {system: _scores(of) for system, of in over.items()}},
        labels={"bits_per_byte": "bits per byte", "bleu": "BLEU", "rougeL": "ROUGE-L"},
        better={"bits_per_byte": "lower", "bleu": "higher", "rougeL": "higher"},
        exchanges=[*EXCHANGES, *EXCHANGES[:2]],
        options={"train": {"lr": 2e-4, "epochs": 3, "rank": 16, "method": "sft"}, "split": {"test": 0.1, "by": "time"},
                 "clean": {"cleaners": ["media", "copies", "pseudonyms"]}},
        versions={"mynah": "0.1.0", "torch": "2.9.1", "transformers": "5.1.0", "peft": "0.18.0"},
        warnings=["102 test turns: enough to tell 0.1 bits a byte, too few to tell BLEU against the prompt."],
    )  # fmt: skip


EXCHANGES: list[Exchange] = [
    {"context": [("Mum 🌻", ["Are you coming on Friday?", "Dad is making the fish"]), ("Maya", ["omg the fish 😂"]),
                 ("Mum 🌻", ["So is that a yes"])],
     "reference": ["obviously", "save me the crispy bit"],
     "base": ["I am not sure what you mean by that. Could you please provide more context so that I can help you?"],
     "prompted": ["Yes, Mum! I will definitely be coming on Friday to enjoy the fish with everyone. See you then! 🐟"],
     "tuned": ["yesss", "tell dad extra lemon 🍋"]},
    {"context": [("דני כהן", ["מתי את מגיעה?", "כולם כבר כאן"])],
     "reference": ["עוד 10 דקות", "פקק מטורף"], "base": [], "prompted": ["אני מגיעה בקרוב."],
     "tuned": ["בדרך!!", "עשר דקות גג 🙈"]},
    {"context": [("Mum 🌻", ["Did you see what they did with the hedge\nand the gate, and <b>then</b> the wall?"])],
     "reference": ["NO", "send pics"], "base": ["The hedge " * 60], "prompted": ["No, I haven't seen it yet."],
     "tuned": ["wait what", "pics or it didn't happen"]},
]  # fmt: skip


def _scores(figures: dict[str, tuple[float, float]]) -> dict[str, Score]:
    return {m: Score(value, value - half, value + half, 102, f"{m}|signature") for m, (value, half) in figures.items()}


def _point(step: int, dice: random.Random) -> Point:
    loss = 1.9 + 1.6 * math.exp(-step / 60)
    point: Point = {"step": step, "epoch": step / 80, "loss": loss + dice.gauss(0, 0.06), "learning_rate": 2e-4}
    return {**point, "eval_loss": loss + 0.12 + max(0, step - 160) / 900} if step % 40 == 0 else point


class Page(HTMLParser):
    """The tags of a page, their attributes, and which of them were left open."""

    VOID = frozenset({"meta", "link", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [value for found, value in self.attributes if found == name]


@pytest.fixture(scope="module")
def page() -> str:
    return render(sample())


def test_it_needs_nothing_but_itself(page: str) -> None:
    read = Page(page)
    assert page.startswith("<!doctype html>") and not read.open
    assert not re.search(r"https?://|@import|@font-face", page)
    assert not {"script", "iframe", "img", "object", "embed", "form", "base"} & set(read.tags)
    references = [value for name in ("src", "href", "xlink:href") for value in read.values(name)]
    assert all(value.startswith(("#", "data:")) for value in references)
    ids = read.values("id")
    assert len(ids) == len(set(ids)) and {r[1:] for r in references if r[0] == "#"} <= set(ids)


def test_people_are_shown_as_text() -> None:
    hostile = dataclasses.replace(
        sample(), title=ATTACK, persona=ATTACK, warnings=[ATTACK], drops={ATTACK: 1},
        options={ATTACK: {ATTACK: ATTACK}}, versions={ATTACK: ATTACK},
        labels={"bleu": ATTACK, "bits_per_byte": ATTACK}, better={"bleu": ATTACK},
        exchanges=[{"context": [(ATTACK, [ATTACK])], "reference": [ATTACK], "base": [ATTACK], "tuned": ['" x="']}],
        ingest={"source": ATTACK, "speakers": {ATTACK: 1.0},
                "unparsed": [{"file": ATTACK, "line": 1, "text": ATTACK, "reason": ATTACK}]},
    )  # fmt: skip
    page = render(hostile)
    assert not {"script", "img"} & set(Page(page).tags)
    assert "&lt;script&gt;alert" in page and "{{ 7*7 }}" in page


def test_broken_text_can_be_written() -> None:
    cut = dataclasses.replace(sample(), persona="half \ud83d", exchanges=[{"context": [("a\x00", ["\udc00"])]}])
    assert render(cut).encode("utf-8")


def test_the_same_report_makes_the_same_page(page: str) -> None:
    assert render(sample()) == page


def test_every_picture_has_words_and_numbers(page: str) -> None:
    read = Page(page)
    pictures = page.count('class="picture"')
    assert pictures == 5 == page.count("<summary>The numbers</summary>")
    assert len([label for label in read.values("aria-label") if label.startswith(("Bars of", "Lines of"))]) == pictures
    assert "var(--tuned)" in page and "#0b000" not in page
    assert "out of the box 3.10 (2.97 to 3.23)" in page


def headline(report: Report) -> str:
    found = re.search(r"<h1>(.*?)</h1>(?:\s*<p class=\"lede\">(.*?)</p>)?", render(report), re.DOTALL)
    assert found
    return re.sub("<.*?>", "", " ".join(filter(None, found.groups())))


def with_difference(value: float, half: float, n: int = 102) -> Report:
    score = Score(value, value - half, value + half, n, "")
    return dataclasses.replace(sample(), differences={"tuned": {"base": {"bits_per_byte": score}}})


def test_the_headline_says_what_the_figures_say() -> None:
    said = headline(sample())
    assert said.startswith(
        "Trained on 812 of Maya\u2019s turns, the bot needs 1.93 bits a byte instead of 3.10 "
        "to say what Maya really said."
    )
    assert "better, and not by chance: on 102 test turns the difference is \u22121.17" in said
    assert "A prompt alone gets to 2.62, which training beats." in said
    assert "worse, and not by chance" in headline(with_difference(0.3, 0.1))
    assert "may still be chance" in headline(with_difference(-0.3, 0.4))
    assert "may still be chance" in headline(with_difference(-0.3, 0.0, n=1))


def test_it_is_whole_with_little_to_show() -> None:
    bare = Report("A chat", "Maya", "today")
    assert "Nothing has been measured yet" in headline(bare)
    base_only = dataclasses.replace(sample(), scores={"base": sample().scores["base"]}, differences={})
    assert headline(base_only).startswith("Before any training, the base needs 3.10 bits a byte")
    odd = dataclasses.replace(bare, curves=[{"step": 1, "loss": float("nan")}], lengths={"test": [0]})
    outside = {"bleu": Score(0.5, 0.6, 0.9, 40, ""), "x": Score(-1, -2, -0.5, 40, ""), "y": Score(0, 0, 0, 1, "")}
    for few in (bare, base_only, odd, dataclasses.replace(bare, scores={"tuned": outside})):
        assert not Page(render(few)).open


def test_a_system_that_would_not_be_shown_is_refused() -> None:
    with pytest.raises(ValueError, match="quantized"):
        Report("A chat", "Maya", "today", scores={"quantized": {}})


def test_importing_it_is_cheap() -> None:
    code = "import sys, mynah.measure.page; print({'pandas', 'torch', 'matplotlib', 'jinja2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
