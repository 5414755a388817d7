"""KakaoTalk: the text file, or on a Mac the table, that "Export chat" writes.

Open the chat, then the menu, Settings (the gear), 대화 내용 내보내기 (Export chat messages); on a computer the
menu of the chat, 대화 내용 내보내기. Windows, Android, iPhone and Mac write different shapes; this is Windows'::

    솔 님과 카카오톡 대화
    저장한 날짜 : 2024-02-01 08:00:00

    --------------- 2024년 1월 31일 수요일 ---------------
    [솔] [오후 9:05] 어디야?
    [바다] [오후 9:06] 곧 도착
    두 정거장 남았어
    [솔] [오후 9:07] 사진
    솔님이 나갔습니다.

The shape that most lines have is the file's; a line of another shape was pasted by someone and stays text. Placeholders
are ordinary words (사진 is a photo), so only a message that is nothing else counts as one. The header, the lines of the
days and notices without a time are system lines at the time of what follows them. Of the table of a Mac, rows are
counted in place of lines. There are no ids and no replies, and who left out a name is called 회원님 as in the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from typing import NamedTuple

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared.times import by_pattern

LABEL = "KakaoTalk"

LONGEST_NAME, LONGEST_NOTICE = 100, 300
SHOWN = 1000  # characters of what could not be read
UNDONE = 20_000  # characters of a beginning that are read anew in CP949
TOP = 5  # lines in which the header stands

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = (
    r"(?:(?P<y1>\d{4})년 ?(?P<m1>\d\d?)월 ?(?P<d1>\d\d?)일|(?P<y2>\d{4})\. ?(?P<m2>\d\d?)\. ?(?P<d2>\d\d?)\.?"
    rf"|(?P<m3>(?:{'|'.join(_MONTHS)})[a-z]{{0,6}}) (?P<d3>\d\d?), (?P<y3>\d{{4}}))"
)
_TIME = r"(?:(?P<h1>오전|오후|AM|PM) ?)?(?P<hour>\d\d?):(?P<minute>\d\d)(?::\d\d)?(?: ?(?P<h2>AM|PM))?"
_WEEKDAY = r"(?:[월화수목금토일]요일|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6})"
_DAYS = {
    "windows": re.compile(rf"-{{5,40}} (?:{_WEEKDAY},? )?{_DATE}(?: {_WEEKDAY})? -{{5,40}}\s*", re.I),
    "dated": re.compile(rf"{_DATE}(?:(?:,| at)? {_TIME}| {_WEEKDAY})?\s*", re.I),
    "timed": re.compile(rf"(?:{_WEEKDAY},? )?{_DATE}(?: {_WEEKDAY})?\s*", re.I),
}
_HEADS = {
    "windows": re.compile(rf"\[(?P<name>.{{1,{LONGEST_NAME}}}?)\] \[{_TIME}\](?: (?P<rest>.*)|$)", re.I),
    "dated": re.compile(rf"{_DATE}(?:,| at)? {_TIME}(?:,|:) (?P<rest>.*)", re.I),
    "timed": re.compile(rf"{_TIME}, (?P<rest>.*)", re.I),
}
_BETWEEN = " : "  # a name and its text
_TITLE = re.compile(
    r"(?P<before>\S.{0,200}?) ?님과 카카오톡 대화\s*|(?P<group>\S.{0,200}?) 카카오톡 대화\s*"
    r"|KakaoTalk Chats with (?P<after>.{1,200})"
)
_SAVED = re.compile(r"(?:저장한 날짜|Date Saved) ?: .{0,60}", re.I)
_DONE = "들어왔|나갔|초대하였|초대했|내보냈|(?:변경|설정|해제|등록|생성|공유|종료)(?:하였|했|되었)"
_EVENT = re.compile(
    rf".{{1,100}}님(?:이|을|은|의) [^:]{{0,200}}(?:{_DONE})습니다\.?"
    r"|(?:채팅방 )?관리자가 메시지를 가렸습니다\.?|메시지가 삭제되었습니다\.?"
    r"|.{1,100} invited .{1,200}\.|.{1,100} (?:has )?(?:left|joined)(?: (?:this|the) chatroom)?\.",
    re.I,
)
_EVENT_BEGIN = re.compile(r"님(?:이|을) .{0,200}(?:습니다)")  # before a colon: a notice, not a name
_CALL = re.compile(
    r"(?:보이스톡|페이스톡|라이브톡|그룹콜)(?: (?:해요|취소|부재중|종료|응답 없음|\d{1,2}(?::\d\d){1,2}))?\.?"
)
_DELETED = frozenset(
    (
        "삭제된 메시지입니다",
        "삭제된 메시지",
        "메시지가 삭제되었습니다",
        "관리자가 메시지를 가렸습니다",
        "this message was deleted",
    )
)
_WORDS = {
    "photo": "사진 Photo", "video": "동영상 Video", "sticker": "이모티콘 (이모티콘) Emoticons Emoticon",
    "voice message": "음성메시지", "file": "파일 File", "map": "지도 Map", "contact": "연락처 Contact",
    "poll": "투표 Poll",
}  # fmt: skip
_MEDIA = {word.casefold(): what for what, words in _WORDS.items() for word in words.split()}
_PHOTOS = re.compile(r"사진 ?\d{1,3}장|\d{1,3} photos", re.I)
_FILE = re.compile(r"(?:파일|File) ?: [^\n]{1,200}\.\w{1,5}", re.I)
_WRITTEN = {what: words.split()[0] for what, words in _WORDS.items()}
_COLUMNS = ["date", "user", "message"]
_STAMP = re.compile(r'"?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d')
_HANGUL = re.compile(r"[가-힣]")


class Options(core_options.Options):
    """Nothing to set: the dates leave nothing open."""


class _Block(NamedTuple):
    """A line that begins something, and the lines that follow up to the next such line. `name` is empty in
    notices and `time` is missing in the lines of the days; `day` holds from here on."""

    start: int
    day: date | None
    time: time | None
    name: str
    rest: str


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is KakaoTalk's: by the header, and by heads of one of the shapes."""
    lines = _lines(_korean(head))
    if _is_table(lines[:1]):
        return 0.9 if len(lines) > 1 and _STAMP.match(lines[1]) else 0.4
    shape, heads = _shape(lines)
    titled = any(_TITLE.fullmatch(line) or _SAVED.fullmatch(line) for line in lines[:TOP])
    named = sum((found := _head(shape, line)) is not None and bool(_name(shape, found)[0]) for line in lines)
    if not (heads and named):
        return 0.6 if any(_TITLE.fullmatch(line) for line in lines[:TOP]) else 0.0
    days = any(_day(shape, line) for line in lines)
    if shape != "dated" and not days:
        return 0.4 * titled
    return 0.97 if titled else {1: 0.6}.get(named, 0.9)


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, what stands before the chat, and the chat."""
    text, korean = _text(file)
    facts = {"encoding": "CP949"} if korean else {}
    lines = _lines(text)
    yield from _read_table(file, text, facts) if _is_table(lines[:1]) else _read_lines(file, lines, facts)


def write(conversation: Conversation) -> str:
    """The chat as Android writes it: to the minute, with a line for each day. Messages need times."""
    lines = [f"{conversation.chat} 님과 카카오톡 대화", "저장한 날짜 : 2024년 1월 1일 오전 12:00", ""]
    day: date | None = None
    for message in conversation.messages:
        first = message.text.partition("\n")[0]
        if message.kind == "system" and (_day("dated", first) or _TITLE.fullmatch(first) or _SAVED.fullmatch(first)):
            continue
        at = message.at or datetime.min
        half = "오후" if at.hour >= 12 else "오전"
        stamp = f"{at.year:04}년 {at.month}월 {at.day}일 {half} {at.hour % 12 or 12}:{at:%M}"
        if at.date() != day:
            day = at.date()
            lines += ["", stamp]
        text = _WRITTEN.get(message.text, "파일") if message.kind == "media" else message.text
        lines.append(f"{stamp}, {message.speaker}{_BETWEEN}{text}" if message.speaker else f"{stamp}, {text}")
    return "\n".join(lines) + "\n"


# --- Lines ----------------------------------------------------------------------------------------------------------


def _text(file: Input) -> tuple[str, bool]:
    """The text of a file, and whether it is in CP949 as old files of Windows are."""
    text = file.text()
    if file.is_unicode():
        return text, False
    with file.open() as stream:
        korean = stream.read().decode("cp949", "replace")
    return (korean, True) if _is_korean(korean) else (text, False)


def _is_korean(text: str) -> bool:
    return len(_HANGUL.findall(text)) > 4 * text.count("\ufffd")


def _korean(head: str) -> str:
    """A beginning that was in CP949 and was read as Windows-1252, as well as that can be undone."""
    if head.isascii() or _HANGUL.search(head):
        return head
    korean = b"".join(map(_bytes, head[:UNDONE])).decode("cp949", "replace")
    return korean if _is_korean(korean) else head


def _bytes(letter: str) -> bytes:
    """What a letter may have been; two bytes can have been UTF-8 by chance."""
    try:
        return letter.encode("windows-1252")
    except UnicodeEncodeError:
        return letter.encode("utf-8", "replace")


def _lines(text: str) -> list[str]:
    """The lines of a text. `str.splitlines` would split at U+2028, too."""
    text = text.lstrip("\ufeff")
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []


def _shape(lines: Sequence[str]) -> tuple[str, int]:
    """The shape that most lines have, and how many."""
    counts = {shape: sum(_head(shape, line) is not None for line in lines) for shape in _HEADS}
    best = max(counts, key=counts.__getitem__)
    return best, counts[best]


def _head(shape: str, line: str) -> re.Match[str] | None:
    """The head of a message of this shape. In two of them notices have one, too, so a name must not be there."""
    if not line[:1].isalnum() and line[:1] != "[":
        return None
    found = _HEADS[shape].match(line)
    return found if found and _time(found) is not None else None


def _time(found: re.Match[str]) -> time | None:
    half = (found["h1"] or found["h2"] or "").upper()
    hour, minute = int(found["hour"]), int(found["minute"])
    if half:
        hour = hour % 12 + 12 * (half in ("오후", "PM"))
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _date(found: re.Match[str]) -> date | None:
    year, month, day = next(
        (found[f"y{n}"], found[f"m{n}"], found[f"d{n}"]) for n in (1, 2, 3) if found[f"y{n}"] is not None
    )
    try:
        return date(int(year), int(month) if month.isdecimal() else _MONTHS.index(month[:3].lower()) + 1, int(day))
    except ValueError:
        return None


def _day(shape: str, line: str) -> date | None:
    """The day that a line names, if it does nothing else."""
    found = _DAYS[shape].fullmatch(line) if len(line) < 150 else None
    return _date(found) if found else None


def _blocks(lines: Sequence[str], shape: str) -> Iterator[_Block]:
    """The header, the days, the messages and the notices."""
    day: date | None = None
    begun = False
    for number, line in enumerate(lines):
        found = _head(shape, line)
        own = _date(found) if found and shape == "dated" else day
        if found and own:
            day = own
            name, rest = _name(shape, found)
            yield _Block(number, day, _time(found), name, rest)
        elif new := _day(shape, line):
            day = new
            yield _Block(number, day, None, "", line)
        elif (day and shape != "dated" and _is_notice(line)) or (not begun and _is_header(line)):
            yield _Block(number, day, None, "", line)
        else:
            continue
        begun = begun or day is not None


def _is_notice(line: str) -> bool:
    """Is it what KakaoTalk writes about people, without a time?"""
    return len(line) <= LONGEST_NOTICE and line.endswith((".", "습니다")) and _EVENT.fullmatch(line) is not None


def _is_header(line: str) -> bool:
    return bool(_TITLE.fullmatch(line) or _SAVED.fullmatch(line))


def _name(shape: str, found: re.Match[str]) -> tuple[str, str]:
    """The name in a head, empty in a notice, and what stands behind it."""
    rest = found["rest"] or ""
    if shape == "windows":
        return found["name"].strip(), rest
    name, between, text = (rest if _BETWEEN in rest else f"{rest} ").partition(_BETWEEN)  # a first line may be empty
    if between and 0 < len(name.strip()) <= LONGEST_NAME and not _EVENT_BEGIN.search(name):
        return name.strip(), text
    return "", rest


# --- Text files -----------------------------------------------------------------------------------------------------


def _read_lines(file: Input, lines: Sequence[str], facts: dict[str, str]) -> Iterator[Item]:
    shape, heads = _shape(lines)
    blocks = list(_blocks(lines, shape)) if heads else []
    some = any(block.time for block in blocks)
    about = {"windows": "Windows", "dated": "Android or iPhone", "timed": "iPhone"}
    yield Understood({**facts, "platform": about[shape]} if some else facts)
    first = blocks[0].start if some else len(lines)
    if first:
        reason = "before the first message" if first < len(lines) else "no line looks like a message"
        yield Unparsed("\n".join(lines[:first]), reason, Origin(file.name, 1, first))
    if some:
        messages = sorted(_messages(file, lines, blocks), key=lambda m: m.at or datetime.min)
        yield Conversation(tuple(messages), Origin(file.name, first + 1, len(lines) - first), _title(lines[:TOP]))


def _title(lines: Sequence[str]) -> str:
    """The name of the chat in the header."""
    found = next((title for line in lines if (title := _TITLE.fullmatch(line))), None)
    return next((each.strip() for each in found.groups() if each), "") if found else ""


def _messages(file: Input, lines: Sequence[str], blocks: Sequence[_Block]) -> Iterator[Message]:
    """One message a block. A notice without a time is as late as what follows it."""
    ends = [block.start for block in blocks[1:]] + [len(lines)]
    for block, end, at in zip(blocks, ends, _times(blocks), strict=True):
        origin = Origin(file.name, block.start + 1, end - block.start)
        text = "\n".join([block.rest, *lines[block.start + 1 : end]]).strip()
        kind, text = _classified(text) if block.name else ("system", text)
        yield Message("" if kind == "system" else block.name, text, at, origin, kind)


def _times(blocks: Sequence[_Block]) -> list[datetime | None]:
    last = next(block for block in reversed(blocks) if block.time)
    following = datetime.combine(last.day, last.time) if last.day and last.time else None
    times: list[datetime | None] = []
    for block in reversed(blocks):
        if block.day and block.time:
            following = datetime.combine(block.day, block.time)
        times.append(following)
    return times[::-1]


def _classified(text: str) -> tuple[Kind, str]:
    """The kind of a text that has a speaker, and what to keep of it."""
    if len(text) > 250:
        return "text", text
    if found := _MEDIA.get(text.casefold()):
        return "media", found
    if _PHOTOS.fullmatch(text) or _FILE.fullmatch(text):
        return "media", "file" if ":" in text else "photo"
    if text.rstrip(".").casefold() in _DELETED:
        return "deleted", text
    return ("system" if _CALL.fullmatch(text) else "text"), text


# --- The table of a Mac ---------------------------------------------------------------------------------------------


def _is_table(lines: Sequence[str]) -> bool:
    return bool(lines) and [cell.strip(' "').lower() for cell in lines[0].split(",")] == _COLUMNS


def _read_table(file: Input, text: str, facts: dict[str, str]) -> Iterator[Item]:
    yield Understood({**facts, "platform": "Mac", "counts": "messages"})
    messages: list[Message] = []
    for number, row in enumerate(_rows(text), 1):
        message = _of_row(row, Origin(file.name, number))
        if isinstance(message, Unparsed):
            yield message
        else:
            messages.append(message)
    if messages:
        lines = messages[-1].origin.line - messages[0].origin.line + 1
        origin = Origin(file.name, messages[0].origin.line, lines)
        yield Conversation(tuple(sorted(messages, key=lambda m: m.at or datetime.min)), origin)


def _rows(text: str) -> Iterator[list[str]]:
    """The rows behind the header. A field that is larger than any message is a broken row, as an empty one is."""
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    next(islice(reader, 1), None)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = [f"broken row: {error}"]
        if row:
            yield row


def _of_row(row: Sequence[str], origin: Origin) -> Message | Unparsed:
    if len(row) < 3:
        return Unparsed(",".join(row)[:SHOWN], "a row of fewer than three columns", origin)
    at = by_pattern(row[0], "%Y-%m-%d %H:%M:%S")
    if at is None:
        return Unparsed(",".join(row)[:SHOWN], "no time in the first column", origin)
    text = ",".join(row[2:]).replace("\r\n", "\n").strip()
    name = row[1].strip()
    kind, text = _classified(text) if name and not _is_event(name, text) else ("system", text)
    return Message("" if kind == "system" else name, text, at, origin, kind)


def _is_event(name: str, text: str) -> bool:
    """Did KakaoTalk write this about the person?"""
    return text.startswith(name) and _is_notice(text)
