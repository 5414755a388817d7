"""Google Chat: `messages.json` of a Takeout.

On takeout.google.com choose only Google Chat and create the export. The zip that arrives holds a folder for each chat,
`Takeout/Google Chat/Groups/DM …` or `Space …`, and in it `messages.json` beside `group_info.json`, which knows what a
space is called::

    {"messages": [
      {"creator": {"name": "Bram", "email": "bram@example.org", "user_type": "Human"}, "text": "agenda?",
       "created_date": "Wednesday, January 31, 2024 at 9:05:07 PM UTC", "topic_id": "t1", "message_id": "g1/t1/t1"},
      {"creator": {"name": "Cleo", "email": "cleo@example.org", "user_type": "Human"}, "text": "coming",
       "created_date": "Wednesday, January 31, 2024 at 9:06:00 PM UTC", "topic_id": "t1", "message_id": "g1/t1/m2"}]}

Times are UTC, written out in the language of the account. The months of the languages below are known, and dates that
begin with the year; where a date is not understood, the message has no time and keeps its place in the file. A person
is known by the e-mail address and called by the last name seen with it. What programs write is automatic. A message
replies to the one that it quotes, or else to the first of its topic, unless the whole chat is one topic. Of edited
messages the last version is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import KINDS, Input
from mynah.data.sources._shared.jsons import broken, has_keys, text_of, unread, whole
from mynah.data.sources._shared.people import names_of

LABEL = "Google Chat"

EARLIEST = datetime.min
LONGEST = 200  # letters of a date
CARDS = {"video_call": "call", "drive": "file", "youtube": "video", "url": "link", "gif": "GIF"}

# The months as they stand in a date (Unicode CLDR), a language a line, the most usual languages first.
MONTHS = tuple(
    {name: month for month, name in enumerate(line.split(), 1)}
    for line in (
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jänner feber märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
        "januari februari mars april maj juni juli augusti september oktober november december",
        "januar februar marts april maj juni juli august september oktober november december",
        "januar februar mars april mai juni juli august september oktober november desember",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta"
        " marraskuuta joulukuuta",
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "január február március április május június július augusztus szeptember október november december",
        "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
        "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca",
        "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου"
        " δεκεμβρίου",
        "januari februari maret april mei juni juli agustus september oktober november desember",
        "בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר",
        "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    )
)
BEHIND = {"am": 0, "πμ": 0, "öö": 0, "ص": 0, "pm": 12, "μμ": 12, "ös": 12, "م": 12}  # the halves of the day
BEFORE = {"上午": 0, "오전": 0, "下午": 12, "오후": 12}
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})[:.](\d\d)[:.](\d\d)(?!\d)")
_PIECE = re.compile(r"\d+|[^\W\d_]+")


class Options(core_options.Options):
    """Nothing to set: the language of the dates is told by their months."""


# --- The two functions of a source ----------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is, by the keys that every message has."""
    if not head.lstrip("\ufeff \t\r\n").startswith("{") or not has_keys(head, "messages", "creator"):
        return 0.0
    if not (has_keys(head, "created_date") and (has_keys(head, "topic_id") or has_keys(head, "message_id"))):
        return 0.0
    return 0.95 if PurePosixPath(name).name == "messages.json" else 0.9


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the chat, and what is no message."""
    value, error = whole(file)
    elements = value.get("messages") if isinstance(value, dict) else None
    if error or not isinstance(elements, list):
        yield Understood({"counts": "lines" if error else "messages"})
        yield from broken(file, error) if error else [unread(file, 1, value, "no list of messages")]
        return
    rows, unparsed = _rows(file, elements)
    yield Understood(_facts(rows))
    if rows:
        first, last = rows[0].number, rows[-1].number
        messages = tuple(_messages(file, rows))
        yield Conversation(messages, Origin(file.name, first, last - first + 1), _chat(file, rows))
    yield from unparsed


# --- The chat -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A message. `number` is its place in the file."""

    number: int
    person: str  # the e-mail address, or else the name
    name: str
    date: str
    kind: Kind
    text: str
    topic: str
    id: str
    quoted: str
    reactions: int
    edited: bool
    at: datetime | None = None


class _NoMessage(ValueError):
    """Why an element is no message."""


def _rows(file: Input, elements: Sequence[Any]) -> tuple[list[_Row], list[Unparsed]]:
    rows, unparsed = [], []
    for number, element in enumerate(elements, 1):
        try:
            rows.append(_row(number, element))
        except _NoMessage as error:
            unparsed.append(unread(file, number, element, str(error)))
    times = _times([row.date for row in rows])
    return [replace(row, at=at) for row, at in zip(rows, times, strict=True)], unparsed


def _messages(file: Input, rows: Sequence[_Row]) -> Iterator[Message]:
    """The messages in the order of time; one without a time stays behind the one before it."""
    ordered: list[tuple[datetime, _Row]] = []
    for row in rows:
        ordered.append((row.at or (ordered[-1][0] if ordered else EARLIEST), row))
    ordered.sort(key=lambda each: each[0])
    called = names_of((row.person, row.name) for _, row in ordered)
    whole_chat = len({row.topic for row in rows}) == 1
    first: dict[str, str] = {}
    for _, row in ordered:
        begun = first.setdefault(row.topic, row.id) if row.topic and not whole_chat else row.id
        reply_to = row.quoted or (begun if begun != row.id else "")
        origin = Origin(file.name, row.number)
        yield Message(called[row.person], row.text, row.at, origin, row.kind, row.id or None, reply_to or None)


