"""The page of an analysis: one HTML file that needs nothing but itself. What people wrote is shown as text."""

from __future__ import annotations

from pathlib import Path

from mynah.core.pages import rendered, short, signed
from mynah.data.analysis import pictures, sentences
from mynah.data.analysis.contents import Analysis

SHOWN, LISTED = 8, 100
"""Speakers that are shown at once, and when asked for; more are in `analysis.json`."""


def render(found: Analysis) -> str:
    """The page."""
    return rendered(
        Path(__file__).parent,
        {"percent": sentences.percent, "things": sentences.things, "signed": signed, "short": short},
        found=found,
        headline=sentences.headline(found),
        lede=sentences.lede(found),
        warnings=sentences.warnings(found),
        says={name: told(found) for name, told in sentences.SECTIONS.items()},
        marked=sentences.marked,
        colors={each.name: pictures.color(found, each.name) for each in found.speakers[: len(pictures.SPEAKERS)]},
        shown=SHOWN,
        listed=LISTED,
        answers=pictures.answers(found),
        over_time=pictures.over_time(found),
        conversations=pictures.conversations(found),
        week=pictures.week(found),
        hours=pictures.hours(found),
        silences=pictures.silences(found),
        lengths=pictures.lengths(found),
        boxes=pictures.boxes(found),
        word_marks=pictures.marks(found.words),
        emoji_marks=pictures.marks(found.emoji),
        sentiment=pictures.sentiment(found),
        sentiment_over_time=pictures.sentiment_over_time(found),
        sentiment_by_speaker=pictures.sentiment_by_speaker(found),
    )
