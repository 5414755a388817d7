"""Reddit: comments and posts in the dumps of Pushshift and Arctic Shift, in tables, or as the API answers.

Threads come from these two archives: download `RC_2019-04.zst` (the comments of a month) and `RS_2019-04.zst` (the
posts), or `NAME_comments.zst` and `NAME_submissions.zst` of one subreddit. They hold an object a line, and are read
packed or unpacked::

    {"id":"q1","author":"loam","title":"Slate","selftext":"Which glue holds it?","created_utc":1706731507}
    {"id":"k1","link_id":"t3_q1","parent_id":"t3_q1","author":"fern","body":"*Epoxy*.","created_utc":1706731600}
    {"id":"k2","link_id":"t3_q1","parent_id":"t1_k1","author":"loam","body":"> Epoxy\\n\\nOh","created_utc":1706731700}

A thread is a conversation, which begins with its post where that is in the file; its chat is called by the id of the
post, so that comments and posts of two files come together. It is a tree: `reply_to` says what a comment answers, and
`data/threads.py` how to walk it. Markdown and entities become plain text; lines that quote others (`>`) are left out,
and a comment of nothing else is forwarded. Of a post the title and the text are kept, not the link. What is `[deleted]`
or `[removed]` stays as a deleted message of its author, so that the answers keep their place; texts of accounts that
are gone are by `[deleted]`. What bots wrote is automatic: AutoModerator, names that end in Bot or _bot, and who says
"I am a bot". Times are UTC. `subreddits` and `authors` take a part out of a large dump: all threads in which one of the
authors says something; the rest is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.options import option
from mynah.core.tables import span
from mynah.core.types import GONE, UNKNOWN, Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import HEAD, Input, decoded
from mynah.data.sources._shared import jsons
from mynah.data.sources._shared.times import EPOCH, seconds
from mynah.data.sources.reddit import tables, texts
from mynah.data.sources.reddit.rows import LAST, SHOWN, Rows, bare, lines, opened
from mynah.data.sources.reddit.threads import Gathered, Row

LABEL = "Reddit"
TREES = True  # a conversation of this source is a tree: silences do not end it
NOTHING = "nothing"  # the text of a message without words
NAMED = 10  # bots that are named

_PACKED = decoded(b"\x28\xb5\x2f\xfd")  # how a beginning in Zstandard is seen
_DUMP = re.compile(r"(?:^|[/_.-])(?:R[CS]_[0-9]{4}|comments|submissions|posts)[^/]*\.zst$", re.I)
_LISTING = re.compile(r'\{\s*"kind"\s*:\s*"Listing"')
_NO_PARENT = frozenset(("top-level", "None", "null", "nan"))
_PLAIN_NAME = re.compile(r"[a-z0-9_-]+")


class Options(core_options.Options):
    """What is kept of a large dump."""

    subreddits: str = option("", "only these subreddits, with commas between them")
    authors: str = option("", "only threads in which one of these says something, with commas between them")


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is, by Reddit's own names of fields and columns; of a packed file by the name that dumps have."""
    beginning = head.lstrip("\ufeff \r\n\t")
    if beginning.startswith(_PACKED):
        return 0.6 if _DUMP.search(name) else 0.0
    if not beginning.startswith(("{", "[")):
        return 0.93 if tables.is_header(beginning.partition("\n")[0]) else 0.0
    if jsons.has_keys(head, "body", "parent_id", "link_id"):
        return 0.95
    if "Listing" in head and re.search(r'"kind"\s*:\s*"t[13]"', head):
        return 0.95
    if jsons.has_keys(head, "title", "selftext"):
        return 0.93 if any(jsons.has_keys(head, key) for key in ("created_utc", "subreddit", "permalink")) else 0.0
    return 0.0


def read(file: Input, options: Options) -> Iterator[Item]:
    """What could not be read, the threads, and at the end what was understood. Raises UserError where the options leave
    nothing."""
    tally = _Tally()
    facts: dict[str, str] = {}
    wanted = _wanted(file, options)
    with Gathered() as gathered:
        for rows in _rows(file, facts):
            yield from rows.unread
            kept = wanted.of(rows.batch)
            tally.counts["rows"] += rows.batch.num_rows
            tally.counts["left out"] += rows.batch.num_rows - kept.num_rows
            gathered.add(kept)
        _check_left(tally, options)
        for thread in gathered.threads():
            yield from _items(thread, file.name, tally)
    yield Understood({**facts, **tally.facts()})


def write(conversation: Conversation) -> str:
    """A thread as a dump, for all that Reddit has."""
    return "".join(orjson.dumps(_written(m, conversation.chat)).decode() + "\n" for m in conversation.messages)


