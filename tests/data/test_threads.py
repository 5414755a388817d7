"""Threads as chains: each answer stands behind what it answers, each message is there, and is fresh once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynah.core.types import Message, Origin
from mynah.data.threads import chains, fresh, is_thread


def thread(parents: Sequence[int | None]) -> list[Message]:
    """Messages 0, 1, 2 …, each with what it answers."""
    return [
        Message("Ida", str(n), None, Origin("x", n + 1), "text", str(n), None if parent is None else str(parent))
        for n, parent in enumerate(parents)
    ]


def read(parents: Sequence[int | None]) -> list[str]:
    return ["".join(m.text for m in chain) for chain in chains(thread(parents))]


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ([], []),
        ([None], ["0"]),
        ([None, 0, 1, 0], ["012", "03"]),
        ([None, 0, 1, 1, 0, None], ["012", "013", "04", "5"]),
        ([None, 9, 1], ["0", "12"]),  # what 1 answers is not here
        ([1, None], ["10"]),  # an answer before what it answers
        ([0], ["0"]),  # itself
        ([1, 2, 0], ["021"]),  # a circle
        ([1, 2, 1, 0, 2], ["103", "124"]),  # and what hangs on one
    ],
)
def test_known_threads(parents: list[int | None], expected: list[str]) -> None:
    assert read(parents) == expected


@settings(max_examples=60)
@given(st.lists(st.integers(-1, 12), max_size=12))
def test_laws(numbers: list[int]) -> None:
    """-1 answers nothing, and others may be no message."""
    messages = thread([None if number < 0 else number for number in numbers])
    found = list(chains(messages))
    behind = {(a.text, b.text) for chain in found for a, b in pairwise(chain)}
    assert all(b.reply_to == a.id for chain in found for a, b in pairwise(chain))
    assert {m.text for chain in found for m in chain} == {m.text for m in messages}
    for m in messages:
        parents, at = [], m
        while at.reply_to and int(at.reply_to) < len(messages) and at.reply_to not in parents:
            parents.append(at.reply_to)
            at = messages[int(at.reply_to)]
        if parents and m.id not in parents:  # it is in no circle
            assert (m.reply_to, m.text) in behind
    told = [m.text for known, chain in fresh(found) for m in chain[known:]]
    assert sorted(told) == sorted(m.text for m in messages), "each is fresh once"


def test_what_is_a_thread() -> None:
    assert all(is_thread(thread(parents)) for parents in ([], [None], [None, 0, 1, 0], [7, 0, 1, 9]))
    assert not any(is_thread(thread(parents)) for parents in ([None, None], [None, 0, None, 2]))


def test_a_deep_thread() -> None:
    (chain,) = chains(thread([None, *range(20_000)]))
    assert len(chain) == 20_001 and chain[-1].text == "20000"


def test_of_two_messages_with_one_id_the_first_is_answered() -> None:
    first, second, answer = thread([None, None, 0])
    second = Message("Otto", "1", None, second.origin, "text", first.id)
    assert [[m.text for m in chain] for chain in chains([first, second, answer])] == [["0", "2"], ["1"]]
