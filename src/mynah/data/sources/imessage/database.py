"""The database of Messages on a Mac or in the backup of an iPhone: `chat.db` or `sms.db`, read and never written."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import KINDS, Input
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import APPLE, apple

MAGIC = "SQLite format 3\0"
ME = "Me"
TABLES = ("message", "chat", "handle", "chat_message_join")
OBJECT, BALLOON = "\ufffc", "\ufffd"  # where an attachment or what an app shows stands in a text
REACTION = 1000  # the first type of what is only stuck on another message
WORDS = {"picture": "photo", "sound": "audio"}
SUFFIXES = {".caf": "audio", ".vcf": "contact"}
GROUP = {(1, 0): "added {}", (1, 1): "removed {}", (3, 0): "left", (3, 1): "changed the picture of the group",
         (3, 2): "removed the picture of the group"}  # fmt: skip
OTHERS = {4: "shared a place or stopped to", 5: "kept an audio message", 6: "called by FaceTime"}
COLUMNS = (
    "guid", "text", "attributedBody", "handle_id", "date", "is_from_me", "item_type", "group_action_type",
    "group_title", "other_handle", "associated_message_type", "thread_originator_guid", "balloon_bundle_id",
    "date_edited", "date_retracted", "is_auto_reply", "is_forward", "cache_has_attachments",
)  # fmt: skip

# What phones without iMessage get instead of a tapback.
_SPOKEN_TAPBACK = re.compile(r"(?:Liked|Loved|Disliked|Laughed at|Emphasized|Questioned) “.*”", re.S)


def sniff(head: str, name: str) -> float:
    """How sure it is that a database is that of Messages. Its tables need not be declared in its beginning."""
    if any(each in head for each in ("chat_message_join", "attributedBody", "associated_message_guid")):
        return 0.95
    named = PurePosixPath(name).name in ("chat.db", "sms.db", "3d0d7e5fb2ce288813306e4d4636395e047a3d28")
    return 0.6 if named else 0.0


def word(suffix: str) -> str:
    """What is sent in a file with this suffix."""
    kind = KINDS.get(suffix, "file")
    return SUFFIXES.get(suffix) or WORDS.get(kind, kind)


# --- The file -------------------------------------------------------------------------------------------------------


def read(file: Input) -> Iterator[Item]:
    """What was understood, what could not be read, and each chat."""
    try:
        with _connected(file) as connection:
            _check(file, connection)
            found = _Database(file, connection)
            items = list(found.items())
    except (sqlite3.Error, UnicodeDecodeError) as error:  # what SQLite says quotes the file
        _damaged(file, str(error))
    yield Understood(
        {"counts": "messages", "format": "chat.db", "encoding": "as SQLite has it", "times": "UTC", **found.facts()}
    )
    chats: dict[str, list[Message]] = defaultdict(list)
    for chat, item in items:
        if isinstance(item, Unparsed):
            yield item
        else:
            chats[chat].append(item)
    names = names_of((chat, found.chats.get(chat, "")) for chat in chats)
    for chat, messages in chats.items():
        first, last = messages[0].origin.line, messages[-1].origin.line
        origin = Origin(file.name, first, last - first + 1)
        yield Conversation(tuple(sorted(messages, key=_time)), origin, names[chat])


def _time(message: Message) -> datetime:
    return message.at or APPLE


def _damaged(file: Input, error: str) -> NoReturn:
    found = f"{file.name!r}, which is damaged or cut ({error})"
    raise UserError("a whole database of Messages", found, "Quit Messages and copy it again.") from None


@contextmanager
def _connected(file: Input) -> Iterator[sqlite3.Connection]:
    """The database, opened so that nothing is written. What is in an archive, or has the newest messages in a file of
    its own beside it, is copied first."""
    journal = _journal(file)
    if file.member is None and journal is None:
        with _opened(file.path, "mode=ro&immutable=1") as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.db"
        for source, target in ((file, path), (journal, path.with_name("chat.db-wal"))):
            if source:
                with source.open() as stream, target.open("wb") as copy:
                    shutil.copyfileobj(stream, copy)
        with _opened(path, "mode=rw" if journal else "mode=ro&immutable=1") as connection:
            yield connection


def _journal(file: Input) -> Input | None:
    """The file beside the database that holds what was written last."""
    if file.member is None:
        path = file.path.with_name(file.path.name + "-wal")
        return Input(path, None, file.base) if path.is_file() and path.stat().st_size else None
    found = file.near(PurePosixPath(file.member).name + "-wal")
    return found if found and found.member == file.member + "-wal" else None


@contextmanager
def _opened(path: Path, how: str) -> Iterator[sqlite3.Connection]:
    """A connection that gives up on a file that was made to keep it busy."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as connection:
        connection.text_factory = _text
        left = [1000 + path.stat().st_size // 1000]

        def counted() -> bool:
            left[0] -= 1
            return left[0] < 0

        connection.set_progress_handler(counted, 100_000)
        connection.execute("PRAGMA trusted_schema = OFF")
        yield connection


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _check(file: Input, connection: sqlite3.Connection) -> None:
    """Raise UserError for the database of something else."""
    held = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    missing = [name for name in TABLES if name not in held]
    if missing:
        names = ", ".join(sorted(map(str, held))[:5]) or "none"
        found = f"{file.name!r} without {', '.join(missing)} (its tables: {names})"
        raise UserError("the database of Messages", found, "Is it chat.db from ~/Library/Messages?")


# --- What is in it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Handle:
    """An address of somebody: `person` is the same for all addresses that the Mac knows to be one person's."""

    address: str
    person: str


class _Database:
    """The tables around the messages, and the messages."""

    def __init__(self, file: Input, connection: sqlite3.Connection) -> None:
        self.file, self.connection = file, connection
        self.counts: Counter[str] = Counter()
        self.handles = {_int(row["ROWID"]): _handle(row) for row in self._rows("handle", "id", "person_centric_id")}
        self.speakers: dict[str, str] = {}
        for handle in self.handles.values():
            self.speakers.setdefault(handle.person, handle.address)
        self.members: dict[int, list[str]] = defaultdict(list)
        for row in self._rows("chat_handle_join", "chat_id", "handle_id"):
            if _int(row["handle_id"]) in self.handles:
                self.members[_int(row["chat_id"])].append(self._who(_int(row["handle_id"])))
        self.chats: dict[str, str] = {}
        self.keys: dict[int, str] = {}
        for row in self._rows("chat", "guid", "chat_identifier", "display_name"):
            self._add_chat(row)
        joins = self._rows("chat_message_join", "chat_id", "message_id")
        self.chat_of = {_int(row["message_id"]): _int(row["chat_id"]) for row in joins}
        self.removed = {_int(row["message_id"]) for row in self._rows("chat_recoverable_message_join", "message_id")}
        self.media = self._attachments()

    def facts(self) -> dict[str, str]:
        return {what: f"{n}, not kept" for what, n in sorted(self.counts.items())}

    def _rows(self, table: str, *wanted: str) -> Iterator[dict[str, Any]]:
        """The rows of a table. Each release has columns of its own: those that are missing are None."""
        held = {str(row[1]) for row in self.connection.execute(f"PRAGMA table_info({table})")}
        if not held:
            return
        columns = ", ".join(f'"{name}"' if name in held else f'NULL AS "{name}"' for name in wanted)
        last = None
        for values in self.connection.execute(f"SELECT ROWID, {columns} FROM {table} NOT INDEXED"):
            if not isinstance(values[0], int) or (last is not None and values[0] <= last):
                raise sqlite3.DatabaseError(f"the rows of {table} are out of order")  # it may go round in circles
            last = values[0]
            yield dict(zip(("ROWID", *wanted), values, strict=True))

    def _add_chat(self, row: Mapping[str, Any]) -> None:
        """A chat and its name. One with the same number by SMS and by iMessage is the same."""
        number = _int(row["ROWID"])
        key = _str(row["chat_identifier"]) or _str(row["guid"]) or f"chat {number}"
        members = sorted(set(self.members[number]))
        name = _str(row["display_name"]).strip() or ", ".join(members)
        self.keys[number] = key
        self.chats[key] = name or self.chats.get(key, "")

    def _attachments(self) -> dict[int, list[str]]:
        """What was sent with each message, in words."""
        words: dict[int, str] = {}
        for row in self._rows("attachment", "filename", "transfer_name", "mime_type", "is_sticker"):
            words[_int(row["ROWID"])] = _sort(row)
        sent: dict[int, list[str]] = defaultdict(list)
        for row in self._rows("message_attachment_join", "message_id", "attachment_id"):
            sent[_int(row["message_id"])].append(words.get(_int(row["attachment_id"]), "file"))
        return sent

    def _who(self, handle: int) -> str:
        known = self.handles.get(handle)
        return self.speakers.get(known.person, known.address) if known else ""

    def items(self) -> Iterator[tuple[str, Message | Unparsed]]:
        """Each message with the key of its chat; tapbacks are only counted."""
        number = 1
        for row in self._rows("message", *COLUMNS):
            text = _said(row)
            if _int(row["associated_message_type"]) >= REACTION or _SPOKEN_TAPBACK.fullmatch(text):
                self.counts["tapbacks"] += 1
                continue
            yield self._chat(row), self._item(row, text, Origin(self.file.name, number))
            number += 1

    def _chat(self, row: Mapping[str, Any]) -> str:
        """The key of the chat. What is in none is kept apart for each person."""
        chat = self.keys.get(self.chat_of.get(_int(row["ROWID"]), -1))
        if chat is None:
            chat = f"no chat {self._who(_int(row['handle_id']))}".strip()
            self.chats.setdefault(chat, "")
        return chat

    def _item(self, row: Mapping[str, Any], text: str, origin: Origin) -> Message | Unparsed:
        rowid = _int(row["ROWID"])
        if rowid in self.removed and rowid not in self.chat_of:
            return Unparsed("", "deleted by the owner, and kept for some days", origin)
        mine = _int(row["is_from_me"]) == 1
        who = ME if mine else self._who(_int(row["handle_id"])) or self._other(rowid)
        at, own = apple(_int(row["date"])), _str(row["guid"]) or None
        if _int(row["item_type"]) > 0:
            return Message("", self._happened(row, who), at, origin, "system", own)
        kind, text = _kind(row, text, self.media.get(rowid, []))
        if kind is None:
            return Unparsed("", "a message without text and attachments", origin)
        return Message(who, text, at, origin, kind, own, _str(row["thread_originator_guid"]) or None)

    def _other(self, message: int) -> str:
        """The other side of a chat of two, where the message does not say who sent it."""
        members = self.members.get(self.chat_of.get(message, -1), [])
        return members[0] if len(members) == 1 else "unknown"

    def _happened(self, row: Mapping[str, Any], who: str) -> str:
        """An event of the group in words."""
        item, action = _int(row["item_type"]), _int(row["group_action_type"])
        if item == 2:
            return f"{who} renamed the conversation to {_str(row['group_title'])}"
        text = GROUP.get((item, action)) or OTHERS.get(item, f"did something else ({item}, {action})")
        return f"{who} {text.format(self._who(_int(row['other_handle'])) or 'somebody')}"


# --- Values, any of which can be of another type than it should be --------------------------------------------------


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _handle(row: Mapping[str, Any]) -> _Handle:
    address = _str(row["id"]).strip() or f"handle {row['ROWID']}"
    return _Handle(address, _str(row["person_centric_id"]) or address)


def _sort(row: Mapping[str, Any]) -> str:
    """What an attachment is, in a word; nothing for what only shows a link."""
    name = _str(row["transfer_name"]) or _str(row["filename"])
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".pluginpayloadattachment":
        return ""
    if _int(row["is_sticker"]) == 1:
        return "sticker"
    by_type = {"image": "photo", "video": "video", "audio": "audio"}.get(_str(row["mime_type"]).partition("/")[0])
    return by_type or word(suffix)


def _said(row: Mapping[str, Any]) -> str:
    """The text without what stands for attachments. Since macOS 13 it often stands in the attributed text only."""
    text = _str(row["text"]) or attributed(row["attributedBody"])
    return text.replace(OBJECT, "").replace(BALLOON, "").strip()


def attributed(data: Any) -> str:
    """The text of an attributed string as Apple's typedstream holds it: after the name of the class a `+`, the length
    in one byte, or after 0x81 in two and after 0x82 in four, and the text in UTF-8."""
    if not isinstance(data, bytes):
        return ""
    start = data.find(b"NSString")
    plus = data.find(b"+", start, start + 32) if start >= 0 else -1
    if plus < 0:
        return ""
    size = {0x81: 2, 0x82: 4}.get(data[plus + 1], 0) if plus + 1 < len(data) else 0
    begin = plus + 2 + size
    length = int.from_bytes(data[plus + 2 : begin], "little") if size else int.from_bytes(data[plus + 1 : begin], "big")
    return data[begin : begin + length].decode("utf-8", "replace")


def _kind(row: Mapping[str, Any], text: str, sent: list[str]) -> tuple[Kind | None, str]:
    """Kind and text; None where nothing says that anything was sent."""
    if text:
        if _int(row["is_auto_reply"]) == 1:
            return "automatic", text
        return "forwarded" if _int(row["is_forward"]) == 1 else "text", text
    if words := ", ".join(dict.fromkeys(word for word in sent if word)):
        return "media", words
    if _int(row["date_edited"]) or _int(row["date_retracted"]):
        return "deleted", ""
    if _str(row["balloon_bundle_id"]):
        return "media", "app"
    return ("media", "file") if _int(row["cache_has_attachments"]) == 1 else (None, "")
