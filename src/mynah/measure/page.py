"""The page: one HTML file that says what came in, what was learned, and whether the bot got any better.

What comes in is plain data (`contents.py`); what goes out is a page that needs nothing but itself: no script, no font,
no address. `words.py` says what the figures mean, `pictures.py` draws them, `page.html.jinja` puts all in its place;
what it shares with other pages is in `core/pages.py`. What people wrote is shown as text, never as HTML.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mynah.core.pages import Picture, Table, count, rendered
from mynah.core.types import Score
from mynah.measure import pictures
from mynah.measure.contents import SYSTEMS, Exchange, Report
from mynah.measure.words import (
    Comparison,
    Figure,
    as_text,
    comparisons,
    duration,
    headline,
    measured,
    plain,
    ranges,
    size,
)


def render(report: Report) -> str:
    """The page."""
    return rendered(
        Path(__file__).parent,
        {"duration": duration, "plain": plain, "size": size},
        report=report,
        systems=SYSTEMS,
        headline=headline(report),
        metrics=[_metric(report, name) for name in measured(report)],
        curves=pictures.curves(report.curves),
        lengths=pictures.lengths_of(report.lengths),
        silences=pictures.silences_of(report.ingest.get("gaps")),
        drops=sorted(report.drops.items(), key=lambda drop: -drop[1]),
        direction=_direction(report.exchanges),
        memory=any(account.get("peak_memory") for account in report.accounts),
        gpu=any(account.get("peak_gpu_memory") for account in report.accounts),
        seconds=sum(account["seconds"] for account in report.accounts),
    )


class Metric(NamedTuple):
    """All about one metric."""

    label: str
    better: str
    figures: dict[str, Figure]
    best: str
    comparisons: list[Comparison]
    signature: str
    picture: Picture


def _metric(report: Report, name: str) -> Metric:
    scores = {system: report.scores[system][name] for system in SYSTEMS if name in report.scores.get(system, {})}
    parts = {system: report.parts.get(system, {}).get(name, {}) for system in scores}
    label, better = report.labels.get(name, name), report.better.get(name, "higher")
    figures = as_text(scores)
    best = (min if better == "lower" else max)(scores, key=lambda system: scores[system].value)
    picture = pictures.bars(name, label, better, scores, figures, _numbers(label, scores, parts))
    signature = next(iter(scores.values())).signature
    return Metric(label, better, figures, best, comparisons(report, name), signature, picture)


def _numbers(label: str, scores: Mapping[str, Score], parts: Mapping[str, Mapping[str, Score]]) -> Table:
    """A metric and its parts for each system. The metric itself is left out where one of its parts is the same."""
    found = {
        system: {**_unless_a_part(label, score, parts[system]), **parts[system]} for system, score in scores.items()
    }
    groups = {
        f"{SYSTEMS[system]}, {count(scores[system].n)} test turn{'s' if scores[system].n != 1 else ''}": [
            [thing, figure.low, figure.value, figure.high] for thing, figure in figures.items()
        ]
        for system, figures in ranges(found).items()
    }
    return Table(["", "low", "value", "high"], groups)


def _unless_a_part(label: str, score: Score, parts: Mapping[str, Score]) -> dict[str, Score]:
    same = any((part.value, part.low, part.high) == (score.value, score.low, score.high) for part in parts.values())
    return {} if same else {label: score}


def _direction(exchanges: Sequence[Exchange]) -> str:
    """'rtl' where most letters that people really wrote go from right to left: then who writes stands at the left, as
    phones have it in those languages. Each bubble finds the direction of its own text."""
    texts = [text for case in exchanges for text in _written(case)]
    kinds = [unicodedata.bidirectional(letter) for text in texts for letter in text]
    return "rtl" if sum(kind in ("R", "AL") for kind in kinds) > kinds.count("L") else "ltr"


def _written(case: Exchange) -> Iterable[str]:
    yield from case.get("reference", ())
    for _, bubbles in case.get("context", ()):
        yield from bubbles
