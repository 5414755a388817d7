"""The ways to divide: shares, what stays together, what decides."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.types import Example, Origin, Turn
from mynah.data import parts, split

WORDS = [a + b for a in "bdfgklmnprst" for b in ("ano", "elu", "iki", "oru", "ume")]


def example(number: int | str, letters: int = 40, file: str = "chat.txt", chat: str = "", text: str = "") -> Example:
    """A question and an answer of so many letters together, unlike any other."""
    chance = random.Random(str(number))
    said = text or " ".join(chance.choice(WORDS) for _ in range(letters))[:letters]
    half = len(said) // 2
    turns = (Turn("user", (said[:half],)), Turn("assistant", (said[half:],), learn=True))
    day = int(str(number).partition(".")[0].strip("r"))
    return Example(f"r{number}", turns, "", datetime(2024, 1, 1) + timedelta(days=day), (Origin(file, 1),), chat=chat)


def alone(examples: list[Example]) -> list[parts.Unit]:
    return [(each,) for each in examples]


@pytest.mark.parametrize("way", parts.WAYS)
@given(count=st.integers(10, 80), chats=st.integers(3, 9), seed=st.integers(0, 5))
def test_every_way_puts_each_unit_whole_into_one_part(way: str, count: int, chats: int, seed: int) -> None:
    made = [example(i, 20, f"{i % 2}.txt", f"chat {i % chats}") for i in range(count)]
    forms = [(each, example(f"{i}.1", 20, f"{i % 2}.txt", each.chat)) for i, each in enumerate(made)]
    found = parts.WAYS[way](forms, 0.1, 0.1, seed)
    place = {each.id: name for name, part in found.items() for each in part}
    assert len(place) == 2 * count == sum(map(len, found.values())) and all(found.values())
    assert all(place[f"r{i}"] == place[f"r{i}.1"] for i in range(count))
    assert found == parts.WAYS[way](forms, 0.1, 0.1, seed)
    for part in found.values():
        assert way == "source" or [e.at for e in part] == sorted(e.at for e in part if e.at)


def test_of_6258_pairs_the_parts_by_length_are_5006_626_and_626_and_alike_in_length() -> None:
    chance = np.random.default_rng(1)
    made = [example(i, int(size)) for i, size in enumerate(chance.lognormal(5, 0.8, 6258) + 2)]
    found = parts.by_length(alone(made), 0.1, 0.1, 1)
    assert {name: len(part) for name, part in found.items()} == {"train": 5006, "valid": 626, "test": 626}
    lengths = {name: split.lengths(part) for name, part in found.items()}
    for name in ("valid", "test"):
        for figure in ("mean", "25 %", "50 %", "75 %"):
            assert lengths[name][figure] == pytest.approx(lengths["train"][figure], rel=0.03)
    at_random = [parts.by_conversation(alone(made), 0.1, 0.1, seed)["test"] for seed in range(5)]
    off = [abs(split.lengths(part)["mean"] / lengths["train"]["mean"] - 1) for part in at_random]
    assert abs(lengths["test"]["mean"] / lengths["train"]["mean"] - 1) < sum(off) / len(off)


def test_by_source_each_export_gives_its_latest() -> None:
    made = [example(i, file="old.txt") for i in range(20)] + [example(i + 100, file="new.txt") for i in range(20)]
    found = parts.by_source(alone([*made, example(500, file="tiny.txt")]), 0.1, 0.1)
    assert [each.id for each in found["test"]] == ["r18", "r19", "r118", "r119"]
    assert "r500" in [each.id for each in found["train"]]
    with pytest.raises(UserError, match="an export of at least 3 conversations"):
        parts.by_source(alone([example(1), example(2)]), 0.1, 0.1)


def test_by_group_no_chat_is_in_two_parts() -> None:
    made = [example(i, chat=f"chat {i % 10}") for i in range(100)]
    found = parts.by_group(alone(made), 0.1, 0.1, 1)
    chats = {name: {each.chat for each in part} for name, part in found.items()}
    assert [len(chats[name]) for name in parts.PARTS] == [8, 1, 1]
    assert not chats["train"] & (chats["valid"] | chats["test"])
    with pytest.raises(UserError, match="at least 3 chats to split by group, found 1"):
        parts.by_group(alone([example(i) for i in range(10)]), 0.1, 0.1, 1)


def test_near_identical_conversations_and_forms_of_a_record_are_one_unit() -> None:
    said = "the heating in the second workshop makes a noise again, please send somebody before noon"
    made = [example(i, 80) for i in range(20)]
    made[3] = example(3, text=said)
    made[17] = example(17, text=said.replace("noon", "three"))
    made += [example("5.1", 80), example("5.2", 80)]
    found, scattered = parts.units(made, 0.2)
    together = [sorted(each.id for each in unit) for unit in found if len(unit) > 1]
    assert together == [["r17", "r3"], ["r5", "r5.1", "r5.2"]] and not scattered
    assert sum(map(len, found)) == len(made)


def test_what_is_near_identical_throughout_is_not_kept_together_and_it_is_counted() -> None:
    said = "good morning everybody, the gate is open and the coffee is ready on the first floor"
    found, scattered = parts.units([example(i, text=f"{said} {i}") for i in range(12)], 0.2)
    assert len(found) == 12 and scattered == 12
