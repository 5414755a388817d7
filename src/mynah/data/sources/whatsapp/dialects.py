"""How phones write a chat: a table of dialects, and `write`, which speaks them all. `whatsapp.read` undoes it.

Language of the phone and format of its dates are set apart from each other, so a dialect is an example of what was seen
together, not a rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal

from mynah.core.types import Conversation, Message
from mynah.data.sources.whatsapp import words

LRM, RLM, NNBSP, NBSP = "\u200e", "\u200f", "\u202f", "\u00a0"
ARABIC, PERSIAN, DEVANAGARI, BENGALI, THAI, FULLWIDTH = (
    "".join(chr(zero + digit) for digit in range(10)) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
)
REIWA = date(2019, 5, 1)
Halves = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Dialect:
    """One way of writing heads and notices. Patterns are Unicode's: `d` is 5, `dd` 05, `MMM` Jan, `a` the half of the
    day, and so on; a pattern without `y` leaves the year out.
    """

    platform: Literal["android", "ios", "web"] = "android"
    language: str = "en"  # of the placeholders
    date: str = "dd/MM/yyyy"
    clock: str = "HH:mm"
    join: str = ", "
    head: str = "{} - "  # what is around date and time
    time_first: bool = False
    halves: Halves = ((0, "AM"), (12, "PM"))  # words, and the hours from which on they are used
    digits: str = ""
    era: Literal["", "buddhist", "japanese"] = ""
    mark: str = ""  # an invisible character before what iOS generates, and before its line
    notice: str = ""  # what stands before a notice: iOS writes them as said by the group
    line_end: Literal["\n", "\r\n"] = "\n"
    bom: bool = False

    @property
    def order(self) -> Literal["dmy", "mdy", "ymd"]:
        """The order of the date as `whatsapp.date_order` calls it."""
        found = "".join(dict.fromkeys(letter for letter in self.date.lower() if letter in "dmy"))
        return "ymd" if found.startswith("y") else "mdy" if found.startswith("m") else "dmy"

    @property
    def seconds(self) -> bool:
        """Are times written to the second?"""
        return "s" in self.clock

    def placeholders(self, kind: Literal["media", "deleted"]) -> list[str]:
        """What stands for a message of this kind, the most usual first."""
        if kind == "deleted":
            return words.phrases(self.language, "deleted")
        if self.platform == "ios":
            return words.phrases(self.language, "omitted")
        return [f"<{phrase}>" for phrase in words.phrases(self.language, "media")]


def write(conversation: Conversation, dialect: Dialect = Dialect()) -> str:
    """The conversation as a phone would export it. Raises ValueError for a message without time.

    What a dialect does not write, such as seconds, is not kept. `read` gives the same messages back where texts are
    what `read` would have made of them and it can tell where names end. Media and deleted messages without a text get
    the placeholder of the language.
    """
    lines = [_line(message, dialect) for message in conversation.messages]
    text = "\n".join([*lines, ""])
    if dialect.line_end != "\n":
        text = text.replace("\n", dialect.line_end)
    return "\ufeff" + text if dialect.bom else text


def _line(message: Message, dialect: Dialect) -> str:
    if message.at is None:
        raise ValueError(f"a message without a time cannot be exported: {message.text[:40]!r}")
    text, mark = message.text, ""
    if message.kind != "text":
        mark = dialect.mark
        if not text and message.kind in ("media", "deleted"):
            text = dialect.placeholders(message.kind)[0]
    sender = f"{message.speaker}: " if message.speaker else dialect.notice
    return f"{mark}{dialect.head.format(_stamp(message.at, dialect))}{sender}{mark if sender else ''}{text}"


def _stamp(at: datetime, dialect: Dialect) -> str:
    day, clock = _date(at.date(), dialect), _clock(at.time(), dialect)
    return f"{clock}{dialect.join}{day}" if dialect.time_first else f"{day}{dialect.join}{clock}"


@lru_cache(4096)
def _date(day: date, dialect: Dialect) -> str:
    parts: dict[str, Callable[[str], str]] = {
        "y": lambda field: _year(day, field, dialect),
        "M": lambda field: MONTHS[day.month - 1] if len(field) == 3 else str(day.month).zfill(len(field)),
        "d": lambda field: str(day.day).zfill(len(field)),
    }
    return _filled(dialect.date, parts, dialect)


def _year(day: date, field: str, dialect: Dialect) -> str:
    if dialect.era == "buddhist":
        return f"{day.year + 543}"
    if dialect.era == "japanese":
        return f"R{day.year - 2018}" if day >= REIWA else f"H{day.year - 1988}"
    return f"{day.year:04}"[-len(field) :]


@lru_cache(100_000)
def _clock(at: time, dialect: Dialect) -> str:
    numbers = {"H": at.hour, "h": at.hour % 12 or 12, "m": at.minute, "s": at.second}
    parts: dict[str, Callable[[str], str]] = {
        letter: lambda field, number=number: str(number).zfill(len(field))  # type: ignore[misc]
        for letter, number in numbers.items()
    }
    half = [word for hour, word in dialect.halves if hour <= at.hour][-1]
    return _filled(dialect.clock, {**parts, "a": lambda _: half}, dialect)


def _filled(pattern: str, parts: dict[str, Callable[[str], str]], dialect: Dialect) -> str:
    """The pattern with its fields, which are runs of one letter, filled; text between ' stays."""

    def fill(found: re.Match[str]) -> str:
        if found[2]:
            return found[2]
        return parts[found[1][0]](found[1]).translate(digits)

    digits = dict(zip(map(ord, "0123456789"), dialect.digits, strict=False))
    return re.sub(r"(y+|M+|d+|H+|h+|m+|s+|a)|'([^']*)'", fill, pattern)


