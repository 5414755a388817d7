"""Ingest: an export comes in, conversations go out, and every line is accounted for.

    mynah ingest "WhatsApp Chat with Maya.zip"

The source is recognized from the content. A silence longer than `gap` ends a conversation.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.command import Call
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, file_hash, fingerprint, run_stage, slug
from mynah.core.options import option
from mynah.core.tables import span, write_conversations, write_rows
from mynah.core.types import Conversation, Message, Understood, Unparsed
from mynah.data.files import Input, inputs

VERSION = 2
SURE = 0.5  # the least confidence of a source that is believed
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Options(core_options.Options):
    """How an export is read."""

    input: Path = option(Path(), "the export: a file or the phone's zip")
    source: str = option("auto", "the format; auto recognizes it from the content", flag=True)
    gap: str = option("1h", "a silence longer than this ends a conversation (30m, 1h, 2d)", flag=True)
    plugins: dict[str, dict[str, Any]] = option({}, "options of the sources, by source")

    @field_validator("gap")
    @classmethod
    def _readable(cls, value: str) -> str:
        duration(value)
        return value

    @field_validator("plugins")
    @classmethod
    def _known(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for source, given in value.items():
            core_options.resolve(plugins.load("source", source).Options, given, source)
        return value


def duration(text: str) -> timedelta:
    """`90m` as a timedelta. Raises ValueError for another shape."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", text.strip())
    if not found:
        raise ValueError("expected a duration such as 30m, 1h or 2d")
    return timedelta(seconds=float(found[1]) * UNITS[found[2]])


PATH = ("the export: a file, or the phone's zip", inspect.Parameter.empty)
SECTIONS: dict[str, type[core_options.Options]] = {"ingest": Options}


def main(call: Call) -> None:
    """`mynah ingest EXPORT`: into a project that is called like the export, unless --project names one."""
    options = call.options(SECTIONS, ingest={"input": Path(str(call.path))})["ingest"]
    check(options)
    assert isinstance(options, Options)
    with Project.attempt(call.project or Path(slug(options.input.stem))) as project:
        account = run(project, options)
    call.say.account(sys.modules[__name__], account)
    call.say.result(account.as_json())


def check(options: core_options.Options) -> None:
    """Raise UserError for a file that no source knows: before a project folder is made for it."""
    assert isinstance(options, Options)
    recognize(list(inputs(options.input)), options)


def tell(account: Account) -> Iterator[str]:
    """What was understood, for people."""
    detail = account.detail
    total = sum(detail["speakers"].values())
    yield f"  {'time':<12} {detail['first'] or 'none'} to {detail['last'] or 'none'}"
    yield from (f"  {name:<12} {value}" for name, value in detail["facts"].items())
    yield "  lines        " + ", ".join(f"{count:,} {kind}" for kind, count in detail["lines_by_kind"].items())
    for name, count in list(detail["speakers"].items())[:10]:
        yield f"  {name:<24} {count:>8,} messages {count / total:>6.1%}"


def run(project: Project, options: Options) -> Account:
    """Read the export into `PROJECT/ingest`. Raises UserError where it is no chat."""
    settings = options.model_dump(exclude={"input"})
    files = list(inputs(options.input))
    seen = [options.input.name, file_hash(options.input), *plugins.names("source")]
    print_of = fingerprint("ingest", VERSION, settings, seen)
    return run_stage(project.folder("ingest"), print_of, lambda folder: _read(folder, files, options))


