"""When people write: over the years, by day of the week and hour, and how long the silences are.

All of it from every message that has a time. The hours are those of the file: local wall-clock time in most exports,
UTC where an export has nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mynah.core.columns import Messages
from mynah.core.types import Conversation, Origin
from mynah.data import gaps
from mynah.data.analysis.chats import Chats, Ints, apart

DAYS, WEEKS, MONTHS = 92, 2 * 366, 25 * 366
"""Up to so many days they are shown by day, by week, by month; longer by year."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS = ("at night, between midnight and 6", "in the morning, between 6 and 12", "in the afternoon, between 12 and 18",
         "in the evening, after 18")  # fmt: skip
STRETCHES = 10
"""Days, or weeks, from which a habit is told."""
SURE = 2.33
OTHERS = "all others"


@dataclass(frozen=True)
class Times:
    """`timed` messages have a time. Messages and conversations that begin, by period (its first day, a `unit` long);
    `by_speaker` messages of those who write most and of all others; `years` messages by year; `week` is [7][24]:
    messages by day of the week, from Monday, and hour."""

    timed: int
    first: str
    last: str
    days: int
    """Days with a message."""
    busiest: tuple[str, int]
    """The day with the most messages, and their number."""
    unit: str
    periods: list[str]
    messages: list[int]
    conversations: list[int]
    by_speaker: dict[str, list[int]]
    years: dict[str, int]
    week: list[list[int]]
    part: str
    """The part of the day with the most messages; empty where that may be chance from day to day."""
    part_share: float
    mostly: bool
    """Is it more than half of them, beyond chance?"""
    weekday: str
    """The day of the week with the most messages; empty where that may be chance from week to week."""


def times(chats: Chats) -> Times | None:
    """When it was written. None where no message has a time."""
    known = ~np.isnat(chats.at)
    at = chats.at[known]
    if not len(at):
        return None
    period, edges, unit = periods(at)
    size = len(edges)
    speaker = chats.speaker[known]
    top = apart(chats)
    shown = {name: _counted(period[speaker == place], size) for place, name in enumerate(top)}
    if len(chats.names) > len(top):
        shown[OTHERS] = _counted(period[speaker >= len(top)], size)
    begins = np.append(True, np.diff(chats.conversation[known]) != 0)
    days, per_day = np.unique(at.astype("datetime64[D]"), return_counts=True)
    years, per_year = np.unique(at.astype("datetime64[Y]"), return_counts=True)
    most = int(np.argmax(per_day))
    return Times(
        timed=len(at),
        first=str(at.min()).replace("T", " "),
        last=str(at.max()).replace("T", " "),
        days=len(days),
        busiest=(str(days[most]), int(per_day[most])),
        unit=unit,
        periods=edges,
        messages=_counted(period, size),
        conversations=_counted(period[begins], size),
        by_speaker=shown,
        years={str(year): int(n) for year, n in zip(years, per_year, strict=True)},
        week=_week(at),
        **_habits(at),
    )


def _habits(at: NDArray[np.datetime64]) -> dict[str, Any]:
    """The part of the day and the day of the week in which most is written."""
    hour = at.astype("datetime64[h]").astype(np.int64)
    by_day = _by_stretch(hour // 24, hour % 24 // 6, len(PARTS))
    by_week = _by_stretch((hour // 24 + 3) // 7, (hour // 24 + 3) % 7, 7)
    part, weekday = _most(by_day), _most(by_week)
    mine = by_day[:, part or 0]
    return {
        "part": "" if part is None else PARTS[part],
        "part_share": 0.0 if part is None else float(mine.sum() / len(at)),
        "mostly": part is not None and beyond_chance(mine, by_day.sum(1) - mine),
        "weekday": "" if weekday is None else WEEKDAYS[weekday],
    }


def _by_stretch(stretch: Ints, kind: Ints, kinds: int) -> Ints:
    """How many of each kind are in each stretch: [stretches, kinds]."""
    place = np.unique(stretch, return_inverse=True)[1]
    return np.bincount(place * kinds + kind, minlength=kinds * (int(place.max()) + 1)).reshape(-1, kinds)


def _most(counts: Ints) -> int | None:
    """The kind that there is most of, where that is beyond chance."""
    first, second = np.argsort(-counts.sum(0), kind="stable")[:2]
    return int(first) if beyond_chance(counts[:, first], counts[:, second]) else None


def beyond_chance(first: Ints, second: Ints) -> bool:
    """Is the first more than the second by more than chance? Both are counts by stretch (a day, a week), [stretches]:
    what is written in one stretch hangs together, so that only the stretches count as trials. The sum of their
    differences must be SURE times its standard deviation, were each as likely to have the other sign."""
    difference = (first - second).astype(np.float64)
    used = np.count_nonzero(difference)
    return bool(used >= STRETCHES and difference.sum() > SURE * np.sqrt(np.sum(difference**2)))


def periods(at: NDArray[np.datetime64]) -> tuple[Ints, list[str], str]:
    """The period of each time, the first day of each period from the first to the last, and how long one is."""
    day = at.astype("datetime64[D]").astype(np.int64)
    span = int(day.max() - day.min()) + 1
    if span <= DAYS:
        return day - day.min(), _names(day.min(), day.max(), "D", 1), "day"
    if span <= WEEKS:
        week = (day + 3) // 7  # 1970-01-01 was a Thursday; weeks begin on Monday
        return week - week.min(), _names(7 * week.min() - 3, 7 * week.max() - 3, "D", 7), "week"
    code, unit = ("M", "month") if span <= MONTHS else ("Y", "year")
    found = at.astype(f"datetime64[{code}]").astype(np.int64)
    return found - found.min(), _names(found.min(), found.max(), code, 1), unit


def _names(low: int, high: int, unit: str, step: int) -> list[str]:
    return [str(each) for each in np.arange(low, high + 1, step).astype(f"datetime64[{unit}]")]


def _counted(places: Ints, size: int) -> list[int]:
    return np.bincount(places, minlength=size).tolist()  # type: ignore[no-any-return]


def _week(at: NDArray[np.datetime64]) -> list[list[int]]:
    hours = at.astype("datetime64[h]").astype(np.int64)
    weekday = (hours // 24 + 3) % 7
    return np.bincount(weekday * 24 + hours % 24, minlength=168).reshape(7, 24).tolist()  # type: ignore[no-any-return]


def silences(chats: Chats) -> dict[str, Any]:
    """How long nobody wrote, and the cut between conversations that these silences suggest: a `gaps.Silence`, with how
    many there are and the middle one in seconds."""
    each = list(_timed(chats))
    found = gaps.between(each)
    middle = float(np.median(found)) if len(found) else None
    return {**gaps.measured(each).as_json(), "all": len(found), "middle": middle}


def _timed(chats: Chats) -> Iterator[Conversation]:
    """Each chat as a conversation of which only the times are there: `gaps` looks at nothing else."""
    order = np.argsort(chats.chat, kind="stable")
    at = chats.at[order].astype("datetime64[us]")
    for times_ in np.split(at, np.flatnonzero(np.diff(chats.chat[order])) + 1):
        yield Conversation(Messages(pa.table({"at": times_})), Origin("", 1))
