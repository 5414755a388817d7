r"""Facebook Messenger and Instagram: the JSON files of "Download your information".

In the Accounts Center choose Your information and permissions, Export your information, only the messages, and JSON as
the format. The zips that arrive hold a folder for each thread, and in it `message_1.json`, `message_2.json` and so on,
10,000 messages each, the newest first. Put all of the zips into one folder::

    {"participants": [{"name": "Zo\u00c3\u00ab Pine"}, {"name": "Abe Lund"}], "title": "Abe Lund",
     "thread_path": "inbox/abelund_9", "messages": [
      {"sender_name": "Abe Lund", "timestamp_ms": 1706735230000,
       "content": "Reacted \u00f0\u009f\u0098\u0086 to your message "},
      {"sender_name": "Abe Lund", "timestamp_ms": 1706735221000, "photos": [{"uri": "photos/1.jpg"}]},
      {"sender_name": "Zo\u00c3\u00ab Pine", "timestamp_ms": 1706735107123, "content": "caf\u00c3\u00a9 at nine?"}]}

Chats that are encrypted end to end come from another download (Messenger, Settings, Privacy, End-to-end encrypted
chats, Secure storage), with a file `NAME_40.json` for each thread and other keys, which is read as well.

The letters of the first layout are UTF-8 that was taken for Latin-1; they are mended one text at a time, and a text
that is not broken stays as it is. Times are UTC. Messages of the same time are taken in the order of the file turned
around where the newest come first. A chat is called like its thread, which all its files name.

There are no ids, so two people of one name cannot be told apart, and what somebody replies to is not known. What the
app itself writes stands among the messages in the language of the account: it is told by the keys beside it, by the
name of the sender at its beginning, and by the English phrases below. What is shared without a word of one's own is
media, and so is a message with nothing in it: the download leaves out some of what was sent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import KINDS, Input
from mynah.data.sources._shared.jsons import broken, has_keys, text_of, unread, whole
from mynah.data.sources._shared.times import EPOCH, milliseconds

LABEL = "Facebook Messenger or Instagram"

LATEST = datetime(2100, 1, 1)  # what is later is no time
OFTEN = 3  # a sentence that stands beside shared links this often, and nowhere else, is the app's
LONGEST = 300  # letters of a sentence of the app
MEDIA = {
    "photos": "photo",
    "videos": "video",
    "audio_files": "voice message",
    "gifs": "GIF",
    "sticker": "sticker",
    "files": "file",
}
EVENTS = {"Subscribe": "joined", "Unsubscribe": "left", "Call": "call"}

# What the app says of who sent it, after a name or "You".
_SENT = re.compile(
    r"(?:sent|shared) (?:an?|\d+) (?:live location|(?:voice|video) messages?"
    r"|(?:attachment|link|photo|video|GIF|sticker|location|story|post|reel|profile|file)s?)\."
)
_DID = re.compile(
    "|".join(
        (
            r"named the group .+",
            r"(?:removed the group name|(?:changed|removed) the group photo|left the (?:group|chat))\.?",
            r"(?:set|changed|cleared|removed) (?:the|your|his|her|their)(?: own)? nickname\b.*",
            r"(?:set|changed) the (?:emoji|quick reaction|chat theme|theme|chat colou?rs?)\b.*",
            r"(?:removed|turned off) the emoji\.?",
            r"added .+ to the (?:group|chat)\.",
            r"removed .+ from the (?:group|chat)\.",
            r"joined the (?:group|chat|call|video call|audio call|video chat)\.?",
            r"(?:started|ended) an? (?:call|video call|audio call|video chat)\.?",
            r"created (?:a|the) (?:poll|group|plan)\b.*",
            r"(?:voted for|changed (?:your|his|her|their) vote to) .+",
            r"(?:pinned|unpinned) a message\.",
            r"turned (?:on|off) (?:disappearing messages|member approval|vanish mode)\b.*",
            r"(?:made|removed) .+ (?:a|an|as a|as an) (?:group )?admin\b.*",
            r"reacted .+ to your message",
            r"(?:is|are) now (?:a group admin|an admin|connected on (?:Messenger|Instagram))\.?",
            r"wasn't notified about this message because .+",
            r"can now (?:message and )?call each other\b.*",
        )
    )
)
_NOTICE = re.compile(
    r"Liked a message|Reacted .+ to your message|(?:The |Your )?(?:audio |video |voice )?(?:call|chat) ended\.?"
    r"|Say hi to your new .+|.+ wasn't notified about this message because .+|This poll is no longer available\.?"
)
_FILE = re.compile(r"message(?:_\d+)?\.json", re.I)


class Options(core_options.Options):
    """Nothing to set: the keys say which layout it is."""


# --- The two functions of a source ----------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is, by the keys of a message and of the thread around it."""
    if not head.lstrip("\ufeff \t\r\n").startswith("{") or not has_keys(head, "messages"):
        return 0.0
    plain = has_keys(head, "sender_name", "timestamp_ms")
    encrypted = has_keys(head, "senderName") and (has_keys(head, "threadName") or has_keys(head, "isUnsent"))
    return round(0.9 + 0.05 * bool(_FILE.fullmatch(PurePosixPath(name).name)), 2) if plain or encrypted else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the thread, and what is no message."""
    value, error = whole(file)
    elements = value.get("messages") if isinstance(value, dict) else None
    if error or not isinstance(elements, list):
        yield Understood({"counts": "lines" if error else "messages"})
        yield from broken(file, error) if error else [unread(file, 1, value, "no list of messages")]
        return
    rows, unparsed = _rows(file, elements)
    yield Understood(_facts(rows))
    if rows:
        yield _conversation(file, rows, _chat(file, value))
    yield from unparsed


# --- The thread -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A message of either layout. `number` is its place in the file."""

    number: int
    sender: str
    at: datetime
    text: str
    media: str  # what came with it, in a word
    link: str  # what was shared
    event: str  # what happened, in a word
    gone: bool
    reactions: int
    mended: bool


