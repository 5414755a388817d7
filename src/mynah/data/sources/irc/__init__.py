"""Logs of IRC channels: irssi, WeeChat, the log module of ZNC, and the public logs of #ubuntu.

irssi writes `~/irclogs/NETWORK/#CHANNEL.log` after `/set autolog on`, WeeChat `irc.NETWORK.#CHANNEL.weechatlog` below
its folder of logs, ZNC a file a day below `moddata/log`. The logs of #ubuntu are on irclogs.ubuntu.com, a file a day::

    --- Log opened Wed Jan 31 21:00:00 2024
    21:05 <@quill> anyone awake?
    21:05 < mica> quill: yes, what broke?
    21:06  * quill checks the fuse
    21:07 -!- jett [~j@example.org] has joined #shed

One line is one message. The day is taken from the lines, otherwise from the name of the file or its folders; where the
clock runs backwards by more than two hours a new day began. Old logs of #ubuntu have a clock of 12 hours without halves
of the day, which shows where it begins again; what stands after `===` there is an action if it begins with a
nick, and else an event. Colors are left out, `/me` stands before actions, and known bots and notices are automatic. Who
answers whom is concluded in `replies.py`. A nick is taken for one person, and a person with two nicks for two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.options import option
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared.times import iso
from mynah.data.sources.irc import replies

LABEL = "IRC log"
ACTION = "/me "
SHOWN = 1000  # characters of a line that could not be read
LOOK = 200  # lines that are looked at to recognize a log
BACK = timedelta(hours=2)  # a clock is set back by this at most; what goes further back is another day
NO_DAY = date(1970, 1, 1)
MODES = " ~&@%+"  # what channels put before the nicks of operators and others

IRSSI, WEECHAT, ZNC, UBUNTU = "irssi", "WeeChat", "ZNC", "#ubuntu"

_TIME = r"(\[?)([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?\]? "
_CLOCKED = re.compile(_TIME + r"(.*)", re.S)
_SAID = re.compile(r"<([^>]{1,100})>(?: (.*))?", re.S)
_ACTED = re.compile(r" ?\* ([^\s*]\S{0,99})(?: (.*))?", re.S)
_NOTICE = re.compile(r"-(\S{1,200})-(?: (.*))?", re.S)
_EVENT = re.compile(r"(?:\*\*\*|-!-) (.*)", re.S)
_DATED = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)"
    r"\t([^\t]{0,100})\t(.*)",
    re.S,
)
_DAY_LINE = re.compile(r"--- (?:Log (?:opened|closed)|Day changed) (.*)")
_DAY = re.compile(r"(\w{1,20})\.? ([0-9]{1,2}) (?:[0-9:]{8} )?([0-9]{4})$")
_DAY_IN_NAME = re.compile(r"(?<![0-9])([0-9]{4})([-_./]?)([0-9]{2})\2([0-9]{2})(?![0-9])")
_UBUNTU_EVENT = re.compile(
    r"\S+ (?:is now known as \S+|\[[^\]]*\]\s+has (?:joined|left|quit)\b.*|was kicked off [#&].*)$", re.S
)
_COLORS = re.compile(r"\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04[0-9A-Fa-f]{6}|[\x01\x02\x0f\x11\x16\x1d\x1e\x1f]")
_BOT = re.compile(r"(?:ubott?u|l?ubot[0-9u]+|floodbot[0-9k-]*|meetingology|(?:chan|nick|memo|bot)serv)[`_]*", re.I)
_EVENT_PREFIXES = ("-->", "<--", "--", "=!=")

_MONTHS = (
    "jan gen ene", "feb fév fev", "mar mär mrz maa mrt", "apr avr abr", "may mai mag mei maj", "jun giu juin",
    "jul lug juil", "aug aoû ago", "sep set", "oct okt ott out", "nov", "dec dez dic déc",
)  # fmt: skip
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}


class Options(core_options.Options):
    """What neither the lines nor the name of the file may tell."""

    date: str = option("", "the day of the first line, as 2024-01-31, where the log does not name it")


class _Line(NamedTuple):
    """A line that was understood. `at` is the day and the time, the time, a new day, or nothing."""

    at: datetime | time | date | None
    kind: Kind
    nick: str
    text: str
    format: str
    utc: bool = False


class _Unread(NamedTuple):
    """Why a line was not."""

    reason: str


@dataclass(slots=True)
class _Row:
    """A line with its number, and the number of lines that it fills."""

    number: int
    text: str
    line: _Line | _Unread
    lines: int = 1


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that most lines are those of a log, and some of them were said by somebody."""
    lines = [line for line in head.split("\n", LOOK)[:LOOK] if line.strip()]
    if len(lines) > 1 and len(head) > 60_000:
        lines.pop()  # it may be cut
    read_lines = [line for line in map(_parse, lines) if isinstance(line, _Line)]
    said = sum(bool(line.nick) for line in read_lines)
    share = len(read_lines) / max(len(lines), 1)
    return round({0: 0.0, 1: 0.7, 2: 0.9}.get(said, 0.95) * share, 2) if share > 0.6 else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the lines that are none of a log, and the channel."""
    rows = _rows(file.text())
    known = [(row, row.line) for row in rows if isinstance(row.line, _Line)]
    known = _actions(known)
    clock = _clock(file, options, [line for _, line in known])
    start = clock.day
    times = [clock.at(line.at) for _, line in known]
    first = next((at for at in times if at), start)
    messages = [
        Message(line.nick, line.text, at or first, Origin(file.name, row.number, row.lines), line.kind)
        for (row, line), at in zip(known, times, strict=True)
    ]
    messages = _linked(sorted(messages, key=lambda m: m.at or datetime.min))
    yield Understood(_facts([line for _, line in known], clock, messages))
    for row in rows:
        if isinstance(row.line, _Unread):
            yield Unparsed(row.text[:SHOWN], row.line.reason, Origin(file.name, row.number, row.lines))
    if messages:
        top = min(m.origin.line for m in messages)
        end = max(m.origin.line + m.origin.lines for m in messages)
        yield Conversation(tuple(messages), Origin(file.name, top, end - top), _chat(file))


def write(conversation: Conversation) -> str:
    """The conversation as WeeChat writes it, whose lines have the day and the seconds."""
    return "".join(f"{(m.at or datetime.min).isoformat(' ', 'seconds')}\t{_said(m)}\n" for m in conversation.messages)


def _said(message: Message) -> str:
    if not message.speaker:
        return f"--\t{message.text}"
    if message.text.startswith(ACTION):
        return f" *\t{message.speaker} {message.text.removeprefix(ACTION)}"
    return f"{message.speaker}\t{message.text}"


# --- Lines ----------------------------------------------------------------------------------------------------------


def _rows(text: str) -> list[_Row]:
    """The lines. Only LF and CRLF end them. WeeChat can break a message: what follows has no tabs."""
    rows: list[_Row] = []
    more: list[str] = []
    for number, each in enumerate(text.removesuffix("\n").split("\n") if text else [], 1):
        raw = each.removesuffix("\r")
        line = _parse(raw)
        before = rows[-1].line if rows else None
        if isinstance(line, _Unread) and isinstance(before, _Line) and before.format == WEECHAT and "\t" not in raw:
            more.append(raw)
        else:
            _join(rows, more)
            rows.append(_Row(number, raw, line))
    _join(rows, more)
    return rows


def _join(rows: Sequence[_Row], more: list[str]) -> None:
    """Put the further lines of the last message to it."""
    if more:
        row = rows[-1]
        row.text, row.lines = "\n".join([row.text, *more]), 1 + len(more)
        row.line = _parse(row.text)
        more.clear()


def _parse(raw: str) -> _Line | _Unread:
    """One line, of whichever program."""
    line = _COLORS.sub("", raw.removeprefix("\ufeff"))
    if match := _CLOCKED.fullmatch(line):
        return _clocked(*match.groups())
    if match := _DATED.fullmatch(line):
        return _dated(*match.groups())
    if line.startswith("=== "):
        return _Line(None, "system", "", line[4:].strip(), UBUNTU)
    if match := _DAY_LINE.fullmatch(line):
        return _Line(_day(match[1]), "system", "", line[4:].strip(), IRSSI)
    return _Unread("no line of a log" if line.strip() else "blank line")


def _clocked(bracket: str, hours: str, minutes: str, seconds: str | None, rest: str) -> _Line | _Unread:
    """A line that begins with a time."""
    if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
        return _Unread("no such time")
    at = time(int(hours), int(minutes), int(seconds or 0))
    program = (ZNC if seconds else UBUNTU) if bracket else IRSSI
    if match := _SAID.fullmatch(rest):
        return _spoken(at, match[1], match[2] or "", program)
    if match := _ACTED.fullmatch(rest):
        return _spoken(at, match[1], ACTION + (match[2] or "").strip(), program)
    if match := _EVENT.fullmatch(rest):
        return _Line(at, "system", "", match[1].strip(), program)
    if match := _NOTICE.fullmatch(rest):
        return _Line(at, "automatic", _nick(re.split(r":[#&]", match[1])[0]), (match[2] or "").strip(), program)
    return _Unread("nobody said it, and it is no event")


def _dated(stamp: str, prefix: str, text: str) -> _Line | _Unread:
    """A line of WeeChat. Newer ones have times in UTC, which end with a Z."""
    when = iso(stamp)
    if when is None:
        return _Unread("no such time")
    at, utc = when.at, stamp.endswith("Z")
    if prefix.strip() == "*":
        nick, _, acted = text.strip().partition(" ")
        return _spoken(at, nick, ACTION + acted.strip(), WEECHAT, utc)
    if prefix in _EVENT_PREFIXES or not _nick(prefix):
        return _Line(at, "system", "", text.strip(), WEECHAT, utc)
    return _spoken(at, prefix, text, WEECHAT, utc)


def is_bot(nick: str) -> bool:
    """Is it one of the programs that #ubuntu and the networks are known for?"""
    return _BOT.fullmatch(nick) is not None


