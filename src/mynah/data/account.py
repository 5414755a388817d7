"""The account of ingest: what was read, as what, and what the user should know of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mynah.core import plugins
from mynah.core.columns import Messages
from mynah.core.folder import Account
from mynah.core.types import Conversation, Unparsed
from mynah.data import gaps, reading
from mynah.data.chats import Joined
from mynah.data.files import Left
from mynah.data.reading import Reading
from mynah.data.recognize import listed

LISTED = 1000  # lines and files that the account lists; the counts are of all
DIFFERS = "not the same in all files"


def account(
    name: str,
    answers: Mapping[str, Any],
    readings: Sequence[Reading],
    left: Sequence[Left],
    joined: Joined,
    conversations: Sequence[Conversation],
    silence: gaps.Silence,
) -> Account:
    """What was read, for people and as JSON. `name` is what the files are called together."""
    files = [each.as_json() for each in readings]
    sources = sorted({each.export.source for each in readings})
    unparsed = [u for each in readings for u in each.unparsed]
    counts = Messages.joined(Messages.of(chat.messages) for chat in joined.chats).counts("speaker")
    speakers = {speaker: count for speaker, count in counts.items() if speaker}
    lines: Counter[str] = Counter()
    for each in files:
        lines.update(each["lines_by_kind"])
    first, last = reading.times(readings)
    detail = {
        "source": ", ".join(sources),
        "file": files[0]["name"] if len(files) == 1 else name,
        "files": files,
        "answers": answers,
        "not_read": [each._asdict() for each in left[:LISTED]],
        "facts": _shared(readings),
        "lines": lines.total(),
        "lines_by_kind": dict(lines),
        "messages": sum(speakers.values()),
        "system": counts.get("", 0),
        "in_two_exports": joined.twice.total(),
        "records": sum(each["records"] for each in files),
        "documents": sum(each["documents"] for each in files),
        "unparsed": lines["unparsed"],
        "unparsed_lines": [_unread(u, len(files) > 1) for u in unparsed[:LISTED]],
        "conversations": len(conversations),
        "speakers": speakers,
        "first": first,
        "last": last,
        "gaps": silence.as_json(),
    }
    came_in: dict[str, Any] = {"files": len(files)} if len(files) > 1 else {}
    label = ", ".join(plugins.load("source", source).LABEL for source in sources)
    came_in |= {"format": label, "lines": detail["lines"]}
    notes = tuple(_notes(readings, left, joined, unparsed, silence))
    return Account("ingest", came_in, _went_out(detail), notes, detail)


def _went_out(detail: Mapping[str, Any]) -> dict[str, Any]:
    """How much of what there is now."""
    chats = {"messages": detail["messages"], "conversations": detail["conversations"]}
    chats["speakers"] = len(detail["speakers"])
    other = {what: detail[what] for what in ("records", "documents") if detail[what]}
    return other if other and not detail["conversations"] else {**chats, **other}


def _shared(readings: Sequence[Reading]) -> dict[str, str]:
    """What was understood of all files; what is not the same in all stands with each file."""
    names = dict.fromkeys(name for each in readings for name in each.facts)
    values = {name: {each.facts.get(name) for each in readings} for name in names}
    return {name: found.pop() or "" if len(found) == 1 else DIFFERS for name, found in values.items()}


def _unread(unparsed: Unparsed, several: bool) -> dict[str, Any]:
    where = {"file": unparsed.origin.file} if several else {}
    return {**where, "line": unparsed.origin.line, "text": unparsed.text[:200], "reason": unparsed.reason}


def _notes(
    readings: Sequence[Reading],
    left: Sequence[Left],
    joined: Joined,
    unparsed: Sequence[Unparsed],
    silence: gaps.Silence,
) -> Iterator[str]:
    """What the user should know."""
    if left:
        yield f"not read: {listed(left, 3)}"
    for each in readings:
        if not each.has_text:
            yield f"no text of a person in {each.export.file.name!r}"
    for (one, other), count in joined.twice.most_common(5):
        yield f"{count:,} messages stand in two exports, {one!r} and {other!r}, and count once"
    if len(joined.twice) > 5:
        yield f"{len(joined.twice) - 5} more pairs of exports have messages in common, which count once"
    if silence.how == "fallback":
        yield f"a silence of {gaps.spoken(silence.cut)} ends a conversation, as usual; {silence.why}"
    for u in unparsed[:5]:
        where = f" of {u.origin.file!r}" if len(readings) > 1 else ""
        yield f"line {u.origin.line}{where} not read ({u.reason}): {u.text[:60]!r}"
    if len(unparsed) > 5:
        yield f"{len(unparsed) - 5} more lines not read: see ingest/unparsed.parquet"


# --- For people -----------------------------------------------------------------------------------------------------


def tell(account: Account) -> Iterator[str]:
    """What was understood, for people."""
    detail = account.detail
    total = sum(detail["speakers"].values())
    if total:
        yield f"  {'time':<12} {detail['first'] or 'none'} to {detail['last'] or 'none'}"
    yield from (f"  {name:<12} {value}" for name, value in detail["facts"].items() if value != DIFFERS)
    if differ := [name for name, value in detail["facts"].items() if value == DIFFERS]:
        yield f"  {', '.join(differ)}: {DIFFERS} (each has its own in ingest/manifest.json)"
    yield "  lines        " + ", ".join(f"{count:,} {kind}" for kind, count in detail["lines_by_kind"].items())
    if len(detail["files"]) > 1:
        yield from _told((f"{_held(each)} in {each['name']}" for each in detail["files"]), "files")
    for name, count in list(detail["speakers"].items())[:10]:
        yield f"  {name:<24} {count:>8,} messages {count / total:>6.1%}"
    silence = detail["gaps"]
    if silence["how"] != "as set":
        yield f"  silences     {silence['why']}"
        yield from (f"  {row}" for row in gaps.bars(silence["edges"], silence["counts"], silence["cut"]))


def _held(file: Mapping[str, Any]) -> str:
    """What one file holds."""
    found = [f"{file[what]:>8,} {what}" for what in ("messages", "records", "documents") if file[what]]
    return ", ".join(found) or f"{0:>8} messages"


def _told(rows: Iterable[str], what: str) -> Iterator[str]:
    """The first ten rows, and how many more there are."""
    every = list(rows)
    yield from (f"  {row}" for row in every[:10])
    if len(every) > 10:
        yield f"  and {len(every) - 10} more {what}"
