"""The page: self-contained, escaped, honest about what its figures say, and whole with little or much to show."""

from __future__ import annotations

import dataclasses
import math
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core import pages
from mynah.core.types import Score
from mynah.measure import pictures, words
from mynah.measure.contents import Exchange, Gaps, Point, Report
from mynah.measure.page import render
from mynah.measure.report import CODE

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
             "notes": ["LoRA of rank 16 on the starter of 14 M weights, in bfloat16."], "seconds": 1624,
             "peak_memory": 2_340_000_000, "peak_gpu_memory": 812_000_000},
        ],
        ingest={"source": "WhatsApp (iPhone)", "date_order": "day, month, year", "first": "2021-02-03 08:11",
                "last": "2025-03-09 22:47", "messages": 11034, "conversations": 431,
                "speakers": {"Maya": 0.383, "דני כהן": 0.341, "Mum 🌻": 0.196, "Uncle Bartholomew-Maximilian": 0.08},
                "unparsed": [{"file": "chat.zip/_chat.txt", "line": 512, "text": "[31/31] ???", "reason": "no date"}],
                "unparsed_lines": 1, "gaps": GAPS,
                "files": [{"name": name, "source": "whatsapp", "facts": {"platform": "iOS"}, "lines": 6240,
                           "lines_by_kind": {"messages": 6239, "unparsed": 1}, "messages": 5517}
                          for name in ("שיחה עם דני.txt", "Family.txt")]},
        drops={"media": 702, "deleted": 88, "exact_copy": 214, "too_long": 9, "other_language": 150},
        dropped={"media": ["<Media omitted>", "תמונה הושמטה"], "deleted": ["This message was deleted", " "]},
        near_identical={"count": 7, "turns": 103, "examples": [
            {"test": "עוד 10 דקות אני שם", "train": "the TRAM is late", "similarity": 0.966,
             "test_context": "מתי?", "train_context": "where are you"}]},
        lengths={part: [max(1, int(dice.lognormvariate(3.2, 0.9))) for _ in range(n)]
                 for part, n in (("train", 812), ("valid", 99), ("test", 102))},
        curves=[_point(step, dice) for step in range(10, 241, 10)],
        scores={system: _scores(of) for system, of in figures.items()},
        differences={"tuned": {system: _scores(of) for system, of in over.items()}},
        parts={system: {"bleu": _parts(of["bleu"][0]), "rougeL": {"F1": _scores(of)["rougeL"]}}
               for system, of in figures.items()},
        labels={"bits_per_byte": "bits per byte", "bleu": "BLEU", "rougeL": "ROUGE-L"},
        better={"bits_per_byte": "lower", "bleu": "higher", "rougeL": "higher"},
        exchanges=[*EXCHANGES, *EXCHANGES[:2]],
        options={"train": {"lr": 2e-4, "epochs": 3, "rank": 16, "method": "sft"}, "split": {"test": 0.1, "by": "time"},
                 "clean": {"cleaners": ["media", "copies", "pseudonyms"]}},
        versions={"mynah": "0.1.0", "torch": "2.9.1", "transformers": "5.1.0", "peft": "0.18.0"},
        warnings=["102 test turns: enough to tell 0.1 bits a byte, too few to tell BLEU against the prompt."],
    )  # fmt: skip


GAPS: Gaps = {
    "edges": [1.0, 60.0, 3600.0, 86400.0], "counts": [1200, 340, 17], "cut": 3600.0, "how": "auto",
    "why": "1,557 gaps fall into two groups, around 40 s and 30 h",
}  # fmt: skip
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