def _spoken(at: datetime | time | None, nick: str, text: str, program: str, utc: bool = False) -> _Line:
    nick = _nick(nick)
    return _Line(at, "automatic" if is_bot(nick) else "text", nick, text.strip(), program, utc)


def _nick(prefix: str) -> str:
    """The nick without its mode."""
    return prefix.lstrip(MODES).strip() or prefix.strip()


def _actions(known: list[tuple[_Row, _Line]]) -> list[tuple[_Row, _Line]]:
    """Old logs of #ubuntu write `=== nick sighs`: no event, and it begins with a nick that is seen elsewhere."""
    nicks = {line.nick for _, line in known if line.nick}
    for _, line in known:
        if line.format == UBUNTU and line.at is None and _UBUNTU_EVENT.match(line.text):
            nicks |= {line.text.split(" ", 1)[0], line.text.rsplit(" ", 1)[1]}
    return [(row, _acted(line, nicks)) for row, line in known]


def _acted(line: _Line, nicks: set[str]) -> _Line:
    nick, _, rest = line.text.partition(" ")
    if line.format != UBUNTU or line.at is not None or nick not in nicks or _UBUNTU_EVENT.match(line.text):
        return line
    return _spoken(None, nick, ACTION + rest.strip(), UBUNTU) if rest.strip() else line


