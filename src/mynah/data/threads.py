"""Threads: conversations that are trees, because each message says what it answers.

In a forum many talk below one post at once, and what stands next to each other in time is rarely said to each other. So
a thread is read along its answers, from what began it to what nobody answered: its chains. What is found missing (an
answer to something that was never there, or was dropped) begins a chain of its own.

How `pair` walks a thread: every chain is a conversation. As chains are given depth first, all that a chain shares with
any chain before it is a beginning that it shares with the one right before it; `fresh` tells how long that is. So a
message is learned in the first chain that has it and is context in the others, and each is learned once:

    for known, chain in fresh(chains(conversation.messages)):
        ...  # chain[:known] is context only

A thread must not be cut at silences first: people answer after days. `is_thread` knows one by its messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from mynah.core.types import Message


def is_thread(messages: Iterable[Message]) -> bool:
    """Does every message but one, at most, say what it answers? What is answered need not be among them."""
    return sum(1 for _ in islice((m for m in messages if m.reply_to is None), 2)) < 2


def chains(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Every way from a message that answers none of the others to one that none of them answers, depth first, answers
    in their order. A message whose parent is among the messages stands directly behind it; where messages answer each
    other in a circle, it is opened at one of them. Of messages with one id the first is the one that is answered."""
    messages = list(messages)
    parents = _parents(messages)
    answers: list[list[int]] = [[] for _ in messages]
    for index, parent in enumerate(parents):
        if parent is not None:
            answers[parent].append(index)
    done = [False] * len(messages)
    for index, parent in enumerate(parents):
        if parent is None:
            yield from _below(index, messages, answers, done)
    for index in range(len(messages)):  # what is left hangs on circles
        if not done[index]:
            yield from _below(_in_circle(index, parents), messages, answers, done)


def fresh(found: Iterable[list[Message]]) -> Iterator[tuple[int, list[Message]]]:
    """Each chain, and how many messages at its beginning were in a chain before."""
    before: list[Message] = []
    for chain in found:
        known = 0
        while known < min(len(before), len(chain)) and chain[known] is before[known]:
            known += 1
        yield known, chain
        before = chain


def _parents(messages: Sequence[Message]) -> list[int | None]:
    """The index of what each message answers, where it is among them."""
    places: dict[str, int] = {}
    for index, message in enumerate(messages):
        if message.id:
            places.setdefault(message.id, index)
    found = [places.get(message.reply_to) if message.reply_to else None for message in messages]
    return [None if parent == index else parent for index, parent in enumerate(found)]


def _below(
    root: int, messages: Sequence[Message], answers: Sequence[Sequence[int]], done: list[bool]
) -> Iterator[list[Message]]:
    """The chains that begin here. Without recursion: threads are thousands of answers deep."""
    path: list[Message] = []
    waiting = [(root, 0)]
    while waiting:
        index, depth = waiting.pop()
        done[index] = True
        path[depth:] = [messages[index]]
        below = [answer for answer in answers[index] if not done[answer]]
        if not below:
            yield path.copy()
        waiting.extend((answer, depth + 1) for answer in reversed(below))


def _in_circle(index: int, parents: Sequence[int | None]) -> int:
    """A message of the circle above this one, which all that hangs on it is below."""
    seen: set[int] = set()
    while index not in seen:
        seen.add(index)
        parent = parents[index]
        assert parent is not None, "without a parent it would have begun a chain"
        index = parent
    return index
