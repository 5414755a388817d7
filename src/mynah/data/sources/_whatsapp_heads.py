"""The first lines of WhatsApp's messages: how they look, and when they say a message was sent.

A head is a stamp and what sets it off: `31/01/2024, 21:05 - `, `[1/31/24, 9:05:07 PM] `, `Mar 5, 8:11 PM - `. What its
numbers mean depends on the phone's language, so heads are found first, and dated when all of them are known
(`_whatsapp_dates.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import time
from functools import cache, lru_cache
from typing import NamedTuple

from mynah.data.sources import _whatsapp_words as words

MARKS = "\ufeff\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
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
_TAIL = rf"{_DASH}|:[{SPACES}]|[{SPACES}](?=[^\s:][^\n]{{0,100}}?:(?:\s|\Z))"
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
_MONTHS = words.months()


# --- Finding heads --------------------------------------------------------------------------------------------------


def find(text: str) -> list[Head]:
    """All lines that look like heads, of whatever shape, in the order of the text, which begins with a line feed."""
    heads = _found(NUMBERED, text)
    named = _found(NAMED, text)
    return sorted(heads + named) if named else heads


def _found(pattern: re.Pattern[str], text: str) -> list[Head]:
    heads = []
    read_date = _date if pattern is NUMBERED else _named_date
    for found in pattern.finditer(text):
        _, date, clock, clock_first, date_last, tail = found.groups()
        when = read_date(date or date_last)
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