# --- Times ----------------------------------------------------------------------------------------------------------


def _day(text: str) -> date | None:
    """The day in `Wed Jan 31 21:00:00 2024`, in the languages that irssi's users have."""
    match = _DAY.search(text)
    if not match:
        return None
    word = match[1].casefold()
    month = MONTHS.get(word) or MONTHS.get(word[:4]) or MONTHS.get(word[:3])
    return _date(int(match[3]), month or 0, int(match[2]))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@dataclass(slots=True)
class _Clock:
    """Turns what lines say into days with times, which never run backwards by a little."""

    day: datetime  # where the day, or the half of it, began
    told: str  # how the day is known
    cycle: timedelta = timedelta(days=1)
    last: datetime | None = None
    back: int = 0

    @property
    def halves(self) -> bool:
        return self.cycle < timedelta(days=1)

    def at(self, stamp: datetime | time | date | None) -> datetime | None:
        """When that was; a line without a time has that of the line before it."""
        if stamp is None:
            return self.last
        if isinstance(stamp, datetime):
            return self._after(stamp)
        if isinstance(stamp, time):
            return self._after(self._clocked(stamp))
        self.day = datetime.combine(stamp, time())
        self.last = self.day
        return self.last

    def _clocked(self, clock: time) -> datetime:
        since = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second) % self.cycle
        if self.last and self.day + since < self.last - min(BACK, self.last - datetime.min):
            self.day = min(self.day, datetime.max - 2 * self.cycle) + self.cycle
        return self.day + since

    def _after(self, found: datetime) -> datetime:
        """A time that is not before the last one, unless it is so by far."""
        if self.last and timedelta() < self.last - found <= BACK:
            self.back += 1
            return self.last
        self.last = found
        return found


