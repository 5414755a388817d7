"""Which language: what is judged together, and that the analysis and the cleaner judge alike."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core import language
from mynah.core.tables import write_conversations
from mynah.core.types import Conversation, Message, Origin
from mynah.data.analysis import chats, languages
from mynah.data.cleaners import language as cleaner

REAL = Path(__file__).parents[3] / "shared" / "data" / "4_faq_dialogue_instruct"
SAID = st.tuples(st.sampled_from("IO"), st.text("abה 1🙂.", max_size=50) | st.just("word " * 30))
ENGLISH = "yesterday evening we walked along the river and talked about everything that had happened"
GERMAN = "gestern abend sind wir am fluss entlang gegangen und haben über alles gesprochen was passiert war"


@given(st.lists(SAID, max_size=40))
def test_every_text_with_words_is_in_one_run_of_its_person(said: list[tuple[str, str]]) -> None:
    runs = list(language.runs(said))
    places = [place for run, _ in runs for place in run]
    assert sorted(places) == [n for n, (_, text) in enumerate(said) if any(letter.isalpha() for letter in text)]
    short = []
    for run, words in runs:
        (person,) = {said[place][0] for place in run}
        assert run == sorted(run) and words.replace(" ", "").isalpha()
        assert words.split() == " ".join(language._not_words().sub(" ", said[place][1]) for place in run).split()
        if len(words) < language.LETTERS:
            short.append(person)
    assert len(short) == len(set(short)), "only what a person wrote last is too short"


def test_what_is_too_short_is_unsure() -> None:
    assert language.identified(ENGLISH) == "en" and language.identified(GERMAN) == "de"
    assert language.identified(ENGLISH[: language.LETTERS - 1]) == language.UNSURE
    assert {"en", "de", "he", "zh"} <= set(language.codes())


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")
def test_of_real_small_talk_no_language_is_taken_for_another() -> None:
    right = 0
    for code, folder in {"de": "de-de", "en": "en-us", "es": "es-es", "fr": "fr-fr"}.items():
        lines = (REAL / f"ms_chitchat_{folder}" / "chitchat.jsonl").read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        said = [("", text) for row in rows for text in (row["question"], *row["alternatives"][:12], row["answer"])]
        found = Counter(language.identified(words) for _, words in language.runs(said))
        assert set(found) <= {code, language.UNSURE}
        right += found[code]
    assert right == 1245


def test_analysis_and_cleaner_judge_alike(tmp_path: Path) -> None:
    words = [*ENGLISH.split(), "🙂", *GERMAN.split()]
    told = [("Ida", ENGLISH), ("Otto", GERMAN), *(("Ida" if word in ENGLISH else "Otto", word) for word in words)]
    messages = tuple(Message(who, text, None, Origin("chat", n)) for n, (who, text) in enumerate(told))
    write_conversations(tmp_path / "chat.parquet", [Conversation(messages, Origin("chat", 1))])
    _, found = languages.languages(chats.read(tmp_path / "chat.parquet", 1000, 7), 7)
    spoken = cleaner.spoken(messages)
    assert found == [spoken.get(n) for n in range(len(messages))]
    assert {"en", "de", None} <= set(found)


@pytest.mark.parametrize(
    ("found", "texts"),
    [
        ("English", ["are you coming tonight?", "yeah but I have to walk the dog first", "ok no rush, it's not late"]),
        ("English", ["u home", "nah im at the shop, what do u need", "milk n bread pls"]),
        ("Hebrew", ["את באה הערב?", "כן אבל קודם אני מורידה את הכלב", "טוב ok אין לחץ"]),
        ("not English", ["kommst du heute Abend?", "ja aber ich muss noch mit dem Hund raus", "passt, kein Stress"]),
        ("not English", ["was will er in Rom", "wir fahren mit dem Zug nach Hause", "bringst du Brot und Käse mit?"]),
        ("not English", ["vieni stasera?", "sì ma prima porto fuori il cane", "va bene, senza fretta"]),
        ("Cyrillic", ["ты придёшь вечером?", "да, только выведу собаку"]),
        ("", ["😂", "👍 12:30", ""]),
        ("", []),
    ],
)
def test_a_chat_is_told_by_script_and_common_words(found: str, texts: list[str]) -> None:
    assert language.language(texts) == found
