"""Ingest: exports come in, conversations, records and documents go out, and every line is accounted for.

    mynah ingest "WhatsApp Chat with Maya.zip"

The source is recognized from the content (`recognize.py`) and read (`reading.py`); pieces of one chat are put together
and cut where nobody wrote (`chats.py`); `account.py` tells of it. A silence longer than `gap` ends a conversation;
`--gap auto` measures it.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.command import Call
from mynah.core.errors import Undecided, UserError
from mynah.core.folder import Account, Project, file_hash, fingerprint, read_account, run_stage, slug
from mynah.core.options import option
from mynah.core.tables import write_conversations, write_documents, write_records, write_rows
from mynah.core.types import Unparsed
from mynah.data import account as account_of
from mynah.data import gaps, reading
from mynah.data.account import tell
from mynah.data.chats import cut, joined
from mynah.data.files import Found, Left, look_at, shown
from mynah.data.reading import Export, Question, Reading, without
from mynah.data.recognize import recognize
from mynah.privacy.forgotten import Forgotten

__all__ = [
    "PATH",
    "SECTIONS",
    "Options",
    "answered",
    "asker",
    "beside",
    "check",
    "cut",
    "main",
    "run",
    "settled",
    "tell",
]

VERSION = 7
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Options(core_options.Options):
    """How an export is read."""

    input: tuple[Path, ...] = option((), "the exports: files, the phone's zip, or folders of them; one or several")
    source: str = option("auto", "the format; auto recognizes it from the content", flag=True)
    gap: str = option("1h", "a silence longer than this ends a conversation (30m, 1h, 2d; auto measures it)", flag=True)
    plugins: dict[str, dict[str, Any]] = option({}, "options of the sources, by source")
    answers: dict[str, dict[str, Any]] = option({}, "options of the source where a file leaves them open, by file")

    @field_validator("input", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | Path) else value

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
        raise ValueError("a duration such as 30m, 1h or 2d, or auto")
    return timedelta(seconds=float(found[1]) * UNITS[found[2]])


PATH = ("the export: a file, the phone's zip, or a folder of them", inspect.Parameter.empty)
SEVERAL = True
SECTIONS: dict[str, type[core_options.Options]] = {"ingest": Options}


def main(call: Call) -> None:
    """`mynah ingest EXPORT`: into a project that is called like the first export, unless --project names one."""
    exports = tuple(map(Path, call.paths))
    options = call.options(SECTIONS, ingest={"input": exports})["ingest"]
    check(options)
    with Project.attempt(call.project or beside(exports[0], slug(exports[0].absolute().stem))) as project:
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
        _recognized(look_at(options.input), options)


# --- What a file leaves open ----------------------------------------------------------------------------------------


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
    gone = Forgotten.load(project.path)
    again = options.model_copy(update={"answers": before.detail["answers"]}) if before else options
    return again if before and before.fingerprint == _fingerprint(look_at(again.input), again, gone) else options


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
    values = {value.casefold(): value for value in question.choices}
    for number, (value, meaning) in enumerate(question.choices.items(), 1):
        say(f"  {number:>2}. {meaning} ({value})")
    while True:
        try:
            answer = ask(f"Which is it? [1-{len(values)}] ").strip().casefold()
        except EOFError:
            raise question from None
        if answer.isdecimal() and 1 <= int(answer) <= len(values):
            return list(values.values())[int(answer) - 1]
        if answer in values:
            return values[answer]
        say("Please type one of the numbers.")


# --- The stage ------------------------------------------------------------------------------------------------------


def run(project: Project, options: Options) -> Account:
    """Read the exports into `PROJECT/ingest`. Raises UserError where there is nothing to learn from."""
    found = look_at(options.input)
    gone = Forgotten.load(project.path)
    print_of = _fingerprint(found, options, gone)
    return run_stage(project.folder("ingest"), print_of, lambda folder: _ingest(folder, found, options, gone))


def _fingerprint(found: Found, options: Options, gone: Forgotten) -> str:
    settings = options.model_dump(exclude={"input"})
    paths = {each.path: each.base for each in found.files}
    seen = [path.name for path in options.input]
    seen += [f"{shown(path, base)} {file_hash(path)}" for path, base in paths.items()]
    seen += [each.name for each in found.left]
    seen += [gone.fingerprint] if gone.fingerprint else []
    return fingerprint("ingest", VERSION, settings, [*seen, *plugins.names("source")])


def _recognized(found: Found, options: Options) -> tuple[list[Export], list[Left]]:
    """The exports among the files, and what is left."""
    return recognize(found, options.source, _name(options), lambda export: len(_read(export, options).messages))


def _name(options: Options) -> str:
    """What the exports are called together."""
    return ", ".join(path.resolve().name or str(path) for path in options.input)


def _read(export: Export, options: Options) -> Reading:
    """All of one export, with what was answered about the file."""
    given = {**options.plugins.get(export.source, {}), **options.answers.get(export.file.name, {})}
    return reading.read(export, given)


def _ingest(folder: Path, found: Found, options: Options, gone: Forgotten) -> Account:
    exports, left = _recognized(found, options)
    readings = without([_read(each, options) for each in exports], gone)
    if not any(each.has_text for each in readings):
        raise _nothing(readings)
    together = joined(readings)
    chats = together.chats
    silence = (
        gaps.measured(chats) if options.gap == "auto" else gaps.as_set(chats, duration(options.gap).total_seconds())
    )
    conversations = [part for chat in chats for part in cut(chat, timedelta(seconds=silence.cut))]
    write_conversations(folder / "conversations.parquet", conversations)
    if records := [each for one in readings for each in one.records]:
        write_records(folder / "records.parquet", records)
    if documents := [each for one in readings for each in one.documents]:
        write_documents(folder / "documents.parquet", documents)
    write_rows(folder / "unparsed.parquet", [_row(u) for each in readings for u in each.unparsed])
    return account_of.account(_name(options), options.answers, readings, left, together, conversations, silence)


def _nothing(readings: list[Reading]) -> UserError:
    """The error for exports in which nobody says anything."""
    where = repr(readings[0].export.file.name) if len(readings) == 1 else f"{len(readings)} files"
    unread = sum(len(each.unparsed) for each in readings)
    todo = "Export the chat again, or name the format with --source."
    return UserError("messages with text", f"none in {where} ({unread} lines could not be read)", todo)


def _row(unparsed: Unparsed) -> dict[str, Any]:
    origin = unparsed.origin
    where = {"file": origin.file, "line": origin.line, "lines": origin.lines}
    return {**where, "text": unparsed.text, "reason": unparsed.reason}