def _clock(file: Input, options: Options, lines: Sequence[_Line]) -> _Clock:
    """The clock of a log, set to its first day."""
    day, told = _first_day(file, options, lines)
    cycle = timedelta(hours=12 if _has_halves(lines) else 24)
    return _Clock(datetime.combine(day, time()), told, cycle)


def _first_day(file: Input, options: Options, lines: Sequence[_Line]) -> tuple[date, str]:
    if options.date:
        return _asked(options.date), "as it was set"
    stamps = [line.at for line in lines if line.at]
    for index, stamp in enumerate(stamps):
        if isinstance(stamp, date):
            # What stands before the first "Day changed" is of the day before.
            return date.fromordinal(max(stamp.toordinal() - (index > 0), 1)), "in the lines"
    for match in _DAY_IN_NAME.finditer(file.name):
        if day := _date(int(match[1]), int(match[3]), int(match[4])):
            return day, "in the name of the file"
    return NO_DAY, f"not known: counted from {NO_DAY}, unless irc.date is set"


def _asked(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise UserError("a day such as 2024-01-31 for irc.date", repr(day), "Write year, month and day.") from None


def _has_halves(lines: Sequence[_Line]) -> bool:
    """Does a clock of 12 hours run? It has no hour above 12, and begins again after twelve, or after eleven with 0."""
    hours = [line.at.hour for line in lines if isinstance(line.at, time)]
    if any(isinstance(line.at, date) for line in lines) or not all(hour <= 12 for hour in hours):
        return False
    return any(pair in ((12, 1), (11, 0)) for pair in pairwise(hours))


# --- The channel ----------------------------------------------------------------------------------------------------


def _linked(messages: Sequence[Message]) -> list[Message]:
    """The messages with ids, and what each answers."""
    ids = [f"{m.origin.file}:{m.origin.line}" if m.speaker else None for m in messages]
    answered = replies.answered(messages)
    return [
        replace(m, id=own, reply_to=None if other is None else ids[other]) if own else m
        for m, own, other in zip(messages, ids, answered, strict=True)
    ]


def _chat(file: Input) -> str:
    """The channel, by the name of the file without the day: `libera/#shed` of `libera/#shed/2024-01-31.log`. Nothing
    where the name tells neither a channel nor that there is a file a day."""
    path = PurePosixPath(file.member or file.name)
    stem = path.name
    while (suffix := PurePosixPath(stem).suffix) in (".log", ".txt", ".weechatlog"):
        stem = stem.removesuffix(suffix)
    daily = _DAY_IN_NAME.search(str(path)) is not None
    folders = _DAY_IN_NAME.sub("", f"{path.parent}/").strip("/.")
    stem = _DAY_IN_NAME.sub("", stem).strip("-_. ")
    found = "/".join(part for part in (folders, stem) if part)
    return found if re.search(r"[#&]", found) or (daily and not stem) else ""


def _facts(lines: Sequence[_Line], clock: _Clock, messages: Sequence[Message]) -> dict[str, str]:
    """What was concluded, in words."""
    formats = Counter(line.format for line in lines)
    facts = {"format": formats.most_common(1)[0][0] if formats else "none that is known", "day": clock.told}
    if any(line.utc for line in lines):
        facts["times"] = "UTC" if all(line.utc for line in lines if line.format == WEECHAT) else _mixed(lines, messages)
    elif facts["format"] == UBUNTU and not clock.halves:
        facts["times"] = "UTC"
    if clock.halves:
        facts["clock"] = "12 hours; whether the first is before noon is not known"
    if clock.back:
        facts["lines after the clock was set back"] = f"{clock.back}, which have the time of the line before"
    bots = Counter(m.speaker for m in messages if m.kind == "automatic")
    if bots:
        facts["automatic"] = ", ".join(f"{name} ({n})" for name, n in bots.most_common(5))
    facts["answers"] = f"{sum(m.reply_to is not None for m in messages)}, concluded from nicks and times"
    return facts


def _mixed(lines: Sequence[_Line], messages: Sequence[Message]) -> str:
    local = sum(line.format == WEECHAT and not line.utc for line in lines)
    return f"local in {local} lines and UTC in {len(messages) - local}"