def _chat(file: Input, rows: Iterable[_Row]) -> str:
    """The name of the space with its id, which begins the ids of its messages: two spaces may have one name."""
    group = next((row.id.partition("/")[0] for row in rows if "/" in row.id), "")
    name = ""
    with suppress(UserError):  # that the other file is damaged does no harm
        near = file.near("group_info.json")
        info = whole(near)[0] if near else None
        name = text_of(info.get("name")) if isinstance(info, dict) else ""
    return f"{name} ({group})" if name and group else name or group


def _facts(rows: Sequence[_Row]) -> dict[str, str]:
    facts = {"counts": "messages", "times": "UTC"}
    lost = [row.date for row in rows if row.at is None]
    if lost:
        facts["times"] = f"UTC; {len(lost)} of {len(rows)} not understood (first: {lost[0][:50]!r})"
    if edited := sum(row.edited for row in rows):
        facts["edited"] = f"{edited}, of which the last version is read"
    if reactions := sum(row.reactions for row in rows):
        facts["reactions"] = f"{reactions}, not read"
    return facts


# --- A message ------------------------------------------------------------------------------------------------------


def _row(number: int, element: Any) -> _Row:
    """What an element says. Raises _NoMessage."""
    creator = element.get("creator") if isinstance(element, dict) else None
    if not isinstance(creator, dict):
        raise _NoMessage("no creator of a message")
    name, person = text_of(creator.get("name")).strip(), text_of(creator.get("email")).strip().casefold()
    automatic = creator.get("user_type") == "Bot"
    if not (name or person or automatic):
        raise _NoMessage("a creator without a name")
    kind, text = _content(element)
    quoted = element.get("quoted_message_metadata")
    return _Row(
        number,
        person or name or "bot",
        name,
        text_of(element.get("created_date")),
        "automatic" if automatic and kind == "text" else kind,
        text,
        text_of(element.get("topic_id")),
        text_of(element.get("message_id")),
        text_of(quoted.get("message_id")) if isinstance(quoted, dict) else "",
        sum(_reactors(each) for each in _list(element, "reactions")),
        bool(element.get("updated_date") or element.get("previous_message_versions")),
    )


def _content(element: dict[str, Any]) -> tuple[Kind, str]:
    """The kind and the text; a word for what was attached where there is no text."""
    if element.get("deleted_date") or element.get("deletion_metadata") or element.get("message_state") == "DELETED":
        return "deleted", ""
    text = text_of(element.get("text")).strip()
    if text:
        return "text", text
    for attached in _list(element, "attached_files"):
        path = text_of(attached.get("original_name")) or text_of(attached.get("export_name"))
        suffix = PurePosixPath(path.partition("?")[0]).suffix.lower()
        return "media", KINDS.get(suffix, "file")
    cards = (key.removesuffix("_metadata") for each in _list(element, "annotations") for key in each)
    return "media", next((CARDS[card] for card in cards if card in CARDS), "attachment")


def _list(element: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list, where there is one."""
    value = element.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _reactors(reaction: dict[str, Any]) -> int:
    people = reaction.get("reactor_emails")
    return len(people) if isinstance(people, list) else 1


# --- Times ----------------------------------------------------------------------------------------------------------


def _times(dates: Sequence[str]) -> list[datetime | None]:
    """The times of dates in one language: that which knows most of the words. A few months are called alike."""
    words = {word for date in dates for word in _PIECE.findall(date[:LONGEST].casefold())}
    months = max(MONTHS, key=lambda known: len(words & known.keys()))
    return [_time(date[:LONGEST].casefold(), months) for date in dates]


def _time(date: str, months: dict[str, int]) -> datetime | None:
    """`wednesday, january 31, 2024 at 9:05:07 pm utc`, in whatever language, or None."""
    clock = _CLOCK.search(date)
    if not clock:
        return None
    before, after = date[: clock.start()], date[clock.end() :]
    pieces = _PIECE.findall(before if re.search(r"\d{4}", before) else before + after)
    numbers = [int(piece) for piece in pieces if piece.isdecimal() and len(piece) <= 4]
    month = next((months[piece] for piece in pieces if piece in months), 0)
    if month and len(numbers) == 2:
        year, day = max(numbers), min(numbers)
    elif not month and len(numbers) == 3 and numbers[0] > 999:
        year, month, day = numbers
    else:
        return None
    hour = int(clock[1])
    if hour <= 12 and (half := _half(before, after)) is not None:
        hour = hour % 12 + half
    with suppress(ValueError):  # there is no such day or time
        return datetime(year, month, day, hour, int(clock[2]), int(clock[3]))
    return None


def _half(before: str, after: str) -> int | None:
    """12 for the second half of the day, 0 for the first, None for a clock of 24 hours: the word beside the time."""
    behind = re.sub(r"[\s.]", "", after)  # spaces and dots come and go in `p. m.`
    found = [hours for word, hours in BEHIND.items() if behind.startswith(word)]
    found += [hours for word, hours in BEFORE.items() if before.rstrip().endswith(word)]
    return found[0] if found else None