# --- The table ------------------------------------------------------------------------------------------------------

MONTHS = [month.capitalize() for month in words.LANGUAGES["en"].months.split()]
_POINTS: Halves = ((0, "a.m."), (12, "p.m."))
_SPANISH: Halves = ((0, f"a.{NBSP}m."), (12, f"p.{NBSP}m."))
_LOWER: Halves = ((0, "am"), (12, "pm"))
_GERMAN: Halves = ((0, "nachts"), (5, "morgens"), (10, "vorm."), (12, "mittags"), (13, "nachm."), (18, "abends"))
_CHINESE: Halves = ((0, "凌晨"), (5, "早上"), (8, "上午"), (12, "中午"), (13, "下午"), (19, "晚上"))
_ARABIC: Halves = ((0, "ص"), (12, "م"))
_JAPANESE: Halves = ((0, "午前"), (12, "午後"))
_HEBREW: Halves = ((0, 'לפנה"צ'), (12, 'אחה"צ'))

ANDROID = Dialect()
IOS = Dialect("ios", clock="HH:mm:ss", head="[{}] ", mark=LRM, notice="Garden Club: ")
_OLD_IOS = Dialect("ios", date="M/d/yy", clock="h:mm:ss a", head="{}: ")

DIALECTS: dict[str, Dialect] = {
    "en-us-android": Dialect(date="M/d/yy", clock=f"h:mm{NNBSP}a"),
    "en-us-android-before-2023": Dialect(date="M/d/yy", clock="h:mm a"),
    "en-us-android-no-comma": Dialect(date="M/d/yy", clock="h:mm a", join=" "),
    "en-us-ios": replace(IOS, date="M/d/yy", clock=f"h:mm:ss{NNBSP}a"),
    "en-us-ios-before-2023": replace(IOS, date="M/d/yy", clock="h:mm:ss a"),
    "en-gb-android": ANDROID,
    "en-gb-ios": replace(IOS, line_end="\r\n", bom=True),
    "en-in-android": Dialect(date="dd/MM/yy", clock=f"h:mm{NNBSP}a", halves=_LOWER),
    "en-in-ios": replace(IOS, date="dd/MM/yy", clock=f"h:mm:ss{NNBSP}a"),
    "en-ca-android": Dialect(date="yyyy-MM-dd", clock="h:mm a", halves=_POINTS),
    "en-za-android": Dialect(date="yyyy/MM/dd", clock="h:mm a", halves=_LOWER),
    "en-at-android": Dialect(join=" at "),
    "year-first-android": Dialect(date="yyyy/MM/dd"),
    "year-first-short": Dialect(date="yy/M/d"),
    "year-in-the-middle": replace(IOS, date="MM/yyyy/dd"),
    "de-android": Dialect(language="de", date="dd.MM.yy"),
    "de-android-12h": Dialect(language="de", date="dd.MM.yy", clock="h:mm a", halves=_GERMAN),
    "de-android-um": Dialect(language="de", date="dd.MM.yyyy", join=" um "),
    "de-ios": replace(IOS, language="de", date="dd.MM.yy", line_end="\r\n"),
    "nl-android": Dialect(language="nl", date="dd-MM-yyyy", join=" "),
    "nl-ios": replace(IOS, language="nl", date="dd-MM-yyyy", join=" "),
    "nl-ios-old": replace(IOS, language="nl", date="dd-MM-yy", join=" ", head="{} "),
    "fr-android": Dialect(language="fr", join=" "),
    "fr-android-old": Dialect(language="fr", join=" à "),
    "fr-ios": replace(IOS, language="fr", join=" "),
    "es-android": Dialect(language="es", date="d/M/yy", join=" "),
    "es-latin-america-android": Dialect(
        language="es", date="d/M/yyyy", clock="h:mm a", join=" ", halves=_SPANISH, line_end="\r\n"
    ),
    "es-latin-america-ios": replace(
        IOS, language="es", date="d/M/yy", clock=f"h:mm:ss{NNBSP}a", join=" ", halves=_SPANISH
    ),
    "pt-br-android": Dialect(language="pt", join=" "),
    "pt-br-ios": replace(IOS, language="pt"),
    "pt-pt-android": Dialect(language="pt-pt"),
    "it-android": Dialect(language="it", date="dd/MM/yy"),
    "it-ios": replace(IOS, language="it", date="dd/MM/yy"),
    "ru-android": Dialect(language="ru", date="dd.MM.yyyy"),
    "cs-android": Dialect(language="cs", date="dd.MM.yy", join=" "),
    "cs-ios": replace(IOS, language="cs", date="M/d/yy", join=" "),
    "tr-android": Dialect(language="tr", date="dd.MM.yyyy", join=" "),
    "tr-android-12h": Dialect(language="tr", date="d.MM.yyyy", clock="h:mm a", halves=((0, "ÖÖ"), (12, "ÖS"))),
    "tr-ios": replace(IOS, language="tr", date="dd.MM.yyyy", join=" "),
    "tr-ios-comma": replace(IOS, language="tr", date="dd.MM.yyyy"),
    "he-android": Dialect(language="he", date="d.M.yyyy"),
    "he-android-marks": Dialect(language="he", date="d.M.yyyy", head=f"{{}} - {RLM}"),
    "he-ios-12h": replace(IOS, language="he", date="d.M.yyyy", clock="h:mm:ss a", halves=_HEBREW, mark=RLM),
    "ar-android": Dialect(
        language="ar", date=f"d'{RLM}'/M'{RLM}'/yyyy", clock="h:mm a", join="، ", digits=ARABIC, halves=_ARABIC
    ),
    "ar-ios": replace(IOS, language="ar", date=f"'{RLM}'d'{RLM}'/M'{RLM}'/yyyy", join="، ", mark=RLM),
    "ar-ios-12h": replace(
        IOS, language="ar", date="d/M/yyyy", clock=f"h:mm:ss{NBSP}a", join="، ", digits=ARABIC, halves=_ARABIC, mark=RLM
    ),
    "id-android": Dialect(language="id", date="dd/MM/yy", clock="HH.mm", join=" "),
    "id-ios": replace(IOS, language="id", date="M/d/yy", clock="HH.mm.ss", join=" "),
    "fi-android": Dialect(language="fi", date="d.M.yyyy", clock="H.mm", join=" klo "),
    "fi-ios": replace(IOS, language="fi", date="d.M.yyyy", clock="H.mm.ss", join=" klo "),
    "fi-ios-english": replace(IOS, date="d.M.yyyy", clock="H.mm.ss"),
    "ja-ios": replace(IOS, language="ja", date="M/d/yy", join=" "),
    "ja-ios-era": replace(IOS, language="ja", date="M/d/y", era="japanese"),
    "ja-android-12h": Dialect(language="ja", date="yyyy/MM/dd", clock="ah:mm", join=" ", halves=_JAPANESE),
    "th-ios": replace(IOS, language="th", date="M/d/yy", join=" "),
    "th-ios-era": replace(IOS, language="th", date="M/d/y 'BE'", era="buddhist"),
    "th-android-digits": Dialect(language="th", date="d/M/y", join=" ", era="buddhist", digits=THAI),  # unverified
    "zh-android": Dialect(language="zh-cn", date="yyyy/MM/dd", join=" "),
    "zh-android-12h": Dialect(language="zh-cn", date="yyyy/M/d", clock="ah:mm", join=" ", halves=_CHINESE),
    "zh-android-12h-behind": Dialect(language="zh-tw", date="yyyy/M/d", clock="h:mma", join=" ", halves=_CHINESE),
    "zh-ios": replace(IOS, language="zh-cn", date="yyyy/M/d", join=" "),
    "zh-ios-12h": replace(IOS, language="zh-tw", date="yyyy/M/d", clock="ah:mm:ss", join=" ", halves=_CHINESE),
    "ja-android-fullwidth": Dialect(language="ja", date="yyyy/MM/dd", join=" ", digits=FULLWIDTH),  # unverified
    "ko-android": Dialect(  # unverified
        language="ko", date="yyyy. M. d.", clock="a h:mm", join=" ", halves=((0, "오전"), (12, "오후"))
    ),
    "ko-ios": replace(  # unverified
        IOS, language="ko", date="yyyy. M. d.", clock="a h:mm:ss", join=" ", halves=((0, "오전"), (12, "오후"))
    ),
    "fa-android": Dialect(  # unverified
        language="fa", date="yyyy/M/d", clock="h:mm a", join="، ", digits=PERSIAN, halves=((0, "ق.ظ."), (12, "ب.ظ."))
    ),
    # unverified
    "hi-android-digits": Dialect(language="hi", date="d/M/yy", clock="h:mm a", digits=DEVANAGARI, halves=_LOWER),
    "bn-android-digits": Dialect(language="bn", date="d/M/yy", clock="h:mm a", digits=BENGALI),  # unverified
    "hi-ios": replace(IOS, language="hi", date="M/d/yy"),
    "pl-android": Dialect(language="pl", date="dd.MM.yyyy"),
    "uk-ios": replace(IOS, language="uk", date="M/d/yy"),
    "ro-android": Dialect(language="ro", date="dd.MM.yyyy"),  # unverified
    "sv-android": Dialect(language="sv", date="yyyy-MM-dd", join=" "),  # unverified
    "el-android": Dialect(  # unverified
        language="el", date="d/M/yy", clock="h:mm a", halves=((0, "π.μ."), (12, "μ.μ."))
    ),
    "hr-android": Dialect(language="hr", date="d. M. yyyy.", join=" "),
    "vi-ios": replace(IOS, language="vi", date="M/d/yy", time_first=True),
    "vi-ios-12h": replace(
        IOS, language="vi", date="M/d/yy", clock="h:mm:ss a", time_first=True, halves=((0, "SA"), (12, "CH"))
    ),
    "web-paste": replace(IOS, platform="web", clock="HH:mm", time_first=True),
    "web-export": replace(IOS, platform="web", date="M/d/yy", clock="h:mm:ss a", mark="", notice="- "),
    "ios-2014": _OLD_IOS,
    "ios-2014-24h": replace(_OLD_IOS, date="dd.MM.yy", clock="HH.mm.ss", join=" "),
    "android-2014": Dialect(date="d MMM yyyy", time_first=True),
    "android-2014-no-year": Dialect(date="d MMM", join=" "),
    "android-2014-no-year-us": Dialect(date="MMM d", clock="h:mm a"),
    "android-2014-us": Dialect(date="MMM d, yyyy", clock="h:mm a"),
}  # fmt: skip
"""Every dialect that `read` knows of."""
