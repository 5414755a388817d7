"""The first lines of WhatsApp's messages: how they look, and when they say a message was sent.

A head is a stamp and what sets it off: `31/01/2024, 21:05 - `, `[1/31/24, 9:05:07 PM] `, `Mar 5, 8:11 PM - `. What its
numbers mean depends on the phone's language, so heads are found first, and dated when all of them are known
(`dates.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import time
from functools import cache, lru_cache
from typing import NamedTuple

from mynah.data.sources.whatsapp import words

MARKS = "\ufeff\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LONGEST_NAME = 100  # what is longer before a colon is a notice, not a name
SAMPLE = 500  # heads by which it is known how all are written
SPACES = " \t\u00a0\u2000-\u200a\u202f\u205f\u3000"  # for a set; a line feed is none
_ODD = re.compile(f"[{MARKS}\u00a0\u202f\u2009]")
CLEAN = dict.fromkeys(map(ord, MARKS)) | dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ")


class Shape(NamedTuple):
    """What all heads of one export share. A head that differs in it was pasted into a message."""

    mark: str  # [ of iOS, - of Android, : of old iOS, or a space
    separator: str  # of the date: one character; `d M` or `M d` where the month is a word
    year: int  # which number of the date has four digits; -1 where none has
    seconds: bool
    half_days: bool
    time_first: bool


class Head(NamedTuple):
    """A line that looks like the first of a message. `start` and `end` are places in the text."""

    start: int  # of the line feed before
    end: int
    shape: Shape
    date: tuple[str, str, str]  # numbers in the order of the file; year, month, day where the month is a word
    time: time


class _Date(NamedTuple):
    numbers: tuple[str, str, str]
    separator: str
    year: int


class _Clock(NamedTuple):
    time: time
    seconds: bool
    half_days: bool


def clean(text: str) -> str:
    """The text without invisible marks and with plain spaces: for names and for comparing, never for bodies."""
    return text.translate(CLEAN) if not text.isascii() and _ODD.search(text) else text


def any_of(phrases: Sequence[str]) -> str:
    """A pattern for any of the phrases."""
    return "|".join(map(re.escape, phrases))


# --- The grammar ----------------------------------------------------------------------------------------------------


def _half_pattern(halves: Sequence[str]) -> str:
    """A pattern for words of a half of the day: dots and the space after them come and go (`p. m.`, `pm`, `p.m.`)."""
    letters = (word.rstrip(".").split(".") for word in halves)
    spelled = (rf"[{SPACES}]?[.:]?[{SPACES}]?".join(each).replace("״", '[״"]') for each in letters)
    return "|".join(rf"{each}(?!\w)\.?" if each[0].isascii() else rf"{each}\.?" for each in spelled)


# Repeats have a limit: without one, a line of a thousand spaces would take a thousand times as long.
_K = f"[{MARKS}]{{0,6}}"
_S = f"[{SPACES}{MARKS}]{{1,6}}"
_W = f"[{SPACES}{MARKS}]{{0,6}}"
_PM = _half_pattern(words.every("pm"))
_AM = _half_pattern(words.every("am"))
_STARTS = "".join(
    sorted({letter for word in words.every("am") + words.every("pm") for letter in word[0] + word[0].swapcase()})
)
_HALF = f"(?=[{_STARTS}])(?i:{_AM}|{_PM})"  # most lines have no such word; the set is quicker than so many words
_DATE = rf"\d{{1,4}}{_W}[./-]{_W}\d{{1,4}}{_W}[./-]{_W}[RHrh]?\d{{1,4}}\.?(?:[{SPACES}]BE)?"
_TIME = rf"(?:{_HALF}{_W})?\d{{1,2}}[:.]\d\d(?:[:.]\d\d)?(?!\d)(?:{_W}{_HALF})?"
_JOIN = rf"{_K}[,،]?{_S}(?:(?:{any_of(words.JOINS)}){_S})?"
_DASH = rf"[{SPACES}]{_K}[-\u2013\u2014]{_K}(?:[{SPACES}]|(?=\n|\Z))"
_SPACE_TAIL = rf"[{SPACES}](?=[^\s:][^\n]{{0,100}}?:(?:\s|\Z))"
_TAIL = rf"{_DASH}|:[{SPACES}]|{_SPACE_TAIL}"
_MONTH = r"[^\W\d_][^\s\d.,:]{1,12}\.?"
_NAMED_DATE = (
    rf"(?:\d{{1,2}}\.?[{SPACES}](?:de[{SPACES}])?{_MONTH}|{_MONTH}[{SPACES}]\d{{1,2}})"
    rf"(?:,?[{SPACES}](?:de[{SPACES}])?\d{{4}})?"
)


def _head_pattern(date: str, tail: str) -> re.Pattern[str]:
    """A head, with the line feed before it: the letters that a pattern begins with are what is quickly found."""
    stamp = rf"(?:({date}){_JOIN}({_TIME})|({_TIME}){_JOIN}({date}))"
    return re.compile(rf"\n{_K}(\[)?{_K}{stamp}{_K}(?(1)\][{SPACES}]?|({tail})){_K}")


NUMBERED = _head_pattern(_DATE, _TAIL)
NAMED = _head_pattern(_NAMED_DATE, _DASH)  # the months of some logs of programs are words, too, but without a dash
_DATE_PARTS = re.compile(r"(\d+)[^\d./-]*([./-])[^\d./-]*(\d+)[^\d./-]*[./-][^\dRHrh./-]*([RHrh]?\d+)")
_NAMED_PARTS = re.compile(r"(\d{1,2})?\W*(?:de\W+)?([^\W\d_][^\s\d.,:]+)\W*(\d{1,2}(?!\d))?\W*(?:de\W+)?(\d{4})?")
_TIME_PARTS = re.compile(r"(\D*)(\d+)[:.](\d\d)(?:[:.](\d\d))?(.*)")
_IS_PM = re.compile(_PM, re.I)
_CORE = re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?")
_SENDER = rf"[^:\n]{{1,{LONGEST_NAME}}}"
TIME = re.compile(r"\d[:.]\d\d")  # every head has one
SENDER = re.compile(rf"(?:({_SENDER}): )?")
_MONTHS = words.months()


# --- Finding heads --------------------------------------------------------------------------------------------------


def find(text: str) -> list[Head]:
    """All lines that look like heads, of whatever shape, in the order of the text, which begins with a line feed."""
    heads = _found(NUMBERED, text)
    named = _found(NAMED, text)
    return sorted(heads + named) if named else heads


def read_date(date: str) -> tuple[str, str, str] | None:
    """The numbers of a date that `quick` found."""
    found = _date(date)
    return found.numbers if found else None


def read_time(clock: str) -> time | None:
    """The time that `quick` found, or None where there is no such time."""
    found = _clock(clock)
    return found.time if found else None


def _found(pattern: re.Pattern[str], text: str) -> list[Head]:
    heads = []
    numbers_of = _date if pattern is NUMBERED else _named_date
    for found in pattern.finditer(text):
        _, date, clock, clock_first, date_last, tail = found.groups()
        when = numbers_of(date or date_last)
        at = _clock(clock or clock_first)
        if when is not None and at is not None:
            shape = _shape(tail, when.separator, when.year, at.seconds, at.half_days, date is None)
            if shape.mark != " " or at.seconds:
                heads.append(Head(found.start(), found.end(), shape, when.numbers, at.time))
    return heads


@lru_cache(4096)
def _date(text: str) -> _Date | None:
    """The numbers of a date, or None where several of them are years."""
    found = _DATE_PARTS.match(text)
    assert found is not None, text
    first, separator, second, third = found.groups()
    numbers = (first, second, third)
    years = [i for i, number in enumerate(numbers) if len(number) > 2 or number[0] in "RHrh"]
    return _Date(numbers, separator, years[0] if years else -1) if len(years) < 2 else None


@lru_cache(4096)
def _named_date(text: str) -> _Date | None:
    """The same for a date whose month is a word; the year is empty where there is none."""
    found = _NAMED_PARTS.match(clean(text))
    assert found is not None, text
    before, word, after, year = found.groups()
    month = _month(word.lower())
    if month is None or (before is None) == (after is None):
        return None
    return _Date((year or "", str(month), before or after), "d M" if before else "M d", 0)


def _month(word: str) -> int | None:
    """The month with this name, in whatever language."""
    starts = (word[:length] for length in range(len(word), 1, -1))
    return next((_MONTHS[start] for start in starts if start in _MONTHS), None)


@lru_cache(100_000)  # a day has 86,400 seconds
def _clock(text: str) -> _Clock | None:
    """The time, or None where there is no such time."""
    found = _TIME_PARTS.match(text)
    assert found is not None, text
    before, hour, minute, second, after = found.groups()
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    half = clean(before).strip() or clean(after).strip()
    if half and hours <= 12:
        hours = hours % 12 + 12 * (_IS_PM.match(half) is not None)
    return _Clock(time(hours, minutes, seconds), second is not None, bool(half))


@cache
def _shape(tail: str | None, separator: str, year: int, seconds: bool, half_days: bool, time_first: bool) -> Shape:
    mark = "[" if tail is None else clean(tail).strip()[:1] or " "
    return Shape("-" if mark in "\u2013\u2014" else mark, separator, year, seconds, half_days, time_first)


def dominant(heads: Sequence[Head]) -> list[Head]:
    """The heads of the shape that most of them have; the first such shape where two are equal."""
    counts = Counter(head.shape for head in heads)
    shape = max(counts, key=counts.__getitem__, default=None)
    return list(heads) if len(counts) == 1 else [head for head in heads if head.shape == shape]


# --- Finding heads of one make quickly ------------------------------------------------------------------------------


class _Frame(NamedTuple):
    """What heads written by one phone share but for their numbers: patterns, and the words of halves of the day."""

    before: str  # date and time
    date: str
    join: str
    clock: str
    after: str
    halves: tuple[str, str]  # before and after the time


def quick(text: str, heads: Sequence[Head]) -> re.Pattern[str] | None:
    """A pattern that finds most of these heads, which have one shape, several times as fast as the grammar. Whatever it
    finds the grammar finds, too, with the same places and numbers; the contrary need not be so. Its groups are the
    marks that begin the line, date and time in their order, and the sender where the name has no colon. None for
    months in words and other rare ways of writing.
    """
    frames = [frame for head in heads[:SAMPLE] if (frame := _frame(text, head))]
    if not frames:
        return None
    common = Counter(frame._replace(halves=("", "")) for frame in frames).most_common(1)[0][0]
    halves = dict.fromkeys(frame.halves for frame in frames if frame._replace(halves=("", "")) == common)
    clock = "|".join(f"{re.escape(before)}{common.clock}{re.escape(after)}" for before, after in halves)
    first, last = f"({common.date})", f"({clock})"
    if heads[0].shape.time_first:
        first, last = last, first
    return re.compile(rf"\n({_K}){common.before}{first}{common.join}{last}{common.after}{_K}(?:({_SENDER}): )?")


def _frame(text: str, head: Head) -> _Frame | None:
    """How a head is written, or None where `quick` does not go into it."""
    found = NUMBERED.match(text, head.start)
    if found is None:
        return None
    groups = (4, 5) if head.shape.time_first else (2, 3)
    (start, middle), (middle_end, end) = (found.span(group) for group in groups)
    before, join = text[head.start + 1 : start].lstrip(MARKS), text[middle:middle_end]
    date, clock = (found[group] for group in (reversed(groups) if head.shape.time_first else groups))
    after = _after(text[end : found.end()], found[6])
    digits = "[0-9]" if all(each.isascii() for each in date + clock if each.isdecimal()) else r"\d"
    numbers, time_of_day = _date_frame(date, head.shape.year, digits), _CORE.search(clock)
    if before not in ("", "[") or after is None or numbers is None or time_of_day is None:
        return None
    core = re.sub(r"\d\d?", lambda each: f"{digits}{{{1 if each.start() == 0 else 2},2}}", time_of_day[0])
    halves = (clock[: time_of_day.start()], clock[time_of_day.end() :])
    return _Frame(re.escape(before), numbers, re.escape(join), core.replace(".", "[.]"), after, halves)


def _after(written: str, tail: str | None) -> str | None:
    """The pattern for what sets a head off, up to the marks that may follow."""
    if tail is None:
        return rf"\][{SPACES}]?" if written.startswith("]") else None
    if not written.startswith(tail):
        return None
    if tail.strip() in ("-", "\u2013", "\u2014") and tail[-1] != tail.strip():
        return re.escape(tail)
    if tail.startswith(":"):
        return re.escape(tail)
    return _SPACE_TAIL if not tail.strip() else None


def _date_frame(date: str, year: int, digits: str) -> str | None:
    """The pattern for a date of three numbers, of which that of the year may have four digits."""
    first, *between = re.split(r"\d+", date)
    numbers = re.findall(r"\d+", date)
    if first or len(numbers) != 3 or any(each.isalnum() for part in between for each in part):
        return None
    if year >= 0 and len(numbers[year]) != 4:
        return None
    sizes = ["{4}" if place == year else "{1,2}" for place in range(3)]
    return "".join(f"{digits}{size}{re.escape(part)}" for size, part in zip(sizes, between, strict=True))
