"""When something was sent, as programs write it: numbers counted from some beginning, and dates of ISO 8601.

All of it becomes times without a zone, as `Message.at` has them. A number counts from 1970 (nearly all), from 2001
(Apple) or from 1601 (Windows), in UTC, and in seconds or smaller units: where the format does not say in which, the
size of the number does. A date of ISO 8601 may name its zone, so that it has two times: what the clock showed, and UTC.
Dates in the way of a country are read by the sources that have them, as which number is the day must be proved there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mynah.core.types import Message

EPOCH = datetime(1970, 1, 1)
APPLE = datetime(2001, 1, 1)
WINDOWS = datetime(1601, 1, 1)
EXCEL = datetime(1899, 12, 30)  # the day 0 of its serial numbers
NANOSECONDS = 10**12  # what is larger, since 2001, counts nanoseconds; old systems of Apple counted seconds
# What a number of this size counts: from, to, the beginning, how many in a second. Of the times from 1973 to 2103 (in
# nanoseconds since 2001: from 2010 to 2032) no two have the same number. Seconds are taken to count from 1970.
SIZES = (
    (10**8, 42 * 10**8, EPOCH, 1),
    (10**11, 42 * 10**11, EPOCH, 10**3),
    (10**14, 42 * 10**14, EPOCH, 10**6),
    (118 * 10**14, 158 * 10**14, WINDOWS, 10**6),  # as Chrome counts
    (118 * 10**15, 158 * 10**15, WINDOWS, 10**7),  # as Windows does
    (3 * 10**17, 10**18, APPLE, 10**9),
    (10**18, 42 * 10**17, EPOCH, 10**9),
)

_NUMBER = re.compile(r"\s*([+-]?\d{1,20})(?:\.(\d{0,20}))?\s*")


class When(NamedTuple):
    """What the clock showed, and the same in UTC where a zone is named; otherwise both are what it showed."""

    at: datetime
    instant: datetime
    zoned: bool = False


# --- Numbers --------------------------------------------------------------------------------------------------------


def seconds(value: Any) -> datetime | None:
    """The time so many seconds after the beginning of 1970. None where that is no number, or no year has that time; the
    number may be written as a text, and may have decimals."""
    return _after(EPOCH, value, 1)


def milliseconds(value: Any) -> datetime | None:
    """The time so many milliseconds after the beginning of 1970, as `seconds` has it."""
    return _after(EPOCH, value, 10**3)


def apple(value: int) -> datetime | None:
    """The time so many nanoseconds, or seconds on old systems, after the beginning of 2001. 0 is no time."""
    return _after(APPLE, value, 10**9 if abs(value) >= NANOSECONDS else 1) if value else None


def counted(value: Any) -> datetime | None:
    """The time that a number means by its size (SIZES); None where it is of no such size."""
    number = _millionths(value)
    for least, most, start, unit in SIZES:
        if number is not None and least * 10**6 <= number < most * 10**6:
            return _after(start, value, unit)
    return None


def serial(value: float) -> datetime:
    """The time so many days after the day 0 of Excel, to the second. It is local time."""
    return EXCEL + timedelta(seconds=round(value * 86400))


def _after(start: datetime, value: Any, unit: int) -> datetime | None:
    """The time so many units, of which a second has `unit`, after the start."""
    number = _millionths(value)
    if number is None:
        return None
    try:
        return start + timedelta(microseconds=number // unit if isinstance(number, int) else round(number / unit))
    except (ValueError, OverflowError):  # NaN, or beyond the year 9999
        return None


def _millionths(value: Any) -> int | float | None:
    """A number in millionths, exact where it is whole or written as a text; a float has only so many digits."""
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        return int(found[1] + (found[2] or "").ljust(6, "0")[:6]) if found else None
    return value * 10**6 if isinstance(value, int | float) and not isinstance(value, bool) else None


# --- Texts ----------------------------------------------------------------------------------------------------------


def iso(value: Any) -> When | None:
    """A date of ISO 8601 with hyphens, alone or with a time and a zone. None where it is none."""
    if not isinstance(value, str) or value[4:5] != "-":  # without hyphens it may as well be a number of something
        return None
    try:
        at = datetime.fromisoformat(value)
        offset, local = at.utcoffset(), at.replace(tzinfo=None)
        return When(local, local - (offset or timedelta()), offset is not None)
    except (ValueError, OverflowError):
        return None


def by_pattern(text: str, *patterns: str) -> datetime | None:
    """The time that the first pattern of `strptime` finds which fits, without the space around it."""
    for pattern in patterns:
        try:
            return datetime.strptime(text.strip(), pattern)
        except ValueError:
            continue
    return None


# --- Order ----------------------------------------------------------------------------------------------------------


def in_order(messages: Sequence[Message], times: Sequence[datetime | None] = ()) -> tuple[Message, ...]:
    """Messages by time; by `times`, one a message, where these are better known. What has no time stays behind what it
    follows."""
    last, keys = datetime.min, []
    for time in times or [message.at for message in messages]:
        last = time or last
        keys.append(last)
    return tuple(messages[index] for index in sorted(range(len(messages)), key=keys.__getitem__))
