"""Clean: conversations come in, those without what a bot should not learn go out; every drop has a named reason.

    mynah clean

Each reason is a file in `cleaners/`: it drops messages, or takes lines out of them. What was dropped is listed in
`clean/dropped.parquet`, what was changed in `clean/mended.parquet`. `--no-clean` builds the twin to compare with: only
what has no text is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.columns import Messages
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import read_conversations, span, write_conversations, write_rows
from mynah.core.types import Conversation, Message

VERSION = 3
TEXTLESS = ("empty", "media", "system")  # what no model can learn: the only reasons of `--no-clean`
TELLING = 0.05  # share of the messages from which a reason that judges what people wrote is told
PLAIN = (*TEXTLESS, "duplicate", "links")  # those that do not judge
NOTHING: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


class Options(core_options.Options):
    """What is dropped."""

    keep: tuple[str, ...] = option((), "reasons that are not dropped, such as links")
    raw: bool = option(False, "clean nothing, to compare with: only what has no text is left out", flag="no-clean")
    plugins: dict[str, dict[str, Any]] = option({}, "options of the cleaners, by cleaner")

    @field_validator("keep")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            plugins.load("cleaner", name)
        return value

    @field_validator("plugins")
    @classmethod
    def _resolved(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name, given in value.items():
            module = plugins.load("cleaner", name)
            if not hasattr(module, "Options"):
                raise UserError("a cleaner with options", repr(name), f"To switch it off: --set clean.keep=[{name}]")
            core_options.resolve(module.Options, given, name)
        return value

    @property
    def off(self) -> tuple[str, ...]:
        """The cleaners that are not asked."""
        return tuple(n for n in plugins.names("cleaner") if n in self.keep or (self.raw and n not in TEXTLESS))


SECTIONS: dict[str, type[core_options.Options]] = {"clean": Options}


def run(project: Project, options: Options) -> Account:
    """Drop messages from `PROJECT/ingest` into `PROJECT/clean`. Where a cleaner fails, there is no result."""
    before = project.account("ingest")
    known = plugins.names("cleaner")
    print_of = fingerprint("clean", VERSION, options.model_dump(), [before.fingerprint, *known])
    return run_stage(project.folder("clean"), print_of, lambda folder: _clean(project, folder, options))


def _clean(project: Project, folder: Path, options: Options) -> Account:
    conversations = read_conversations(project.folder("ingest") / "conversations.parquet")
    messages = list(Messages.joined(Messages.of(c.messages) for c in conversations))
    found = cleaned(messages, options.off, options.plugins)
    kept = list(_left(conversations, found))
    counts = dict(Counter(found.reasons.values()).most_common())
    if not kept and conversations:
        what = ", ".join(f"{n} {reason}" for reason, n in counts.items())
        raise UserError("messages left after cleaning", f"none ({what})", "Keep a reason: --set clean.keep=[links]")
    write_conversations(folder / "conversations.parquet", kept)
    dropped = [_row(why, messages[i]) for i, why in sorted(found.reasons.items())]
    write_rows(folder / "dropped.parquet", dropped)
    mended = [{**_row(by, messages[i]), "left": found.messages[i].text} for i, by in sorted(found.mended.items())]
    write_rows(folder / "mended.parquet", mended)
    changed = dict(Counter(found.mended.values()).most_common())
    went_out = {"messages": len(messages) - len(dropped), "conversations": len(kept)}
    went_out |= {f"dropped: {k}": v for k, v in counts.items()} | {f"mended: {k}": v for k, v in changed.items()}
    detail = {
        "raw": options.raw,
        "dropped": counts,
        "dropped_examples": {why: _examples(d["text"] for d in dropped if d["reason"] == why) for why in counts},
        "dropped_speakers": {why: _speakers(d for d in dropped if d["reason"] == why) for why in counts},
        "mended": changed,
    }
    notes = tuple(_notes(options, detail, len(messages)))
    came_in = {"messages": len(messages), "conversations": len(conversations)}
    return Account("clean", came_in, went_out, notes, detail)


def _left(conversations: Sequence[Conversation], found: Cleaned) -> Iterator[Conversation]:
    """The conversations without what was dropped, and with what was mended."""
    offset = 0
    for conversation in conversations:
        end = offset + len(conversation.messages)
        left = tuple(found.messages[i] for i in range(offset, end) if i not in found.reasons)
        offset = end
        if left:
            yield Conversation(left, span(left), conversation.chat)


def _row(reason: str, message: Message) -> dict[str, Any]:
    """A line of the full list."""
    where = {"file": message.origin.file, "line": message.origin.line}
    return {"reason": reason, **where, "speaker": message.speaker, "text": message.text}


def _examples(texts: Iterable[str]) -> list[str]:
    """The first three different texts, shortened."""
    return list(islice(dict.fromkeys(text[:80] for text in texts), 3))


def _speakers(rows: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Whose messages they were, the ten with the most."""
    return dict(Counter(row["speaker"] for row in rows if row["speaker"]).most_common(10))


