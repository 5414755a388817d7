"""Ingest: an export or a folder of them comes in, conversations go out, and every line is accounted for.

    mynah ingest "WhatsApp Chat with Maya.zip"

The source is recognized from the content. A silence longer than `gap` ends a conversation; `--gap auto` measures it.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.command import Call
from mynah.core.errors import Undecided, UserError
from mynah.core.folder import Account, Project, file_hash, fingerprint, read_account, run_stage, slug
from mynah.core.options import option
from mynah.core.tables import span, write_conversations, write_rows
from mynah.core.types import Conversation, Item, Message, Understood, Unparsed
from mynah.data import gaps
from mynah.data.files import Found, Input, Left, counted, look, shown, single

VERSION = 5
SURE = 0.5  # the least confidence of a source that is believed
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LISTED = 1000  # lines and files that the account lists; the counts are of all
# Sources whose archives also hold what was sent in the chat, and how the chat is called in there, the surest first.
NAMES = {"whatsapp": (re.compile(r"_chat\.txt", re.I), re.compile("whatsapp", re.I))}


class Options(core_options.Options):
    """How an export is read."""

    input: Path = option(Path(), "the export: a file, the phone's zip, or a folder of them")
    source: str = option("auto", "the format; auto recognizes it from the content", flag=True)
    gap: str = option("1h", "a silence longer than this ends a conversation (30m, 1h, 2d; auto measures it)", flag=True)
    plugins: dict[str, dict[str, Any]] = option({}, "options of the sources, by source")
    answers: dict[str, dict[str, Any]] = option({}, "options of the source where a file leaves them open, by file")

    @field_validator("gap")
    @classmethod
    def _readable(cls, value: str) -> str:
        if value != "auto":
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
        raise ValueError("expected a duration such as 30m, 1h or 2d, or auto")
    return timedelta(seconds=float(found[1]) * UNITS[found[2]])


PATH = ("the export: a file, the phone's zip, or a folder of them", inspect.Parameter.empty)
SECTIONS: dict[str, type[core_options.Options]] = {"ingest": Options}


def main(call: Call) -> None:
    """`mynah ingest EXPORT`: into a project that is called like the export, unless --project names one."""
    export = Path(str(call.path))
    options = call.options(SECTIONS, ingest={"input": export})["ingest"]
    check(options)
    with Project.attempt(call.project or beside(export, slug(export.absolute().stem))) as project:
        account = settled(project, options, asker(call))
    call.say.account(sys.modules[__name__], account)
    call.say.result(account.as_json())


def beside(export: Path, name: str) -> Path:
    """The project folder of this name; of a longer one where this is the folder with the exports itself."""
    path = Path(name)
    return Path(f"{name}-mynah") if path.exists() and path.samefile(export) else path


def check(options: core_options.Options) -> None:
    """Raise UserError for a file that no source knows: before a project folder is made for it."""
    assert isinstance(options, Options)
    with suppress(Undecided):  # it is a chat; what it leaves open is asked when it is read
        recognize(look(options.input), options)


def tell(account: Account) -> Iterator[str]:
    """What was understood, for people."""
    detail = account.detail
    total = sum(detail["speakers"].values())
    yield f"  {'time':<12} {detail['first'] or 'none'} to {detail['last'] or 'none'}"
    yield from (f"  {name:<12} {value}" for name, value in detail["facts"].items())
    yield "  lines        " + ", ".join(f"{count:,} {kind}" for kind, count in detail["lines_by_kind"].items())
    if len(detail["files"]) > 1:
        yield from _told((f"{each['messages']:>8,} messages in {each['name']}" for each in detail["files"]), "files")
    for name, count in list(detail["speakers"].items())[:10]:
        yield f"  {name:<24} {count:>8,} messages {count / total:>6.1%}"
    silence = detail["gaps"]
    if silence["how"] != "as set":
        yield f"  silences     {silence['why']}"
        yield from (f"  {row}" for row in gaps.bars(silence["edges"], silence["counts"], silence["cut"]))


def _told(rows: Iterable[str], what: str) -> Iterator[str]:
    """The first ten rows, and how many more there are."""
    every = list(rows)
    yield from (f"  {row}" for row in every[:10])
    if len(every) > 10:
        yield f"  and {len(every) - 10} more {what}"


# --- What a file leaves open ----------------------------------------------------------------------------------------


class Question(Undecided):
    """What one of the files leaves open."""

    def __init__(self, question: Undecided, file: str) -> None:
        found = question.found if file in question.found else f"{question.found}, in {file!r}"
        section, option, choices = question.section, question.option, question.choices
        super().__init__(question.expected, found, question.todo, section=section, option=option, choices=choices)
        self.file = file


def settled(project: Project, options: core_options.Options, decide: Callable[[Undecided], str]) -> Account:
    """`run`, in which `decide` answers what the files leave open. An answer counts for the file that was asked about:
    another may show the contrary."""
    assert isinstance(options, Options)
    options = _as_answered_before(project, options)
    while True:
        try:
            return run(project, options)
        except Question as question:
            before = options.answers.get(question.file, {})
            if question.option in before:
                raise  # it was answered, and that did not help
            answers = {**options.answers, question.file: {**before, question.option: decide(question)}}
            options = options.model_copy(update={"answers": answers})


def _as_answered_before(project: Project, options: Options) -> Options:
    """The options with the answers that the project was read with, if all else is unchanged."""
    before = read_account(project.folder("ingest"))
    again = options.model_copy(update={"answers": before.detail["answers"]}) if before else options
    return again if before and before.fingerprint == _fingerprint(look(again.input), again) else options


def asker(call: Call) -> Callable[[Undecided], str]:
    """Ask a person at a terminal; anything else gets the question as an error."""

    def decide(question: Undecided) -> str:
        if call.say.as_json or not sys.stdin.isatty():
            raise question
        return answered(question, input, call.say)

    return decide


def answered(question: Undecided, ask: Callable[[str], str], say: Callable[[str], None]) -> str:
    """Let a person at a terminal decide, by number or by the value itself. Who has no answer gets the error."""
    say(f"Expected {question.expected}, found {question.found}.")
    values = list(question.choices)
    for number, (value, meaning) in enumerate(question.choices.items(), 1):
        say(f"  {number:>2}. {meaning} ({value})")
    while True:
        try:
            answer = ask(f"Which is it? [1-{len(values)}] ").strip().casefold()
        except EOFError:
            raise question from None
        if answer.isdecimal() and 1 <= int(answer) <= len(values):
            return values[int(answer) - 1]
        if answer in values:
            return answer
        say("Please type one of the numbers.")


# --- Which files are exports ----------------------------------------------------------------------------------------


class Export(NamedTuple):
    """A file that is read, and the source that reads it."""

    source: str
    file: Input


def recognize(found: Found, options: Options) -> tuple[list[Export], list[Left]]:
    """The exports among the files, and what is left. Raises UserError where there is none."""
    exports, left = [], list(found.left)
    for file in found.files:
        source = _source(file, options.source, alone=len(found.files) == 1)
        if source:
            exports.append(Export(source, file))
        else:
            left.append(file.looks_like())
    if not exports:
        labels = ", ".join(plugins.names("source"))
        name = options.input.name or str(options.input)
        todo = "Is it the right one? Name its format with --source."
        raise UserError(f"a chat export ({labels})", _instead(name, left, options.input.is_dir()), todo)
    chats = set(_chats(exports, options))
    left += [Left(each.file.name, "file that was sent in the chat") for each in exports if each not in chats]
    return [each for each in exports if each in chats], sorted(left)


def _source(file: Input, asked: str, alone: bool) -> str:
    """The source that is surest of a file, or none. One that was asked for need not be sure."""
    head = file.head()
    known = plugins.names("source") if asked == "auto" else [asked]
    sure = {name: plugins.load("source", name).sniff(head, file.name) for name in known}
    best = max(sure, key=sure.__getitem__)
    if asked == "auto":
        return best if sure[best] >= SURE else ""
    return best if alone or sure[best] > 0 else ""


def _instead(name: str, left: Sequence[Left], folder: bool) -> str:
    """What was found in place of an export."""
    if not folder and len(left) == 1 and left[0].name == name:
        return f"{name!r}, which looks like {single(left[0].what)}"
    return f"none in {name!r}, which holds {_listed(left)}" if left else f"none in {name!r}, which holds nothing"


def _listed(left: Sequence[Left], most: int = 5) -> str:
    """How many of what, and the first names."""
    names = ", ".join(repr(each.name) for each in left[:most])
    return f"{counted(left)}: {names}" + (f" and {len(left) - most} more" if len(left) > most else "")


def _chats(exports: Sequence[Export], options: Options) -> Iterator[Export]:
    """The exports without those that were sent in a chat and came with it in its archive."""

    def place(each: Export) -> str:
        return str(PurePosixPath(each.file.name).parent) if each.file.member else ""

    for archive, group in groupby(sorted(exports, key=place), place):
        together = list(group)
        yield from _chats_of(together, options) if archive else together


def _chats_of(together: Sequence[Export], options: Options) -> Sequence[Export]:
    """Of the exports in one folder of an archive those that are called as chats are; without a name that tells, the one
    with the most messages. Exports of sources that pack no attachments are all kept, unless they are one."""
    packed = [each for each in together if each.source in NAMES]
    if len(together) == 1 or not packed:
        return together
    for pattern in NAMES[packed[0].source]:
        called = [each for each in packed if pattern.search(PurePosixPath(each.file.name).name)]
        if called:
            return called
    largest = max(packed, key=lambda each: len(_read(each, options).messages))
    return [each for each in together if each is largest or each not in packed]


# --- Reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one export."""

    export: Export
    chats: tuple[Conversation, ...]
    unparsed: tuple[Unparsed, ...]
    facts: dict[str, str]

    @property
    def messages(self) -> list[Message]:
        return [m for chat in self.chats for m in chat.messages]

    def as_json(self) -> dict[str, Any]:
        """For the account."""
        lines = lines_by_kind(self.messages, self.unparsed)
        return {
            "name": self.export.file.name,
            "source": self.export.source,
            "facts": self.facts,
            "lines": sum(lines.values()),
            "lines_by_kind": lines,
            "messages": sum(bool(m.speaker) for m in self.messages),
        }


