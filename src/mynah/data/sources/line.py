"""LINE: the text file that the app writes with "Export chat history".

Open the chat, then the menu at the top right, Settings, Export chat history (トーク履歴を送信, 傳送聊天記錄); on
a computer the three dots above the chat, Save chat. Words and clock are in the language of the phone::

    [LINE] Chat history with Nami
    Saved on: 2024/02/01 08:00

    2024/01/31(水)
    21:05→Nami→are you at the station?
    21:06→Taro→"almost
    five minutes"
    21:07→Nami→[Sticker]
    21:08→→Taro changed the name of the chat.

Text of several lines stands in quotation marks, which are taken off. Some computers write spaces in place of tabs and
no header; then a name is the first word behind the time, or as many words as always stand there together. The header
and the lines of the days are system lines at the time of what follows them. There are no ids and no replies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import NamedTuple

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input

LABEL = "LINE"

OFTEN = 5  # what stands behind a name this often, and nothing else, belongs to it
WORDS = 4  # of a name at most, where spaces end it

_HALVES = {"午前": 0, "上午": 0, "AM": 0, "오전": 0, "午後": 12, "下午": 12, "PM": 12, "오후": 12}
_TIME = rf"(?:({'|'.join(_HALVES)}) ?)?(\d{{1,2}}):(\d\d) ?(AM|PM)?"
_TABS = re.compile(rf"{_TIME}\t(.*)", re.I | re.S)
_SPACES = re.compile(rf"{_TIME} (?=\S)(.*)", re.I | re.S)
_WEEKDAY = (
    r"(?:[月火水木金土日](?:曜日?)?|(?:週|周|星期|禮拜|礼拜)[一二三四五六日天]|[一二三四五六]|[월화수목금토일](?:요일)?"
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6})"
)
_DAY = re.compile(
    rf"(?P<y>\d{{4}})(?P<mark>[/.-])(?P<m>\d\d?)(?P=mark)(?P<d>\d\d?)\.? ?(?:[(（]{_WEEKDAY}[)）]|{_WEEKDAY})\s*", re.I
)
_DAY_ENGLISH = re.compile(r"(?P<week>Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}, (\d\d?)/(\d\d?)/(\d{4})\s*", re.I)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HEADER = re.compile(r"\[LINE\](.*)")
_TITLES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"Chat history (?:with|in) (.+)",
        r"(.+?)と?の?トーク履歴",
        r"[与與]?(.+)的(?:聊天|對話)[记紀記][录錄]",
    )
)
_MEDIA = {
    "photo": "写真 画像 Photo Photos 照片 圖片 사진",
    "video": "動画 Video Videos 影片 视频 視頻 동영상",
    "sticker": "スタンプ Sticker Stickers 貼圖 贴图 스티커",
    "file": "ファイル File Files 檔案 文件 파일",
    "voice message": "ボイスメッセージ 音声メッセージ 語音訊息 语音讯息 음성메시지",
    "location": "位置情報 Location 位置 位置訊息 위치",
    "contact": "連絡先 Contact 聯絡資訊 联系人信息 연락처",
    "album": "アルバム Album Albums 相簿",
}
_PLACEHOLDERS = {f"[{word}]".casefold(): what for what, words in _MEDIA.items() for word in words.split()}
_PLACEHOLDERS["[voice message]"] = "voice message"
_PLAIN = {
    "photos": "photo",
    "videos": "video",
    "stickers": "sticker",
    "files": "file",
}  # of computers, without brackets
_WRITTEN = {"photo": "[Photo]", "video": "[Video]", "sticker": "[Sticker]", "voice message": "[Voice message]"}
_WRITTEN |= {"location": "[Location]", "contact": "[Contact]", "album": "[Album]"}
_UNSENT = re.compile(
    r"(?:.{0,100} )?unsent a message\.?|(?:.{0,100}が)?メッセージの送信を取り消しました。?"
    r"|.{0,100}已?收回(?:了)?訊息。?"
)
_CALL = "☎"


class Options(core_options.Options):
    """Nothing to set: the lines of the days leave nothing open."""


class _Block(NamedTuple):
    """A line that begins something, and the lines that follow up to the next such line. `time` is of messages only,
    `day` is the day that holds from here on."""

    start: int
    day: date | None
    time: time | None
    rest: str  # of the line, behind the time


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is LINE's: by the header, or by lines of days and messages."""
    lines = _lines(head.lstrip("\ufeff"))
    titled = next((line for line in lines if line.strip()), "").startswith("[LINE]")
    days = sum(_day(line) is not None for line in lines)
    pattern = _pattern(lines)
    messages = sum(_message(pattern, line) is not None for line in lines)
    if titled:
        return 0.97 if days and messages else 0.7
    if not days or messages < 2:
        return 0.0
    return 0.85 if pattern is _TABS else 0.6


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, what stands before the chat, and the chat."""
    lines = _lines(file.text().lstrip("\ufeff"))
    pattern = _pattern(lines)
    blocks = list(_blocks(lines, pattern))
    clock = "12 hours" if any(_half(pattern, line) for line in lines) else "24 hours"
    yield Understood({"layout": "tabs" if pattern is _TABS else "spaces", "clock": clock})
    first = blocks[0].start if any(block.time for block in blocks) else len(lines)
    if first:
        reason = "before the first message" if first < len(lines) else "no line looks like a message"
        yield Unparsed("\n".join(lines[:first]), reason, Origin(file.name, 1, first))
    if first < len(lines):
        messages = sorted(_messages(file, lines, blocks, pattern), key=lambda m: m.at or datetime.min)
        yield Conversation(tuple(messages), Origin(file.name, first + 1, len(lines) - first), _title(lines[first]))


def write(conversation: Conversation) -> str:
    """The chat as LINE writes it with tabs. The lines of the days are made anew."""
    lines = [f"[LINE] Chat history with {conversation.chat}", "Saved on: 2024/01/01 00:00"]
    day: date | None = None
    for message in conversation.messages:
        if message.kind == "system" and (_day(message.text) or _HEADER.fullmatch(message.text.partition("\n")[0])):
            continue
        if message.at and message.at.date() != day:
            day = message.at.date()
            lines += ["", f"{day:%Y/%m/%d}({day:%a})"]
        text = _WRITTEN.get(message.text, "[File]") if message.kind == "media" else message.text
        text = f'"{text}"' if "\n" in text else text
        lines.append(f"{message.at or datetime.min:%H:%M}\t{message.speaker}\t{text}")
    return "\n".join(lines) + "\n"


# --- Lines ----------------------------------------------------------------------------------------------------------


def _lines(text: str) -> list[str]:
    """The lines of a text. `str.splitlines` would split at U+2028, too."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []


