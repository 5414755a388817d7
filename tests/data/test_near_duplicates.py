"""Near-duplicates: what is found is right, little is missed, and habits are none."""

from __future__ import annotations

import random
import time
from itertools import combinations

import pytest

from mynah.data import near_duplicates
from mynah.data.near_duplicates import HASHES, MISSED, clusters, jaccard
from mynah.data.near_identical import normal, sequences

GATE = "the gate by the old harbor stays open until nine this evening"
LETTERS = "abcdefghijklmnoprstuw"


def invented(count: int, seed: int, words: tuple[int, int] = (8, 25)) -> list[str]:
    """So many different texts of words that nobody knows."""
    dice = random.Random(seed)
    known = ["".join(dice.choices(LETTERS, k=dice.randint(2, 8))) for _ in range(800)]
    return [" ".join(dice.choices(known, k=dice.randint(*words))) for _ in range(count)]


def edited(text: str, share: float, dice: random.Random) -> str:
    """The text with this share of its characters, one at least, replaced in one place."""
    size = max(1, round(share * len(text)))
    at = dice.randrange(len(text) - size + 1)
    return text[:at] + "".join(dice.choices(LETTERS, k=size)) + text[at + size :]


def similarity(one: str, other: str) -> float:
    return jaccard(sequences(normal(one)), sequences(normal(other)))


def together(found: list[list[int]]) -> dict[int, int]:
    return {index: number for number, cluster in enumerate(found) for index in cluster}


def test_equal_texts_are_found_whatever_their_case_and_signs() -> None:
    texts = [
        GATE,
        "no",
        GATE.upper() + "!!",
        "something else altogether, and long enough",
        "  " + GATE.replace(" ", "  "),
    ]
    assert clusters(texts) == clusters(texts, 1) == [[0, 2, 4]]
    assert clusters([]) == clusters(texts[3:4]) == []


def test_an_ok_is_a_habit_and_so_is_a_laugh() -> None:
    assert clusters(["ok", "good morning", "haha" * 30, "-" * 99] * 50) == []


def test_a_word_changed_is_near_and_another_text_is_not() -> None:
    changed = GATE.replace("nine", "ten")
    other = "the bus to the new station leaves at six in the morning"
    assert similarity(GATE, changed) >= 0.8 > similarity(GATE, other)
    assert clusters([other, GATE, changed]) == [[1, 2]]
    assert clusters([other, GATE, changed], 0.95) == []


@pytest.mark.parametrize("wrong", [0, -1, 1.01])
def test_a_similarity_is_a_share(wrong: float) -> None:
    with pytest.raises(ValueError, match="similarity"):
        clusters([GATE], wrong)


@pytest.mark.parametrize("least", [0.6, 0.8, 0.9])
def test_what_is_found_is_what_comparing_all_with_all_finds(least: float) -> None:
    dice = random.Random(1)
    texts = invented(120, seed=2)
    texts += [edited(dice.choice(texts), dice.uniform(0.002, 0.15), dice) for _ in range(150)]
    alike = [pair for pair in combinations(range(len(texts)), 2) if similarity(texts[pair[0]], texts[pair[1]]) >= least]
    group = together(clusters(texts, least))
    missed = [(a, b) for a, b in alike if group.get(a, -1) != group.get(b, -2)]
    assert len(alike) > 15 and len(missed) <= 0.02 * len(alike)
    for cluster in clusters(texts, least):
        assert all(any(similarity(texts[a], texts[b]) >= least for b in cluster if b != a) for a in cluster)


def test_of_many_planted_nearly_all_are_found() -> None:
    dice = random.Random(3)
    texts = invented(1500, seed=4)
    planted = [(place, edited(texts[place], dice.uniform(0.05, 0.15), dice)) for place in range(0, 1500, 2)]
    pairs = [
        (place, 1500 + number) for number, (place, text) in enumerate(planted) if similarity(texts[place], text) >= 0.8
    ]
    group = together(clusters([*texts, *(text for _, text in planted)]))
    found = sum(group.get(one, -1) == group.get(other, -2) for one, other in pairs)
    assert len(pairs) > 250 and found >= 0.98 * len(pairs)


def test_thousands_of_a_pattern_are_one_cluster_within_bounds() -> None:
    texts = [f"order {number:05} has been sent to your house on the hill by the river" for number in range(4000)]
    begun = time.process_time()
    assert clusters(texts) == [list(range(4000))]
    assert time.process_time() - begun < 30, "pairs are compared that need not be"


def test_bands_leave_few_without_one() -> None:
    for least in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        rows = near_duplicates._rows(least)
        assert HASHES % rows == 0 and (1 - least**rows) ** (HASHES // rows) <= MISSED


def test_minima_are_shared_as_often_as_texts_are_alike() -> None:
    one, other = "abcdefghijklmnoprstuw " * 3 + "xyz" * 5, "abcdefghijklmnoprstuw " * 2 + "zyx vwq " * 3
    _, marks = near_duplicates._signatures([one, other], 6)
    expected = similarity(one, other)
    deviation = (expected * (1 - expected) / HASHES) ** 0.5
    assert abs((marks[0] == marks[1]).mean() - expected) < 4 * deviation + 1 / 256


def test_texts_of_any_characters_are_hashed() -> None:
    strange = [
        "\ud800 broken surrogates are in here somewhere",
        "𝔊𝔬𝔱𝔥𝔦𝔠 letters and 🙈🙉🙊 and שלום לכולם וגם לך",
        GATE * 9000,
    ]
    assert clusters(strange * 2) == [[0, 3], [1, 4], [2, 5]]