class _NoMessage(ValueError):
    """Why an element is no message."""


def _rows(file: Input, elements: Sequence[Any]) -> tuple[list[_Row], list[Unparsed]]:
    rows, unparsed = [], []
    for number, element in enumerate(elements, 1):
        try:
            rows.append(_row(number, element))
        except _NoMessage as error:
            unparsed.append(unread(file, number, element, str(error)))
    return rows, unparsed


def _conversation(file: Input, rows: Sequence[_Row], chat: str) -> Conversation:
    generated = _placeholders(rows)
    messages = [_message(file, row, generated) for row in rows]
    if rows[0].at > rows[-1].at:
        messages.reverse()
    messages.sort(key=lambda message: message.at or EPOCH)
    first, last = rows[0].number, rows[-1].number
    return Conversation(tuple(messages), Origin(file.name, first, last - first + 1), chat)


def _chat(file: Input, value: dict[str, Any]) -> str:
    """The thread: a title is not enough, as all who left are called `Facebook user`."""
    thread = text_of(value.get("thread_path")).rstrip("/").rpartition("/")[2]
    path = PurePosixPath(file.name)
    folder = path.parent.name if _FILE.fullmatch(path.name) else ""
    return thread or text_of(value.get("threadName")) or folder or mended(text_of(value.get("title")))


def _facts(rows: Sequence[_Row]) -> dict[str, str]:
    facts = {"counts": "messages", "times": "UTC"}
    if any(row.mended for row in rows):
        facts["letters"] = "UTF-8 that was taken for Latin-1, mended"
    reactions = sum(row.reactions for row in rows)
    if reactions:
        facts["reactions"] = f"{reactions}, not read"
    return facts


# --- A message ------------------------------------------------------------------------------------------------------


def _row(number: int, element: Any) -> _Row:
    """What an element says. Raises _NoMessage."""
    if not isinstance(element, dict):
        raise _NoMessage(f"a message is an object, not {type(element).__name__}")
    encrypted = "senderName" in element
    sender = text_of(element.get("senderName" if encrypted else "sender_name"))
    text = text_of(element.get("text" if encrypted else "content"))
    share, reactions, sort = element.get("share"), element.get("reactions"), element.get("type")
    row = _Row(
        number,
        mended(sender).strip(),
        _time(element.get("timestamp" if encrypted else "timestamp_ms")),
        mended(text).strip(),
        _encrypted_media(element) if encrypted else _media(element),
        text_of(share.get("link")) or "?" if isinstance(share, dict) else "",
        "" if encrypted else _event(element),
        element.get("isUnsent" if encrypted else "is_unsent") is True
        or element.get("is_taken_down") is True
        or (encrypted and sort == "placeholder"),
        len(reactions) if isinstance(reactions, list) else 0,
        mended(text) != text or mended(sender) != sender,
    )
    if not row.sender and not row.event:
        raise _NoMessage("no sender")
    return row