def run(project: Project, options: Options) -> Account:
    """Read the exports into `PROJECT/ingest`. Raises UserError where there is no chat."""
    found = look(options.input)
    print_of = _fingerprint(found, options)
    return run_stage(project.folder("ingest"), print_of, lambda folder: _ingest(folder, found, options))


def _fingerprint(found: Found, options: Options) -> str:
    settings = options.model_dump(exclude={"input"})
    paths = {each.path: each.base for each in found.files}
    seen = [options.input.name, *(f"{shown(path, base)} {file_hash(path)}" for path, base in paths.items())]
    seen += [each.name for each in found.left]
    return fingerprint("ingest", VERSION, settings, [*seen, *plugins.names("source")])


def _ingest(folder: Path, found: Found, options: Options) -> Account:
    exports, left = recognize(found, options)
    readings = [_read(each, options) for each in exports]
    chats = joined(readings)
    if not any(m.kind == "text" for chat in chats for m in chat.messages):
        where = repr(exports[0].file.name) if len(exports) == 1 else f"{len(exports)} files"
        unread = sum(len(each.unparsed) for each in readings)
        todo = "Export the chat again, or name the format with --source."
        raise UserError("messages with text", f"none in {where} ({unread} lines could not be read)", todo)
    silence = (
        gaps.measured(chats) if options.gap == "auto" else gaps.as_set(chats, duration(options.gap).total_seconds())
    )
    conversations = [part for chat in chats for part in cut(chat, timedelta(seconds=silence.cut))]
    write_conversations(folder / "conversations.parquet", conversations)
    write_rows(folder / "unparsed.parquet", [_row(u) for each in readings for u in each.unparsed])
    return _account(options, readings, left, conversations, silence)


