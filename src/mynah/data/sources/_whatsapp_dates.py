"""Which number of a date is the day, and which year is meant: proved from the file, or asked for.

An order of day and month is better where fewer dates are impossible, then where time runs backward less often, then
where the chat spans fewer days. Some exports from before 2017 name no year; it is concluded from what else has one.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from mynah.core.errors import Undecided
from mynah.data.files import Input, readable
from mynah.data.sources._whatsapp_heads import Head

Numbers = tuple[str, str, str]
FIRST_YEAR = 2009  # WhatsApp's
LAST_WITHOUT_YEAR = 2016  # later exports name the year in each head
NAMES = "January February March April May June July August September October November December".split()  # noqa: SIM905
_BUDDHIST = 2400  # years above are of the Buddhist calendar
_HALF_A_YEAR = 183
_NAMED_MEDIA = re.compile(r"\b[A-Z]{3}-(20\d\d)(\d\d)(\d\d)-WA\d")
_ERAS = {"r": 2018, "h": 1988}  # Reiwa and Heisei: the year before their first


class Order(NamedTuple):
    """Where year, month and day stand in a date."""

    name: str
    year: int
    month: int
    day: int


class Days(NamedTuple):
    """The day of each head, None where there is no such day, and in words how that was concluded."""

    days: list[date | None]
    facts: dict[str, str]


def days(file: Input, text: str, heads: Sequence[Head], wanted: str, year: int) -> Days:
    """The days of all heads, which have the same shape. Raises Undecided where the file leaves open what is meant."""
    order, why = _order(text, heads, wanted)
    facts = {"date order": f"{order.name} ({why})" if why else order.name}
    if " " in heads[0].shape.separator and any(not head.date[0] for head in heads):
        years, facts["year"] = _years(file, text, heads, year)
        return Days([_day((str(y), h.date[1], h.date[2]), order) for h, y in zip(heads, years, strict=True)], facts)
    calendar = {numbers: _day(numbers, order) for numbers in {head.date for head in heads}}
    return Days([calendar[head.date] for head in heads], facts)


def shown(head: Head) -> str:
    """The date as it is written, more or less."""
    if " " not in head.shape.separator:
        return head.shape.separator.join(head.date)
    year, month, day = head.date
    return f"{day} {NAMES[int(month) - 1]} {year}".rstrip()


def line_of(text: str, head: Head) -> int:
    """The number of its line, counted from 1."""
    return text.count("\n", 0, head.start + 1)


# --- The order of day and month -------------------------------------------------------------------------------------


def _orders(year: int) -> tuple[Order, Order]:
    """Day first and month first, the year being the number that has four digits, or else the last."""
    place = 2 if year < 0 else year
    first, second = (i for i in range(3) if i != place)
    before = "year first, then " if place == 0 else ""
    last = "" if place == 0 else " first"
    return Order(f"{before}day{last}", place, second, first), Order(f"{before}month{last}", place, first, second)


def _order(text: str, heads: Sequence[Head], wanted: str) -> tuple[Order, str]:
    """The order of the dates and the reason for it. Raises Undecided where the file leaves it open."""
    shape = heads[0].shape
    day_first, month_first = _orders(shape.year)
    year_first = Order("year first, then month", 0, 1, 2)
    if " " in shape.separator:
        return year_first._replace(name="the month is a word"), ""
    if wanted != "auto":
        chosen = {"dmy": day_first, "mdy": month_first}.get(wanted, year_first if shape.year < 0 else month_first)
        return chosen, "as set by date_order"
    seen = [h for h, before in zip(heads, [None, *heads], strict=False) if before is None or before.date != h.date]
    badness = {order: _badness(seen, order) for order in (day_first, month_first)}
    if shape.year == 0:
        common = badness[month_first][0] <= badness[day_first][0]
        return (month_first, "the year has four digits") if common else (day_first, "no other order is possible")
    best, other = sorted(badness, key=badness.__getitem__)
    if shape.year < 0 and (odd := _badness(seen, year_first)) < badness[best]:
        return year_first, _why(text, seen, (year_first, odd), (best, badness[best]))
    if _decides(badness[best], badness[other]):
        return best, _why(text, seen, (best, badness[best]), (other, badness[other]))
    differs = next((h for h in seen if _day(h.date, day_first) != _day(h.date, month_first)), None)
    if differs is None:
        return day_first, "day and month are the same number"
    if shape.separator == ".":
        return day_first, "dates with dots are not written month first"
    readings = {"dmy": day_first, "mdy": month_first}
    if shape.year < 0 and _badness(seen, year_first)[0] == 0:
        readings["ymd"] = year_first
    raise _ambiguous(text, differs, readings, badness[best][1])


def _badness(seen: Sequence[Head], order: Order) -> tuple[int, int, int]:
    """Impossible dates, steps back in time, and days spanned, if the dates were in this order."""
    known = [d.toordinal() for h in seen if (d := _day(h.date, order)) and _was(d, h)]
    back = sum(b < a for a, b in pairwise(known))
    return len(seen) - len(known), back, max(known, default=0) - min(known, default=0)


def _was(day: date, head: Head) -> bool:
    """Can a message be of that day? With two digits for the year, most wrong orders give days still to come."""
    return head.shape.year >= 0 or FIRST_YEAR <= day.year <= date.today().year + 1


def _decides(best: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Is one order that much better? A shorter span proves something only where time never runs backward."""
    return best[:2] != other[:2] or (best[1] == 0 and best[2] != other[2])


