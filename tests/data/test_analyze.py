"""Analyze: counts that add up, known values of the statistics, planted things found, a page that is whole and safe."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, run_stage
from mynah.core.tables import span, write_conversations
from mynah.core.types import GONE, NOBODY, Conversation, Kind, Message, Origin
from mynah.data import analyze, clean, gaps, ingest
from mynah.data.analysis import chats as columns
from mynah.data.analysis import languages, lengths, people, sentences, sentiment, times, topics, words
from mynah.data.analysis.chats import Chats

ATTACK = "<script>alert('x')</script><img src=x onerror=alert(1)> &amp; {{ 7*7 }}"
THINGS = {
    "boat": ["harbor", "mast", "rudder", "anchor", "keel", "jib", "halyard", "tiller", "mooring", "sail"],
    "bread": ["flour", "yeast", "oven", "crumb", "dough", "sourdough", "proof", "knead", "loaf", "crust"],
    "bike": ["saddle", "pedal", "spoke", "chain", "gear", "tire", "brake", "helmet", "handlebar", "pump"],
}
COMMON = ["the", "and", "to", "of", "a", "it", "is", "i", "you", "that"]


def conversation(
    lines: list[tuple[str, str]], start: datetime | None = datetime(2024, 1, 1, 20), step: int = 60, chat: str = ""
) -> Conversation:
    """Messages of (speaker, text), `step` seconds each."""
    messages = tuple(
        Message(who, text, start and start + timedelta(seconds=step * i), Origin("chat.txt", i + 1))
        for i, (who, text) in enumerate(lines)
    )
    return Conversation(messages, span(messages), chat)


def read(tmp_path: Path, *conversations: Conversation, sample: int = 10**6, seed: int = 7) -> Chats:
    """The columns of these conversations."""
    write_conversations(tmp_path / "conversations.parquet", conversations)
    return columns.read(tmp_path / "conversations.parquet", sample, seed)


def talk(dice: random.Random, evenings: int) -> list[Conversation]:
    """Ida says "totally" and Otto "indeed" far more often; each evening is about one of THINGS."""
    found = []
    for evening in range(evenings):
        about = THINGS[sorted(THINGS)[evening % 3]]
        lines = []
        for turn in range(8):
            who, mark = ("Ida", "totally 🌻") if turn % 2 else ("Otto", "indeed")
            mark = mark if dice.random() < 0.5 else ""
            lines.append((who, " ".join([*dice.sample(COMMON, 5), *dice.sample(about, 3), mark]).strip()))
        found.append(conversation(lines, datetime(2024, 1, 1, 20) + timedelta(days=evening)))
    return found


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Chats:
    return read(tmp_path_factory.mktemp("talk"), *talk(random.Random(3), 120))


# --- Laws -----------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["Ida", "Otto", "דני", "<b>", "", GONE])
KINDS = st.sampled_from(["text", "text", "text", "media", "system", "forwarded"])
WHEN = st.none() | st.datetimes(datetime(2019, 1, 1), datetime(2021, 1, 1))
SAID = st.tuples(NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=30), WHEN, KINDS)


@settings(max_examples=40)
@given(st.lists(st.lists(SAID, min_size=1, max_size=6), min_size=1, max_size=8))
def test_what_is_counted_adds_up(
    tmp_path_factory: pytest.TempPathFactory, given_: list[list[tuple[str, str, datetime | None, Kind]]]
) -> None:
    made = [
        Conversation(
            tuple(Message(who, text, at, Origin("c", 1), kind) for who, text, at, kind in lines), Origin("c", 1)
        )
        for lines in given_
    ]
    every = [m for each in made for m in each.messages]
    kept = [m for m in every if m.speaker not in ("", *NOBODY) and m.kind in columns.SPOKEN]
    folder = tmp_path_factory.mktemp("law")
    if not kept:
        with pytest.raises(UserError, match="words"):
            read(folder, *made)
        return
    chats = read(folder, *made)
    assert len(chats) == len(kept) == len(every) - sum(chats.left_out.values())
    assert [chats.names[i] for i in chats.speaker] == [m.speaker for m in kept]
    assert chats.texts == [m.text for m in kept]
    assert chats.length.tolist() == [len(m.text) for m in kept]
    assert [i for piece in chats.pieces for i in piece] == list(range(len(kept)))
    assert sum(each.messages for each in people.speakers(chats)) == len(kept)
    assert sum(each.begins for each in people.speakers(chats)) == chats.conversation[-1] + 1
    assert sum(lengths.lengths(chats).counts) == len(kept)
    timed = [m.at for m in kept if m.at]
    found = times.times(chats)
    assert (found is None) == (not timed)
    if found:
        assert found.timed == len(timed) == sum(found.messages) == sum(found.years.values())
        assert found.messages == [sum(each) for each in zip(*found.by_speaker.values(), strict=True)]
        week = np.zeros((7, 24), dtype=int)
        for at in timed:
            week[at.weekday(), at.hour] += 1
        assert found.week == week.tolist()


def test_silences_are_those_of_gaps(tmp_path: Path) -> None:
    dice = random.Random(5)
    one, two = talk(dice, 30), [conversation([("Ida", "a"), ("Otto", "b")], datetime(2023, 5, 1), 700, "other")]
    silence = times.silences(read(tmp_path, *one, *two))
    lines = tuple(m for each in one for m in each.messages)
    wanted = gaps.measured([Conversation(lines, span(lines)), *two])
    assert (silence["counts"], silence["cut"], silence["how"]) == (wanted.counts, wanted.cut, wanted.how)
    assert silence["all"] == sum(wanted.counts)


# --- Known values ---------------------------------------------------------------------------------------------------


def test_the_log_odds_are_those_worked_out_by_hand() -> None:
    here, elsewhere = np.array([30.0, 70.0]), np.array([10.0, 90.0])
    # the prior shares 500 words out as 40 : 160, that is 100 and 400
    delta = np.log(130 / 470) - np.log(110 / 490)
    wanted = delta / np.sqrt(1 / 130 + 1 / 110)
    assert words.log_odds(here, elsewhere, 100, 100)[0] == pytest.approx(wanted)
    assert words.log_odds(here, elsewhere, 100, 100) == pytest.approx(-words.log_odds(elsewhere, here, 100, 100))


def test_npmi_at_its_ends() -> None:
    assert topics.npmi(0.2, 0.3, 0) == -1
    assert topics.npmi(0.2, 0.3, 0.06) == pytest.approx(0)
    assert topics.npmi(0.2, 0.2, 0.2) == pytest.approx(1)
    assert topics.npmi(1, 1, 1) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't GO to https://example.org/a-b, it’s 42 km!", ["don't", "go", "to", "it's", "km"]),
        ('צה"ל שלום לכולם', ['צה"ל', "שלום", "לכולם"]),
        ("हिन्दी है", ["हिन्दी", "है"]),
        ("我喜欢茶", ["我喜", "喜欢", "欢茶"]),
        ("🙈 1234", []),
    ],
)
def test_words_of_any_script(text: str, found: list[str]) -> None:
    assert words.words(text) == found


def test_emoji_are_counted_without_tones_of_skin() -> None:
    assert words.emoji("ok 👍🏽👍 ❤️ 👨‍👩‍👧 12") == ["👍", "👍", "❤", "👨‍👩‍👧"]
    assert words.emoji("plain") == []


def test_stop_words_are_the_first_half() -> None:
    assert words.stop_words({"the": 50, "of": 30, "boat": 15, "keel": 5}) == {"the"}
    assert words.stop_words({}) == set()


def test_the_periods_fit_the_span() -> None:
    def unit(days: int) -> tuple[str, int]:
        place, names, unit = times.periods(np.array(["2020-02-28", "2020-02-28"], "datetime64[s]") +
                                           np.array([0, days * 86400], "timedelta64[s]"))  # fmt: skip
        assert place[1] == len(names) - 1
        return unit, len(names)

    assert unit(0) == ("day", 1)
    assert unit(3) == ("day", 4)
    assert unit(366) == ("week", 53)
    assert unit(1000) == ("month", 34)
    assert unit(40 * 366) == ("year", 41)
    monday = times.periods(np.array(["2024-01-03", "2024-05-06"], "datetime64[s]"))[1]
    assert monday[0] == "2024-01-01"
    assert monday[-1] == "2024-05-06"


@pytest.mark.parametrize(("share", "said"), [(0, "0"), (0.001, "under 1"), (0.62, "62"), (0.9999, "99"), (1, "100")])
def test_shares_are_never_rounded_to_nothing_or_all(share: float, said: str) -> None:
    assert sentences.percent(share) == f"{said}\N{NO-BREAK SPACE}%"


# --- Planted things -------------------------------------------------------------------------------------------------


def test_words_that_mark_a_speaker_are_found_and_no_others(talked: Chats) -> None:
    found = words.marks(talked, [words.words(text) for text in talked.spoken])
    assert {who: [mark.word for mark in marks] for who, marks in found.by_speaker.items()} == {
        "Otto": ["indeed"],
        "Ida": ["totally"],
    }
    pictures = words.marks(talked, [words.emoji(text) for text in talked.texts], among_messages=True)
    assert [mark.word for mark in pictures.by_speaker["Ida"]] == ["🌻"]


def test_topics_are_found_with_their_number(talked: Chats) -> None:
    found = topics.topics(talked, [words.words(text) for text in talked.spoken], 7)
    assert not found.why
    assert len(found.topics) == 3
    assert {frozenset(topic.words) for topic in found.topics} == {frozenset(each) for each in THINGS.values()}
    assert sum(topic.share for topic in found.topics) == pytest.approx(1)
    assert len(found.weights) == len(found.words)


def test_a_sample_is_of_whole_pieces_and_the_same_for_a_seed(tmp_path: Path) -> None:
    made = talk(random.Random(1), 60)
    first, again = (read(tmp_path, *made, sample=100) for _ in range(2))
    assert first.texts == again.texts
    assert 100 <= len(first.texts) < 100 + columns.PIECE
    assert {len(piece) for piece in first.pieces} == {8}
    assert len(first) == 480
    assert not first.whole
    assert read(tmp_path, *made, sample=100, seed=8).texts != first.texts
    texts = [m.text for each in made for m in each.messages]
    assert [texts[i] for i in first.sampled] == first.texts


def test_who_answers_whom(tmp_path: Path) -> None:
    lines = [("Ida", "a"), ("Otto", "b"), ("Ida", "c"), ("Pia", "d"), ("Pia", "e"), ("Ida", "f")]
    found = people.answers(read(tmp_path, conversation(lines)))
    assert found
    assert found.names == ["Ida", "Pia", "Otto"]
    assert found.counts == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    assert found.all == 4


def test_who_answers_whom_by_the_export(tmp_path: Path) -> None:
    ids = [("Ida", "1", None), ("Otto", "2", "1"), ("Pia", "3", "1"), ("Ida", "4", "3"), ("Ida", "5", "9")]
    messages = tuple(
        Message(who, "text", None, Origin("c", i), id=own, reply_to=other) for i, (who, own, other) in enumerate(ids)
    )
    found = people.answers(read(tmp_path, Conversation(messages, Origin("c", 1))))
    assert found
    assert found.all == 3
    assert found.counts[found.names.index("Pia")][found.names.index("Ida")] == 1
    assert found.how == "as the export has it"


def test_languages_and_sentiment(tmp_path: Path) -> None:
    english = ["what a lovely day, i am so happy about the garden", "this is terrible, i hate how awful the tram is"]
    hebrew = ["מתי יוצאים מחר בבוקר אל הים עם כולם", "אני כבר בדרך לתחנת הרכבת ליד הבית"]
    lines = [("Ida", english[0]), ("Otto", english[1]), ("דני", hebrew[0]), ("Ida", english[0]), ("דני", hebrew[1])]
    chats = read(tmp_path, *(conversation(lines) for _ in range(60)))
    spoken, each = languages.languages(chats, 7)
    assert spoken.messages == {"English": 180, "Hebrew": 120}
    felt = sentiment.sentiment(chats, each, 7)
    assert felt.scored == sum(felt.counts) == 180
    assert felt.by_speaker
    assert felt.by_speaker["Ida"].low > 0.5 > 0 > felt.by_speaker["Otto"].high
    assert "דני" not in felt.by_speaker
    assert sentiment.sentiment(chats, ["he"] * len(each), 7).why.startswith("Not available")


# --- The page -------------------------------------------------------------------------------------------------------


class Parsed(HTMLParser):
    """The tags of a page, their attributes, and whether each is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br", "path", "circle", "use"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "circle", "use"):
            assert self.open.pop() == tag


