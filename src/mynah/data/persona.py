"""Persona: who of the speakers the bot becomes, under one name or several, and whether it may.

A bot of somebody else than the user needs their yes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from mynah.core import options as core_options
from mynah.core.errors import MOST, UserError, nearest
from mynah.core.options import option
from mynah.core.types import NOBODY, Conversation

PROGRAMS = ("assistant", "ChatGPT")  # speakers that nobody has to ask


class Options(core_options.Options):
    """Who the bot is."""

    persona: str = option("", "the speaker that the bot becomes; several names of one person with commas", flag="as")
    me: str = option("", "your own names in the chats, with commas: the bot becomes you unless --as says", flag="me")
    consent: bool = option(False, "the person that the bot becomes has agreed to it", flag="consent")


Some = TypeVar("Some", bound=Options)


def shares(conversations: Iterable[Conversation]) -> dict[str, int]:
    """The messages of each speaker who is somebody, the most active first."""
    said = Counter(m.speaker for c in conversations for m in c.messages if m.speaker)
    return {name: count for name, count in said.most_common() if name not in NOBODY}


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


def settled(options: Some, speakers: dict[str, int], ask: Callable[[str], str], say: Callable[[str], None]) -> Some:
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
