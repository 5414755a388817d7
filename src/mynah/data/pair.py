"""Pair: clean conversations come in, examples with the persona go out.

    mynah pair --as Maya

Any speaker can be the persona. Messages of one speaker in a row are one turn that keeps its bubbles; what the others
say between two turns of the persona is one turn too, with names where the chat has several others. Every turn of the
persona is learned exactly once; everything else is context.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

from mynah.core import options as core_options
from mynah.core.errors import MOST, UserError, nearest
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import read_conversations, write_examples
from mynah.core.types import Conversation, Example, Message, Turn

VERSION = 2
FEW = 20  # turns of the persona below which there is nothing to learn from


class Options(core_options.Options):
    """Who the bot is, and how much it sees."""

    persona: str = option("", "the speaker that the bot becomes", flag="as")
    context: int = option(6, "messages of the others that are kept before a turn of the persona", ge=1)


SECTIONS: dict[str, type[core_options.Options]] = {"pair": Options}


def run(project: Project, options: Options) -> Account:
    """Make examples of `PROJECT/clean` in `PROJECT/pair`. Raises UserError for a speaker who is not there."""
    before = project.account("clean")
    conversations = read_conversations(project.folder("clean") / "conversations.parquet")
    persona = named(options.persona, shares(conversations))
    settings = {**options.model_dump(), "persona": persona}
    print_of = fingerprint("pair", VERSION, settings, [before.fingerprint])
    return run_stage(
        project.folder("pair"), print_of, lambda folder: _pair(folder, conversations, persona, options.context)
    )


def shares(conversations: Iterable[Conversation]) -> dict[str, int]:
    """The messages of each speaker, the most active first."""
    return dict(Counter(m.speaker for c in conversations for m in c.messages if m.speaker).most_common())


def named(asked: str, speakers: dict[str, int]) -> str:
    """The speaker who was asked for, upper and lower case being the same. Raises UserError, naming the nearest."""
    same = [name for name in speakers if name.casefold() == asked.casefold()]
    if asked and same:
        return same[0]
    total = sum(speakers.values())
    names = ", ".join(f"{name} ({count / total:.0%})" for name, count in list(speakers.items())[:MOST])
    names += f" and {len(speakers) - MOST} more" if len(speakers) > MOST else ""
    if not asked:
        raise UserError("the speaker that the bot becomes", "no --as", f"Choose one with --as NAME: {names}.")
    near = nearest(asked, speakers)
    todo = f"{f'Did you mean {near!r}? ' if near else ''}Speakers: {names}."
    raise UserError("a speaker of this chat", repr(asked), todo)


def choose(speakers: dict[str, int], ask: Callable[[str], str], say: Callable[[str], None]) -> str:
    """Let a person at a terminal choose the persona from a numbered list with shares."""
    total = sum(speakers.values())
    names = list(speakers)
    for number, (name, count) in enumerate(speakers.items(), 1):
        say(f"  {number:>2}. {name}  ({count:,} messages, {count / total:.0%})")
    while True:
        try:
            answer = ask(f"Who shall the bot be? [1-{len(names)}] ").strip()
        except EOFError:
            return named("", speakers)  # which raises the error with the names
        if answer.isdecimal() and 1 <= int(answer) <= len(names):
            return names[int(answer) - 1]
        if answer.casefold() in (name.casefold() for name in names):
            return named(answer, speakers)
        say("Please type one of the numbers.")


def _pair(folder: Path, conversations: Sequence[Conversation], persona: str, context: int) -> Account:
    speakers = shares(conversations)
    groups = _groups(conversations)
    examples: list[Example] = []
    lost: Counter[str] = Counter()
    for number, conversation in enumerate(conversations):
        turns, missed = turns_of(conversation.messages, persona, _chat(conversation) in groups, context)
        lost.update(missed)
        if turns:
            at = conversation.messages[0].at
            system = "\n".join(m.text for m in conversation.messages if m.kind == "instruction")
            examples.append(Example(f"c{number}", tuple(turns), system, at, (conversation.origin,)))
    learned = sum(turn.learn for example in examples for turn in example.turns)
    if learned < FEW:
        found = f"{learned} of {persona} ({speakers[persona]} messages)"
        raise UserError(f"at least {FEW} turns to learn from", found, "Use a longer export or another speaker.")
    write_examples(folder / "examples.parquet", examples)
    messages = sum(speakers[name] for name in speakers)
    detail = {
        "persona": persona,
        "others": [name for name in speakers if name != persona][:50],
        "persona_messages": speakers[persona],
        "left_out": dict(lost),
        "bubbles_per_turn": round(speakers[persona] / learned, 2),
    }
    went_out = {"examples": len(examples), f"turns of {persona}": learned}
    went_out |= {f"not used: {why}": count for why, count in lost.items() if count}
    came_in = {"messages": messages, "conversations": len(conversations)}
    return Account("pair", came_in, went_out, detail=detail)


def _groups(conversations: Sequence[Conversation]) -> set[tuple[str, str]]:
    """The chats with more than two speakers. A folder of chats with one person each is no group."""
    speakers: dict[tuple[str, str], set[str]] = {}
    for conversation in conversations:
        here = speakers.setdefault(_chat(conversation), set())
        here.update(m.speaker for m in conversation.messages if m.speaker)
    return {chat for chat, names in speakers.items() if len(names) > 2}


def _chat(conversation: Conversation) -> tuple[str, str]:
    """The chat that a conversation is of: what has no name is all of its file."""
    return (conversation.chat, "") if conversation.chat else ("", conversation.origin.file)


def turns_of(
    messages: Sequence[Message], persona: str, several: bool, context: int
) -> tuple[list[Turn], dict[str, int]]:
    """The turns of one conversation, up to the persona's last, and how many messages were left out and why."""
    turns: list[Turn] = []
    lost: Counter[str] = Counter()
    said = [m for m in messages if m.kind != "instruction"]
    for own, group in groupby(said, key=lambda m: m.speaker == persona):
        held = list(group)
        if own:
            turns.append(Turn("assistant", tuple(bubble(m.text) for m in held), persona, learn=True))
        else:
            lost["too far before a reply"] += max(0, len(held) - context)
            turns.append(_others(held[-context:], several))
    if turns and not turns[-1].learn:
        lost["no reply follows"] += len(turns.pop().bubbles)
    return turns, dict(lost)


def _others(messages: Sequence[Message], several: bool) -> Turn:
    names = list(dict.fromkeys(m.speaker for m in messages))
    texts = tuple(bubble(f"{m.speaker}: {m.text}" if several else m.text) for m in messages)
    return Turn("user", texts, ", ".join(names))


def bubble(text: str) -> str:
    """The normal form of one message: no outer space, line feeds as the only line ends."""
    return "\n".join(line.rstrip() for line in text.replace("\u2028", "\n").replace("\u2060", "").strip().splitlines())
