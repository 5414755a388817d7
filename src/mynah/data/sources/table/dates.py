"""Dates in the columns of tables. Which number is the day is proved from all of them together, or asked for.

An order of day and month is better where fewer dates are impossible, then where the rows run much less often against
the direction of time; the year is first where the dates lie much closer together then. What is no date in that order
stays as it is written and is counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from mynah.core.errors import Undecided
from mynah.data.records import normal, words
from mynah.data.sources._shared.times import counted, serial

PLAIN = 0.8  # of the values must be dates where the name of the column does not say so
NAMED = 0.5  # and where it does
YEARS = (1900, 2200)
DECISIVE = 10  # times as few steps against time, or days, prove an order
SERIALS = (20_000, 80_000)  # of Excel, for 1954 to 2119
ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}  # where year, month and day stand
NAMES = words(
    "date, time, datetime, timestamp, day, at, on, utc, ts, created, updated, opened, closed, "
    "started, finished, sent, start, end, due, modified, epoch, data, ora, giorno, inizio, fine, "
    "apertura, chiusura, datum, zeit, uhrzeit, zeitstempel, beginn, ende, heure, horodatage, "
    "jour, début, fin, fecha, hora, inicio, dia, início, fim, дата, время, 日期, 时间, 日時"
)
MONTHS = (
    "jan gen ene", "feb fev", "mar mrz maa", "apr avr abr", "may mag mai mei", "jun giu juin", "jul lug juil",
    "aug ago aou", "sep set", "oct ott okt out", "nov", "dec dic dez",
)  # fmt: skip
_MONTH = {word: number for number, names in enumerate(MONTHS, 1) for word in names.split()}

_TIME = (
    r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?(?:\s?[ap]\.?\s?m\b\.?)?"
    r"(?:\s?(?:z\b|utc\b|gmt\b|[+-]\d{2}:?\d{2}(?:\s?\(\w{1,5}\))?))?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,?\s)?"
_AT = rf"(?:(?:[T\s]|,\s?)\s?(?:(?:at|um|alle|ore|à|às|a las)\s)?({_TIME}))?"
_NUMBERS = re.compile(rf"{_WEEKDAY}(\d{{1,4}})\s?([./-])\s?(\d{{1,2}})\s?\2\s?(\d{{1,4}})\.?{_AT}", re.I)
_DAY_FIRST = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[\s-]\s?(?:de\s|of\s)?([^\W\d_]{{3,12}})\.?(?:\sde)?,?[\s-](\d{{4}}|\d\d){_AT}",
    re.I,
)
_MONTH_FIRST = re.compile(
    rf"{_WEEKDAY}([^\W\d_]{{3,12}})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?,?\s(?:({_TIME})\s)?(\d{{4}}){_AT}", re.I
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T_ ]?(\d\d)(\d\d)(\d\d)?)?Z?")
_CLOCK = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?\s?(?:([ap])\.?\s?m\.?)?\s?(?:(z|utc|gmt)|([+-])(\d{2}):?(\d{2}))?"
    r"(?:\s?\(\w+\))?",
    re.I,
)
_LIKE = re.compile(r"\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,4}")


class Written(NamedTuple):
    """A date as it is written: its numbers, in a known order or not, the time of day, and how far that is ahead of
    UTC, where it says so."""

    numbers: tuple[int, int, int]
    order: str
    clock: timedelta
    offset: timedelta | None = None
    dotted: bool = False


class Dates(NamedTuple):
    """The columns that hold dates, with what was no date left as it was, and what was concluded of them."""

    columns: dict[str, list[Any]]
    facts: dict[str, str]


def read(
    columns: Mapping[str, Sequence[Any]], wanted: str, numbers: Sequence[int] = (), *, surely: bool = False
) -> Dates:
    """The dates of those columns that hold some; `surely`: whatever they are called. `numbers` are those of the rows.
    Raises Undecided where the day cannot be told from the month."""
    held = {name: found for name, values in columns.items() if (found := _written(name, values, surely))}
    order, why = _order(held, wanted, numbers)
    facts = {"date order": why} if why else {}
    dated: dict[str, list[Any]] = {}
    unread: list[str] = []
    for name, found in held.items():
        utc = _is_utc(found)
        if utc:
            facts["times"] = "UTC"
        times = [_at(each, order, utc) if each else None for each in found]
        dated[name] = [value if at is None else at for at, value in zip(times, columns[name], strict=True)]
        left = [value for at, value in zip(times, columns[name], strict=True) if at is None and value is not None]
        if left:
            unread.append(f"{name}: {len(left):,}, such as {str(left[0])[:40]!r}")
    if unread:
        facts["not read as dates"] = "; ".join(unread)
    return Dates(dated, facts)


def is_date(value: str) -> bool:
    """Does this look like a date, or begin like one?"""
    return bool(_LIKE.match(value)) or parse(value) is not None


# --- Which columns hold dates ---------------------------------------------------------------------------------------


def is_named(name: str) -> bool:
    """Does the name of a column speak of time?"""
    return any(word in NAMES for word in normal(name).split())


def _written(name: str, values: Sequence[Any], surely: bool) -> list[Written | None]:
    """What is written in a column of dates; nothing where it is none."""
    there = [value for value in values if value is not None]
    called = surely or is_named(name)
    if not there or not (called or any(isinstance(value, date) or _is_text_date(value) for value in there[:100])):
        return []
    found = [parse(value, called) for value in values]
    count = sum(each is not None for each in found)
    like = sum(isinstance(value, str) and _LIKE.match(value) is not None for value in there) if called else 0
    return found if max(count, like) >= (NAMED if called else PLAIN) * len(there) else []


def _is_text_date(value: Any) -> bool:
    return isinstance(value, str) and parse(value) is not None


def parse(value: Any, called: bool = False) -> Written | None:
    """A date, with its order left open where it has none; numbers are dates only where the column is `called` so."""
    if isinstance(value, datetime):
        clock = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
        return Written((value.year, value.month, value.day), "ymd", clock, value.utcoffset())
    if isinstance(value, date):
        return Written((value.year, value.month, value.day), "ymd", timedelta())
    if isinstance(value, str) and 5 <= len(value) <= 60:
        return _of_text(value) or (_of_digits(value) if called else None)
    if called and isinstance(value, int | float) and not isinstance(value, bool):
        return _of_digits(str(value))
    return None


@lru_cache(65536)
def _of_text(text: str) -> Written | None:
    for pattern, spell in ((_NUMBERS, _spelled), (_DAY_FIRST, _day_first), (_MONTH_FIRST, _month_first)):
        if match := pattern.fullmatch(text):
            return spell(match)
    return None


def _spelled(match: re.Match[str]) -> Written | None:
    first, separator, second, third, at = match.groups()
    if not (len(third) < 3 if len(first) == 4 else len(first) < 3 and len(third) in (2, 4)):
        return None  # 1.2.3 is a version
    if any(len(number) == 4 and not YEARS[0] <= int(number) <= YEARS[1] for number in (first, third)):
        return None  # 1234.01.02 is a place
    clock = _clock(at)
    order = "ymd" if len(first) == 4 else ""
    return clock and Written((int(first), int(second), int(third)), order, *clock, separator == ".")


def _day_first(match: re.Match[str]) -> Written | None:
    day, word, year, at = match.groups()
    return _worded(year, word, day, at)


def _month_first(match: re.Match[str]) -> Written | None:
    word, day, before, year, at = match.groups()
    return _worded(year, word, day, before or at)


def _worded(year: str, word: str, day: str, at: str | None) -> Written | None:
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
    month, clock = _MONTH.get(plain[:4]) or _MONTH.get(plain[:3]), _clock(at)
    return Written((int(year), month, int(day)), "ymd", *clock) if month and clock else None


def _clock(text: str | None) -> tuple[timedelta, timedelta | None] | None:
    """The time of day and how far it is ahead of UTC; None where there is no such time."""
    if not text:
        return timedelta(), None
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (match[5].lower() == "p")
    if hour > 23 or minute > 59 or second > 59:
        return None
    offset = timedelta() if match[6] else None
    if match[7]:
        offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == "-" else 1)
    part = int((match[4] or "0").ljust(6, "0")[:6])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=part), offset


def _of_digits(text: str) -> Written | None:
    """`20240131`, what programs count since 1970, 2001 or 1601, or the days since 1900 as Excel counts them."""
    if match := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        if YEARS[0] <= year <= YEARS[1] and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60:
            return Written((year, month, day), "ymd", timedelta(hours=hour, minutes=minute, seconds=second))
    if not re.fullmatch(r"\d{5,19}(?:\.\d{1,12})?", text):
        return None
    if at := counted(text):
        return Written((at.year, at.month, at.day), "ymd", at - datetime(at.year, at.month, at.day), timedelta())
    if SERIALS[0] <= float(text) < SERIALS[1]:
        at = serial(float(text))
        return Written((at.year, at.month, at.day), "ymd", at - datetime(at.year, at.month, at.day))
    return None


# --- The order of day and month -------------------------------------------------------------------------------------


def _order(held: Mapping[str, Sequence[Written | None]], wanted: str, numbers: Sequence[int]) -> tuple[str, str]:
    """The order of the dates that leave it open, and that with its reason in words. Raises Undecided."""
    seen = {name: [each for each in found if each and not each.order] for name, found in held.items()}
    every = [each for found in seen.values() for each in found]
    if not every:
        return "dmy", ""
    if wanted != "auto":
        return wanted, f"{_spoken(wanted)} (as set by date_order)"
    badness = {order: _badness(seen, order) for order in ORDERS}
    best, other = sorted(("dmy", "mdy"), key=badness.__getitem__)
    if badness["ymd"][0] <= badness[best][0] and badness["ymd"][2] * DECISIVE < badness[best][2]:
        spans = f"{badness['ymd'][2]:,} days, else {badness[best][2]:,}"
        return "ymd", f"{_spoken('ymd')} (the dates span {spans})"
    if badness[best][0] < badness[other][0]:
        place, name, proof = next(_proofs(held, best, other))
        row = numbers[place] if numbers else place + 1
        return best, f"{_spoken(best)} (row {row} of {name}: {_shown(proof)})"
    if badness[best][1] * DECISIVE < badness[other][1]:
        return best, f"{_spoken(best)} (the rows run against time {badness[best][1]} times, else {badness[other][1]})"
    if all(each.dotted for each in every):
        return "dmy", f"{_spoken('dmy')} (dates with dots are not written month first)"
    differs = next(((each, name) for name, found in seen.items() for each in found if _differs(each)), None)
    if differs is None:
        return best, f"{_spoken(best)} (no date can be read in another way)"
    raise _ambiguous(*differs)


def _spoken(order: str) -> str:
    return {"dmy": "day first", "mdy": "month first", "ymd": "year first"}[order]


def _badness(seen: Mapping[str, Sequence[Written]], order: str) -> tuple[int, int, int]:
    """Impossible dates, steps against the direction of time, and days spanned, if the dates were in this order."""
    impossible, against, days = 0, 0, []
    for found in seen.values():
        known = [d.toordinal() for each in found if (d := _day(each.numbers, order))]
        impossible += len(found) - len(known)
        back = sum(b < a for a, b in pairwise(known))
        against += min(back, sum(b > a for a, b in pairwise(known)))  # the newest may come first
        days += known
    return impossible, against, max(days, default=0) - min(days, default=0)


def _proofs(held: Mapping[str, Sequence[Written | None]], best: str, other: str) -> Iterator[tuple[int, str, Written]]:
    """The dates that there are in one order and not in the other, with the places of their rows."""
    for name, found in held.items():
        for place, each in enumerate(found):
            if each and not each.order and _day(each.numbers, best) and not _day(each.numbers, other):
                yield place, name, each


def _differs(each: Written) -> bool:
    days = {_day(each.numbers, "dmy"), _day(each.numbers, "mdy")}
    return len(days) > 1 and None not in days


def _shown(each: Written) -> str:
    return ("." if each.dotted else "/").join(map(str, each.numbers))


def _ambiguous(each: Written, name: str) -> Undecided:
    days = {order: day for order in ("dmy", "mdy") if (day := _day(each.numbers, order))}
    choices = {order: f"{day.day} {day:%B %Y}" for order, day in days.items()}
    todo = "Add " + ", or ".join(f"--set table.date_order={order} if it is {day}" for order, day in choices.items())
    found = f"{_shown(each)} in the column {name!r}, which can be read both ways"
    expected = "dates that show which number is the day"
    return Undecided(expected, found, f"{todo}.", section="table", option="date_order", choices=choices)


@lru_cache(65536)
def _day(numbers: tuple[int, int, int], order: str) -> date | None:
    """The day that the numbers mean in this order, or None where there is none."""
    year, month, day = (numbers[place] for place in ORDERS[order])
    if year < 100:
        year += 2000 if year < 69 else 1900
    if not YEARS[0] <= year <= YEARS[1]:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


# --- Times ----------------------------------------------------------------------------------------------------------


def _is_utc(found: Sequence[Written | None]) -> bool:
    """Is UTC the only time that the column has in common? One that is always as far ahead of it is local time."""
    offsets = {each.offset for each in found if each and each.offset is not None}
    return len(offsets) > 1 or offsets == {timedelta()}


def _at(each: Written, order: str, utc: bool) -> datetime | None:
    day = _day(each.numbers, each.order or order)
    if day is None:
        return None
    at = datetime(day.year, day.month, day.day) + each.clock
    return at - each.offset if utc and each.offset else at
