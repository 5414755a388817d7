"""Names: where they are names, in the scripts of chats, and where the same words are none."""

from __future__ import annotations

import pytest

from mynah.privacy.people import People, words_of

SPEAKERS = ("Maya Levi", "Theo Koslowski", "Will Ashdown", "May", "dragon_77", "[x]_away", "מאיה", "גל", "Маша", "Иван",
            "مروان", "Dr. Jo", "Mom")  # fmt: skip
PEOPLE = People.of(SPEAKERS, ())


def names(text: str, people: People = PEOPLE) -> list[str]:
    return [text[start:end] for start, end in people.find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ask Maya, or theo's mother", ["Maya", "theo"]),
        ("THEO!!", ["THEO"]),
        ("Levis Haus", ["Levi"]),
        ("thanks @⁨Maya Levi⁩", ["Maya", "Levi"]),
        ("dragon_77: are you there", ["dragon_77"]),
        ("i saw [x]_away there", ["[x]_away"]),
        ("למאיה אמרתי", ["מאיה"]),
        ("скажи Маше и ивану", ["Маше", "ивану"]),
        ("ومروان قال", ["مروان"]),
        ("the mayan calendar, Theodora", []),
        ("mom says hi", []),
    ],
)
def test_names_are_found_as_they_are_written(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("will you come in May?", []),
        ("Will you come?", []),
        ("I think Will knows", ["Will"]),
        ("Will Ashdown knows", ["Will", "Ashdown"]),
        ("@will look", ["will"]),
        ("see you on 5 May, or May 7", []),
        ("did May call?", ["May"]),
        ("גל גדול", []),
        ("היי גל, מה קורה", ["גל"]),
        ("ראיתי את גל", ["גל"]),
    ],
)
def test_an_ordinary_word_is_a_name_only_where_that_is_told(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_who_does_not_write_is_known_by_title_introduction_or_greetings() -> None:
    texts = [
        "Frau Kernhoff kommt",
        "my name is Bettina",
        "hi Rosalind!",
        "thanks Rosalind.",
        "hey there",
        "Hi Everyone!",
    ]
    texts += ["hi Sunshine", "hi Sunshine", "some sunshine"]
    people = People.of(["Maya"], texts)
    assert {"kernhoff", "bettina", "rosalind", "maya"} == people.names
    assert names("kernhoff sent Bettina", people) == ["kernhoff", "Bettina"]
    assert names("@unheard is here, @everyone", people) == ["unheard"]
    assert names("Rosalind is here", people) == ["Rosalind"]


def test_a_handle_that_is_a_word_is_a_name_only_where_somebody_is_called() -> None:
    texts = ["please help", "yes please", "please: no idea", "can you please try", "ok please", "where, please?"]
    people = People.of(["please", "kolobok"], texts)
    assert "please" in people.ordinary and "kolobok" in people.names
    assert names("please: try again", people) == ["please"]
    assert names("could you please ask kolobok", people) == ["kolobok"]


def test_the_words_of_a_speakers_name() -> None:
    assert list(words_of("Dr. Maya Levi (work)")) == ["maya", "levi"]
    assert list(words_of("maya_k")) == ["maya_k"] and list(words_of("+972 50-123-4567")) == []
    assert list(words_of("Mom 🌸")) == []


def test_nicknames_are_names_too() -> None:
    assert names("sasha said so", People.of(["Alexander Kern"], ())) == ["sasha"]