def _why(
    text: str, seen: Sequence[Head], best: tuple[Order, tuple[int, int, int]], rest: tuple[Order, tuple[int, int, int]]
) -> str:
    """The reason why an order was preferred to the next best."""
    (order, (bad, back, span)), (rival, (bad_rival, back_rival, span_rival)) = best, rest
    if bad < bad_rival:
        proof = next(h for h in seen if _exists(h, order) and not _exists(h, rival))
        return f"line {line_of(text, proof)}: {shown(proof)}"
    if back < back_rival:
        return f"time runs backward {back} times, otherwise {back_rival}"
    return f"the chat spans {span} days, otherwise {span_rival}"


def _exists(head: Head, order: Order) -> bool:
    day = _day(head.date, order)
    return day is not None and _was(day, head)


def _ambiguous(text: str, head: Head, readings: Mapping[str, Order], back: int) -> Undecided:
    """The question that dates such as 03/04/24 leave open, with what each answer would make of the first of them."""
    choices = {}
    for name, order in readings.items():
        if day := _day(head.date, order):
            choices[name] = f"{day.day} {NAMES[day.month - 1]} {day.year}"
    again = f" (time runs backward {back} times in either order)" if back else ""
    found = f"{shown(head)} (line {line_of(text, head)}), which can be read both ways{again}"
    todo = ", or ".join(f"--set whatsapp.date_order={name} if it is {day}" for name, day in choices.items())
    expected = "dates that show which number is the day"
    return Undecided(expected, found, f"Add {todo}.", section="whatsapp", option="date_order", choices=choices)


@lru_cache(4096)
def _day(numbers: Numbers, order: Order) -> date | None:
    """The day that the numbers of a date mean in this order, or None where there is none."""
    year = numbers[order.year]
    era = _ERAS.get(year[:1].lower())
    number = int(year if era is None else year[1:])
    if era is not None:
        number += era
    elif len(year) <= 2:
        number += 2000
    elif number > _BUDDHIST:
        number -= 543
    if not 1990 <= number <= 2200:
        return None  # nobody wrote then; other calendars are not understood
    try:
        return date(number, int(numbers[order.month]), int(numbers[order.day]))
    except ValueError:
        return None


# --- Heads without a year -------------------------------------------------------------------------------------------