def project(path: Path, *conversations: Conversation) -> Project:
    """A project in which these conversations are ingested and cleaned."""
    made = Project.at(path / "maya")
    details: dict[str, dict[str, object]] = {
        "ingest": {"gaps": {"cut": 3600}, "unparsed": 3, "records": 0},
        "clean": {"dropped": {"links": 2}},
    }
    for stage, detail in details.items():

        def work(folder: Path, stage: str = stage, detail: dict[str, object] = detail) -> Account:
            write_conversations(folder / "conversations.parquet", conversations)
            return Account(stage, {}, {}, detail=detail)

        run_stage(made.folder(stage), "given", work)
    return made


def analysis(made: Project, **options: int) -> tuple[str, dict[str, object]]:
    account = analyze.run(made, analyze.Options(**options))
    page = made.folder("analyze") / "analysis.html"
    assert account.went_out == {"page": str(page)}
    return page.read_text(encoding="utf-8"), json.loads((page.parent / "analysis.json").read_text(encoding="utf-8"))


def test_the_page_is_whole_and_what_people_wrote_is_text(tmp_path: Path) -> None:
    dice = random.Random(2)
    attack = [conversation([(ATTACK, ATTACK), ("דני", "שלום"), ("Ida", "half an emoji")])]
    page, numbers = analysis(project(tmp_path, *talk(dice, 90), *(attack * 120)))
    parsed = Parsed(page)
    assert not parsed.open
    assert not {"script", "img", "iframe", "object"} & {tag for tag, _ in parsed.tags}
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    addresses = [v for _, attributes in parsed.tags for name in ("src", "href") if (v := attributes.get(name))]
    assert all(address.startswith(("#", "data:")) for address in addresses)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "&lt;script&gt;" in page
    assert "#0b00" not in page
    assert page.count("<summary>The numbers</summary>") >= 8
    assert numbers["messages"] == 90 * 8 + 360
    assert "prefers-color-scheme: dark" in page


