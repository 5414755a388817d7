"""When messages of Discord were sent: ISO dates, or dates in the way of the computer that exported them.

Plain text, and older CSV, hold dates such as `1/15/2024 10:30 AM` or `15.01.2024 10:30` or `15-Jan-24 10:30 AM`, and no
zone. Which number is the day is proved from all dates of the file, or asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from mynah.core.errors import Undecided
from mynah.data.sources._shared.times import When, iso

FIRST_YEAR = 2015  # Discord's
LAST_YEAR = 2200
ORDERS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
BUDDHIST = 2400  # years above are of the Buddhist calendar
MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_BY_LETTERS = {month[:3].casefold(): number for number, month in enumerate(MONTHS, 1)}
_AFTERNOON = ("pm", "p.m", "p. m", "오후", "下午", "午後", "μ.μ", "μμ", "م")
_MORNING = ("am", "a.m", "a. m", "오전", "上午", "午前", "π.μ", "πμ", "ص")

_NUMBERS = re.compile(
    r"(\D{0,12})(\d{1,4})(\D{1,4})(\d{1,2})\D{1,4}(\d{1,4})(\D{1,12})(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(\D{0,12})"
)
_WORD = re.compile(r"(\d{1,2})-([^\W\d]{3,12})\.?-(\d{2}|\d{4}) (\d{1,2}):(\d\d)(\D{0,8})")


class Times(NamedTuple):
    """When each message was sent, None where that cannot be read, and in words what was concluded."""

    times: list[When | None]
    facts: dict[str, str]


class _Stamp(NamedTuple):
    """A date of three numbers whose order is open, and its time."""

    written: str
    numbers: tuple[str, str, str]
    separator: str
    time: time


def zone(times: Sequence[When | None]) -> dict[str, str]:
    """The fact that ISO dates are in UTC, if they are."""
    known = [when for when in times if when]
    return {"times": "UTC"} if known and all(when.zoned and when.at == when.instant for when in known) else {}


def read(stamps: Sequence[str], wanted: str, place: Callable[[int], str]) -> Times:
    """When messages were sent. `place` says where a stamp stands. Raises Undecided where day and month are open."""
    found = [iso(stamp) or of_word(stamp) for stamp in stamps]
    parsed = {index: stamp for index, when in enumerate(found) if not when and (stamp := numbers(stamps[index]))}
    if not parsed:
        return Times(found, zone(found))
    order, why = _order(parsed, wanted, place)
    for index, stamp in parsed.items():
        if day := _day(stamp.numbers, order):
            at = datetime.combine(day, stamp.time)
            found[index] = When(at, at)
    return Times(found, {"date order": f"{ORDERS[order]} ({why})"})


# --- One date -------------------------------------------------------------------------------------------------------


def numbers(text: str) -> _Stamp | None:
    """The numbers of a date and its time, in whatever way a computer writes them."""
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    before, first, separator, second, third, between, hours, minutes, seconds, after = found.groups()
    clock = _clock(hours, minutes, seconds or "0", f"{before} {between} {after}")
    return _Stamp(text, (first, second, third), separator.strip(), clock) if clock else None


def of_word(text: str) -> When | None:
    """`15-Jan-24 10:30 AM`, which older versions wrote."""
    found = _WORD.fullmatch(text)
    if found is None:
        return None
    day, month, year, hours, minutes, half = found.groups()
    known = _day((day, str(_BY_LETTERS.get(month[:3].casefold(), 0)), year), "dmy")
    clock = _clock(hours, minutes, "0", half)
    if known is None or clock is None:
        return None
    at = datetime.combine(known, clock)
    return When(at, at)


def _clock(hours: str, minutes: str, seconds: str, words: str) -> time | None:
    """The time of day, with what stands around it: a half of the day, or nothing that matters."""
    words = words.casefold()
    hour = int(hours)
    if any(word in words for word in _AFTERNOON):
        hour = hour % 12 + 12
    elif any(word in words for word in _MORNING):
        hour %= 12
    try:
        return time(hour, int(minutes), int(seconds))
    except ValueError:
        return None


@lru_cache(8192)
def _day(written: tuple[str, str, str], order: str) -> date | None:
    """The day that three numbers mean in this order, or None where there is none."""
    value = dict(zip(order, map(int, written), strict=True))
    year = value["y"] + 2000 if value["y"] < 100 else value["y"]
    year -= 543 if year > BUDDHIST else 0
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None  # other calendars are not understood
    try:
        return date(year, value["m"], value["d"])
    except ValueError:
        return None


# --- The order of day and month -------------------------------------------------------------------------------------


def _order(stamps: dict[int, _Stamp], wanted: str, place: Callable[[int], str]) -> tuple[str, str]:
    """The order of the numbers and the reason for it. Raises Undecided where the file leaves it open."""
    if wanted != "auto":
        return wanted, "as set by date_order"
    seen = {stamp.numbers: stamp for stamp in stamps.values()}
    if sum(len(first) == 4 for first, _, _ in seen) * 2 > len(seen):
        return "ymd", "the year comes first"
    in_order = [stamp.numbers for stamp in stamps.values()]
    badness = {order: _badness(in_order, order) for order in ("dmy", "mdy")}
    best, other = sorted(badness, key=badness.__getitem__)
    (bad, back, span), (bad_other, back_other, span_other) = badness[best], badness[other]
    if bad < bad_other:
        proof = next(seen[each] for each in seen if _day(each, best) and not _day(each, other))
        return best, f"proved by {proof.written}"
    if back < back_other:
        return best, f"time runs backward {back} times, otherwise {back_other}"
    if back == 0 and span < span_other:
        return best, f"the chat spans {span} days, otherwise {span_other}"
    differs = next((i for i, each in stamps.items() if _day(each.numbers, "dmy") != _day(each.numbers, "mdy")), None)
    if differs is None:
        return "dmy", "day and month are the same number"
    if stamps[differs].separator == ".":
        return "dmy", "dates with dots are not written month first"
    raise _ambiguous(stamps[differs], place(differs))


def _badness(written: Sequence[tuple[str, str, str]], order: str) -> tuple[int, int, int]:
    """Impossible dates, steps back in time, and days spanned, if the numbers were in this order. A file may also be in
    reverse, newest first."""
    known = [day.toordinal() for each in written if (day := _day(each, order))]
    back = min(sum(b < a for a, b in pairwise(known)), sum(b > a for a, b in pairwise(known)))
    return len(written) - len(known), back, max(known, default=0) - min(known, default=0)


def _ambiguous(stamp: _Stamp, place: str) -> Undecided:
    """The question that dates such as 03/04/2024 leave open, with what each answer would make of the first of them."""
    days = {order: day for order in ("dmy", "mdy") if (day := _day(stamp.numbers, order))}
    choices = {order: f"{day.day} {MONTHS[day.month - 1]} {day.year}" for order, day in days.items()}
    todo = ", or ".join(f"--set discord.date_order={order} if it is {day}" for order, day in choices.items())
    found = f"{stamp.written} ({place}), which can be read both ways"
    expected = "dates that show which number is the day"
    return Undecided(expected, found, f"Add {todo}.", section="discord", option="date_order", choices=choices)
