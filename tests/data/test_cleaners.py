"""Cleaners: each drops and mends what its docstring says, an ordinary chat loses nothing, and every drop is counted."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

import mynah
from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, run_stage
from mynah.core.tables import read_conversations, read_rows, write_conversations
from mynah.core.types import Conversation, Kind, Message, Origin
from mynah.data import clean
from mynah.data.cleaners import bots, language, outlier

NOON = datetime(2024, 3, 1, 12)
MARK = r"(?:media|deleted|system|forwarded|automatic|same|\d+ times|\d+ fold|by [^,()]+|with \w+=[^,()]+)"
TOLD = re.compile(rf"^ *(dropped|kept|mended): (?:\(({MARK}(?:, {MARK})*)\) )?(.+)$", re.M)
SAID = (
    "are you there", "the tram is late again", "ok", "i bought too many lemons today, do you need some?", "yes!!", "no",
    "then we meet at the bridge at nine, bring the blue ladder", "😂", "haha", "who has the cellar key?", "on it",
)  # fmt: skip
ORDINARY = [
    Message(
        ("Ida", "Otto", "Mo")[i % 3], f"{SAID[i % 11]} {i}" if i % 7 == 3 else SAID[i % 11],
        NOON - timedelta(minutes=500 - i), Origin("chat.txt", i + 1),
    )
    for i in range(231)
]  # fmt: skip
"""A chat of three, who say the same things again and again."""

every = pytest.mark.parametrize("name", plugins.names("cleaner"))


class Sample:
    """A line of a docstring: what becomes of which messages, and the options that it needs."""

    def __init__(self, what: str, marks: str, text: str) -> None:
        self.what = what
        self.marks = marks.split(", ") if marks else []
        text, _, self.left = text.encode("latin-1", "backslashreplace").decode("unicode_escape").partition(" → ")
        text = " ".join([text] * int(self._mark(r"(\d+) fold", "1")))
        self.messages = [self._message(i, text) for i in range(int(self._mark(r"(\d+) times", "1")))]
        self.messages *= 2 if "same" in self.marks else 1
        self.options = dict(mark[5:].split("=") for mark in self.marks if mark.startswith("with "))

    def _mark(self, pattern: str, otherwise: str) -> str:
        """What a mark of this shape holds."""
        return next((found[1] for mark in self.marks if (found := re.fullmatch(pattern, mark))), otherwise)

    def _message(self, number: int, text: str) -> Message:
        kind: Kind = next((mark for mark in self.marks if mark in get_args(Kind)), "text")  # type: ignore[assignment]
        names = self._mark(r"by (.+)", "Ida").split("|")
        speaker = "" if kind == "system" else names[number % len(names)]
        at = NOON + timedelta(days=number)
        return Message(speaker, text.replace("#", str(number)), at, Origin("chat.txt", 1000 + number), kind)


def samples(plugin: ModuleType) -> list[Sample]:
    return [Sample(*found) for found in TOLD.findall(plugin.__doc__ or "")]


def asked(plugin: ModuleType, sample: Sample) -> dict[int, str | None]:
    """What a cleaner makes of the sample in an ordinary chat: each place's new text, None where it is dropped."""
    given = (plugin.Options(**sample.options),) if sample.options else ()
    messages = [*ORDINARY, *sample.messages]
    if hasattr(plugin, "mend"):
        found = {index: text or None for index, text in plugin.mend(messages, *given).items()}
    else:
        found = dict.fromkeys(plugin.find(messages, *given))
    return {index - len(ORDINARY): text for index, text in found.items() if index >= len(ORDINARY)}


# --- The contract ---------------------------------------------------------------------------------------------------


@every
def test_a_cleaner_does_what_its_docstring_says(name: str) -> None:
    plugin = plugins.load("cleaner", name)
    told = samples(plugin)
    assert {"dropped", "kept"} <= {sample.what for sample in told}
    assert hasattr(plugin, "find") != hasattr(plugin, "mend"), "a cleaner drops or mends"
    for sample in told:
        found, last = asked(plugin, sample), len(sample.messages) - 1
        expected = {"kept": {}, "dropped": {last: None}, "mended": {last: sample.left}}[sample.what]
        text = sample.messages[-1].text
        assert {index: left for index, left in found.items() if index == last} == expected, text[:200]
        assert sample.what != "kept" or not found, text[:200]


@every
def test_an_ordinary_chat_loses_nothing(name: str) -> None:
    plugin = plugins.load("cleaner", name)
    assert not (plugin.mend(ORDINARY) if hasattr(plugin, "mend") else list(plugin.find(ORDINARY)))


@every
def test_a_cleaner_of_nothing_finds_nothing(name: str) -> None:
    plugin = plugins.load("cleaner", name)
    ask = getattr(plugin, "mend", None) or plugin.find
    assert not list(ask([]))
    assert set(ask([Message("Ida", "", None, Origin("chat.txt", 1))])) <= ({0} if name == "empty" else set())