def test_of_few_messages_nothing_is_concluded(tmp_path: Path) -> None:
    page, numbers = analysis(project(tmp_path, conversation([("Ida", "home?"), ("Otto", "almost"), ("Ida", "good")])))
    assert "too few to tell" in page
    assert "mostly" not in page
    assert numbers["people"] == 2


def test_the_page_says_who_writes_and_when(tmp_path: Path) -> None:
    made = [conversation([*[("Ida", f"message {i}") for i in range(8)], ("Otto", "ok"), ("Otto", "yes")],
                         datetime(2024, 1, 1, 20) + timedelta(days=day)) for day in range(30)]  # fmt: skip
    page, _ = analysis(project(tmp_path, *made))
    share = "80\N{NO-BREAK SPACE}%"
    assert f"<h1><bdi>Ida</bdi> writes {share} of the messages; mostly in the evening, after 18 (100" in page


@pytest.mark.parametrize(
    ("differences", "found"),
    [([5] * 20, True), ([5] * 9, False), ([5, -5] * 10, False), ([100] + [0] * 30, False), ([3, 3, -1] * 10, True)],
)
def test_what_happens_together_is_one_trial(differences: list[int], found: bool) -> None:
    first = np.maximum(differences, 0)
    assert times.beyond_chance(first, first - np.array(differences)) == found


