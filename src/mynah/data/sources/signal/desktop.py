"""What signal-export and sigtop take out of Signal Desktop as JSON: `data.json` with an object a line, and rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import orjson

from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input, decoded
from mynah.data.sources._shared.jsons import broken, text_of, unread, whole
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import in_order, iso, milliseconds
from mynah.data.sources.signal.markdown import EVENT, GONE, NOBODY, is_call, word

OWNER = "Me"
UNKNOWN = "Unknown"
EXPORTED = ("chat.md", "index.md", "data.json")  # they lie in a folder that is called like the chat

_DETAIL = re.compile(r"(.*?) \(([^()]*)\)")


def chat_of(file: Input) -> str:
    """The name of the chat, where the folder of the file has it."""
    path = PurePosixPath(file.member) if file.member else PurePosixPath(file.path.absolute().as_posix())
    return path.parent.name if path.name in EXPORTED else ""


# --- Lines of JSON --------------------------------------------------------------------------------------------------


def lines(file: Input) -> Iterator[tuple[Any, str]]:
    """The value and no error, or the line and the error, of every line that is not blank."""
    with file.open() as stream:
        for line in stream:
            data = line.removeprefix(b"\xef\xbb\xbf").strip()
            if not data:
                continue
            try:
                yield orjson.loads(data), ""
            except orjson.JSONDecodeError as error:
                yield from _again(data, f"broken JSON: {error}")


def _again(data: bytes, error: str) -> Iterator[tuple[Any, str]]:
    text = decoded(data)  # not all of it UTF-8
    try:
        yield orjson.loads(text), ""
    except orjson.JSONDecodeError:
        yield text, error


def read_lines(file: Input) -> Iterator[Item]:
    """A `data.json`: one chat."""
    facts: Counter[str] = Counter()
    messages: list[Message] = []
    count = 0
    for count, (value, error) in enumerate(lines(file), 1):
        item = unread(file, count, value, error) if error else _exported(file, count, value, facts)
        if isinstance(item, Message):
            messages.append(item)
        else:
            yield item
    if messages:
        yield Conversation(in_order(messages), Origin(file.name, 1, count), chat_of(file))
    yield Understood({"counts": "messages", **told(facts)})


def _exported(file: Input, number: int, row: Any, facts: Counter[str]) -> Message | Unparsed:
    if not (isinstance(row, dict) and "body" in row and "sender" in row):
        return unread(file, number, row, "no message")
    when = iso(row.get("date"))
    facts["reactions not read"] += _length(row.get("reactions"))
    facts["quotes not read"] += bool(row.get("quote"))
    speaker = " ".join(text_of(row["sender"]).split()) or NOBODY
    text, files = text_of(row["body"]).strip(), _files(row.get("attachments"), "name", "path")
    kind: Kind = "text" if text else "media"
    if row.get("deleted"):
        kind, text = "deleted", GONE
    elif row.get("call") or is_call(text):
        kind, text = "system", f"{speaker}: {text or 'call'}"
    elif not text:
        text = "sticker" if row.get("sticker") else next(iter(files), "")
    if not text:
        kind, text = "system", EVENT
    at = when.at if when else None
    return Message("" if kind == "system" else speaker, text, at, Origin(file.name, number), kind)


# --- The rows of Signal Desktop -------------------------------------------------------------------------------------


def read_array(file: Input) -> Iterator[Item]:
    """A file of sigtop: the rows of one chat as Signal Desktop keeps them."""
    rows, error = whole(file)
    if error:
        yield Understood({"counts": "lines"})
        yield from broken(file, error)
        return
    rows = rows if isinstance(rows, list) else [rows]
    facts: Counter[str] = Counter()
    called, people = _called(file, rows)
    chats: dict[str, list[Message]] = {}
    for number, row in enumerate(rows, 1):
        if isinstance(row, dict) and isinstance(row.get("type"), str):
            chats.setdefault(text_of(row.get("conversationId")), []).append(_row(file, number, row, people, facts))
        else:
            yield unread(file, number, row, "no row of a message")
    title = names_of((chat, called) for chat in chats)
    for chat, messages in chats.items():
        first, last = messages[0].origin.line, messages[-1].origin.line
        yield Conversation(in_order(messages), Origin(file.name, first, last - first + 1), title[chat])
    yield Understood({"counts": "messages", "times": "UTC", **told(facts)})


def _called(file: Input, rows: Sequence[Any]) -> tuple[str, dict[str, str]]:
    """The name of the chat and those of the people: `Alder (+49…).json` is with Alder, `Rowing (group).json` is not.
    Who was mentioned has a name in the mention."""
    stem = PurePosixPath(file.name).name.removesuffix(".json")
    named = _DETAIL.fullmatch(stem)
    rows = [row for row in rows if isinstance(row, dict)]
    pairs = [(sender, "") for row in rows if row.get("type") == "incoming" and (sender := _source(row))]
    alone = len({sender for sender, _ in pairs}) == 1
    if alone and not (named and named[2] == "group") and not any("groupV2Change" in row for row in rows):
        pairs = [(sender, named[1] if named else stem) for sender, _ in pairs[:1]]
    mentioned = [each for row in rows for each in _listed(row.get("bodyRanges"))]
    pairs += [(aci, text_of(each.get("replacementText"))) for each in mentioned if (aci := _mention(each))]
    phones = {sender: phone for row in rows if (sender := _source(row)) and (phone := text_of(row.get("source")))}
    return named[1] if named else stem, names_of((who, name) for who, name in [*phones.items(), *pairs])


def _row(file: Input, number: int, row: Mapping[str, Any], people: Mapping[str, str], facts: Counter[str]) -> Message:
    at = milliseconds(row.get("sent_at")) or milliseconds(row.get("timestamp"))
    origin, sent = Origin(file.name, number), number_of(row.get("sent_at"))
    if row["type"] not in ("incoming", "outgoing"):
        return Message("", text_of(row["type"]).replace("-", " ") or EVENT, at, origin, "system", sent)
    facts["reactions not read"] += _length(row.get("reactions"))
    facts["edited"] += bool(row.get("editHistory"))
    speaker = OWNER if row["type"] == "outgoing" else people.get(_source(row), UNKNOWN)
    quote = row.get("quote")
    reply_to = number_of(quote.get("id")) if isinstance(quote, dict) else None
    text = with_mentions(
        text_of(row.get("body")), [(each, people.get(_mention(each), "")) for each in _listed(row.get("bodyRanges"))]
    )
    kind: Kind = "text"
    if row.get("deletedForEveryone"):
        kind, text = "deleted", GONE
    elif not text:
        kind, text = "media", _sent(row)
    return Message(speaker, text, at, origin, kind, sent, reply_to)


def _sent(row: Mapping[str, Any]) -> str:
    """A word for what was sent without text."""
    for key, what in (("sticker", "sticker"), ("contact", "contact"), ("poll", "poll"), ("payment", "payment")):
        if row.get(key):
            return what
    return next(iter(_files(row.get("attachments"), "contentType", "fileName")), "attachment")


def _source(row: Mapping[str, Any]) -> str:
    """The id of who sent it, as the versions of Signal Desktop have called it."""
    return next((text for key in ("sourceServiceId", "sourceUuid", "source") if (text := text_of(row.get(key)))), "")


def _mention(each: Mapping[str, Any]) -> str:
    return text_of(each.get("mentionAci")) or text_of(each.get("mentionUuid"))


# --- What the readers of Signal share -------------------------------------------------------------------------------


def with_mentions(body: str, ranges: Iterable[tuple[Mapping[str, Any], str]]) -> str:
    """The text with `@Name` for each mention. Its place is counted in UTF-16, and zeros are left out."""
    found = []
    for each, name in ranges:
        start, length = each.get("start") or 0, each.get("length") or 1
        if name and isinstance(start, int) and isinstance(length, int):
            found.append((start, length, name))
    if not found:
        return body.strip()
    units, at, parts = body.encode("utf-16-le"), 0, []
    for start, length, name in sorted(found):
        if at <= start and length > 0 and 2 * (start + length) <= len(units):
            parts += [units[2 * at : 2 * start], f"@{name}".encode("utf-16-le")]
            at = start + length
    return b"".join([*parts, units[2 * at :]]).decode("utf-16-le", "replace").strip()


def told(facts: Mapping[str, int]) -> dict[str, str]:
    return {what: str(count) for what, count in facts.items() if count}


def number_of(value: Any) -> str | None:
    """An id or a time, which may be written as a number or as a text."""
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value else None


def _files(value: Any, *keys: str) -> Iterator[str]:
    """A noun for each attachment, by the first key that says what it is."""
    for each in _listed(value):
        nouns = [word(text) for key in keys if (text := text_of(each.get(key)))]
        yield next((noun for noun in nouns if noun != "file"), "file")


def _listed(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0
