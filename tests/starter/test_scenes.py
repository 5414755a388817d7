"""Scenes: every shipped one keeps the format; a drawing fills each slot alike, and never says what the test asks."""

from __future__ import annotations

import random
import re

import corpora
import pytest
from corpora import HERE, asked, part_of
from hypothesis import given
from hypothesis import strategies as st
from scenes import BadScene, Scene, bare, read_scene, read_scenes, read_slots

SLOTS = read_slots(HERE / "scenes" / "slots.txt")
ALL = read_scenes(HERE / "scenes")


def test_there_are_many_and_each_opens_in_its_own_way() -> None:
    assert len(ALL) > 8000
    first = [bare(scene.turns[0][1][0]) + str(scene.system) for scene in ALL]
    assert len(set(first)) > 0.9 * len(first)


@given(st.sampled_from(ALL), st.integers())
def test_a_drawing_alternates_and_leaves_no_slot(scene: Scene, seed: int) -> None:
    system, turns = scene.draw(random.Random(seed))
    assert [who for who, _ in turns] == ["user", "assistant"] * (len(turns) // 2)
    for text in (system, *(text for _, text in turns)):
        assert not re.search(r"[{}|]", text)
        assert text == text.strip()
    assert all(text for _, text in turns)


def test_a_slot_has_one_value_and_a_numbered_one_another() -> None:
    scene = read_scene("> {city} or {city2}?\n< {city2}, not {city}", {**SLOTS, "city": ["Rome", "Oslo"]})
    for seed in range(20):
        _, ((_, question), (_, answer)) = scene.draw(random.Random(seed))
        there, other = question.rstrip("?").split(" or ")
        assert {there, other} == {"Rome", "Oslo"}
        assert answer == f"{other}, not {there}"


def test_the_article_fits_the_value() -> None:
    scene = read_scene("> I am a {job}. | A {job} works.\n< so", {"job": ["engineer"]})
    said = {scene.draw(random.Random(seed))[1][0][1] for seed in range(20)}
    assert said == {"I am an engineer.", "An engineer works."}


@pytest.mark.parametrize("bad", ["> hi", "< hi\n> ho", "> hi\n< a || b", "> {nosuch}\n< ok", "hi\n< ho"])
def test_a_bad_scene_is_named(bad: str) -> None:
    with pytest.raises(BadScene, match=r"here\.txt"):
        read_scene(bad, SLOTS, "here.txt")


def test_the_opening_lines_of_the_card_are_never_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for those of one or two words."""
    monkeypatch.setattr(corpora, "DRAWN", 8)
    lines = asked()
    assert len(lines) >= 29
    drawn = {bare(text) for document in corpora.documents("scenes", HERE) for _, text in document.turns}
    assert len(drawn) > 50_000
    assert not lines & drawn


def test_parts_hold_about_what_they_should() -> None:
    parts = [part_of(str(number)) for number in range(20_000)]
    assert 300 < parts.count("test") < 500
    assert 130 < parts.count("valid") < 270