def _written(message: Message, chat: str) -> dict[str, Any]:
    """One line. The first paragraph of a post is its title."""
    text = f"[{message.text}]" if message.kind == "deleted" else texts.marked(message.text)
    value: dict[str, Any] = {"author": message.speaker, "id": bare(message.id or "")}
    if message.at:
        value["created_utc"] = int((message.at - EPOCH).total_seconds())
    if message.id != chat:
        return {**value, "body": text, "link_id": chat, "parent_id": message.reply_to}
    title, _, rest = message.text.partition("\n\n")
    is_gone = message.kind == "deleted"
    return {**value, "title": text if is_gone else texts.escaped(title), "selftext": texts.marked(rest)}


# --- Which rows are read --------------------------------------------------------------------------------------------


def _rows(file: Input, facts: dict[str, str], holding: Sequence[bytes] = ()) -> Iterator[Rows]:
    """All rows of a file; in `facts` what was concluded. With `holding`, lines without such a text may be missing."""
    with opened(file) as stream:
        head = decoded(stream.read(HEAD)).lstrip("\ufeff \r\n\t")
    header = head.partition("\n")[0]
    with opened(file, facts) as stream:
        if head.startswith("[") or _LISTING.match(head):
            facts |= {"counts": "messages", "format": "JSON"}
            yield from tables.whole(file, facts)
        elif not head.startswith("{") and tables.is_header(header):
            guessed = tables.guessed(header)
            facts |= {"counts": "rows", "format": "a table", **({"columns": guessed} if guessed else {})}
            yield from tables.table(stream, file.name)
        else:
            facts |= {"counts": "lines", "format": "an object a line"}
            yield from lines(stream, file.name, holding)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the options keep: subreddits in lower case, and threads; None keeps all."""

    subreddits: frozenset[str] | None
    threads: frozenset[str] | None

    def of(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that are kept."""
        if self.subreddits is not None:
            batch = batch.filter(_is_in(_lower(batch.column("subreddit")), self.subreddits))
        if self.threads is not None:
            batch = batch.filter(_is_in(batch.column("link_id"), self.threads))
        return batch


def _wanted(file: Input, options: Options) -> _Wanted:
    """What the options keep. For authors the file is read twice: first to find the threads in which they speak."""
    subreddits, authors = _names(options.subreddits), _names(options.authors)
    if not authors:
        return _Wanted(subreddits or None, None)
    plain = all(_PLAIN_NAME.fullmatch(name) for name in authors)  # others may be written with escapes
    threads: set[str] = set()
    for rows in _rows(file, {}, [name.encode() for name in authors] if plain else ()):
        speaks = _is_in(_lower(rows.batch.column("author")), authors)
        threads.update(rows.batch.column("link_id").filter(speaks).to_pylist())
    return _Wanted(subreddits or None, frozenset(threads))


def _names(given: str) -> frozenset[str]:
    """The names in a list, without the r/ or u/ before them."""
    names = (re.sub(r"^/?[ru]/", "", name.strip().lower()) for name in given.split(","))
    return frozenset(name for name in names if name)


def _lower(column: pa.Array) -> pa.Array:
    from pyarrow import compute as pc

    return pc.utf8_lower(column)


def _is_in(column: pa.Array, names: frozenset[str]) -> pa.Array:
    from pyarrow import compute as pc

    return pc.is_in(column, value_set=pa.array(sorted(names), pa.string()))


def _check_left(tally: _Tally, options: Options) -> None:
    """Raise UserError where there were rows, and the options leave none."""
    rows, left_out = tally.counts["rows"], tally.counts["left out"]
    if rows and rows == left_out:
        asked = {"subreddits": options.subreddits, "authors": options.authors}
        wanted = " and ".join(f"{what} {given!r}" for what, given in asked.items() if given)
        raise UserError(f"comments or posts of {wanted}", f"none among {rows:,}", "Check how the names are written.")


# --- Threads --------------------------------------------------------------------------------------------------------


def _items(thread: list[Row], name: str, tally: _Tally) -> Iterator[Item]:
    """A thread in the order of time, its post before comments of the same second, and what is in it twice."""
    messages: list[Message] = []
    places: dict[str | None, int] = {}
    for row in _in_time(thread):
        key, origin = _key(row), Origin(name, row.line)
        if key and key in places:
            yield Unparsed((row.title or row.body or "")[:SHOWN], f"{key} is in line {places[key]}, too", origin)
            continue
        places[key] = row.line
        messages.append(_message(row, key, origin, tally))
    answered = [m.reply_to for m in messages if m.reply_to and m.reply_to.startswith("t1_")]
    tally.counts["answers to what is missing"] += sum(key not in places for key in answered)
    tally.counts["threads"] += 1
    yield Conversation(tuple(messages), span(messages), thread[0].link_id)