def _row(unparsed: Unparsed) -> dict[str, Any]:
    origin = unparsed.origin
    where = {"file": origin.file, "line": origin.line, "lines": origin.lines}
    return {**where, "text": unparsed.text, "reason": unparsed.reason}


def _read(export: Export, options: Options) -> Reading:
    """All of one export."""
    file = export.file
    chats: list[Conversation] = []
    unparsed: list[Unparsed] = []
    facts = {} if file.is_unicode() else {"encoding": "not all of it UTF-8; the rest was read as Windows-1252"}
    for item in _items(export, options):
        if isinstance(item, Conversation):
            chats.append(item)
        elif isinstance(item, Unparsed):
            unparsed.append(item)
        elif isinstance(item, Understood):
            facts |= item.facts
        else:
            raise UserError("a chat", f"records or documents in {file.name!r}", "Only chats are read so far.")
    return Reading(export, tuple(chats), tuple(unparsed), facts)


def _items(export: Export, options: Options) -> list[Item]:
    """What the source reads, with what was answered about the file."""
    source, file = export
    module = plugins.load("source", source)
    given = {**options.plugins.get(source, {}), **options.answers.get(file.name, {})}
    try:
        return list(module.read(file, core_options.resolve(module.Options, given, source)))
    except Undecided as question:
        raise Question(question, file.name) from None


def joined(readings: Sequence[Reading]) -> list[Conversation]:
    """The chats of all files. Pieces of one chat, by source and name, are one, in the order of time; what is not dated
    stays behind what it followed. What has no name is a chat by itself."""
    named: dict[tuple[str, str], list[Conversation]] = {}
    found: list[list[Conversation]] = []
    for each in readings:
        for chat in each.chats:
            place = named.setdefault((each.export.source, chat.chat), []) if chat.chat else []
            if not place:
                found.append(place)
            place.append(chat)
    return [pieces[0] if len(pieces) == 1 else _one(pieces) for pieces in found]


