"""From an export to the parts: every line, message and turn is accounted for, and every turn is learned once."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, run_stage
from mynah.core.tables import read_conversations, read_examples, read_rows, write_conversations
from mynah.core.types import Conversation, Example, Message, Origin, Turn
from mynah.data import clean, ingest, pair, persona, pseudonymize, split
from mynah.data import parts as parts_of
from mynah.data.turns import bubble
from mynah.data.turns import turns_of as turned
from tests.conftest import DIRT, EVENING, evenings, export, said

HOUR = timedelta(hours=1)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.at(tmp_path / "project")


def ingested(project: Project, path: Path, **options: Any) -> Account:
    return ingest.run(project, ingest.Options(input=path, **options))


def cleaned(project: Project) -> Account:
    """Cleaned, and handed on without pseudonyms."""
    account = clean.run(project, clean.Options())
    pseudonymize.run(project, pseudonymize.Options(off=True))
    return account


def conversations(project: Project, stage: str) -> list[Conversation]:
    return read_conversations(project.folder(stage) / "conversations.parquet")


def parts(project: Project) -> dict[str, list[Example]]:
    return {name: read_examples(project.folder("split") / f"{name}.parquet") for name in parts_of.PARTS}


# --- ingest ---------------------------------------------------------------------------------------------------------


def test_an_hour_of_silence_ends_a_conversation(project: Project, tmp_path: Path) -> None:
    chat = export(tmp_path / "chat.txt", "Ida: one", "+58", "Otto: two", "+60", "Ida: three", "Ida: four")
    assert ingested(project, chat).detail["conversations"] == 2
    texts = [[m.text for m in c.messages] for c in conversations(project, "ingest")]
    assert texts == [["one", "two"], ["three", "four"]]
    assert ingested(project, chat, gap="30m").detail["conversations"] == 3
    assert ingested(project, chat, gap="2h").detail["conversations"] == 1


def test_of_a_zip_the_chat_is_read(project: Project, chat: Path, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/_chat.txt", export(tmp_path / "other.txt", *DIRT, *evenings(9)).read_text("utf-8"))
        archive.writestr("notes.txt", "buy milk\nring the bell twice\n")
        archive.writestr("photo.jpg", b"\xff\xd8" * 500)
        archive.writestr("_chat.txt", chat.read_bytes())
    account = ingested(project, path)
    assert account.detail["file"] == "export.zip/_chat.txt" and account.detail["messages"] == 307
    assert conversations(project, "ingest")[0].origin.file == "export.zip/_chat.txt"


def zipped(path: Path, text: bytes) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("chat.txt", text)
    return path.read_bytes()


def encrypted(packed: bytes) -> bytes:
    """The flag of encryption, in both headers of the one member."""
    data, there = bytearray(packed), packed.index(b"PK\x01\x02")
    data[6] |= 1
    data[there + 8] |= 1
    return bytes(data)


def damaged(packed: bytes) -> bytes:
    return packed[:60] + bytes(255 - byte for byte in packed[60:70]) + packed[70:]


TEXT = "".join(f"{day:02}/01/2024, 10:00 - Ida: line {day * day}\n" for day in range(1, 32)).encode()
UNREAD: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda path: b"", "'chat.txt', which is empty"),
    "not a chat": (lambda path: b"Dear diary,\nnothing happened.\n", "whatsapp.*looks like a plain text without mess"),
    "json": (lambda path: b'{"milk": 2}', "looks like a JSON file without messages"),
    "picture": (lambda path: b"\xff\xd8\xff\xe0" + bytes(99), "looks like a picture"),
    "document": (lambda path: b"%PDF-1.7 ", "looks like a PDF"),
    "binary": (lambda path: bytes(range(256)) * 20, "looks like a file of bytes that are no text"),
    "zip without a chat": (
        lambda path: zipped(path, b"nothing"),
        "none in 'chat.txt', .* 1 plain text without messages",
    ),
    "bomb": (lambda path: zipped(path, b" " * 5_000_000), "sane size.*5,000,000 bytes"),
    "half a zip": (lambda path: zipped(path, TEXT)[:150], "looks like a damaged archive"),
    "encrypted": (lambda path: encrypted(zipped(path, TEXT)), "without a password"),
    "damaged": (lambda path: damaged(zipped(path, TEXT)), "chat.txt', which is damaged"),
    "media only": (lambda path: b"".join(b"1%d/01/2024, 10:00 - Ida: <Media omitted>\n" % n for n in range(9)), "text"),
}


@pytest.mark.parametrize("what", UNREAD)
def test_what_cannot_be_read_is_said(project: Project, tmp_path: Path, what: str) -> None:
    make, told = UNREAD[what]
    path = tmp_path / "chat.txt"
    path.write_bytes(make(path))
    with pytest.raises(UserError, match=told):
        ingested(project, path)
    assert not project.folder("ingest").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_an_encoding_is_known_and_a_guess_is_said(project: Project, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes(TEXT.decode().replace("Ida", "Jörg").encode(encoding))
    account = ingested(project, path)
    assert account.detail["speakers"] == {"Jörg": 31}
    assert ("Windows-1252" in account.detail["facts"].get("encoding", "")) == (encoding == "latin-1")


def test_one_byte_that_is_not_utf8_spoils_nothing_else(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes(TEXT.decode().replace("Ida", "Jörg").encode() + b"31/01/2024, 11:00 - J\xc3\xb6rg: caf\xe9\n")
    account = ingested(project, path)
    assert account.detail["speakers"] == {"Jörg": 32} and "encoding" in account.detail["facts"]
    assert conversations(project, "ingest")[-1].messages[-1].text == "café"


@pytest.mark.parametrize("folder", ["whatsapp_chatistics", "whatsapp_pustur", "whatsapp_synthetic_edge_cases"])
def test_lines_of_real_exports_add_up(folder: str, shared: Callable[[str], Path], tmp_path: Path) -> None:
    read = 0
    for number, path in enumerate(sorted(shared(f"5_chat_exports/{folder}").rglob("*.txt"))):
        try:
            account = ingested(Project.at(tmp_path / str(number)), path)
        except UserError as error:
            assert re.search("looks like a|which number is the day|with text", str(error)), path
            continue
        text = path.read_text("utf-8-sig")
        detail = account.detail
        assert detail["lines"] == text.count("\n") + (not text.endswith("\n")) == sum(detail["lines_by_kind"].values())
        assert detail["messages"] == sum(detail["speakers"].values())
        read += 1
    assert read > 0


# --- clean ----------------------------------------------------------------------------------------------------------


def test_every_drop_has_a_counted_reason_and_is_listed(project: Project, chat: Path) -> None:
    ingested(project, chat)
    account = clean.run(project, clean.Options())
    drops = {"media": 1, "system": 2, "links": 1, "duplicate": 1}
    assert account.detail["dropped"] == drops
    listed = read_rows(project.folder("clean") / "dropped.parquet")
    assert Counter(row["reason"] for row in listed) == drops
    assert {(row["line"], row["text"]) for row in listed} >= {(2, "<Media omitted>"), (4, "https://example.org/tram")}
    left = [m.text for c in conversations(project, "clean") for m in c.messages]
    assert left == ["hello?", "this has\ntwo lines", "😂", *(line.partition(": ")[2] for line in EVENING * 50)]
    assert "links" not in clean.run(project, clean.Options(keep=("links",))).detail["dropped"]


def test_nothing_left_is_an_error(project: Project, tmp_path: Path) -> None:
    ingested(project, export(tmp_path / "chat.txt", *["Ida: https://example.org"] * 2, "Ida: <Media omitted>"))
    with pytest.raises(UserError, match=r"none \(2 links, 1 media\)"):
        cleaned(project)
    with pytest.raises(UserError, match=r"'pseudonymize'.*nothing of it"):
        pair.run(project, pair.Options(me="Ida"))


# --- pair -----------------------------------------------------------------------------------------------------------


def turns_of(*lines: str, several: bool = False, context: int = 12) -> tuple[list[tuple[Any, ...]], dict[str, int]]:
    turns, lost = turned(said(*lines).messages, ["Ida"], several, context)
    return [(turn.role, turn.bubbles, turn.speaker, turn.learn) for turn in turns], lost


def test_turns_keep_their_bubbles() -> None:
    turns, lost = turns_of("Otto: hi ", "Otto: you?", "Ida: one\r\n two ", "Ida: 😂", "Otto: ok")
    assert turns == [("user", ("hi", "you?"), "Otto", False), ("assistant", ("one\n two", "😂"), "Ida", True)]
    assert lost == {"too far before a reply": 0, "no reply follows": 1}


def test_a_group_gets_names_and_a_persona_may_begin() -> None:
    turns, _ = turns_of("Ida: hello all", "Otto: hi", "Mo: hey", "Otto: tea?", "Ida: yes", several=True)
    others = ("user", ("Otto: hi", "Mo: hey", "Otto: tea?"), "Otto, Mo", False)
    assert turns == [("assistant", ("hello all",), "Ida", True), others, ("assistant", ("yes",), "Ida", True)]


def test_only_the_nearest_messages_are_context() -> None:
    turns, lost = turns_of("Otto: a", "Otto: b", "Otto: c", "Ida: d", context=2)
    assert turns[0][1] == ("b", "c") and lost["too far before a reply"] == 1


def test_either_side_can_be_the_persona_and_too_little_is_said(project: Project, chat: Path, tmp_path: Path) -> None:
    ingested(project, chat)
    cleaned(project)
    told = {name: pair.run(project, pair.Options(me=name)) for name in ("IDA", "otto")}
    assert [account.detail["persona"] for account in told.values()] == ["Ida", "Otto"]
    assert told["IDA"].went_out["turns of Ida"] == 101 and told["otto"].went_out["turns of Otto"] == 102
    few = export(tmp_path / "few.txt", *evenings(9))
    ingested(project, few)
    cleaned(project)
    with pytest.raises(UserError, match=r"at least 20 turns.*18 of Ida \(36 messages\)"):
        pair.run(project, pair.Options(me="Ida"))


def test_a_speaker_who_is_not_there_is_told_who_is(project: Project, tmp_path: Path) -> None:
    ingested(project, export(tmp_path / "chat.txt", *evenings(20)))
    cleaned(project)
    for asked, told in (("Otte", r"Did you mean 'Otto'\? "), ("qqq", "")):
        expected = rf"a speaker of this chat, found '{asked}'\. {told}Speakers: Ida \(67%\), Otto \(33%\)\."
        with pytest.raises(UserError, match=expected):
            pair.run(project, pair.Options(persona=asked))
    with pytest.raises(UserError, match=r"found no --as\. Choose one with --as NAME: Ida \(67%\), Otto \(33%\)\."):
        pair.run(project, pair.Options())
    with pytest.raises(UserError, match=r"s19 \(4%\) and 5 more\.$"):
        persona.named("qqq", {f"s{n}": 1 for n in range(25)})


def test_a_persona_of_several_chats_is_learned_from_all(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    export(folder / "Fern.txt", "+5000", *["Fern: up?", "Ida: now", "+900"] * 15)
    export(folder / "Otto.txt", *["Otto: tea?", "Ida: yes", "+1400"] * 15)
    export(folder / "group.txt", "+700", *["Otto: when?", "Mo: who?", "Ida: me", "Mo: ok", "+1400"] * 15)
    export(folder / "others.txt", *["Mo: hi", "Otto: hello", "+1400"] * 5)
    assert ingested(project, folder).detail["conversations"] == 50
    cleaned(project)
    account = pair.run(project, pair.Options(persona="ida", consent=True))
    assert account.went_out["turns of Ida"] == 45 and account.went_out["examples"] == 45
    assert account.detail["left_out"] == {"too far before a reply": 0, "no reply follows": 15 + 10}
    examples = read_examples(project.folder("pair") / "examples.parquet")
    heard = {example.origins[0].file: example.turns[0].bubbles for example in examples}
    assert heard == {"Fern.txt": ("up?",), "Otto.txt": ("tea?",), "group.txt": ("Otto: when?", "Mo: who?")}, (
        "names are for the chat that is a group"
    )
    assert split.run(project, split.Options()).detail["turns"] == {"train": 36, "valid": 5, "test": 4}
    found = parts(project)
    times = [e.at for name in parts_of.PARTS for e in found[name]]
    assert times == sorted(times), "by time, over all chats"
    assert len({e.origins[0].file for e in found["train"]}) == 3


def test_an_older_export_of_the_same_chat_is_learned_once(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    for name, count in {"WhatsApp Chat with Ida.txt": 30, "WhatsApp Chat with Ida (1).txt": 20}.items():
        export(folder / name, *evenings(count))
    told = ingested(project, folder).detail
    assert told["messages"] == 180 and told["in_two_exports"] == 120
    assert cleaned(project).detail["dropped"] == {}
    assert pair.run(project, pair.Options(me="Ida")).went_out["turns of Ida"] == 60


def test_a_person_at_a_terminal_chooses_by_number_or_name() -> None:
    answers, heard = iter(["", "3", "0", "otto"]), []
    chosen = persona.choose({"Ida": 30, "Otto": 10}, lambda question: next(answers), heard.append)
    assert chosen == "Otto" and "Ida" in heard[0] and "75%" in heard[0] and len(heard) == 5
    assert persona.choose({"Ida": 30, "Otto": 10}, lambda question: "1", heard.append) == "Ida"

    def hung_up(question: str) -> str:
        raise EOFError

    with pytest.raises(UserError, match=r"no --as.*Ida \(75%\), Otto \(25%\)"):
        persona.choose({"Ida": 30, "Otto": 10}, hung_up, heard.append)


def test_who_has_no_name_is_never_the_persona() -> None:
    named = ["[deleted]"] * 5 + ["Ida", "[unknown]", "Otto", "[removed]", "Ida"]
    messages = tuple(Message(who, "hi", None, Origin("chat", n)) for n, who in enumerate(named))
    speakers = persona.shares([Conversation(messages, Origin("chat", 1))])
    assert speakers == {"Ida": 2, "Otto": 1}
    assert persona.choose(speakers, lambda question: "1", [].append) == "Ida"
    with pytest.raises(UserError, match=r"a speaker of this chat, found '\[deleted\]'.*: Ida \(67%\), Otto \(33%\)"):
        persona.agreed(pair.Options(persona="[deleted]", consent=True), speakers)


def test_one_person_under_several_names_and_several_people_in_one_role(project: Project, tmp_path: Path) -> None:
    talk = ["Otto: tea?", "Ida: yes", "ida_k: two", "Mo: me too", "+5", "Ida (work): come", "+1400"] * 10
    ingested(project, export(tmp_path / "chat.txt", *talk))
    cleaned(project)
    account = pair.run(project, pair.Options(me="Ida, IDA_K, Ida (work)"))
    assert account.detail["names"] == ["Ida", "ida_k", "Ida (work)"] and account.detail["others"] == ["Otto", "Mo"]
    (first, *_) = read_examples(project.folder("pair") / "examples.parquet")
    assert [turn.bubbles for turn in first.turns] == [("Otto: tea?",), ("yes", "two"), ("Mo: me too",), ("come",)]
    assert {turn.speaker for turn in first.turns if turn.learn} == {"Ida"}
    assert persona.together("Kim, Ada", {"Kim, Ada": 3, "Kim": 2}) == ("Kim, Ada",), "a name may have a comma"


def test_a_bot_of_somebody_else_needs_their_yes(project: Project, tmp_path: Path) -> None:
    speakers = {"Ida": 30, "Otto": 10, "assistant": 5}
    asked = r"a yes of Otto to a bot that talks like them, found none\. .*--me 'Otto'.*--consent"
    for options in (pair.Options(persona="otto"), pair.Options(persona="Otto", me="Ida")):
        with pytest.raises(UserError, match=asked):
            persona.agreed(options, speakers)
    for options in (
        pair.Options(persona="Otto", consent=True),
        pair.Options(me="Otto"),
        pair.Options(persona="assistant"),
    ):
        assert persona.agreed(options, speakers)
    settle = lambda *said: persona.settled(pair.Options(), speakers, lambda _, left=list(said): left.pop(0), [].append)  # noqa: E731
    assert settle("2", "me") == pair.Options(persona="Otto", me="Otto")
    assert settle("2", "Yes") == pair.Options(persona="Otto", consent=True)
    with pytest.raises(UserError, match=asked):
        settle("2", "no")


# --- split ----------------------------------------------------------------------------------------------------------


def example(number: int, learned: int, at: datetime | None = None) -> Example:
    asked, answered = Turn("user", ("how much?",)), Turn("assistant", ("much",), learn=True)
    return Example(f"c{number}", (asked, answered) * learned, at=at)


@given(st.lists(st.integers(1, 30), min_size=10, max_size=60))
def test_the_parts_are_near_their_shares_and_in_order(sizes: list[int]) -> None:
    start = datetime(2024, 1, 1)
    examples = [example(i, size, start + HOUR * i) for i, size in enumerate(sizes)]
    pieces = split.enough(split.in_order(examples[::-1]))
    found = parts_of.by_time([(piece,) for piece in pieces], 0.1, 0.1)
    assert [e for part in found.values() for e in part] == pieces and all(found.values())
    assert [turn for e in pieces for turn in e.turns] == [turn for e in examples for turn in e.turns]
    total, largest = sum(sizes), max(map(parts_of.learned, pieces))
    assert largest <= 0.2 * total and (pieces == examples or max(sizes) > 0.2 * total)
    tolerance = 2 * largest / total  # the last two may have to be valid and test
    for name, share in {"train": 0.8, "valid": 0.1, "test": 0.1}.items():
        size = sum(turn.learn for e in found[name] for turn in e.turns)
        assert abs(size / total - share) <= tolerance + 1e-9


def test_one_long_conversation_does_not_fill_the_test_part() -> None:
    pieces = split.enough([example(i, 10) for i in range(10)] + [example(10, 1000)])
    found = parts_of.by_time([(piece,) for piece in pieces], 0.1, 0.1)
    learned = {name: sum(turn.learn for e in part for turn in e.turns) for name, part in found.items()}
    assert learned["train"] > 0.7 * sum(learned.values())


def test_few_conversations_are_cut_and_it_is_said(project: Project, tmp_path: Path) -> None:
    ingested(project, export(tmp_path / "chat.txt", *(line for line in evenings(20) if line[0] != "+")))
    cleaned(project)
    pair.run(project, pair.Options(me="Ida"))
    account = split.run(project, split.Options())
    assert any("1 of 1 conversations were cut" in note for note in account.notes)
    assert all(parts(project).values()) and account.detail["turns"]["train"] == 30
    with pytest.raises(UserError, match="at least 3 conversations, found 2"):
        split.enough([example(0, 1), example(1, 1)])


def test_of_300_messages_it_is_said_that_they_are_too_few(project: Project, tmp_path: Path) -> None:
    ingested(project, export(tmp_path / "chat.txt", *evenings(50)))
    assert cleaned(project).came_in["messages"] == 300
    pair.run(project, pair.Options(me="Ida"))
    few = split.run(project, split.Options())
    assert few.detail["turns"] == {"train": 80, "valid": 10, "test": 10}
    assert [note.partition(":")[0] for note in few.notes] == [
        "50 conversations are near-identical to one another, too many to keep in one part",
        "10 turns in the test part", "10 of 10 test turns are near-identical to training turns",
    ]  # fmt: skip
    assert all("near-identical" in note for note in split.run(project, split.Options(test=0.4)).notes)


# --- the law --------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8) | st.sampled_from(
    ["😂", "👍🏽", "a\nb", " x ", "https://a.example", "\u2028", "ja\u2029nein", "<|endoftext|>", "‏שלום", "x" * 300]
)
MESSAGES = st.tuples(
    st.sampled_from(["Ida"] * 4 + ["Otto", "Mo"]), TEXTS, st.sampled_from(["text"] * 8 + ["media", "deleted"]),
    st.sampled_from([0, 1, 1, 5, 59, 61, 1500]),
)  # fmt: skip


def made(rows: Sequence[tuple[str, str, Any, int]], timed: bool) -> Conversation:
    at, messages = datetime(2024, 1, 1), []
    for line, (speaker, text, kind, minutes) in enumerate(rows, 1):
        at += timedelta(minutes=minutes)
        messages.append(Message(speaker, text, at if timed else None, Origin("chat.txt", line), kind))
    return Conversation(tuple(messages), Origin("chat.txt", 1, len(messages)))


@settings(max_examples=60, phases=[Phase.reuse, Phase.generate])  # to shrink would take minutes
@given(st.lists(MESSAGES, min_size=25, max_size=80), st.booleans(), st.integers(1, 4))
def test_every_turn_of_the_persona_is_learned_exactly_once(
    rows: list[tuple[str, str, Any, int]], timed: bool, context: int
) -> None:
    chat = made(rows, timed)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair, "FEW", 1)
        project = Project.at(Path(folder))

        def ingest_of(path: Path) -> Account:
            write_conversations(path / "conversations.parquet", ingest.cut(chat, HOUR))
            return Account("ingest", {}, {})

        run_stage(project.folder("ingest"), "", ingest_of)
        cut = conversations(project, "ingest")
        assert [m for c in cut for m in c.messages] == list(chat.messages)
        try:
            account = cleaned(project)
        except UserError:
            assert len(clean.find(chat.messages)) == len(chat.messages)
            return
        kept = conversations(project, "clean")
        left = [m for c in kept for m in c.messages]
        assert len(left) + sum(account.detail["dropped"].values()) == len(chat.messages)
        own = [[bubble(m.text) for m in c.messages if m.speaker == "Ida"] for c in kept]
        try:
            paired = pair.run(project, pair.Options(me="Ida", context=context))
            account = split.run(project, split.Options())
        except UserError:
            runs = [is_own for c in kept for is_own, _ in groupby(c.messages, lambda m: m.speaker == "Ida")]
            assert sum(runs) < 3, "three turns make three parts"
            return
        found = parts(project)
    examples = [e for part in found.values() for e in part]
    learned = [bubble for e in examples for turn in e.turns if turn.learn for bubble in turn.bubbles]
    assert learned == [bubble for each in own for bubble in each], "each once, in the order it was said"
    turns = [turn for e in examples for turn in e.turns]
    assert all(turn.learn == (turn.role == "assistant") == (turn.speaker == "Ida") for turn in turns)
    assert all(a.role != b.role for e in examples for a, b in zip(e.turns, e.turns[1:], strict=False))
    several = len({m.speaker for m in left}) > 2
    heard = {bubble(f"{m.speaker}: {m.text}" if several else m.text) for m in left if m.speaker != "Ida"}
    assert {bubble for turn in turns if turn.role == "user" for bubble in turn.bubbles} <= heard
    bubbles = sum(len(turn.bubbles) for turn in turns)
    assert bubbles + sum(paired.detail["left_out"].values()) == len(left), "every message is a bubble or left out"
    assert account.detail["turns"] == {n: sum(t.learn for e in p for t in e.turns) for n, p in found.items()}
    assert all(found.values()) and len({e.id for e in examples}) == len(examples)
    assert paired.went_out["examples"] == len(examples) or any("were cut" in note for note in account.notes)
    times = [e.at for e in examples if e.at]
    assert times == sorted(times) and bool(times) == timed