def _in_time(thread: list[Row]) -> list[Row]:
    """The rows by their time; one without stays behind what it followed."""
    last = -1
    keys = []
    for row in thread:
        last = row.created or 0 if _is_time(row.created) else last
        keys.append((last, row.body is not None, row.line))
    return [row for _, row in sorted(zip(keys, thread, strict=True), key=lambda pair: pair[0])]


def _is_time(created: int | None) -> bool:
    return created is not None and 0 <= created < LAST


def _at(created: int | None) -> datetime | None:
    return seconds(created) if _is_time(created) else None


def _key(row: Row) -> str | None:
    """The full name of a comment or a post, by which others refer to it."""
    return f"{'t3' if row.body is None else 't1'}_{row.id}" if row.id else None


def _parent(row: Row) -> str | None:
    """What a comment answers: another, or the post. Some files write other prefixes than Reddit's, or none."""
    parent = row.parent_id or ""
    if parent.startswith(("t1_", "t3_")):
        return parent
    if not parent or parent in _NO_PARENT or f"t3_{bare(parent)}" == row.link_id:
        return row.link_id or None
    return f"t1_{bare(parent)}"


def _message(row: Row, key: str | None, origin: Origin, tally: _Tally) -> Message:
    """A comment or a post."""
    speaker, is_post = row.author or UNKNOWN, row.body is None
    kind, text = _post(row, tally) if is_post else _comment(row.body or "", tally)
    if kind == "text" and (texts.is_bot(speaker) or texts.says_bot(text)):
        kind = "automatic"
        tally.bots[speaker] += 1
    tally.counts["posts" if is_post else "comments"] += 1
    tally.counts["deleted"] += kind == "deleted"
    if speaker in (GONE, UNKNOWN):
        tally.counts[speaker] += 1
    return Message(speaker, text, _at(row.created), origin, kind, key, None if is_post else _parent(row))


def _comment(body: str, tally: _Tally) -> tuple[Kind, str]:
    """The kind and the text of a comment."""
    if gone := texts.gone(body):
        return "deleted", gone
    text, quoted = texts.plain(body)
    tally.counts["lines that quote"] += quoted
    tally.counts["with quotes"] += bool(quoted)
    if text:
        return "text", text
    if quoted and (repeated := texts.quotes(body)):
        return "forwarded", repeated
    return "media", "picture" if "![" in body else NOTHING


def _post(row: Row, tally: _Tally) -> tuple[Kind, str]:
    """The kind and the text of a post: its title, and what is below."""
    if gone := texts.gone(row.title or ""):
        return "deleted", gone
    title = " ".join(texts.unescaped(row.title or "").split())
    written = row.selftext or ""
    text, quoted = ("", 0) if texts.gone(written) else texts.plain(written)
    tally.counts["lines that quote"] += quoted
    tally.counts["with quotes"] += bool(quoted)
    tally.counts["posts without text"] += not text
    said = "\n\n".join(filter(None, (title, text)))
    return ("text", said) if said else ("media", NOTHING)


@dataclass(frozen=True, slots=True)
class _Tally:
    """What was found, counted."""

    counts: Counter[str] = field(default_factory=Counter)
    bots: Counter[str] = field(default_factory=Counter)

    def facts(self) -> dict[str, str]:
        """In words, without what there is none of."""
        n = self.counts
        first = ", ".join(f"{name} ({count:,})" for name, count in self.bots.most_common(NAMED))
        more = f" and {len(self.bots) - NAMED:,} more" if len(self.bots) > NAMED else ""
        told = {
            "deleted or removed": f"{n['deleted']:,}, of which only the place is kept",
            f"by {GONE}": f"{n[GONE]:,} by accounts that are gone",
            f"by {UNKNOWN}": f"{n[UNKNOWN]:,} whose author is not named",
            "bots": f"{self.bots.total():,} messages of {first}{more}",
            "quotes left out": f"{n['lines that quote']:,} lines of {n['with quotes']:,} texts",
            "posts without text": f"{n['posts without text']:,}, of which the title is kept",
            "answers to what is missing": f"{n['answers to what is missing']:,} comments",
            "left out": f"{n['left out']:,} of {n['rows']:,} comments and posts, as the options say",
        }
        counts = {kind: f"{n[kind]:,}" for kind in ("threads", "comments", "posts")}
        return {"times": "UTC", **counts, **{what: said for what, said in told.items() if not said.startswith("0")}}