def test_the_demo_chat_loses_no_word_of_a_person() -> None:
    from mynah.data.files import inputs
    from mynah.data.sources import whatsapp

    (file,) = inputs(Path(mynah.__file__).parent / "samples" / "WhatsApp Chat with Maya.txt")
    chats = [item for item in whatsapp.read(file, whatsapp.Options()) if isinstance(item, Conversation)]
    found = clean.cleaned([m for chat in chats for m in chat.messages])
    assert not found.mended and set(found.reasons.values()) <= {"duplicate", "links", *clean.TEXTLESS}


# --- What single ones decide ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("Weather-Bot", True), ("weather_bot", True), ("NewsBot", True), ("quiz_bot2", True), ("ci[bot]", True),
        ("AutoModerator", True), ("Talbot", False), ("Abbot Mo", False), ("robotto", False), ("Jan Bot", False),
        ("bot", False), ("bottle", False), ("Botho", False), ("Ida", False),
    ],
)  # fmt: skip
def test_a_name_tells_after_a_boundary(name: str, program: bool) -> None:
    assert bots.is_program(name, ["the tram is late again", "who has the key?"]) == program


def test_where_two_talk_a_program_is_one_of_them() -> None:
    two = [replace(m, speaker="quiz_bot" if m.speaker == "Mo" else "Ida") for m in ORDINARY]
    assert not list(bots.find(two))
    of_three = [*two, ORDINARY[1]]
    assert {of_three[i].speaker for i in bots.find(of_three)} == {"quiz_bot"}


def test_an_outlier_is_far_beyond_the_chat_and_never_short() -> None:
    assert outlier.bound([20] * 200) == 3000
    assert outlier.bound([20] * 50) == 20_000, "too few to tell"
    assert outlier.bound([5000, 3000, 8000, 2000] * 50) == 20_000, "who always writes long letters"
    assert 3000 < outlier.bound([2, 100, 200, 300, 450] * 50) < 20_000
    assert outlier.bound([20] * 200 + [10**6] * 90) == 3000, "walls do not move the median"


def test_a_language_is_told_or_said_to_be_unsure() -> None:
    english = "yesterday evening we walked along the river and talked about everything that had happened there"
    german = "gestern abend sind wir am fluss entlang gegangen und haben über alles gesprochen, was dort passiert war"
    hebrew = (
        "אתמול בערב הלכנו לאורך הנהר ודיברנו על כל מה שקרה שם בקיץ האחרון, ואחר כך חזרנו הביתה ברגל כי לא היה אוטובוס"
    )
    said = [Message("Ida", text, None, Origin("a", i)) for i, text in enumerate((english, german, hebrew, "ok", "12"))]
    assert language.spoken(said) == {0: "en", 1: "de", 2: "he", 3: "unsure"}
    words = [Message("Ida", word, None, Origin("a", i)) for i, word in enumerate(german.split())]
    found = language.spoken([each for pair in zip(words, ORDINARY, strict=False) for each in pair])
    assert Counter(found[i] for i in range(0, 2 * len(words), 2)).most_common(1)[0][0] in ("de", "unsure")
    assert list(language.find(said, language.Options(only="en"))) == [1, 2]
    assert list(language.find(said, language.Options(only=("en", "he")))) == [1]
    with pytest.raises(UserError, match=r"code of a language.*'deutsch'"):
        language.Options(only=("deutsch",))


# --- The stage ------------------------------------------------------------------------------------------------------

