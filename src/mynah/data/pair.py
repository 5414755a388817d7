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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core.errors import MOST, UserError, nearest
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import read_conversations, read_records, write_examples
from mynah.core.types import Conversation, Example, Message, Turn
from mynah.data.records import examples as examples_of_records
from mynah.data.records import guess, left_out
from mynah.data.threads import chains as chains_of
from mynah.data.threads import fresh, is_thread
from mynah.privacy.pseudonyms import Map

VERSION = 3
FEW = 20  # turns of the persona below which there is nothing to learn from
PROGRAMS = ("assistant", "ChatGPT")  # speakers that nobody has to ask


class Options(core_options.Options):
    """Who the bot is, and how much it sees."""

    persona: str = option("", "the speaker that the bot becomes; several names of one person with commas", flag="as")
    me: str = option("", "your own names in the chats, with commas: the bot becomes you unless --as says", flag="me")
    consent: bool = option(False, "the person that the bot becomes has agreed to it", flag="consent")
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
    speakers = shares(conversations)
    if not speakers:
        raise UserError(
            "a chat or a table to learn from", "nothing but documents", "Add a chat or a table of questions."
        )
    names = agreed(options, speakers)
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


def shares(conversations: Iterable[Conversation]) -> dict[str, int]:
    """The messages of each speaker, the most active first."""
    return dict(Counter(m.speaker for c in conversations for m in c.messages if m.speaker).most_common())


def agreed(options: Options, speakers: dict[str, int]) -> tuple[str, ...]:
    """The names of the persona, who is the user or has agreed. Raises UserError where nobody says so."""
    names = together(options.persona or options.me, speakers)
    if may_be(options, names, speakers):
        return names
    todo = f"If that is you, say --me {names[0]!r}. If they have agreed, say --consent."
    raise UserError(f"a yes of {names[0]} to a bot that talks like them", "none", todo)


def may_be(options: Options, names: Sequence[str], speakers: dict[str, int]) -> bool:
    """May the bot become these speakers?"""
    own = together(options.me, speakers) if options.me else ()
    return options.consent or set(names) <= {*own, *PROGRAMS}


def together(asked: str, speakers: dict[str, int]) -> tuple[str, ...]:
    """The speakers who were asked for, with commas between them unless a name has one itself."""
    whole = [name for name in speakers if name.casefold() == asked.strip().casefold()]
    parts = [part.strip() for part in asked.split(",") if part.strip()] or [""]
    return tuple(dict.fromkeys(whole or (named(part, speakers) for part in parts)))


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


def settled(
    options: Options, speakers: dict[str, int], ask: Callable[[str], str], say: Callable[[str], None]
) -> Options:
    """Let a person at a terminal say who the bot becomes, and that it may. Raises UserError for a no."""
    if not (options.persona or options.me):
        options = options.model_copy(update={"persona": choose(speakers, ask, say)})
    names = together(options.persona or options.me, speakers)
    if may_be(options, names, speakers):
        return options
    try:
        answer = ask(f"Are you {names[0]}, or have they agreed to a bot that talks like them? [me/yes/no] ")
    except EOFError:
        answer = "no"
    meant: dict[str, dict[str, Any]] = {"me": {"me": options.persona}, "yes": {"consent": True}}
    said = meant.get(answer.strip().casefold(), {})
    options = options.model_copy(update=said)
    agreed(options, speakers)
    return options


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
    messages = sum(speakers.values())
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


def examples_of(
    conversation: Conversation, names: Sequence[str], several: bool, context: int, lost: Counter[str]
) -> Iterator[Example]:
    """The conversation as one example; a thread, in which all is an answer to something, as one for each of its chains
    in which the persona says what no chain before has. Their ids tell them apart behind a point."""
    system = "\n".join(m.text for m in conversation.messages if m.kind == "instruction")
    origins = (conversation.origin,)
    chains = (
        fresh(chains_of(conversation.messages)) if is_thread(conversation.messages) else [(0, conversation.messages)]
    )
    for number, (known, messages) in enumerate(chains):
        turns, missed = turns_of(messages, names, several, context, known)
        lost.update(missed)
        if turns:
            id = f".{number}" if number else ""
            yield Example(id, tuple(turns), system, messages[0].at, origins, chat=conversation.chat)


def turns_of(
    messages: Sequence[Message], names: Sequence[str], several: bool, context: int, known: int = 0
) -> tuple[list[Turn], dict[str, int]]:
    """The turns of one conversation, up to the persona's last, and how many messages were left out and why. The first
    `known` messages are context only, and are not counted."""
    turns: list[Turn] = []
    lost: Counter[str] = Counter()
    said = [(place >= known, m) for place, m in enumerate(messages) if m.kind != "instruction"]
    after = 0  # messages since the persona's last turn that is learned
    for own, group in groupby(said, key=lambda each: each[1].speaker in names):
        new, held = zip(*group, strict=True)
        if own:
            turns.append(Turn("assistant", tuple(bubble(m.text) for m in held), names[0], learn=new[-1]))
        else:
            lost["too far before a reply"] += sum(new[:-context])
            turns.append(_others(held[-context:], several))
        after = 0 if turns[-1].learn else after + sum(new[-context:])
    while turns and not turns[-1].learn:
        turns.pop()
    lost["no reply follows"] += after
    return turns, dict(lost)


def _others(messages: Sequence[Message], several: bool) -> Turn:
    names = list(dict.fromkeys(m.speaker for m in messages))
    texts = tuple(bubble(f"{m.speaker}: {m.text}" if several else m.text) for m in messages)
    return Turn("user", texts, ", ".join(names))


def bubble(text: str) -> str:
    """The normal form of one message: no outer space, line feeds as the only line ends."""
    return "\n".join(line.rstrip() for line in text.replace("\u2028", "\n").replace("\u2060", "").strip().splitlines())