def _time(value: Any) -> datetime:
    at = milliseconds(value) if isinstance(value, int | float) else None
    if at is None or not EPOCH < at < LATEST:
        raise _NoMessage("no time")
    return at


def _media(element: dict[str, Any]) -> str:
    return next((word for key, word in MEDIA.items() if element.get(key)), "")


def _encrypted_media(element: dict[str, Any]) -> str:
    """A word for the first file, by the end of its name; some say `Failed to download media` instead of a name."""
    files = element.get("media")
    if not isinstance(files, list) or not files:
        return ""
    uri = text_of(files[0].get("uri")) if isinstance(files[0], dict) else ""
    return KINDS.get(PurePosixPath(uri).suffix.lower(), "file")


def _event(element: dict[str, Any]) -> str:
    """What happened: a call, or somebody came or left."""
    sort = element.get("type")
    if isinstance(sort, str) and sort in EVENTS:
        users = element.get("users")
        listed = users if isinstance(users, list) else []
        names = [mended(text_of(each.get("name"))) for each in listed if isinstance(each, dict)]
        return f"{EVENTS[sort]}: {', '.join(names)}" if names else EVENTS[sort]
    return "call" if "call_duration" in element or element.get("missed") is True else ""


def mended(text: str) -> str:
    """UTF-8 whose bytes were taken for letters of Latin-1, as it was; anything else unchanged."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


# --- What the app wrote ---------------------------------------------------------------------------------------------


def _message(file: Input, row: _Row, generated: Collection[str]) -> Message:
    kind, text = _classified(row, generated)
    return Message("" if kind == "system" else row.sender, text, row.at, Origin(file.name, row.number), kind)


def _classified(row: _Row, generated: Collection[str]) -> tuple[Kind, str]:
    """The kind, and the text without what the app put in its place."""
    if row.gone:
        return "deleted", ""
    if row.event:
        return "system", row.text or row.event
    kind = _written(row, generated)
    if kind == "media":
        return kind, row.media or ("link" if row.link else "attachment")
    return kind, row.text


def _written(row: _Row, generated: Collection[str]) -> Kind:
    """Is it a sentence of the app? Then it stands for something that was sent, or tells what happened."""
    text = row.text
    if not text or text in generated:
        return "media"
    if len(text) > LONGEST or "\n" in text:
        return "text"
    rest, full = _without_subject(text, row.sender)
    if rest and _SENT.fullmatch(rest):
        return "media"
    if _NOTICE.fullmatch(text) or (rest and _DID.fullmatch(rest)):
        return "system"
    # In the other languages: nobody writes sentences about himself by his full name, or by any beside what he shares.
    if not full or not text.endswith(".") or _is_named(row.link, text):
        return "text"
    return "media" if row.link else "system" if " " in row.sender else "text"


def _without_subject(text: str, sender: str) -> tuple[str, bool]:
    """What follows the name of the sender, or `You`; and whether it was the name."""
    for subject in (sender, sender.partition(" ")[0], "You"):
        if subject and text.startswith(subject + " "):
            return text[len(subject) + 1 :], subject == sender
    return "", False


def _placeholders(rows: Sequence[_Row]) -> set[str]:
    """Sentences that stand in for what was shared, in whatever language: always the same, and only beside links."""
    texts = Counter(row.text for row in rows if not row.gone)
    beside = Counter(row.text for row in rows if row.link and not row.gone and not _is_named(row.link, row.text))
    return {text for text, n in beside.items() if OFTEN <= n == texts[text] and text.endswith(".") and " " in text}


def _is_named(link: str, text: str) -> bool:
    """Does the text hold the link, or at least its host? Then its author wrote it."""
    try:
        host = (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    return bool(host) and host in text.lower()
