"""The page of an analysis: one HTML file that needs nothing but itself. What people wrote is shown as text."""

from __future__ import annotations

from pathlib import Path

from mynah.core.pages import environment, short, signed, whole
from mynah.data.analysis import pictures, sentences
from mynah.data.analysis.contents import Analysis

PEOPLE = 8
"""Speakers that are shown at once, and LISTED that are shown when asked for; all are in `analysis.json`."""
LISTED = 100


def render(found: Analysis) -> str:
    """The page."""
    pages = environment(Path(__file__).parent)
    pages.filters.update(percent=sentences.percent, things=sentences.things, signed=signed, short=short)
    page = pages.get_template("page.html.jinja").render(
        found=found,
        headline=sentences.headline(found),
        lede=sentences.lede(found),
        warnings=sentences.warnings(found),
        says={name: told(found) for name, told in sentences.SECTIONS.items()},
        marked=sentences.marked,
        color={each.name: pictures.color(found, each.name) for each in found.speakers[: len(pictures.SPEAKERS)]},
        people=PEOPLE,
        listed=LISTED,
        answers=pictures.answers(found),
        over_time=pictures.over_time(found),
        conversations=pictures.conversations(found),
        week=pictures.week(found),
        hours=pictures.hours(found),
        silences=pictures.silences(found),
        lengths=pictures.lengths(found),
        boxes=pictures.boxes(found),
        sentiment=pictures.sentiment(found),
        sentiment_over_time=pictures.sentiment_over_time(found),
        sentiment_by_speaker=pictures.sentiment_by_speaker(found),
    )
    return whole(page)