def _notes(options: Options, detail: Mapping[str, Any], total: int) -> Iterator[str]:
    """What the user should know: what was judged, where it is much or somebody is gone."""
    if options.raw:
        yield "not cleaned (--no-clean): only what has no text is left out"
    if "bots" in detail["dropped"]:
        names = ", ".join(f"{name} ({count:,})" for name, count in detail["dropped_speakers"]["bots"].items())
        yield f"taken for programs: {names}; to keep them: --set clean.keep=[bots]"
    for why, count in detail["dropped"].items():
        if why not in (*PLAIN, "bots") and count >= TELLING * total:
            share = f"{count:,} of {total:,} messages dropped as {why}"
            yield f"{share}: see clean/dropped.parquet; to keep them: --set clean.keep=[{why}]"


# --- The cleaners ---------------------------------------------------------------------------------------------------


class Cleaned(NamedTuple):
    """All messages, as mended; the reason to drop one, by its index; and which cleaner changed one that stays."""

    messages: list[Message]
    reasons: dict[int, str]
    mended: dict[int, str]


def find(messages: Sequence[Message], keep: Sequence[str] = ()) -> dict[int, str]:
    """The index of each message to drop and the reason: the first cleaner that finds it."""
    return cleaned(messages, keep).reasons


def cleaned(
    messages: Sequence[Message], off: Sequence[str] = (), given: Mapping[str, Mapping[str, Any]] = NOTHING
) -> Cleaned:
    """Ask all cleaners but those that are `off`, with the options `given` to each. First those that mend; then those
    that drop, each of what the ones before it, by name, have left."""
    asked = [(name, plugins.load("cleaner", name)) for name in plugins.names("cleaner") if name not in off]
    found = Cleaned(list(messages), {}, {})
    for name, module in asked:
        if hasattr(module, "mend"):
            for index, text in module.mend(found.messages, *_options(name, module, given)).items():
                found.messages[index] = replace(found.messages[index], text=text)
                found.mended[index] = name
    found.reasons.update((i, name) for i, name in found.mended.items() if not found.messages[i].text.strip())
    for name, module in asked:
        if hasattr(module, "find"):
            left = [i for i in range(len(messages)) if i not in found.reasons]
            there = [found.messages[i] for i in left]
            found.reasons.update((left[at], name) for at in module.find(there, *_options(name, module, given)))
    for index in found.reasons.keys() & found.mended.keys():
        del found.mended[index]
    return found


def _options(name: str, module: ModuleType, given: Mapping[str, Mapping[str, Any]]) -> tuple[core_options.Options, ...]:
    """The options of a cleaner that has some."""
    return (core_options.resolve(module.Options, given.get(name, {}), name),) if hasattr(module, "Options") else ()