def _parts(bleu: float) -> dict[str, Score]:
    found = {"1-gram precision": 10 * bleu, "2-gram precision": bleu, "brevity penalty": 0.9, "length ratio": 1.1}
    return {part: Score(value, value * 0.9, value * 1.1, 102, "") for part, value in found.items()}


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


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages have no pictures, which take most of the time."""
    for drawing in (pages, pictures):
        monkeypatch.setattr(drawing, "draw", lambda *_: "")


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
        dropped={ATTACK: [ATTACK]}, parts={"base": {"bleu": {ATTACK: Score(1, 1, 1, 1, ATTACK)}}},
        near_identical={"count": 1, "turns": 1, "examples": [
            {"test": ATTACK, "train": ATTACK, "similarity": 1.0, "test_context": ATTACK, "train_context": ATTACK}]},
        accounts=[{"stage": ATTACK, "came_in": {ATTACK: ATTACK}, "went_out": {}, "notes": [ATTACK], "seconds": 1.0}],
        options={ATTACK: {ATTACK: ATTACK}}, versions={ATTACK: ATTACK},
        labels={"bleu": ATTACK, "bits_per_byte": ATTACK}, better={"bleu": ATTACK},
        exchanges=[{"context": [(ATTACK, [ATTACK])], "reference": [ATTACK], "base": [ATTACK], "tuned": ['" x="']}],
        ingest={"source": ATTACK, "speakers": {ATTACK: 1.0}, "gaps": {**GAPS, "how": ATTACK, "why": ATTACK},
                "files": [{"name": ATTACK, "source": ATTACK, "facts": {ATTACK: ATTACK}, "lines": 1,
                           "lines_by_kind": {}, "messages": 1}] * 2,
                "unparsed": [{"file": ATTACK, "line": 1, "text": ATTACK, "reason": ATTACK}]},
    )  # fmt: skip
    page = render(hostile)
    assert not {"script", "img"} & set(Page(page).tags)
    assert "&lt;script&gt;alert" in page and "{{ 7*7 }}" in page


@pytest.mark.usefixtures("undrawn")
def test_broken_text_can_be_written() -> None:
    cut = dataclasses.replace(sample(), persona="half \ud83d", exchanges=[{"context": [("a\x00", ["\udc00"])]}])
    assert render(cut).encode("utf-8")


def test_the_same_report_makes_the_same_page(page: str) -> None:
    assert render(sample()) == page


def test_every_picture_has_words_and_numbers(page: str) -> None:
    read = Page(page)
    drawn = page.count('class="picture"')
    assert drawn == 6 == page.count("<summary>The numbers</summary>")
    assert len([label for label in read.values("aria-label") if label.startswith(("Bars of", "Lines of"))]) == drawn
    assert "var(--tuned)" in page and "#0b000" not in page
    assert "out of the box 3.10 (2.97 to 3.23)" in page


def headline(report: Report) -> str:
    found = re.search(r"<h1>(.*?)</h1>(?:\s*<p class=\"lede\">(.*?)</p>)?", render(report), re.DOTALL)
    assert found
    return re.sub("<.*?>", "", " ".join(filter(None, found.groups())))


def with_difference(value: float, half: float, n: int = 102) -> Report:
    score = Score(value, value - half, value + half, n, "")
    return dataclasses.replace(sample(), differences={"tuned": {"base": {"bits_per_byte": score}}})


@pytest.mark.usefixtures("undrawn")
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


def text_of(page: str) -> str:
    """What a reader sees, without tags, styles and pictures."""
    seen = re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]*>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", seen.replace("&nbsp;", " "))


def test_the_parts_of_a_metric_stand_by_system_with_low_value_and_high(page: str) -> None:
    seen = text_of(page)
    assert "Trained, 102 test turns BLEU 4.0 5.3 6.6 1-gram precision 47.8 53.1 58.4" in seen
    assert "low value high Out of the box, 102 test turns F1 0.069 0.081 0.093 With a prompt" in seen, "once, not twice"
    assert "bleu|signature" in seen


def test_what_was_dropped_is_shown_with_examples_and_where_all_of_it_is(page: str) -> None:
    seen = text_of(page)
    assert "702 media &lt;Media omitted&gt; תמונה הושמטה" in seen and "This message was deleted (nothing)" in seen
    assert "clean/dropped.parquet" in seen and "9 too long" in seen


@pytest.mark.usefixtures("undrawn")
def test_test_turns_that_training_had_nearly_seen_are_named(page: str) -> None:
    seen = text_of(page)
    assert "nearly seen: 7 of 103" in seen and "מתי? עוד 10 דקות אני שם where are you the TRAM is late 97 %" in seen
    none = dataclasses.replace(sample(), near_identical={"count": 0, "turns": 9, "examples": []})
    assert "nearly seen: 0 of 9" in text_of(render(none))
    assert "nearly seen" not in render(dataclasses.replace(sample(), near_identical=None))


@pytest.mark.usefixtures("undrawn")
def test_the_stages_have_times_and_memory_and_a_total(page: str) -> None:
    seen = text_of(page)
    assert (
        "240 steps 1 note LoRA of rank 16 on the starter of 14 M weights, in bfloat16. 27 min 4 s 2.3 GB 812 MB" in seen
    )
    assert "all 27 min 10 s" in seen
    unmeasured = text_of(render(dataclasses.replace(sample(), accounts=sample().accounts[:3])))
    assert "peak memory" not in unmeasured.lower() and "on the GPU" not in unmeasured and "all 6.4 s" in unmeasured


@pytest.mark.usefixtures("undrawn")
def test_the_gaps_and_the_files_are_there_where_they_are_known(page: str) -> None:
    seen = text_of(page)
    assert "0 s 1 min 1,200 1 min 1 h 340 1 h more 17" in seen and "A conversation ends after 1 h: 1,557 gaps" in seen
    assert "1,540 of 1,557 below 1 h" in page
    assert "שיחה עם דני.txt whatsapp; platform: iOS 5,517 6,240 1 not read" in seen
    old = {name: value for name, value in sample().ingest.items() if name not in ("gaps", "files", "unparsed_lines")}
    page = render(dataclasses.replace(sample(), ingest=old))  # type: ignore[arg-type]
    assert "Time between" not in page and "The files" not in page and "could read: 1" in page
    nothing = {**sample().ingest, "gaps": {**GAPS, "counts": [0, 0, 0]}}
    assert "Time between" not in render(dataclasses.replace(sample(), ingest=nothing))  # type: ignore[arg-type]


@given(st.lists(st.booleans(), max_size=900), st.integers(0, 3000))
def test_of_many_points_all_of_validation_and_about_200_are_kept(validated: list[bool], more: int) -> None:
    flags = [*validated, *[False] * more]
    points: list[Point] = [
        {"step": i, **({"eval_loss": 1.0} if flag else {"loss": 1.0})} for i, flag in enumerate(flags)
    ]
    kept = pictures.thin(points)
    assert [point for point in kept if "eval_loss" in point] == [point for point in points if "eval_loss" in point]
    assert len(kept) <= max(pictures.DRAWN, sum(flags) + 1) + 1 and kept[-1:] == points[-1:]
    assert [point["step"] for point in kept] == sorted(point["step"] for point in kept)
    assert len(points) > pictures.DRAWN or kept == points


@pytest.mark.usefixtures("undrawn")
def test_what_is_left_out_of_the_curves_is_said() -> None:
    long = render(dataclasses.replace(sample(), curves=[_point(step, random.Random(1)) for step in range(1, 3001)]))
    drawn = re.search(r"Drawn and listed are ([\d,]+) of 3,000 points, all of validation", long)
    assert drawn and 190 <= int(drawn[1]) <= 202 and "Drawn and listed" not in render(sample())


def test_names_stand_in_the_page_and_not_in_pictures(page: str) -> None:
    drawn = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert "דני" in page and not re.search("[\u0590-\u08ff]|Maya|Mum", drawn)


@pytest.mark.usefixtures("undrawn")
def test_a_chat_from_right_to_left_is_mirrored(page: str) -> None:
    assert 'class="exchange" dir="ltr"' in page and 'dir="rtl"' not in page
    assert 'class="exchange" dir="rtl"' in render(dataclasses.replace(sample(), exchanges=EXCHANGES[1:2] * 2))
    assert 'dir="ltr"' in render(dataclasses.replace(sample(), exchanges=[{"context": [("דני", [])], "reference": []}]))


def test_the_top_says_whether_it_got_better() -> None:
    def result(report: Report) -> tuple[str, str]:
        found = words.headline(report)
        return found.verdict, found.result

    assert result(sample()) == ("better", "It got better")
    assert result(with_difference(0.3, 0.1)) == ("worse", "It got worse")
    assert result(with_difference(-0.3, 0.4)) == ("", "Too close to tell whether it got better")
    over_base, over_prompt = Score(-1, -1.1, -0.9, 99, ""), Score(0.5, 0.4, 0.6, 99, "")
    both = {"base": {"bits_per_byte": over_base}, "prompted": {"bits_per_byte": over_prompt}}
    beaten = dataclasses.replace(sample(), differences={"tuned": both})
    assert result(beaten) == ("", "It got better, but a prompt alone does it more")
    assert result(Report("A chat", "Maya", "today")) == ("", "")


def test_memory_is_said_where_it_was_measured() -> None:
    assert [words.size(n) for n in (0, 812_000_000, 2_340_000_000)] == ["", "812 MB", "2.3 GB"]


def test_paper_is_white_and_shows_what_is_folded(page: str) -> None:
    paper = page[page.index("@media print") : page.index("</style>")]
    assert "details::details-content { content-visibility: visible" in paper and "color-scheme: light" in paper
    assert "@media screen and (prefers-color-scheme: dark)" in page and "size: A4" in page


def test_what_makes_the_page_is_part_of_its_fingerprint() -> None:
    own = {"contents.py", "page.html.jinja", "page.py", "pictures.py", "report.py", "words.py"}
    made_by = {*Path(pages.__file__).parent.glob("pages.*"), *(Path(words.__file__).with_name(name) for name in own)}
    assert len(made_by) == 8 and made_by == set(CODE)


def test_a_system_that_would_not_be_shown_is_refused() -> None:
    with pytest.raises(ValueError, match="quantized"):
        Report("A chat", "Maya", "today", scores={"quantized": {}})


def test_importing_it_is_cheap() -> None:
    code = "import sys, mynah.measure.page; print({'pandas', 'torch', 'matplotlib', 'jinja2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
