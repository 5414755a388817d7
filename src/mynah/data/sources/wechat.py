"""WeChat: the tables and JSON files that programs of third parties write; WeChat itself exports no text.

Read are the CSV of MemoTrace (留痕, WeChatMsg; all chats, or one chat with Chinese headers), of PyWxDump and of
chatlog, and the JSON of WeFlow and EchoTrace. In these programs choose the chat and export it as CSV or JSON::

    localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender
    11,2,1,0,0,1706731507,3,到了吗,2024-01-31 21:05:07,小禾,禾,wxid_h1
    12,2,1,0,1,1706731530,2,快了,2024-01-31 21:05:30,,我,wxid_me
    13,2,10000,0,0,1706731600,3,小禾 撤回了一条消息,2024-01-31 21:06:40,小禾,禾,wxid_h1

Rows are counted, without the header. People are known by their wxid; the owner without one is called 我. Times
are local where every row has a local time, and UTC otherwise. Of replies only the reply is kept where it stands apart.
Messages whose type is not known are reported; chatlog writes no types, so there whole texts such as `[图片]` count.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any, NamedTuple

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared import jsons
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import by_pattern, counted

LABEL = "WeChat"

OWNER = "我"  # how the owner is called who has no name in the file
SHOWN = 1000  # characters of what could not be read

_TYPES: dict[int, tuple[Kind, str]] = {
    1: ("text", ""), 3: ("media", "photo"), 34: ("media", "voice message"), 37: ("system", "friend request"),
    42: ("media", "contact"), 43: ("media", "video"), 47: ("media", "sticker"), 48: ("media", "location"),
    49: ("media", "link"), 50: ("system", "call"), 62: ("media", "video"), 66: ("media", "contact"),
    10000: ("system", "notice"), 10002: ("deleted", "deleted message"),
}  # fmt: skip
_APP = 49  # a file, a link, a reply: XML says which
_REPLY, _HISTORY = 57, 19
_APPS = {3: "music", 4: "video", 5: "link", 6: "file", 8: "sticker", 33: "mini program", 36: "mini program"}
_APPS |= {2000: "transfer", 2001: "red packet"}
# What stands in the Chinese name of a type; the first that does is meant.
_NAMES: dict[str, tuple[Kind, str]] = {
    "撤回": ("deleted", "deleted message"), "系统": ("system", "notice"), "拍一拍": ("system", "notice"),
    "通话": ("system", "call"), "引用": ("text", ""), "文本": ("text", ""), "图片": ("media", "photo"),
    "语音": ("media", "voice message"), "视频": ("media", "video"), "表情": ("media", "sticker"),
    "名片": ("media", "contact"), "位置": ("media", "location"), "文件": ("media", "file"),
    "聊天记录": ("forwarded", ""), "合并转发": ("forwarded", ""), "链接": ("media", "link"),
    "小程序": ("media", "mini program"), "转账": ("media", "transfer"), "红包": ("media", "red packet"),
    "音乐": ("media", "music"), "直播": ("media", "video"),
}  # fmt: skip
_PLACEHOLDER = re.compile(
    r"!?\[(图片|语音通话|视频通话|语音|视频|动画表情|表情|文件|位置|链接|名片|小程序|红包|转账|合并转发|聊天记录)"
    r"(?:消息)?(?:\|[^\]\n]{0,300})?\](?:\([^)\n]{0,2000}\))?"
)
_RECALLED = re.compile(r".{1,100}撤回了一条消息", re.S)
_SYSTEM = "系统消息"  # the sender of notices in chatlog's tables
_GROUP = "@chatroom"
_TYPE_IN_XML, _TITLE_IN_XML = re.compile(r"<type>(\d{1,5})</type>"), re.compile(r"<title>([^<]*)</title>")
_CDATA = re.compile(r"<!\[CDATA\[([^\]]*)\]\]>")
_QUOTED = re.compile(r"「[^」]*」\n(?:- ){5,40}-?\n")  # what is answered, above the answer, as computers copy it
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


class Options(core_options.Options):
    """Nothing to set: the header says which program wrote the file."""


class _Row(NamedTuple):
    """One message, whatever the program. Local time, UTC or both may be known."""

    chat: str
    chat_name: str
    person: str
    name: str
    local: datetime | None
    utc: datetime | None
    kind: Kind
    text: str
    id: str | None = None


class _NoMessage(ValueError):
    """Why a row is no message."""


Fields = Mapping[str, str]

# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is one of these exports: by the columns, or by the keys of JSON."""
    text = head.lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        if not jsons.has_keys(text, "session", "wxid"):
            return 0.0
        return 0.95 if jsons.has_keys(text, "messages") and re.search(r'"(?:senderUsername|isSend)"', text) else 0.55
    return 0.95 if _table(_header(text)) else 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the rows that are no messages, and the chats."""
    text = file.text().lstrip("\ufeff \t\r\n")
    found = _of_json(file) if text.startswith("{") else _of_table(text)
    rows: list[tuple[int, _Row]] = []
    for number, row in enumerate(found, 1):
        if isinstance(row, _Row):
            rows.append((number, row))
        else:
            yield Unparsed(row[0], row[1], Origin(file.name, number))
    local = all(row.local for _, row in rows)
    yield Understood({"counts": "messages"} | ({} if local else {"times": "UTC"}))
    yield from _chats(file, rows, local)


# --- Tables ---------------------------------------------------------------------------------------------------------


def _header(text: str) -> list[str]:
    """The names of the columns."""
    line = text[:2000].partition("\n")[0]
    return [cell.strip(' "\r') for cell in line.split(",")]


def _table(header: Sequence[str]) -> Callable[[Fields], _Row] | None:
    """The program that wrote a table with these columns."""
    held = set(header)
    return next((shape for columns, shape in _TABLES if columns <= held), None)


def _of_table(text: str) -> Iterator[_Row | tuple[str, str]]:
    """The rows, or what they are instead and why they are no messages."""
    header = _header(text)
    shape = _table(header)
    reader = csv.reader(io.StringIO(text, newline=""))
    if shape is not None:
        try:
            next(reader, None)
        except csv.Error as error:  # a quote in the header that is never closed
            yield "", f"broken row: {error}"
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield "", f"broken row: {error}"
            continue
        if not cells:
            continue  # a blank line
        try:
            if shape is None:
                raise _NoMessage("columns of no known program")
            if len(cells) < len(header):
                raise _NoMessage(f"{len(cells)} columns, where the header has {len(header)}")
            row = shape(dict(zip(header, (cell.replace("\r\n", "\n") for cell in cells), strict=False)))
            if not row.person and row.kind != "system":
                raise _NoMessage("nobody is named as its sender")
            yield row
        except _NoMessage as error:
            yield ",".join(cells)[:SHOWN], str(error)


def _memotrace(row: Fields) -> _Row:
    """A row of all chats. Older versions name nobody."""
    own = row["IsSender"].strip() == "1"
    chat = row["TalkerId"].strip()
    person = row.get("Sender", "").strip() or (OWNER if own else f"talker {chat}")
    name = row.get("Remark", "").strip() or row.get("NickName", "").strip() or (OWNER if own else "")
    kind, text = _of_number(row["Type"], row.get("SubType", ""), row["StrContent"], person)
    local, utc = by_pattern(row.get("StrTime", ""), *_FORMATS), counted(row["CreateTime"])
    if local is None and utc is None:
        raise _NoMessage("no time")
    other = "" if own or chat.endswith(_GROUP) else name
    return _Row(chat, other, person, name, local, utc, kind, text, row["localId"].strip() or None)


def _memotrace_chat(row: Fields) -> _Row:
    person = row["发送人"].strip()
    kind, text = _of_name(row["类型"], row["内容"])
    return _Row("", "", person, person, _needed(row["时间"]), None, kind, text, row["消息ID"].strip() or None)


def _pywxdump(row: Fields) -> _Row:
    own = row["is_sender"].strip() == "1"
    person = row["talker"].strip() or (OWNER if own else row["room_name"].strip())
    kind, text = _of_name(row["type_name"], _without_sender(row["msg"], person))
    number = row["MsgSvrID"].strip() or None
    return _Row(row["room_name"].strip(), "", person, "", _needed(row["CreateTime"]), None, kind, text, number)


def _chatlog(row: Fields) -> _Row:
    person, name = row["Sender"].strip(), row["SenderName"].strip()
    kind, text = _of_text(row["Content"])
    if _SYSTEM in (person, name):
        kind = "system"
    chat, chat_name = row["Talker"].strip(), row["TalkerName"].strip()
    return _Row(chat, chat_name, person or name, name, _needed(row["Time"]), None, kind, text)


_TABLES: tuple[tuple[set[str], Callable[[Fields], _Row]], ...] = (
    ({"localId", "TalkerId", "Type", "IsSender", "CreateTime", "StrContent"}, _memotrace),
    ({"消息ID", "类型", "发送人", "时间", "内容"}, _memotrace_chat),
    ({"MsgSvrID", "type_name", "is_sender", "talker", "room_name", "msg", "CreateTime"}, _pywxdump),
    ({"Time", "SenderName", "Sender", "TalkerName", "Talker", "Content"}, _chatlog),
)

# --- JSON -----------------------------------------------------------------------------------------------------------


def _of_json(file: Input) -> Iterator[_Row | tuple[str, str]]:
    value, error = jsons.whole(file)
    if error:
        yield file.text()[:SHOWN], error
        return
    session = value.get("session") if isinstance(value, dict) else None
    messages = value.get("messages") if isinstance(value, dict) else None
    if not isinstance(messages, list):
        yield jsons.unread(file, 1, value, "").text, "no list of messages"
        return
    session = session if isinstance(session, dict) else {}
    for message in messages:
        try:
            yield _weflow(message, session)
        except _NoMessage as why:
            yield jsons.unread(file, 1, message, "").text, str(why)


def _weflow(message: Any, session: Mapping[str, Any]) -> _Row:
    if not isinstance(message, dict):
        raise _NoMessage("a message is an object")
    own = message.get("isSend") == 1
    chat, chat_name = jsons.text_of(session.get("wxid")), jsons.text_of(session.get("displayName")).strip()
    person = jsons.text_of(message.get("senderUsername")).strip() or (OWNER if own else chat)
    name = jsons.text_of(message.get("senderDisplayName")).strip()
    kind, text = _of_name(jsons.text_of(message.get("type")), jsons.text_of(message.get("content")))
    if not person:
        raise _NoMessage("no sender")
    utc = counted(message.get("createTime"))
    if utc is None:
        raise _NoMessage("no time")
    number = message.get("localId")
    name = name or (chat_name if person == chat else "")
    return _Row(chat, chat_name, person, name, None, utc, kind, text, None if number is None else str(number))


# --- Times ----------------------------------------------------------------------------------------------------------


def _needed(text: str) -> datetime:
    found = by_pattern(text, *_FORMATS)
    if found is None:
        raise _NoMessage(f"no time: {text[:40]!r}")
    return found


# --- What a message is ----------------------------------------------------------------------------------------------


def _of_number(number: str, sub: str, content: str, person: str) -> tuple[Kind, str]:
    """The kind of a message by the number of its type, and what to keep of it."""
    kind, word = _TYPES.get(int(number) if number.strip().isdecimal() and len(number) < 9 else -1, ("text", "?"))
    if word == "?":
        raise _NoMessage(f"unknown type {number[:20]!r}")
    content = _without_sender(content, person).strip()
    if number.strip() == str(_APP):
        return _of_app(sub.strip(), content)
    if kind == "system" and _RECALLED.fullmatch(content):
        kind = "deleted"
    if kind in ("system", "deleted"):
        return kind, content or word
    return _kept(kind, word, content)


def _of_app(sub: str, content: str) -> tuple[Kind, str]:
    """A file, a link, a reply, and so on: XML says it, or the second number of the type."""
    xml = content.startswith("<")
    inner = _TYPE_IN_XML.search(content) if xml else None
    what = int(inner[1]) if inner else int(sub) if sub.isdecimal() and len(sub) < 9 else 0
    title = _TITLE_IN_XML.search(_CDATA.sub(r"\1", content)) if xml else None
    text = unescape(title[1]).strip() if title else "" if xml else content
    if what == _REPLY and text:
        return _kept("text", "", text)
    if what == _HISTORY:
        return "forwarded", text or "chat history"
    return "media", _APPS.get(what, "link")


def _of_name(name: str, content: str) -> tuple[Kind, str]:
    """The kind of a message by the Chinese name of its type, and what to keep of it."""
    found = next((each for part, each in _NAMES.items() if part in name), None)
    if found is None:
        raise _NoMessage(f"unknown type {name[:20]!r}")
    kind, word = found
    content = content.strip()
    if kind == "system" and _RECALLED.fullmatch(content):
        kind = "deleted"
    if kind in ("system", "deleted"):
        return kind, content or word
    return _kept(kind, word, content)


def _of_text(content: str) -> tuple[Kind, str]:
    """The kind of a message of which nothing but the text is known."""
    content = content.strip()
    found = _PLACEHOLDER.fullmatch(content)
    return _of_name(found[1], "") if found else _kept("text", "", content)


def _kept(kind: Kind, word: str, content: str) -> tuple[Kind, str]:
    """A text without what it answers; of media a word."""
    if kind == "media":
        return kind, word
    text = _QUOTED.sub("", content, count=1).strip() if content.startswith("「") else content
    if not text:
        return ("forwarded", "chat history") if kind == "forwarded" else ("media", "empty message")
    return kind, text


def _without_sender(content: str, person: str) -> str:
    """Raw messages of groups begin with who sent them."""
    return content.removeprefix(f"{person}:\n") if person else content


# --- Chats ----------------------------------------------------------------------------------------------------------


def _chats(file: Input, rows: Sequence[tuple[int, _Row]], local: bool) -> Iterator[Conversation]:
    """A conversation a chat, in the order in which the file names them."""
    rows = sorted(rows, key=lambda each: _at(each[1], local))
    people = names_of((row.person, row.name) for _, row in rows)
    held: dict[str, list[tuple[int, _Row]]] = {}
    for number, row in rows:
        held.setdefault(row.chat, []).append((number, row))
    called = names_of((chat, _chat_name([row for _, row in each])) for chat, each in held.items())
    for chat, each in held.items():
        messages = tuple(_message(file, number, row, people, local) for number, row in each)
        first, last = min(n for n, _ in each), max(n for n, _ in each)
        yield Conversation(messages, Origin(file.name, first, last - first + 1), called[chat])


def _at(row: _Row, local: bool) -> datetime:
    at = (row.local if local else row.utc) or row.local or row.utc
    assert at is not None  # a row without a time is no message
    return at


def _chat_name(rows: Sequence[_Row]) -> str:
    """The name of a chat: what the rows call it, if they agree. In a group each calls it by who speaks."""
    names = {row.chat_name for row in rows if row.chat_name}
    return names.pop() if len(names) == 1 else ""


def _message(file: Input, number: int, row: _Row, people: Mapping[str, str], local: bool) -> Message:
    speaker = "" if row.kind == "system" else people[row.person]
    return Message(speaker, row.text, _at(row, local), Origin(file.name, number), row.kind, row.id)