def _read(folder: Path, files: Sequence[Input], options: Options) -> Account:
    source, file = recognize(files, options)
    module = plugins.load("source", source)
    wanted = core_options.resolve(module.Options, options.plugins.get(source, {}), source)
    chats: list[Conversation] = []
    unparsed: list[Unparsed] = []
    facts = {} if file.is_unicode() else {"encoding": "not all of it UTF-8; the rest was read as Windows-1252"}
    for item in module.read(file, wanted):
        if isinstance(item, Conversation):
            chats.append(item)
        elif isinstance(item, Unparsed):
            unparsed.append(item)
        elif isinstance(item, Understood):
            facts |= item.facts
        else:
            raise UserError("a chat", f"records or documents in {file.name!r}", "Only chats are read so far.")
    if not any(m.kind == "text" for chat in chats for m in chat.messages):
        found = f"none in {file.name!r} ({len(unparsed)} lines could not be read)"
        raise UserError("messages with text", found, "Export the chat again, or name the format with --source.")
    conversations = [part for chat in chats for part in cut(chat, duration(options.gap))]
    write_conversations(folder / "conversations.parquet", conversations)
    rows = [{"line": u.origin.line, "lines": u.origin.lines, "text": u.text, "reason": u.reason} for u in unparsed]
    write_rows(folder / "unparsed.parquet", rows)
    return _account(module.LABEL, source, file, conversations, unparsed, facts)


def recognize(files: Sequence[Input], options: Options) -> tuple[str, Input]:
    """The source and the file to read: the pair with the most confidence. Raises UserError below SURE."""
    known = plugins.names("source") if options.source == "auto" else [options.source]
    modules = {name: plugins.load("source", name) for name in known}
    best, source, file = -1.0, "", None
    for each in files:
        head = each.head()
        for name, module in modules.items():
            confidence = module.sniff(head, each.name)
            if confidence > best:
                best, source, file = confidence, name, each
    if file is None or (options.source == "auto" and best < SURE):
        labels = ", ".join(plugins.names("source"))
        found = f"{options.input.name!r}, which looks like none of them"
        raise UserError(f"a chat export ({labels})", found, "Is it the right file? Name its format with --source.")
    return source, file


def cut(chat: Conversation, gap: timedelta) -> Iterator[Conversation]:
    """The conversations of a chat: a new one begins after a silence longer than `gap`."""
    held: list[Message] = []
    for message in chat.messages:
        last = held[-1].at if held else None
        if last and message.at and message.at - last > gap:
            yield Conversation(tuple(held), span(held))
            held = []
        held.append(message)
    if held:
        yield Conversation(tuple(held), span(held))


def lines_by_kind(messages: Sequence[Message], unparsed: Sequence[Unparsed]) -> dict[str, int]:
    """How many lines of the file are what. They add up to the file: several messages of one line count once."""
    said = {m.origin.line for m in messages if m.speaker}
    system = {m.origin.line for m in messages} - said
    extra = {m.origin.line: m.origin.lines - 1 for m in messages}
    return {
        "messages": len(said),
        "continuations": sum(extra.values()),
        "system": len(system),
        "unparsed": sum(u.origin.lines for u in unparsed),
    }


def _account(
    label: str,
    source: str,
    file: Input,
    conversations: Sequence[Conversation],
    unparsed: Sequence[Unparsed],
    facts: dict[str, str],
) -> Account:
    messages = [m for c in conversations for m in c.messages]
    said = [m for m in messages if m.speaker]
    speakers = dict(Counter(m.speaker for m in said).most_common())
    times = [m.at for m in messages if m.at]
    lines = lines_by_kind(messages, unparsed)
    detail = {
        "source": source,
        "file": file.name,
        "facts": facts,
        "lines": sum(lines.values()),
        "lines_by_kind": lines,
        "messages": len(said),
        "system": len(messages) - len(said),
        "unparsed": lines["unparsed"],
        "unparsed_lines": [{"line": u.origin.line, "text": u.text[:200], "reason": u.reason} for u in unparsed[:1000]],
        "conversations": len(conversations),
        "speakers": speakers,
        "first": str(min(times)) if times else None,
        "last": str(max(times)) if times else None,
    }
    notes = [f"line {u.origin.line} not read ({u.reason}): {u.text[:60]!r}" for u in unparsed[:5]]
    if len(unparsed) > 5:
        notes.append(f"{len(unparsed) - 5} more lines not read: see ingest/unparsed.parquet")
    went_out = {"messages": len(said), "conversations": len(conversations), "speakers": len(speakers)}
    return Account("ingest", {"format": label, "lines": detail["lines"]}, went_out, tuple(notes), detail)
