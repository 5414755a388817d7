"""Which number of a date is the day, and which year is meant: proved from the file, or asked for.

An order of day and month is better where fewer dates are impossible, then where time runs backward less often, then
where the chat spans fewer days. Some exports from before 2017 name no year; it is concluded from what else has one.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from mynah.core.errors import Undecided
from mynah.data.files import Input, readable
from mynah.data.sources.whatsapp.heads import Shape

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


class Seen(NamedTuple):
    """A date as it is written, and the line of the first of the heads that follow each other and have it."""

    date: Numbers
    line: int


class Body(NamedTuple):
    """The text of a message, its line, and the place of its date in the sequence of Seen."""

    seen: int
    line: int
    text: str


class Days(NamedTuple):
    """The day of each Seen, None where there is no such day, and in words how that was concluded."""

    days: list[date | None]
    facts: dict[str, str]


def days(
    file: Input, shape: Shape, seen: Sequence[Seen], last: int, bodies: Iterable[Body], wanted: str, year: int
) -> Days:
    """The days of all heads of a file, which have this shape; `last` is the line of the last one. The bodies are looked
    at where no head names a year. Raises Undecided where the file leaves open what is meant."""
    order, why = _order(shape, seen, wanted)
    facts = {"date order": f"{order.name} ({why})" if why else order.name}
    if " " in shape.separator and any(not each.date[0] for each in seen):
        years, facts["year"] = _years(file, shape, seen, last, bodies, year)
        written = [(str(y), each.date[1], each.date[2]) for each, y in zip(seen, years, strict=True)]
        return Days([_day(numbers, order) for numbers in written], facts)
    calendar = {numbers: _day(numbers, order) for numbers in {each.date for each in seen}}
    return Days([calendar[each.date] for each in seen], facts)


def shown(shape: Shape, date: Numbers) -> str:
    """The date as it is written, more or less."""
    if " " not in shape.separator:
        return shape.separator.join(date)
    year, month, day = date
    return f"{day} {NAMES[int(month) - 1]} {year}".rstrip()


# --- The order of day and month -------------------------------------------------------------------------------------


def _orders(year: int) -> tuple[Order, Order]:
    """Day first and month first, the year being the number that has four digits, or else the last."""
    place = 2 if year < 0 else year
    first, second = (i for i in range(3) if i != place)
    before = "year first, then " if place == 0 else ""
    last = "" if place == 0 else " first"
    return Order(f"{before}day{last}", place, second, first), Order(f"{before}month{last}", place, first, second)


def _order(shape: Shape, seen: Sequence[Seen], wanted: str) -> tuple[Order, str]:
    """The order of the dates and the reason for it. Raises Undecided where the file leaves it open."""
    day_first, month_first = _orders(shape.year)
    year_first = Order("year first, then month", 0, 1, 2)
    if " " in shape.separator:
        return year_first._replace(name="the month is a word"), ""
    if wanted != "auto":
        chosen = {"dmy": day_first, "mdy": month_first}.get(wanted, year_first if shape.year < 0 else month_first)
        return chosen, "as set by date_order"
    badness = {order: _badness(shape, seen, order) for order in (day_first, month_first)}
    if shape.year == 0:
        common = badness[month_first][0] <= badness[day_first][0]
        return (month_first, "the year has four digits") if common else (day_first, "no other order is possible")
    best, other = sorted(badness, key=badness.__getitem__)
    if shape.year < 0 and (odd := _badness(shape, seen, year_first)) < badness[best]:
        return year_first, _why(shape, seen, (year_first, odd), (best, badness[best]))
    if _decides(badness[best], badness[other]):
        return best, _why(shape, seen, (best, badness[best]), (other, badness[other]))
    differs = next((each for each in seen if _day(each.date, day_first) != _day(each.date, month_first)), None)
    if differs is None:
        return day_first, "day and month are the same number"
    if shape.separator == ".":
        return day_first, "dates with dots are not written month first"
    readings = {"dmy": day_first, "mdy": month_first}
    if shape.year < 0 and _badness(shape, seen, year_first)[0] == 0:
        readings["ymd"] = year_first
    raise _ambiguous(shape, differs, readings, badness[best][1])


def _badness(shape: Shape, seen: Sequence[Seen], order: Order) -> tuple[int, int, int]:
    """Impossible dates, steps back in time, and days spanned, if the dates were in this order."""
    known = [d.toordinal() for each in seen if (d := _day(each.date, order)) and _was(shape, d)]
    back = sum(b < a for a, b in pairwise(known))
    return len(seen) - len(known), back, max(known, default=0) - min(known, default=0)


def _was(shape: Shape, day: date) -> bool:
    """Can a message be of that day? With two digits for the year, most wrong orders give days still to come."""
    return shape.year >= 0 or FIRST_YEAR <= day.year <= date.today().year + 1


def _decides(best: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Is one order that much better? A shorter span proves something only where time never runs backward."""
    return best[:2] != other[:2] or (best[1] == 0 and best[2] != other[2])