def _pattern(lines: Sequence[str]) -> re.Pattern[str]:
    """What messages look like in this file: with tabs, or with spaces in their place."""
    tabs = sum(_TABS.match(line) is not None for line in lines)
    spaces = sum(_SPACES.match(line) is not None for line in lines)
    return _SPACES if spaces > tabs else _TABS


def _message(pattern: re.Pattern[str], line: str) -> tuple[time, str] | None:
    """The time of a line that begins a message, and what stands behind it."""
    found = pattern.match(line) if ":" in line[:12] else None
    if found is None:
        return None
    before, hour, minute, after, rest = found.groups()
    half = before or after
    hours = int(hour) if half is None else int(hour) % 12 + _HALVES[half.upper()]
    return (time(hours, int(minute)), rest) if hours < 24 and int(minute) < 60 else None


def _half(pattern: re.Pattern[str], line: str) -> bool:
    """Does the line begin with a time of 12 hours?"""
    found = pattern.match(line)
    return found is not None and bool(found[1] or found[4])


def _day(line: str) -> date | None:
    """The day that a line names, if it does nothing else."""
    if not line[:1].isalnum() or len(line) > 40:
        return None
    if found := _DAY.fullmatch(line):
        return _date(found["y"], found["m"], found["d"])
    if found := _DAY_ENGLISH.fullmatch(line):
        month_first, day_first = _date(found[4], found[2], found[3]), _date(found[4], found[3], found[2])
        weekday = _WEEK.index(found["week"].lower())  # it tells which number is the month
        return next((day for day in (month_first, day_first) if day and day.weekday() == weekday), month_first)
    return None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _blocks(lines: Sequence[str], pattern: re.Pattern[str]) -> Iterator[_Block]:
    """The header, the days and the messages."""
    day: date | None = None
    begun = False
    for number, line in enumerate(lines):
        if found := _message(pattern, line):
            yield _Block(number, day, *found)
        elif new := _day(line):
            day = new
            yield _Block(number, day, None, line)
        elif not begun and _HEADER.fullmatch(line):
            yield _Block(number, None, None, line)
        else:
            continue
        begun = True


