"""Pseudonyms: back again whatever the text, the same everywhere, of the same kind, and for their owner's eyes only."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.privacy.people import People
from mynah.privacy.pseudonyms import PARTS, Map, closed, place

SPEAKERS = ("Maya Levi", "Theo Koslowski", "Will", "מאיה", "Маша Кирюхина", "+49 170 1234567", "dragon_77")
SECRETS = (
    "Maya", "maya", "MAYA", "mAyA", "Levi", "Theo", "למאיה", "Маше", "машей", "dragon_77", "maya@posteo.de",
    "Maya@Posteo.de",
    "+49 170 1234567", "0170 1234567", "0170/1234567", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00",
    "84.17.52.9",
    "https://example.com/?token=abcd1234", "password: blue-Heron42", "@will", "born on 12.03.1987", "SSN 123-45-6789",
)  # fmt: skip
GLUE = (" ", "", ", ", "\n", "s", "'s ", "-", "@", "ל", PARTS, PARTS * 2, "x", "1", ".", ": ")


def fresh(key: str = "k") -> Map:
    mapped = Map(key)
    mapped.learn(SPEAKERS, SECRETS)
    return mapped


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(SECRETS) | st.sampled_from(GLUE) | st.text(max_size=4) | st.integers(0, 99), max_size=8)
)
def test_what_is_replaced_comes_back_whatever_the_text(parts: list[str | int]) -> None:
    mapped = fresh()
    mapped.replace(" ".join(SECRETS))
    made = [pseudonym for _, pseudonym in mapped.pairs.values()]
    pieces = [made[part % len(made)] if isinstance(part, int) else part for part in parts]  # pseudonyms, too
    text = "".join(pieces)
    replaced = mapped.replace(text)
    assert mapped.restore(replaced) == text
    assert mapped.restore(mapped.speaker(text)) == text
    assert mapped.replace(text) == replaced


def test_nothing_personal_is_left_and_nothing_else_is_changed() -> None:
    mapped = fresh()
    text = "ask Maya, or write to maya@posteo.de before 12.03.2024; will it rain?"
    replaced = mapped.replace(text)
    assert not {"Maya", "maya", "posteo"} & set(replaced.replace("@", " ").replace(",", " ").split())
    assert replaced.startswith("ask ") and replaced.endswith(" before 12.03.2024; will it rain?")
    assert mapped.replace("nothing here") == "nothing here" == mapped.restore("nothing here")


def test_the_same_is_the_same_everywhere() -> None:
    mapped = fresh()
    full, first, last = mapped.speaker("Maya Levi"), mapped.replace("Maya"), mapped.replace("Levi")
    assert full == f"{first} {last}" and len({"Maya", "Levi", first, last}) == 4
    assert mapped.replace("MAYA maya") == f"{first.upper()} {first.lower()}"
    assert mapped.replace("Maya's ladder") == f"{first}'s ladder"
    with_code, without = mapped.replace("+49 170 1234567"), mapped.replace("0170 1234567")
    assert with_code.startswith("+49 ") and without.startswith("0") and with_code[-7:] == without[-7:]
    assert mapped.replace("Маше").endswith(("е", "и")) and mapped.restore(mapped.replace("скажи Маше")) == "скажи Маше"


def test_a_pseudonym_is_drawn_by_a_key_and_occurs_nowhere_in_the_chat() -> None:
    one, other = fresh("one").replace("Maya"), fresh("other").replace("Maya")
    assert one == fresh("one").replace("Maya")
    again = Map("one")
    again.learn([*SPEAKERS, one], ())
    assert again.replace("Maya") != one and (one != other or fresh("third").replace("Maya") != one)


def test_a_pseudonym_that_is_typed_is_another() -> None:
    mapped = fresh()
    made = mapped.replace("Maya")
    typed = f"do you know {made}?"
    assert made not in mapped.replace(typed) and mapped.restore(mapped.replace(typed)) == typed
    assert PARTS not in mapped.replace(typed)
    assert mapped.restore(f"{made} and {made.lower()}") == "Maya and maya", "as a bot may write it"


@pytest.mark.parametrize("size", [1, 3, 200])
def test_a_text_in_pieces_is_restored_as_the_whole(size: int) -> None:
    mapped = fresh()
    replaced = mapped.replace("\n".join(SECRETS) + " and some more words, to be sure")
    pieces = [replaced[i : i + size] for i in range(0, len(replaced), size)]
    assert "".join(mapped.restored(pieces)) == mapped.restore(replaced)
    assert len(list(mapped.restored(pieces))) > 1 or size == 200


def test_what_is_kept_is_kept() -> None:
    mapped = Map("k", keep=("email", "maya"))
    mapped.learn(SPEAKERS, ())
    assert mapped.replace("Maya: maya@posteo.de") == "Maya: maya@posteo.de" != mapped.replace("Theo: maya@posteo.de")
    assert mapped.speaker("Maya Levi").startswith("Maya ")


def test_the_map_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    mapped = fresh()
    text = "ask Maya at maya@posteo.de"
    replaced = mapped.replace(text)
    mapped.save(tmp_path)
    path = place(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    again = Map.load(tmp_path)
    assert again.notes and stat.S_IMODE(path.stat().st_mode) == 0o600 and not closed(path)
    assert again.restore(replaced) == text and again.replace(text) == replaced
    path.write_text(json.dumps({"format": 99}), encoding="utf-8")
    with pytest.raises(UserError, match="format 1"):
        Map.load(tmp_path)
    assert Map.load(tmp_path / "elsewhere").key != mapped.key


def test_people_of_an_older_chat_stay_known() -> None:
    mapped = fresh()
    mapped.learn(["Otto"], ())
    assert mapped.replace("Maya and Otto").count("Maya") == 0 and isinstance(mapped.people, People)
