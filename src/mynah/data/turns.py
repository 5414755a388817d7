"""Turns: the messages of a conversation as an example with the turns of a persona and of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from mynah.core.types import Conversation, Example, Message, Turn
from mynah.data.threads import chains as chains_of
from mynah.data.threads import fresh, is_thread


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