def _title(line: str) -> str:
    """The name of the chat in the header; nothing where there is no header."""
    found = _HEADER.fullmatch(line)
    if found is None:
        return ""
    said = found[1].strip()
    titles = (pattern.fullmatch(said) for pattern in _TITLES)
    return next((title[1].strip() for title in titles if title), said)


# --- Messages -------------------------------------------------------------------------------------------------------


def _messages(
    file: Input, lines: Sequence[str], blocks: Sequence[_Block], pattern: re.Pattern[str]
) -> Iterator[Message]:
    """One message a block."""
    spaces = pattern is _SPACES
    names = _names([block.rest for block in blocks if block.time], _title(lines[blocks[0].start])) if spaces else set()
    ends = [block.start for block in blocks[1:]] + [len(lines)]
    for block, end, at in zip(blocks, ends, _times(blocks), strict=True):
        origin = Origin(file.name, block.start + 1, end - block.start)
        body = "\n".join([block.rest, *lines[block.start + 1 : end]])
        if block.time is None:
            yield Message("", body.strip(), at, origin, "system")
            continue
        speaker, text = _by_name(body, names) if spaces else _by_tab(body)
        kind, text = _classified(_unquoted(text.strip()), spaces) if speaker else ("system", text.strip())
        yield Message("" if kind == "system" else speaker, text, at, origin, kind)


def _times(blocks: Sequence[_Block]) -> list[datetime | None]:
    """The time of each block; what has none is as late as what follows it."""
    times: list[datetime | None] = []
    following: datetime | None = None
    for block in reversed(blocks):
        if block.day and block.time:
            following = datetime.combine(block.day, block.time)
        elif block.day and not times:
            following = datetime.combine(block.day, time())  # a day without messages, at the end
        times.append(following if block.day or not block.time else None)
    return times[::-1]


def _by_tab(body: str) -> tuple[str, str]:
    """Speaker and text. A line with one tab only is a notice."""
    speaker, tab, text = body.partition("\t")
    return (speaker.strip(), text) if tab and "\n" not in speaker else ("", body)


def _by_name(body: str, names: set[str]) -> tuple[str, str]:
    """Speaker and text, where nothing but a space is between them."""
    first = body.partition("\n")[0]
    words = first.split(" ", WORDS)
    for count in range(min(WORDS, len(words)), 0, -1):
        name = " ".join(words[:count])
        if name in names:
            return name, body[len(name) :]
    return (words[0], body[len(words[0]) :]) if len(words) > 1 else ("", body)


def _names(rests: Sequence[str], title: str) -> set[str]:
    """The names of more than one word: what is frequent and covers all that begins with its first words."""
    split = [rest.split(" ", WORDS + 1) for rest in rests]
    counts = Counter(tuple(words[:n]) for words in split for n in range(1, min(len(words), WORDS + 1)))
    covered: Counter[tuple[str, ...]] = Counter()
    for words, count in counts.items():
        if count >= OFTEN:
            covered[words[:-1]] += count
    all_of = Counter(tuple(words[:n]) for words in split for n in range(1, min(len(words), WORDS) + 1))
    names = {title} if title else set()
    for words in counts:
        parents = [words[:n] for n in range(1, len(words))]
        if parents and counts[words] >= OFTEN and all(covered[each] == all_of[each] for each in parents):
            names.add(" ".join(words))
    return names


def _unquoted(text: str) -> str:
    """A text of several lines without the marks around it."""
    return text[1:-1].strip() if "\n" in text and text.startswith('"') and text.endswith('"') else text


def _classified(text: str, plain: bool) -> tuple[Kind, str]:
    """The kind of a text that has a speaker, and what to keep of it."""
    found = _PLACEHOLDERS.get(text.casefold()) if len(text) < 20 else None
    if found is None and plain:
        found = _PLAIN.get(text.casefold()) if len(text) < 20 else None
    if found:
        return "media", found
    if text.startswith(_CALL):
        return "system", text
    return ("deleted" if len(text) < 200 and _UNSENT.fullmatch(text) else "text"), text