def test_a_chat_without_times_has_a_page(tmp_path: Path) -> None:
    page, numbers = analysis(project(tmp_path, conversation([("Ida", "home?"), ("Otto", "almost")], start=None)))
    assert "have no times" in page
    assert numbers["times"] is None


def test_the_page_says_what_is_sampled(tmp_path: Path) -> None:
    made = project(tmp_path, *talk(random.Random(4), 150))
    page, numbers = analysis(made, sample=1000)
    assert "all 1,200 messages" in page
    assert "a sample of 1,000" in page
    assert numbers["sample"] == {"messages": 1000, "asked": 1000, "seed": 7, "whole": False}
    assert numbers["speakers"][0]["messages"] == 600  # type: ignore[index]
    assert analyze.run(made, analyze.Options(sample=1000)).reused
    assert not analyze.run(made, analyze.Options(sample=1100)).reused


# --- Real data ------------------------------------------------------------------------------------------------------


def real(tmp_path: Path, export: Path) -> Project:
    made = Project.at(tmp_path / "real")
    ingest.run(made, ingest.Options(input=(export,)))
    clean.run(made, clean.Options())
    return made


@pytest.mark.parametrize(
    "name",
    [
        "5_chat_exports/whatsapp_pustur/ios_group_with_media.zip",
        "5_chat_exports/whatsapp_synthetic_edge_cases/android_hebrew.txt",
        "1_ubuntu_irc/irc_disentanglement_train/2008-04-27.train-a.raw.txt",
    ],
)
def test_real_chats_have_a_page(tmp_path: Path, shared: Callable[[str], Path], name: str) -> None:
    made = real(tmp_path, shared(name))
    page, numbers = analysis(made)
    cleaned = made.account("clean").went_out["messages"]
    assert numbers["messages"] == cleaned - sum(numbers["left_out"].values())  # type: ignore[attr-defined]
    assert not Parsed(page).open