def _one(pieces: Sequence[Conversation]) -> Conversation:
    """Pieces of one chat as one: a piece at a time where they do not overlap, otherwise sorted message by message."""
    last = datetime.min
    dated = []
    for piece in sorted(pieces, key=lambda piece: next((m.at for m in piece.messages if m.at), datetime.min)):
        for message in piece.messages:
            last = message.at or last
            dated.append((last, message))
    messages = tuple(message for _, message in sorted(dated, key=lambda pair: pair[0]))
    return Conversation(messages, span(messages), pieces[0].chat)


def cut(chat: Conversation, gap: timedelta) -> Iterator[Conversation]:
    """The conversations of a chat: a new one begins after a silence longer than `gap`."""
    held: list[Message] = []
    for message in chat.messages:
        last = held[-1].at if held else None
        if last and message.at and message.at - last > gap:
            yield Conversation(tuple(held), span(held), chat.chat)
            held = []
        held.append(message)
    if held:
        yield Conversation(tuple(held), span(held), chat.chat)


# --- The account ----------------------------------------------------------------------------------------------------


def lines_by_kind(messages: Sequence[Message], unparsed: Sequence[Unparsed]) -> dict[str, int]:
    """How many lines of one file are what. They add up to the file: several messages of one line count once."""
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
    options: Options,
    readings: Sequence[Reading],
    left: Sequence[Left],
    conversations: Sequence[Conversation],
    silence: gaps.Silence,
) -> Account:
    files = [each.as_json() for each in readings]
    sources = sorted({each.export.source for each in readings})
    messages = [m for each in readings for m in each.messages]
    said = [m for m in messages if m.speaker]
    times = [m.at for m in messages if m.at]
    unparsed = [u for each in readings for u in each.unparsed]
    lines = {kind: sum(each["lines_by_kind"][kind] for each in files) for kind in files[0]["lines_by_kind"]}
    detail = {
        "source": ", ".join(sources),
        "file": files[0]["name"] if len(files) == 1 else options.input.resolve().name,
        "files": files,
        "answers": options.answers,
        "not_read": [each._asdict() for each in left[:LISTED]],
        "facts": _shared(readings),
        "lines": sum(lines.values()),
        "lines_by_kind": lines,
        "messages": len(said),
        "system": len(messages) - len(said),
        "unparsed": lines["unparsed"],
        "unparsed_lines": [_unread(u, len(files) > 1) for u in unparsed[:LISTED]],
        "conversations": len(conversations),
        "speakers": dict(Counter(m.speaker for m in said).most_common()),
        "first": str(min(times)) if times else None,
        "last": str(max(times)) if times else None,
        "gaps": silence.as_json(),
    }
    came_in: dict[str, Any] = {"files": len(files)} if len(files) > 1 else {}
    label = ", ".join(plugins.load("source", source).LABEL for source in sources)
    came_in |= {"format": label, "lines": detail["lines"]}
    went_out = {"messages": len(said), "conversations": len(conversations), "speakers": len(detail["speakers"])}
    return Account("ingest", came_in, went_out, tuple(_notes(readings, left, unparsed, silence)), detail)


def _shared(readings: Sequence[Reading]) -> dict[str, str]:
    """What was understood of all files; what is not the same in all stands with each file."""
    names = dict.fromkeys(name for each in readings for name in each.facts)
    values = {name: {each.facts.get(name) for each in readings} for name in names}
    return {
        name: found.pop() or "" if len(found) == 1 else "not the same in all files" for name, found in values.items()
    }


def _unread(unparsed: Unparsed, several: bool) -> dict[str, Any]:
    where = {"file": unparsed.origin.file} if several else {}
    return {**where, "line": unparsed.origin.line, "text": unparsed.text[:200], "reason": unparsed.reason}


def _notes(
    readings: Sequence[Reading], left: Sequence[Left], unparsed: Sequence[Unparsed], silence: gaps.Silence
) -> Iterator[str]:
    """What the user should know."""
    if left:
        yield f"not read: {_listed(left, 3)}"
    for each in readings:
        if not any(m.kind == "text" for m in each.messages):
            yield f"no text of a person in {each.export.file.name!r}"
    if silence.how == "fallback":
        yield f"a silence of {gaps.spoken(silence.cut)} ends a conversation, as usual; {silence.why}"
    for u in unparsed[:5]:
        where = f" of {u.origin.file!r}" if len(readings) > 1 else ""
        yield f"line {u.origin.line}{where} not read ({u.reason}): {u.text[:60]!r}"
    if len(unparsed) > 5:
        yield f"{len(unparsed) - 5} more lines not read: see ingest/unparsed.parquet"
