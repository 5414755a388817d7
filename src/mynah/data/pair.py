"""Pair: clean conversations come in, examples with the persona go out.

    mynah pair --me "Maya,maya_k"
    mynah pair --as Theo --consent

Any speaker can be the persona, under one name or several; so can several people who speak in one role. A bot of
somebody else than the user needs their yes. Messages of one speaker in a row are one turn that keeps its bubbles; what
the others say between two turns of the persona is one turn too, with names where the chat has several others. Every
turn of the persona is learned exactly once; everything else is context. A table of questions and answers needs no
persona: each row is an example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import read_conversations, read_records, write_examples
from mynah.core.types import Conversation, Example
from mynah.data import persona as who
from mynah.data.records import examples as examples_of_records
from mynah.data.records import guess, left_out
from mynah.data.turns import examples_of
from mynah.privacy.pseudonyms import Map

VERSION = 4
FEW = 20  # turns of the persona below which there is nothing to learn from


class Options(who.Options):
    """Who the bot is, and how much it sees."""

    question: tuple[str, ...] = option((), "the columns of a table that are asked; guessed where none are named")
    answer: tuple[str, ...] = option((), "the columns that are answered; guessed where none are named")
    context: int = option(6, "messages of the others that are kept before a turn of the persona", ge=1)


SECTIONS: dict[str, type[core_options.Options]] = {"pair": Options}


def run(project: Project, options: Options) -> Account:
    """Make examples of `PROJECT/clean` in `PROJECT/pair`. Raises UserError for a speaker who is not there."""
    before = project.account("pseudonymize")
    records = project.folder("pseudonymize", "records.parquet")
    conversations = read_conversations(project.folder("clean") / "conversations.parquet")
    if records.exists() and not any(c.messages for c in conversations):
        print_of = fingerprint("pair", VERSION, options.model_dump(), [before.fingerprint])
        return run_stage(project.folder("pair"), print_of, lambda folder: _of_records(folder, records, options))
    speakers = who.shares(conversations)
    if not speakers:
        raise UserError(
            "a chat or a table to learn from",
            "nothing but documents, or accounts that are gone",
            "Add a chat or a table of questions.",
        )
    names = who.agreed(options, speakers)
    called = _called(project, names, before)
    settings = {"persona": names, "context": options.context}
    print_of = fingerprint("pair", VERSION, settings, [before.fingerprint])
    replaced = project.folder("pseudonymize") / "conversations.parquet"

    def work(folder: Path) -> Account:
        return _pair(folder, read_conversations(replaced), speakers, dict(zip(called, names, strict=True)), options)

    return run_stage(project.folder("pair"), print_of, work)


def _called(project: Project, names: Sequence[str], before: Account) -> tuple[str, ...]:
    """How these speakers are called in what the stage before wrote."""
    if before.detail["off"]:
        return tuple(names)
    mapped = Map.load(project.path)
    return tuple(mapped.speaker(name) for name in names)


def _of_records(folder: Path, path: Path, options: Options) -> Account:
    """Examples of questions and answers: there is no persona but the one who answers."""
    records = read_records(path)
    guessed = guess(records) if not (options.question and options.answer) else ((), ())
    question, answer = options.question or guessed[0], options.answer or guessed[1]
    found = examples_of_records(records, question, answer)
    if len(found) < FEW:
        raise UserError(f"at least {FEW} rows with a question and an answer", f"{len(found)}", "Use a longer table.")
    write_examples(folder / "examples.parquet", found)
    lost = left_out(records, question, answer)
    notes = (
        f"asked: {', '.join(question)}; answered: {', '.join(answer)} (pair.question and pair.answer name others)",
    )
    went_out = {"examples": len(found), **{f"not used: {why}": count for why, count in lost.items()}}
    detail = {
        "persona": options.persona or "assistant", "names": [], "others": [], "persona_messages": len(found),
        "left_out": lost, "bubbles_per_turn": 1.0, "question": list(question), "answer": list(answer),
    }  # fmt: skip
    return Account("pair", {"records": len(records)}, went_out, notes, detail)


def _pair(
    folder: Path,
    conversations: Sequence[Conversation],
    speakers: dict[str, int],
    called: dict[str, str],
    options: Options,
) -> Account:
    """`speakers` are those of the chat, `called` are the persona's names by how these conversations have them."""
    aliases, names = list(called), list(called.values())
    groups = _groups(conversations, aliases)
    persona, said = names[0], sum(speakers[name] for name in names)
    examples: list[Example] = []
    lost: Counter[str] = Counter()
    for number, conversation in enumerate(conversations):
        made = examples_of(conversation, aliases, _chat(conversation) in groups, options.context, lost)
        examples += (replace(example, id=f"c{number}{example.id}") for example in made)
    learned = sum(turn.learn for example in examples for turn in example.turns)
    if learned < FEW:
        found = f"{learned} of {persona} ({said} messages)"
        raise UserError(f"at least {FEW} turns to learn from", found, "Use a longer export or another speaker.")
    write_examples(folder / "examples.parquet", examples)
    messages = sum(len(c.messages) for c in conversations)
    detail = {
        "persona": persona,
        "names": names,
        "others": [name for name in speakers if name not in names][:50],
        "persona_messages": said,
        "left_out": dict(lost),
        "bubbles_per_turn": round(said / learned, 2),
    }
    went_out = {"examples": len(examples), f"turns of {persona}": learned}
    went_out |= {f"not used: {why}": count for why, count in lost.items() if count}
    came_in = {"messages": messages, "conversations": len(conversations)}
    return Account("pair", came_in, went_out, detail=detail)


def _groups(conversations: Sequence[Conversation], names: Sequence[str]) -> set[tuple[str, str]]:
    """The chats with more than one other speaker. A folder of chats with one person each is no group."""
    speakers: dict[tuple[str, str], set[str]] = {}
    for conversation in conversations:
        here = speakers.setdefault(_chat(conversation), set())
        here.update(m.speaker for m in conversation.messages if m.speaker)
    return {chat for chat, here in speakers.items() if len(here - set(names)) > 1}


def _chat(conversation: Conversation) -> tuple[str, str]:
    """The chat that a conversation is of: what has no name is all of its file."""
    return (conversation.chat, "") if conversation.chat else ("", conversation.origin.file)
