"""Parts: the ways to divide examples into train, valid and test.

A unit is one example, or several that must not be divided: forms of one record, near-identical conversations. Each way
takes units and the shares of valid and test, and returns the examples of each part.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain

from mynah.core.errors import UserError
from mynah.core.groups import Groups
from mynah.core.types import Example

PARTS = ("train", "valid", "test")
ALIKE = 0.8  # similarity of two conversations that are near-identical

Unit = tuple[Example, ...]
Parts = dict[str, list[Example]]


def learned(example: Example) -> int:
    """How many turns the loss sees."""
    return sum(turn.learn for turn in example.turns)


def combined(example: Example) -> int:
    """The characters of all that is said in it, prompts and replies."""
    return sum(len(bubble) for turn in example.turns for bubble in turn.bubbles)


# --- What must not be divided ---------------------------------------------------------------------------------------


def units(examples: Sequence[Example], largest: float) -> tuple[list[Unit], int]:
    """The units in the order of their first examples, and how many examples are near-identical to others but were not
    kept together, because all of them would be more than `largest` of the turns."""
    from mynah.data.near_duplicates import clusters

    most = largest * sum(map(learned, examples))
    groups = Groups(len(examples))
    scattered = 0
    for cluster in chain(_forms(examples), clusters([_said(example) for example in examples], ALIKE)):
        if sum(learned(examples[index]) for index in cluster) > most:
            scattered += len(cluster)
        else:
            for index in cluster[1:]:
                groups.join(cluster[0], index)
    return [tuple(examples[index] for index in group) for group in groups.all()], scattered


def _forms(examples: Sequence[Example]) -> Iterable[list[int]]:
    """The examples of one record: r12, r12.1, r12.2."""
    forms: dict[str, list[int]] = {}
    for index, example in enumerate(examples):
        forms.setdefault(example.id.partition(".")[0], []).append(index)
    return (each for each in forms.values() if len(each) > 1)


def _said(example: Example) -> str:
    return "\n".join(turn.text for turn in example.turns)


# --- The ways -------------------------------------------------------------------------------------------------------


def by_time(units: Sequence[Unit], valid: float, test: float, seed: int = 0) -> Parts:
    """Consecutive units; the borders fall where the shares of learned turns are nearest to what was asked."""
    if len(units) < len(PARTS):
        raise UserError("at least 3 to divide", f"{len(units)}", "Use a longer export, or another --split.")
    ends, done = [], 0
    for unit in units:
        done += sum(map(learned, unit))
        ends.append(done)
    shares = [end / done for end in ends]
    last = len(units) - 1
    first_cut = min(range(last - 1), key=lambda i: abs(shares[i] - (1 - valid - test))) + 1
    second_cut = min(range(first_cut, last), key=lambda i: abs(shares[i] - (1 - test))) + 1
    cuts = (0, first_cut, second_cut, len(units))
    return {name: _in_order(units[cuts[i] : cuts[i + 1]]) for i, name in enumerate(PARTS)}


def by_conversation(units: Sequence[Unit], valid: float, test: float, seed: int) -> Parts:
    """Lots decide. What follows on a test conversation may have been learned: the figures flatter more than by time."""
    return by_time(_shuffled(units, seed), valid, test)


def by_length(units: Sequence[Unit], valid: float, test: float, seed: int) -> Parts:
    """All parts alike in combined length: lots decide within runs of units of about the same length. The shares are of
    units. (Of 6,258 pairs they are 5,006, 626 and 626.)"""
    ranked = sorted(_shuffled(units, seed), key=lambda unit: sum(map(combined, unit)))
    chance = random.Random(seed)
    run = max(len(PARTS), round(1 / min(valid, test)))
    held: dict[str, list[Unit]] = {name: [] for name in PARTS}
    for start in range(0, len(ranked), run):
        stratum = ranked[start : start + run]
        chance.shuffle(stratum)
        end = start + len(stratum)
        for name, share in (("valid", valid), ("test", test)):
            while stratum and len(held[name]) < round(end * share):
                held[name].append(stratum.pop())
        held["train"] += stratum
    return {name: _in_order(part) for name, part in held.items()}


def by_source(units: Sequence[Unit], valid: float, test: float, seed: int = 0) -> Parts:
    """The latest of each export: every export has its share in every part. One with too few to divide is learned."""
    sources: dict[str, list[Unit]] = {}
    for unit in units:
        sources.setdefault(_file(unit[0]), []).append(unit)
    found: Parts = {name: [] for name in PARTS}
    for held in sources.values():
        parts = by_time(held, valid, test) if len(held) >= len(PARTS) else {"train": _in_order(held)}
        for name, part in parts.items():
            found[name] += part
    if not found["test"]:
        raise UserError("an export of at least 3 conversations", f"none of {len(sources)}", "Use --split time.")
    return found


def by_group(units: Sequence[Unit], valid: float, test: float, seed: int) -> Parts:
    """Whole chats: the bot is measured on people to whom it has never spoken. Lots decide."""
    chats: dict[tuple[str, str], list[Example]] = {}
    for unit in units:
        for example in unit:
            chats.setdefault((example.chat, "" if example.chat else _file(example)), []).append(example)
    if len(chats) < len(PARTS):
        raise UserError("at least 3 chats to split by group", f"{len(chats)}", "Use --split time.")
    return by_time(_shuffled([tuple(chat) for chat in chats.values()], seed), valid, test)


def _shuffled(units: Sequence[Unit], seed: int) -> list[Unit]:
    return random.Random(seed).sample(list(units), len(units))


def _in_order(units: Iterable[Unit]) -> list[Example]:
    """By time; those without a time keep their order, at the front."""
    return sorted(chain.from_iterable(units), key=lambda example: example.at or datetime.min)


def _file(example: Example) -> str:
    return example.origins[0].file if example.origins else ""


Way = Callable[[Sequence[Unit], float, float, int], Parts]
WAYS: dict[str, Way] = {
    "time": by_time,
    "conversation": by_conversation,
    "length": by_length,
    "source": by_source,
    "group": by_group,
}
