"""Near-identical turns: what counts as one, that none is missed, and that habits are none."""

from __future__ import annotations

import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mynah.core.types import Example, Turn
from mynah.data import split
from mynah.data.near_identical import ALIKE, Case, Index, cases, near_identical, normal, sequences

LATE = "the tram is late again, start without me"


def found(test: Case, *train: Case) -> list[tuple[str, float]]:
    return [(each.train.said, round(each.similarity, 2)) for each in near_identical([test], train)]


@pytest.mark.parametrize(
    "written",
    [
        LATE,
        "THE TRAM IS LATE AGAIN\nstart without me!!",
        "thé trâm is late again; start without mé",
        "\u200fthe tram is late again \u2026 start with\u00adout me",
        "\uff34\uff28\uff25 tram is late again, start without me",
    ],
)
def test_what_people_vary_without_meaning_anything_is_no_difference(written: str) -> None:
    assert found(Case(written, ""), Case("no", "x"), Case(LATE, "y")) == [(LATE, 1.0)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("don't", "Don\u2019t", True),
        ("👍🏽 ok", "👍 OK!", True),
        ("❤️", "❤", True),
        ("שָׁלוֹם", "שלום", True),
        ("😂", "👍", False),
        ("?", "...", False),
        ("が", "か", False),
        ("दिन", "दान", False),
        ("यह मेरा है", "यह मरा है", False),
    ],
)
def test_what_is_another_word_stays_another(one: str, other: str, same: bool) -> None:
    assert (normal(one) == normal(other)) == same


def test_a_word_changed_in_a_long_turn_is_near_and_another_turn_is_not() -> None:
    changed = "the tram is late again, start without us"
    ((said, similarity),) = found(Case(changed, "where are you"), Case(LATE, "a"), Case("something else entirely", "b"))
    assert said == LATE and ALIKE <= similarity < 1
    assert not found(Case("the bus is early for once, wait for me", ""), Case(LATE, ""))


def test_an_ok_is_no_leak_unless_it_answers_the_same() -> None:
    asked = "shall I bring the blue ladder tomorrow?"
    ok = Case("ok", asked)
    assert not found(
        ok, Case("ok", "are you there"), Case("OK!", "what a day that was, unbelievable"), Case("yes", asked)
    )
    assert found(ok, Case("no", asked), Case("OK!", "shall I bring the blue ladder tomorrow")) == [("OK!", 1.0)]
    ((_, similarity),) = found(ok, Case("ok", "shall I bring the blue ladder tomorrow then?"))
    assert ALIKE <= similarity < 1
    assert not found(Case("hey", ""), Case("hey", "")), "how somebody begins is a habit, too"
    laugh = Case("haha" * 20, "so I fell into the pond")
    assert not found(laugh, Case("haha" * 20, "and the goose took my hat")), "so is a laugh, however long"


def test_the_turn_before_is_the_context() -> None:
    turns = (
        Turn("assistant", ("hi",), learn=True),
        Turn("user", ("a", "b")),
        Turn("assistant", ("c", "d"), learn=True),
    )
    assert cases([Example("x", turns)]) == [Case("hi", ""), Case("c\nd", "a\nb")]


WORDS = st.lists(st.sampled_from(["tram", "late", "again", "ladder", "blue", "ok", "the", "a", "!"]), max_size=9)
TURNS = st.lists(st.tuples(WORDS, WORDS).map(lambda both: Case(*map(" ".join, both))), max_size=25)


def jaccard(one: str, other: str) -> float:
    """As it is defined, text against text."""
    a, b = sequences(one), sequences(other)
    return 1.0 if one == other else len(a & b) / len(a | b) if a and b else 0.0


def alike(test: Case, train: Case) -> float:
    if sequences(test.reply) or test.reply != train.reply:
        return jaccard(test.reply, train.reply)
    return jaccard(test.context, train.context) if test.before and train.before else 0.0


@settings(phases=[Phase.reuse, Phase.generate])  # to shrink would take minutes
@given(TURNS, TURNS)
def test_what_is_found_is_what_comparing_all_with_all_finds(test: list[Case], train: list[Case]) -> None:
    best = {i: max((alike(case, each) for each in train), default=0.0) for i, case in enumerate(test)}
    expected = [(test[i], similarity) for i, similarity in best.items() if similarity >= ALIKE]
    near = near_identical(test, train)
    assert [(each.test, each.similarity) for each in near] == expected
    assert all(alike(each.test, each.train) == each.similarity for each in near)
    assert len(near_identical(train, train)) >= sum(bool(case.before or sequences(case.reply)) for case in train)


def test_none_of_many_nearly_alike_is_missed() -> None:
    dice = random.Random(4)
    said = ["".join(dice.choices("abcdefgh ", k=dice.randint(15, 40))) for _ in range(60)]
    edited = [text[:at] + dice.choice("xyz") + text[at + 1 :] for text in said for at in dice.sample(range(15), 4)]
    index, edges = Index(said), 0
    for text in edited:
        best = max(jaccard(text, other) for other in said)
        edges += ALIKE <= best < ALIKE + 0.04
        nearest = index.nearest(text)
        assert (nearest[1] if nearest else 0) == (best if best >= ALIKE else 0)
    assert edges > 20


@given(st.text())
def test_a_normal_form_is_normal(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert Index([normal(text)]).nearest(normal(text)) == (0, 1.0)


def test_many_of_a_pattern_are_found_within_bounds() -> None:
    sent = [Case(f"order {n:05} has been sent to your house on the hill by the river", "") for n in range(3000)]
    near = near_identical(sent[:9], sent[::2])
    assert len(near) == 9 and [each.similarity == 1 for each in near] == [n % 2 == 0 for n in range(9)]


def test_split_counts_and_names_them() -> None:
    def example(*said: str) -> Example:
        pairs = ((Turn("user", (f"what of {text}?",)), Turn("assistant", (text,), learn=True)) for text in said)
        return Example("x", tuple(turn for pair in pairs for turn in pair))

    seen = split.nearly_seen([example(LATE, "no", "x" * 900)] * 30, [example(LATE.upper(), "yes")])
    assert (seen["count"], seen["turns"], len(seen["examples"])) == (30, 90, 20)
    assert seen["examples"][0] == {
        "test": LATE, "test_context": f"what of {LATE}?", "train": LATE.upper(),
        "train_context": f"what of {LATE.upper()}?", "similarity": 1.0,
    }  # fmt: skip
    assert split.nearly_seen([example("no")], [example("yes")]) == {"count": 0, "turns": 1, "examples": []}