def _years(file: Input, text: str, heads: Sequence[Head], wanted: int) -> tuple[list[int], str]:
    """The year of each head, and how it was concluded. Raises Undecided where nothing tells it."""
    known, why = _known_years(text, heads)
    if wanted and not known:
        known, why = {len(heads) - 1: wanted}, "as set by year"
    elif not known and (written := _written(file)) and written.year <= LAST_WITHOUT_YEAR:
        month, day = int(heads[-1].date[1]), int(heads[-1].date[2])
        known = {len(heads) - 1: written.year - ((month, day) > (written.month, written.day))}
        why = f"the file was written on {written}"
    if not known:
        raise _yearless(text, heads)
    years = _spread(heads, known)
    return years, f"{years[0]} to {years[-1]} ({why})" if years[0] != years[-1] else f"{years[0]} ({why})"


def _known_years(text: str, heads: Sequence[Head]) -> tuple[dict[int, int], str]:
    """The years that the file itself tells, by index: those of other heads, or of media that is named after its day."""
    known = {i: int(h.date[0]) for i, h in enumerate(heads) if h.date[0]}
    if known:
        return known, f"after line {line_of(text, heads[next(iter(known))])}, which names it"
    ends = [h.start for h in heads[1:]] + [len(text)]
    for index, (head, end) in enumerate(zip(heads, ends, strict=True)):
        media = _NAMED_MEDIA.search(text, head.end, end)
        if media and (int(media[2]), int(media[3])) == (int(head.date[1]), int(head.date[2])):
            known[index] = int(media[1])
            return known, f"line {line_of(text, head)} names a file of that day"
    return {}, ""


def _spread(heads: Sequence[Head], known: Mapping[int, int]) -> list[int]:
    """The year of each head, from the nearest known one: a big step back in the calendar is a new year."""
    years = [0] * len(heads)
    first = min(known)
    for index in range(first, len(heads)):
        step = index > first and _later(heads[index - 1], heads[index])
        years[index] = known.get(index, years[index - 1] + step)
    for index in range(first - 1, -1, -1):
        years[index] = years[index + 1] - _later(heads[index], heads[index + 1])
    return years


def _later(before: Head, after: Head) -> bool:
    """Is there a New Year between two heads that follow each other? A few lines of an export run backward a little."""
    return _day_of_year(before) - _day_of_year(after) > _HALF_A_YEAR


def _day_of_year(head: Head) -> int:
    return int(head.date[1]) * 31 + int(head.date[2])


def _written(file: Input) -> date | None:
    """The day on which the file was written, if that is known; for copies, the day of the copy."""
    try:
        if file.member is None:
            return datetime.fromtimestamp(file.path.stat().st_mtime).date()
        with readable(file.name), zipfile.ZipFile(file.path) as archive:
            return date(*archive.getinfo(file.member).date_time[:3])
    except (OSError, ValueError, OverflowError):  # no such file on disk, or a day that does not exist
        return None


def _yearless(text: str, heads: Sequence[Head]) -> Undecided:
    """The question for the year of the last message, with all years that have the days of the chat."""
    last = heads[-1]
    choices = {str(year): f"the last message is of {shown(last)} {year}" for year in _possible_years(heads)}
    found = f"{shown(last)} (line {line_of(text, last)}) and no year anywhere"
    todo = "Add --set whatsapp.year=2014 if the last message is of that year."
    return Undecided("dates with a year", found, todo, section="whatsapp", option="year", choices=choices)


def _possible_years(heads: Sequence[Head]) -> Iterator[int]:
    for year in range(FIRST_YEAR, LAST_WITHOUT_YEAR + 1):
        years = _spread(heads, {len(heads) - 1: year})
        if not any(int(h.date[1]) == 2 and int(h.date[2]) == 29 and y % 4 for h, y in zip(heads, years, strict=True)):
            yield year