DEVICE, TEMPLATE = (
    "\n\nSent from my iPhone",
    "Reminder no. {}: the laundry room on the second floor stays closed, use the other one",
)
DIRT = ["on my way" + DEVICE, DEVICE.strip(), "[no content]", *(TEMPLATE.format(i) for i in range(5)), "wall " * 5000]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in which a chat was read: the ordinary one, and dirt."""
    dirt = [Message("Otto", text, NOON + timedelta(days=i), Origin("chat.txt", 900 + i)) for i, text in enumerate(DIRT)]
    media = Message("Mo", "<Media omitted>", NOON, Origin("chat.txt", 899), "media")
    project = Project.at(tmp_path / "project")

    def ingest(folder: Path) -> Account:
        chats = [Conversation(tuple(part), Origin("chat.txt", 1)) for part in (ORDINARY, [media], dirt)]
        write_conversations(folder / "conversations.parquet", chats)
        return Account("ingest", {}, {})

    run_stage(project.folder("ingest"), "", ingest)
    return project


def texts(project: Project) -> list[str]:
    found = read_conversations(project.folder("clean") / "conversations.parquet")
    return [m.text for c in found for m in c.messages]


def test_every_drop_is_counted_named_and_listed(project: Project) -> None:
    account = clean.run(project, clean.Options())
    drops = {"near_duplicate": 4, "media": 1, "boilerplate": 1, "missing": 1, "outlier": 1}
    assert account.detail["dropped"] == drops and account.detail["mended"] == {"boilerplate": 1}
    assert account.went_out["messages"] == account.came_in["messages"] - sum(drops.values()) == len(texts(project))
    assert texts(project)[-2:] == ["on my way", TEMPLATE.format(0)], "the first one stays"
    listed = read_rows(project.folder("clean") / "dropped.parquet")
    assert Counter(row["reason"] for row in listed) == drops and {row["text"] for row in listed} > {"[no content]"}
    (mended,) = read_rows(project.folder("clean") / "mended.parquet")
    assert (mended["line"], mended["text"], mended["left"]) == (900, DIRT[0], "on my way")
    assert account.detail["dropped_speakers"]["near_duplicate"] == {"Otto": 4}


def test_the_uncleaned_twin_has_all_that_a_person_wrote(project: Project) -> None:
    cleaned = clean.run(project, clean.Options())
    raw = clean.run(project, clean.Options(raw=True))
    assert raw.fingerprint != cleaned.fingerprint and raw.detail["dropped"] == {"media": 1} and raw.detail["raw"]
    assert texts(project) == [m.text for m in ORDINARY] + DIRT and any("--no-clean" in note for note in raw.notes)
    assert clean.run(project, clean.Options()).fingerprint == cleaned.fingerprint


def test_options_of_a_cleaner_reach_it(project: Project) -> None:
    def dropped(**options: Any) -> dict[str, int]:
        found: dict[str, int] = clean.run(project, clean.Options(**options)).detail["dropped"]
        return found

    assert "near_duplicate" not in dropped(plugins={"near_duplicate": {"times": 6}})
    assert "outlier" not in dropped(keep=("outlier",))
    with pytest.raises(UserError, match=r"near_duplicate\.time.*'times'"):
        clean.Options(plugins={"near_duplicate": {"time": 6}})
    with pytest.raises(UserError, match=r"near_duplicate\.similarity.*7"):
        clean.Options(plugins={"near_duplicate": {"similarity": 7}})
    with pytest.raises(UserError, match=r"a cleaner with options, found 'links'.*clean\.keep=\[links\]"):
        clean.Options(plugins={"links": {"x": 1}})
    with pytest.raises(UserError, match="Did you mean 'outlier'"):
        clean.Options(plugins={"outlie": {}})


def test_a_cleaner_sees_what_the_ones_before_it_left() -> None:
    """Three exports of a chat that overlap: what somebody wrote twice is there six times, and no template."""
    long = "the harbor master says that the big crane will not move before Sunday, so we have to carry it"
    own = [Message("Ida", long, NOON + timedelta(days=day), Origin("a", day + 1)) for day in range(2)]
    assert clean.find(own * 3) == dict.fromkeys(range(2, 6), "duplicate")


Add = Callable[[str, str], None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Put a cleaner into the folder, for one test."""

    def put(name: str, code: str) -> None:
        package = importlib.import_module(plugins.FOLDERS["cleaner"])
        (tmp_path / "plugins").mkdir()
        (tmp_path / "plugins" / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / "plugins")])

    yield put


def test_a_cleaner_that_fails_means_no_result(project: Project, add: Add) -> None:
    add("broken", "def find(messages):\n    yield 0\n    raise ZeroDivisionError\n")
    with pytest.raises(ZeroDivisionError):
        clean.run(project, clean.Options())
    assert not project.folder("clean").exists()
    with pytest.raises(UserError, match="nothing of it"):
        project.account("clean")
    assert clean.run(project, clean.Options(keep=("broken",))).detail["dropped"]


def test_a_cleaner_that_mends_is_counted(add: Add) -> None:
    add(
        "whisper",
        "def mend(messages):\n    return {i: m.text.lower() for i, m in enumerate(messages) if m.text.isupper()}\n",
    )
    said = [Message("Ida", text, None, Origin("a", 1)) for text in ("HI", "hello", "HTTPS://A.EXAMPLE")]
    found = clean.cleaned(said)
    assert [m.text for m in found.messages] == ["hi", "hello", "https://a.example"]
    assert found.mended == {0: "whisper"} and found.reasons == {2: "links"}


# --- Real people ----------------------------------------------------------------------------------------------------

REAL = Path(__file__).parents[3] / "shared" / "data"


def ubuntu(files: int) -> list[Message]:
    """What was said on #ubuntu."""
    from mynah.data.files import inputs
    from mynah.data.sources import irc

    paths = sorted((REAL / "1_ubuntu_irc" / "irc_disentanglement_train").glob("*.raw.txt"))[:files]
    items = [item for path in paths for file in inputs(path) for item in irc.read(file, irc.Options())]
    return [m for item in items if isinstance(item, Conversation) for m in item.messages]


@pytest.mark.skipif(not REAL.exists(), reason="the real data are not here")
def test_of_what_people_said_on_irc_next_to_nothing_is_dropped() -> None:
    messages = [m for m in ubuntu(20) if m.kind == "text"]
    judged = Counter(clean.find(messages, keep=("links", "code", "duplicate")).values())
    assert len(messages) > 10_000 and judged.total() < 0.005 * len(messages), judged