def _why(
    shape: Shape,
    seen: Sequence[Seen],
    best: tuple[Order, tuple[int, int, int]],
    rest: tuple[Order, tuple[int, int, int]],
) -> str:
    """The reason why an order was preferred to the next best."""
    (order, (bad, back, span)), (rival, (bad_rival, back_rival, span_rival)) = best, rest
    if bad < bad_rival:
        proof = next(each for each in seen if _exists(shape, each, order) and not _exists(shape, each, rival))
        return f"line {proof.line}: {shown(shape, proof.date)}"
    if back < back_rival:
        return f"time runs backward {back} times, otherwise {back_rival}"
    return f"the chat spans {span} days, otherwise {span_rival}"


def _exists(shape: Shape, seen: Seen, order: Order) -> bool:
    day = _day(seen.date, order)
    return day is not None and _was(shape, day)


def _ambiguous(shape: Shape, seen: Seen, readings: Mapping[str, Order], back: int) -> Undecided:
    """The question that dates such as 03/04/24 leave open, with what each answer would make of the first of them."""
    choices = {}
    for name, order in readings.items():
        if day := _day(seen.date, order):
            choices[name] = f"{day.day} {NAMES[day.month - 1]} {day.year}"
    again = f" (time runs backward {back} times in either order)" if back else ""
    found = f"{shown(shape, seen.date)} (line {seen.line}), which can be read both ways{again}"
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


def _years(
    file: Input, shape: Shape, seen: Sequence[Seen], last: int, bodies: Iterable[Body], wanted: int
) -> tuple[list[int], str]:
    """The year of each date, and how it was concluded. Raises Undecided where nothing tells it."""
    known, why = _known_years(seen, bodies)
    if wanted and not known:
        known, why = {len(seen) - 1: wanted}, "as set by year"
    elif not known and (written := _written(file)) and written.year <= LAST_WITHOUT_YEAR:
        month, day = int(seen[-1].date[1]), int(seen[-1].date[2])
        known = {len(seen) - 1: written.year - ((month, day) > (written.month, written.day))}
        why = f"the file was written on {written}"
    if not known:
        raise _yearless(shape, seen, last)
    years = _spread(seen, known)
    return years, f"{years[0]} to {years[-1]} ({why})" if years[0] != years[-1] else f"{years[0]} ({why})"


def _known_years(seen: Sequence[Seen], bodies: Iterable[Body]) -> tuple[dict[int, int], str]:
    """The years that the file itself tells, by index: those of other heads, or of media that is named after its day."""
    known = {i: int(each.date[0]) for i, each in enumerate(seen) if each.date[0]}
    if known:
        return known, f"after line {seen[next(iter(known))].line}, which names it"
    for body in bodies:
        media = _NAMED_MEDIA.search(body.text)
        if media and (int(media[2]), int(media[3])) == tuple(map(int, seen[body.seen].date[1:])):
            return {body.seen: int(media[1])}, f"line {body.line} names a file of that day"
    return {}, ""


def _spread(seen: Sequence[Seen], known: Mapping[int, int]) -> list[int]:
    """The year of each date, from the nearest known one: a big step back in the calendar is a new year."""
    years = [0] * len(seen)
    first = min(known)
    for index in range(first, len(seen)):
        step = index > first and _later(seen[index - 1], seen[index])
        years[index] = known.get(index, years[index - 1] + step)
    for index in range(first - 1, -1, -1):
        years[index] = years[index + 1] - _later(seen[index], seen[index + 1])
    return years


def _later(before: Seen, after: Seen) -> bool:
    """Is there a New Year between two heads that follow each other? A few lines of an export run backward a little."""
    return _day_of_year(before) - _day_of_year(after) > _HALF_A_YEAR


def _day_of_year(seen: Seen) -> int:
    return int(seen.date[1]) * 31 + int(seen.date[2])


def _written(file: Input) -> date | None:
    """The day on which the file was written, if that is known; for copies, the day of the copy."""
    try:
        if file.member is None:
            return datetime.fromtimestamp(file.path.stat().st_mtime).date()
        with readable(file.name), zipfile.ZipFile(file.path) as archive:
            return date(*archive.getinfo(file.member).date_time[:3])
    except (OSError, ValueError, OverflowError):  # no such file on disk, or a day that does not exist
        return None


def _yearless(shape: Shape, seen: Sequence[Seen], line: int) -> Undecided:
    """The question for the year of the last message, with all years that have the days of the chat."""
    written = shown(shape, seen[-1].date)
    choices = {str(year): f"the last message is of {written} {year}" for year in _possible_years(seen)}
    found = f"{written} (line {line}) and no year anywhere"
    todo = "Add --set whatsapp.year=2014 if the last message is of that year."
    return Undecided("dates with a year", found, todo, section="whatsapp", option="year", choices=choices)


def _possible_years(seen: Sequence[Seen]) -> Iterator[int]:
    for year in range(FIRST_YEAR, LAST_WITHOUT_YEAR + 1):
        years = zip(seen, _spread(seen, {len(seen) - 1: year}), strict=True)
        if not any(int(each.date[1]) == 2 and int(each.date[2]) == 29 and y % 4 for each, y in years):
            yield year
