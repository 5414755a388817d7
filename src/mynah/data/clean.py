"""Clean: conversations come in, those without what a bot should not learn go out; every drop has a named reason.

    mynah clean

Each reason is a file in `cleaners/`. What was dropped is listed in `clean/dropped.parquet`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import read_conversations, span, write_conversations, write_rows
from mynah.core.types import Conversation, Message

VERSION = 2


class Options(core_options.Options):
    """What is dropped."""

    keep: tuple[str, ...] = option((), "reasons that are not dropped, such as links")

    @field_validator("keep")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            plugins.load("cleaner", name)
        return value


SECTIONS: dict[str, type[core_options.Options]] = {"clean": Options}


def run(project: Project, options: Options) -> Account:
    """Drop messages from `PROJECT/ingest` into `PROJECT/clean`."""
    before = project.account("ingest")
    known = plugins.names("cleaner")
    print_of = fingerprint("clean", VERSION, options.model_dump(), [before.fingerprint, *known])
    return run_stage(project.folder("clean"), print_of, lambda folder: _clean(project, folder, options))


def _clean(project: Project, folder: Path, options: Options) -> Account:
    conversations = read_conversations(project.folder("ingest") / "conversations.parquet")
    messages = [m for c in conversations for m in c.messages]
    reasons = find(messages, options.keep)
    kept, offset = [], 0
    for conversation in conversations:
        size = len(conversation.messages)
        left = tuple(m for i, m in enumerate(conversation.messages, offset) if i not in reasons)
        offset += size
        if left:
            kept.append(Conversation(left, span(left), conversation.chat))
    counts = dict(Counter(reasons.values()).most_common())
    if not kept:
        found = ", ".join(f"{n} {reason}" for reason, n in counts.items())
        raise UserError("messages left after cleaning", f"none ({found})", "Keep a reason: --set clean.keep=[links]")
    write_conversations(folder / "conversations.parquet", kept)
    dropped = [_row(why, messages[i]) for i, why in sorted(reasons.items())]
    write_rows(folder / "dropped.parquet", dropped)
    left_over = sum(len(c.messages) for c in kept)
    examples = {why: _examples(d["text"] for d in dropped if d["reason"] == why) for why in counts}
    went_out = {"messages": left_over, "conversations": len(kept), **{f"dropped: {k}": v for k, v in counts.items()}}
    return Account(
        "clean",
        {"messages": len(messages), "conversations": len(conversations)},
        went_out,
        detail={"dropped": counts, "dropped_examples": examples},
    )


def _row(reason: str, message: Message) -> dict[str, Any]:
    """A line of the full list."""
    where = {"file": message.origin.file, "line": message.origin.line}
    return {"reason": reason, **where, "speaker": message.speaker, "text": message.text}


def _examples(texts: Iterable[str]) -> list[str]:
    """The first three different texts, shortened."""
    return list(islice(dict.fromkeys(text[:80] for text in texts), 3))


def find(messages: Sequence[Message], keep: Sequence[str] = ()) -> dict[int, str]:
    """The index of each message to drop and the reason: the first cleaner that finds it."""
    reasons: dict[int, str] = {}
    for name in plugins.names("cleaner"):
        if name not in keep:
            for index in plugins.load("cleaner", name).find(messages):
                reasons.setdefault(index, name)
    return reasons
