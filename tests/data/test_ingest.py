"""Ingest of several exports at once, what is left of a folder, questions to a person, and the cut that is measured."""

from __future__ import annotations

import importlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from mynah import cli
from mynah.core import plugins
from mynah.core.command import Call
from mynah.core.errors import Undecided, UserError
from mynah.core.folder import Account, Project
from mynah.core.tables import read_conversations, read_documents, read_records, read_rows
from mynah.core.types import Conversation, Document, Origin, Unparsed
from mynah.create import SECTIONS
from mynah.data import ingest, reading
from mynah.data.files import Input
from tests.conftest import evenings, export

DIARY = "Dear diary,\nnothing happened.\n"
ROWS = '{"messages": [{"role": "user", "content": "open?"}, {"role": "assistant", "content": "Until nine."}]}\n' * 3


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.at(tmp_path / "project")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three chats of Ida, and what else lies in a folder of downloads."""
    folder = tmp_path / "exports"
    (folder / "old").mkdir(parents=True)
    export(folder / "Otto.txt", *evenings(3))
    mo = export(folder / "old" / "Mo.txt", "Mo: tea?", "Ida: yes!", "+90", "Mo: still there?", "Ida: no\nat home")
    with zipfile.ZipFile(folder / "Fern.zip", "w") as archive:
        archive.writestr("_chat.txt", mo.read_text("utf-8").replace("Mo: ", "Fern: "))
        archive.writestr("photo.jpg", b"\xff\xd8")
    mo.write_text("a line that is nothing\n" + mo.read_text("utf-8"), "utf-8")
    (folder / "old" / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "shopping.txt").write_text("milk\n2 eggs\n")
    return folder


def ingested(project: Project, path: Path, **options: object) -> Account:
    return ingest.run(project, ingest.Options(input=path, **options))


def conversations(project: Project) -> list[Conversation]:
    return read_conversations(project.folder("ingest") / "conversations.parquet")


def zipped(path: Path, members: dict[str, str | Path]) -> Path:
    """A zip of texts, and of files that are copied."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.read_bytes() if isinstance(content, Path) else content)
    return path


# --- folders and archives of several exports ------------------------------------------------------------------------


def test_every_chat_of_a_folder_is_read_and_the_rest_is_named(project: Project, folder: Path) -> None:
    account = ingested(project, folder)
    files = account.detail["files"]
    assert [each["name"] for each in files] == ["Fern.zip/_chat.txt", "Otto.txt", "old/Mo.txt"]
    assert [each["messages"] for each in files] == [4, 18, 4] and {each["source"] for each in files} == {"whatsapp"}
    assert files[2]["lines_by_kind"] == {"messages": 4, "continuations": 1, "system": 0, "unparsed": 1}
    assert all("date order" in each["facts"] and each["lines"] == sum(each["lines_by_kind"].values()) for each in files)
    assert account.detail["not_read"] == [
        {"name": "Fern.zip/photo.jpg", "what": "picture"},
        {"name": "old/photo.jpg", "what": "picture"},
        {"name": "shopping.txt", "what": "plain text without messages"},
    ]
    (note,) = [note for note in account.notes if note.startswith("not read: ")]
    assert "2 pictures, 1 plain text without messages: 'Fern.zip/photo.jpg', " in note


def test_the_account_of_several_files_adds_up(project: Project, folder: Path) -> None:
    account = ingested(project, folder)
    detail = account.detail
    for key in ("messages", "lines"):
        assert detail[key] == sum(each[key] for each in detail["files"])
    assert detail["lines"] == sum(detail["lines_by_kind"].values()) == 29
    assert (detail["file"], detail["source"], detail["messages"]) == ("exports", "whatsapp", 26)
    assert account.came_in == {"files": 3, "format": "WhatsApp", "lines": 29}
    assert sum(detail["speakers"].values()) == 26 and detail["speakers"]["Ida"] == 16
    assert detail["unparsed_lines"] == [
        {"file": "old/Mo.txt", "line": 1, "text": "a line that is nothing", "reason": "before the first message"}
    ]
    assert any("line 1 of 'old/Mo.txt' not read" in note for note in account.notes)
    (row,) = read_rows(project.folder("ingest") / "unparsed.parquet")
    assert (row["file"], row["line"]) == ("old/Mo.txt", 1)
    assert sum(detail["gaps"]["counts"]) == 26 - 3, "no gap between chats"


def test_conversations_never_cross_chats(project: Project, folder: Path) -> None:
    detail = ingested(project, folder).detail
    read = conversations(project)
    assert len(read) == detail["conversations"] == 2 + 3 + 2
    assert all(len({m.origin.file for m in each.messages}) == 1 for each in read)
    assert len({each.origin.file for each in read}) == 3
    assert len({m.at for m in chain(*(each.messages for each in read))}) < detail["messages"], "they overlap in time"


def test_what_is_told_of_several_files(project: Project, folder: Path) -> None:
    lines = list(ingest.tell(ingested(project, folder)))
    assert [line for line in lines if "messages in" in line][1].split() == ["18", "messages", "in", "Otto.txt"]
    assert not any("█" in line for line in lines), "the histogram is for a cut that is measured"
    for n in range(12):
        export(folder / f"{n}.txt", "Mo: tea?", "Ida: yes!")
    lines = list(ingest.tell(ingested(project, folder)))
    assert sum("messages in" in line for line in lines) == 10 and "  and 5 more files" in lines


def test_facts_are_shared_or_stand_with_each_file(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    export(folder / "a.txt", *evenings(2))
    (folder / "b.txt").write_text("".join(f"[{d}.01.24, 21:05:00] Ida: {d}\n" for d in range(10, 20)))
    facts = ingested(project, folder).detail["facts"]
    assert facts["platform"] == "not the same in all files" and facts["clock"] == "24 hours"


def test_one_file_has_the_same_account_as_before(project: Project, tmp_path: Path) -> None:
    path = export(tmp_path / "chat.txt", *evenings(3))
    account = ingested(project, path)
    (only,) = account.detail["files"]
    assert account.detail["file"] == only["name"] == "chat.txt" and list(account.came_in) == ["format", "lines"]
    assert all(account.detail[key] == only[key] for key in ("source", "facts", "lines", "lines_by_kind", "messages"))
    assert account.detail["not_read"] == [] and account.notes == ()
    (tmp_path / "one").mkdir()
    path.rename(tmp_path / "one" / "chat.txt")
    assert ingested(project, tmp_path / "one").detail["file"] == "chat.txt"


def test_a_folder_is_read_again_when_any_file_changes(project: Project, folder: Path) -> None:
    assert not ingested(project, folder).reused and ingested(project, folder).reused
    export(folder / "old" / "Mo.txt", "Mo: tea?", "Ida: yes!")
    assert not ingested(project, folder).reused and ingested(project, folder).reused
    (folder / "new.jpg").write_bytes(b"\xff\xd8\xff")
    assert len(ingested(project, folder).detail["not_read"]) == 4
    (folder / "Otto.txt").rename(folder / "Ottó.txt")
    assert ingested(project, folder).detail["files"][2]["name"] == "old/Mo.txt"
    assert not ingested(project, folder, gap="2h").reused


def test_sources_may_differ(project: Project, folder: Path) -> None:
    (folder / "data.jsonl").write_text(ROWS)
    detail = ingested(project, folder).detail
    assert detail["source"] == "messages, whatsapp"
    assert {each["name"]: each["source"] for each in detail["files"]}["data.jsonl"] == "messages"
    only = ingested(project, folder, source="messages").detail
    assert [each["name"] for each in only["files"]] == ["data.jsonl"] and only["file"] == "data.jsonl"
    assert "Otto.txt" in {each["name"] for each in only["not_read"]}


def test_a_folder_without_an_export_says_what_is_there(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    with pytest.raises(UserError, match=r"none in 'downloads', which holds nothing"):
        ingested(project, folder)
    (folder / "list.txt").write_text("milk\n")
    for name in ("a.jpg", "b.png"):
        (folder / name).write_bytes(b"\xff\xd8\xff")
    told = r"2 pictures, 1 plain text without messages: 'a\.jpg', 'b\.png', 'list\.txt'"
    with pytest.raises(UserError, match=rf"whatsapp, x\), found none in 'downloads', which holds {told}\. Is it"):
        ingested(project, folder)
    assert not project.folder("ingest").exists()


def test_a_file_of_a_folder_without_text_is_said(project: Project, folder: Path) -> None:
    (folder / "mute.txt").write_text("".join(f"1{n}/01/2024, 10:00 - Ida: <Media omitted>\n" for n in range(9)))
    assert "no text of a person in 'mute.txt'" in ingested(project, folder).notes


def test_a_hostile_archive_among_others_stops_all(project: Project, folder: Path) -> None:
    zipped(folder / "evil.zip", {"../_chat.txt": "x"})
    with pytest.raises(UserError, match=r"stay inside it.*evil\.zip"):
        ingested(project, folder)


def test_of_a_chat_with_sent_documents_the_chat_is_read(project: Project, tmp_path: Path) -> None:
    small, large = export(tmp_path / "s.txt", *evenings(2)), export(tmp_path / "l.txt", *evenings(9))
    members = {"_chat.txt": small, "sent.txt": large, "WhatsApp.txt": large, "notes.txt": DIARY, "rows.jsonl": ROWS}
    detail = ingested(project, zipped(tmp_path / "a.zip", members)).detail
    assert [each["name"] for each in detail["files"]] == ["a.zip/_chat.txt"] and detail["messages"] == 12
    assert {each["name"]: each["what"] for each in detail["not_read"]} == {
        "a.zip/sent.txt": "file that was sent in the chat",
        "a.zip/WhatsApp.txt": "file that was sent in the chat",
        "a.zip/rows.jsonl": "file that was sent in the chat",
        "a.zip/notes.txt": "plain text without messages",
    }
    named = zipped(tmp_path / "b.zip", {"WhatsApp Chat mit Otto.txt": small, "sent.txt": large})
    assert ingested(project, named).detail["file"] == "b.zip/WhatsApp Chat mit Otto.txt"
    unnamed = zipped(tmp_path / "c.zip", {"small.txt": small, "large.txt": large})
    detail = ingested(project, unnamed).detail
    assert detail["file"] == "c.zip/large.txt" and [each["name"] for each in detail["not_read"]] == ["c.zip/small.txt"]
    padded = small.read_text("utf-8").replace("Otto: ", "Otto: " + "x" * 500)
    bulky = zipped(tmp_path / "d.zip", {"large.txt": large, "bulky.txt": padded})
    assert ingested(project, bulky).detail["file"] == "d.zip/large.txt", "messages count, not bytes"


def test_a_zip_of_several_exports_holds_several_chats(project: Project, tmp_path: Path) -> None:
    chat = export(tmp_path / "chat.txt", *evenings(2))
    named = dict.fromkeys(["WhatsApp Chat with A.txt", "WhatsApp Chat with B.txt", "sent.txt"], chat)
    detail = ingested(project, zipped(tmp_path / "a.zip", named)).detail
    assert [each["name"] for each in detail["files"]] == [f"a.zip/WhatsApp Chat with {who}.txt" for who in "AB"]
    assert detail["file"] == "a.zip" and [each["name"] for each in detail["not_read"]] == ["a.zip/sent.txt"]
    apart = zipped(tmp_path / "b.zip", dict.fromkeys(["A/_chat.txt", "B/_chat.txt", "A/sent.txt"], chat))
    names = [each["name"] for each in ingested(project, apart).detail["files"]]
    assert names == ["b.zip/A/_chat.txt", "b.zip/B/_chat.txt"]
    rows = ingested(project, zipped(tmp_path / "c.zip", {"train.jsonl": ROWS, "valid.jsonl": ROWS})).detail
    assert rows["messages"] == 12, "what is no phone's export has no attachments"


def test_a_project_is_not_made_in_the_folder_of_the_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "maya").mkdir()
    export(tmp_path / "maya" / "chat.txt", *evenings(2))
    assert ingest.beside(Path("maya/"), "maya") == Path("maya-mynah")
    assert ingest.beside(Path("maya/chat.txt"), "ida") == Path("ida")
    ingest.main(Call("maya", {}, SECTIONS))
    ingest.main(Call("maya", {}, SECTIONS))
    assert (tmp_path / "maya-mynah" / "ingest").is_dir() and len(list((tmp_path / "maya").iterdir())) == 1
    monkeypatch.chdir(tmp_path / "maya")
    ingest.main(Call(".", {}, SECTIONS))
    assert sorted(path.name for path in Path().iterdir()) == ["chat.txt", "maya"]
    ingest.main(Call(".", {}, SECTIONS))


# --- the cut --------------------------------------------------------------------------------------------------------


def test_the_cut_is_measured_when_asked(project: Project, tmp_path: Path) -> None:
    path = export(tmp_path / "chat.txt", *evenings(50))
    account = ingested(project, path, gap="auto")
    found = account.detail["gaps"]
    assert found["how"] == "auto" and 600 <= found["cut"] <= 86400 and account.detail["conversations"] == 50
    told = list(ingest.tell(account))
    assert sum("█" in line for line in told) >= 2 and any(found["why"] in line for line in told)
    assert sum("a conversation ends after" in line for line in told) == 1
    again = ingested(project, path, gap="auto")
    assert again.reused and again.detail["gaps"] == found
    fixed = ingested(project, path).detail["gaps"]
    assert (fixed["cut"], fixed["how"], fixed["counts"]) == (3600, "as set", found["counts"])


def test_a_chat_too_short_to_measure_is_cut_as_usual_and_that_is_said(project: Project, tmp_path: Path) -> None:
    account = ingested(project, export(tmp_path / "chat.txt", *evenings(3)), gap="auto")
    assert account.detail["gaps"]["how"] == "fallback" and account.detail["conversations"] == 3
    (note,) = account.notes
    assert "a silence of 1 h" in note and "17 gaps" in note and "at least 100" in note


# --- questions ------------------------------------------------------------------------------------------------------

OPEN = '''
"""A log whose first line may name a side."""
from mynah.core.errors import Undecided
from mynah.core.options import Options as Base
from mynah.core.options import option
from mynah.core.types import Conversation, Message, Origin

LABEL = "Log"

class Options(Base):
    """What the file may leave open."""
    side: str = option("", "left or right")

def sniff(head, name):
    return 0.9 if head.startswith("#log") else 0.0

def read(file, options):
    first, *rest = file.text().splitlines()
    side = options.side or first.partition(" ")[2]
    if side not in ("left", "right"):
        choices = {"left": "the left side", "right": "the right side"}
        raise Undecided("a side", repr(side), "Set --set log.side=left.", section="log", option="side", choices=choices)
    messages = [Message("Ida", f"{side}: {line}", None, Origin(file.name, n)) for n, line in enumerate(rest, 2)]
    yield Conversation(tuple(messages), Origin(file.name, 1, len(rest) + 1))
'''


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A source that asks, and a folder of three logs, one of which leaves nothing open."""
    package = importlib.import_module(plugins.FOLDERS["source"])
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "log.py").write_text(OPEN.lstrip("\n"))
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / "sources")])
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, side in {"a": "", "b": " right", "c": ""}.items():
        (folder / f"{name}.txt").write_text(f"#log{side}\nhello\n")
    yield folder
    if sys.modules.pop("mynah.data.sources.log", None):
        del package.log


def said(project: Project) -> list[str]:
    return [m.text for each in conversations(project) for m in each.messages]


def typed(*words: str) -> Callable[[str], str]:
    """Somebody who types these words, and then nothing more."""
    left = chain(words, repeat(None))

    def ask(question: str) -> str:
        word = next(left)
        if word is None:
            raise EOFError
        return word

    return ask


def test_what_a_file_leaves_open_is_asked_for_that_file(project: Project, logs: Path) -> None:
    asked: list[str] = []

    def decide(question: Undecided) -> str:
        asked.append(question.found)
        return "left" if "a.txt" in question.found else "right"

    options = ingest.Options(input=logs, gap="2h")
    account = ingest.settled(project, options, decide)
    assert asked == ["'', in 'a.txt'", "'', in 'c.txt'"] and account.detail["messages"] == 3
    assert said(project) == ["left: hello", "right: hello", "right: hello"]
    assert ingest.settled(project, options, decide).reused and len(asked) == 2  # nor asked again
    set_before = ingest.Options(input=logs, plugins={"log": {"side": "left"}})
    assert ingest.settled(project, set_before, decide) and len(asked) == 2 and set(said(project)) == {"left: hello"}
    answers = {"a.txt": {"side": "left"}, "c.txt": {"side": "left"}}
    assert ingested(project, logs, answers=answers) and len(asked) == 2


def test_an_answer_that_does_not_help_is_not_asked_for_again(project: Project, logs: Path) -> None:
    with pytest.raises(Undecided, match="a side, found 'up'"):
        ingest.settled(project, ingest.Options(input=logs), lambda question: "up")


def test_a_person_answers_by_number_or_by_value() -> None:
    question = Undecided("a day", "3/4", "x", section="s", option="o", choices={"dmy": "3 April", "mdy": "March 4"})
    heard: list[str] = []
    assert ingest.answered(question, typed("", "3", "²", " 2 "), heard.append) == "mdy"
    assert heard[0] == "Expected a day, found 3/4." and heard[1:3] == ["   1. 3 April (dmy)", "   2. March 4 (mdy)"]
    assert len(heard) == 3 + 3 and ingest.answered(question, typed("DMY"), heard.append) == "dmy"
    with pytest.raises(Undecided, match="a day, found 3/4"):
        ingest.answered(question, typed("4"), heard.append)
    question = Undecided("a base", "none", "x", section="s", option="o", choices={"Qwen/Qwen3-8B": "8 billion"})
    assert ingest.answered(question, typed("Qwen/Qwen3-8B"), heard.append) == "Qwen/Qwen3-8B"


@pytest.mark.parametrize(("terminal", "flags"), [(True, {}), (True, {"json": True}), (False, {})])
def test_only_a_terminal_is_asked(
    terminal: bool,
    flags: dict[str, bool],
    logs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(logs.parent)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("builtins.input", typed("1", "2"))
    call = Call("logs", {**flags, "project": Path("p")}, SECTIONS)
    if terminal and not flags:
        ingest.main(call)
        assert said(Project.find(Path("p"))) == ["left: hello", "right: hello", "right: hello"]
        assert "1. the left side (left)" in capsys.readouterr().out
        return
    with pytest.raises(Undecided, match=r"found '', in 'a\.txt'. Set --set log\.side=left\."):
        ingest.main(call)
    assert not Path("p").exists()


def test_ambiguous_dates_are_asked(project: Project, tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text(
        "03/04/24, 10:00 - Ida: a\n03/04/24, 10:01 - Otto: b\n03/04/24, 10:02 - Ida: c\n"
    )
    with pytest.raises(UserError, match=r"which number is the day.*date_order=dmy"):
        ingested(project, tmp_path / "chat.txt")
    account = ingest.settled(project, ingest.Options(input=tmp_path / "chat.txt"), lambda question: "mdy")
    assert account.detail["first"] == "2024-03-04 10:00:00"


# --- the command ----------------------------------------------------------------------------------------------------


def test_a_folder_as_one_document(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    with pytest.raises(SystemExit) as ended:
        cli.main(["ingest", "exports", "--gap", "auto", "--project", "p", "--json"])
    told = json.loads(capfd.readouterr().out)
    assert ended.value.code == 0 and told["gaps"]["how"] == "fallback"
    assert len(told["files"]) == 3 and len(told["not_read"]) == 3


# --- several inputs, and what stands in two of them -----------------------------------------------------------------


def test_several_exports_are_read_together(project: Project, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    rows = tmp_path / "more" / "data.jsonl"
    rows.write_text(ROWS)
    paths = (folder / "Otto.txt", folder / "Fern.zip", tmp_path / "more", rows)
    account = ingest.run(project, ingest.Options(input=paths))
    assert [each["name"] for each in account.detail["files"]] == ["Otto.txt", "Fern.zip/_chat.txt", "data.jsonl"]
    assert account.detail["file"] == "Otto.txt, Fern.zip, more, data.jsonl"
    assert account.detail["messages"] == 18 + 4 + 6 and account.detail["source"] == "messages, whatsapp"
    assert ingest.run(project, ingest.Options(input=paths)).reused
    assert not ingest.run(project, ingest.Options(input=paths[:2])).reused


def test_exports_of_one_name_are_told_apart(project: Project, tmp_path: Path) -> None:
    for place, who in (("a", "Otto"), ("b", "Fern")):
        (tmp_path / place).mkdir()
        export(tmp_path / place / "chat.txt", f"{who}: tea?", "Ida: yes!")
    account = ingest.run(project, ingest.Options(input=(tmp_path / "a" / "chat.txt", tmp_path / "b" / "chat.txt")))
    assert [each["name"] for each in account.detail["files"]] == ["a/chat.txt", "b/chat.txt"]
    with pytest.raises(UserError, match="Name a file, a zip or a folder"):
        ingest.run(project, ingest.Options())


def test_what_stands_in_two_exports_counts_once(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    lines = evenings(4)
    export(folder / "old.txt", *lines[:21])
    export(folder / "other.txt", "Mo: tea?", "Ida: yes!")
    whole = (folder / "old.txt").read_text("utf-8")
    late = whole.splitlines(keepends=True)[6:]
    (folder / "new.txt").write_text("".join(late) + "23/01/2024, 20:00 - Otto: and today?\n", "utf-8")
    account = ingested(project, folder)
    detail = account.detail
    assert detail["in_two_exports"] == len(late) == 12
    assert detail["messages"] == 18 + 1 + 2 == sum(detail["speakers"].values())
    assert sum(each["messages"] for each in detail["files"]) == 18 + 13 + 2, "each file says what is in it"
    assert "12 messages stand in two exports, 'new.txt' and 'old.txt', and count once" in account.notes
    chats = conversations(project)
    times = [m.at for each in chats for m in each.messages if m.speaker != "Mo" and m.origin.file != "other.txt"]
    assert times == sorted(times, key=str), "both are one chat, in the order of time"


def test_a_message_that_is_said_twice_in_a_minute_is_not_lost(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    text = "".join(f"1{day}/01/2024, 10:00 - Ida: ha\n" * 2 for day in range(4))
    (folder / "a.txt").write_text(text)
    (folder / "b.txt").write_text(text + "14/01/2024, 10:00 - Ida: ha\n")
    detail = ingested(project, folder).detail
    assert (detail["in_two_exports"], detail["messages"]) == (8, 9)


def test_chance_makes_no_two_exports_one(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    days = range(10, 30)
    for name in ("a", "b"):
        rows = [f"{day}/01/2024, 10:00 - Ida: {'good morning' if day % 5 == 0 else f'{name} {day}'}\n" for day in days]
        (folder / f"{name}.txt").write_text("".join(rows))
    detail = ingested(project, folder).detail
    assert (detail["in_two_exports"], detail["messages"]) == (0, 40)


# --- records and documents ------------------------------------------------------------------------------------------

FAQ = '''
"""A list of questions, and a page."""
from mynah.core.options import Options as Base
from mynah.core.types import Document, Origin, Record, Unparsed

LABEL = "List"

class Options(Base):
    """Nothing."""

def sniff(head, name):
    return 0.9 if head.startswith("#list") else 0.0

def read(file, options):
    for number, line in enumerate(file.text().splitlines(), 1):
        origin = Origin(file.name, number)
        if line.startswith("#"):
            yield Document(line, (("top", line),), origin)
        elif "=" in line:
            question, _, answer = line.partition("=")
            yield Record({"question": question, "answer": answer}, origin)
        else:
            yield Unparsed(line, "no answer", origin)
'''


@pytest.fixture
def faq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A source of records and documents, and a file of it."""
    package = importlib.import_module(plugins.FOLDERS["source"])
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "list.py").write_text(FAQ.lstrip("\n"))
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / "sources")])
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "faq.txt").write_text("#list\nopen?=until nine\nwhere?=at the gate\nwhy?\n")
    yield tmp_path / "data" / "faq.txt"
    if sys.modules.pop("mynah.data.sources.list", None):
        del package.list


def test_records_and_documents_are_kept_and_counted(project: Project, faq: Path) -> None:
    account = ingested(project, faq)
    found = read_records(project.folder("ingest") / "records.parquet")
    assert [each.fields["answer"] for each in found] == ["until nine", "at the gate"] and found[0].origin.line == 2
    (page,) = read_documents(project.folder("ingest") / "documents.parquet")
    assert page.sections == (("top", "#list"),) and conversations(project) == []
    assert account.went_out == {"records": 2, "documents": 1}
    detail = account.detail
    assert detail["lines_by_kind"] | {"records": 2, "documents": 1, "unparsed": 1} == detail["lines_by_kind"]
    assert detail["lines"] == 4 and (detail["files"][0]["records"], detail["files"][0]["documents"]) == (2, 1)
    assert not any("time" in line for line in ingest.tell(account))


def test_what_could_not_be_read_in_a_document_counts_once() -> None:
    held = [Origin("a.pdf", line, lines) for line, lines in ((1, 5), (3, 1), (9, 1))]
    document, inside, behind = Document("", (), held[0]), Unparsed("", "", held[1]), Unparsed("", "", held[2])
    found = reading.Reading(reading.Export("pdf", Input(Path("a.pdf"))), (), (), (document,), (inside, behind), {})
    assert reading.lines_by_kind(found) | {"documents": 4, "unparsed": 2} == reading.lines_by_kind(found)


def test_records_beside_a_chat(project: Project, faq: Path) -> None:
    export(faq.parent / "chat.txt", "Mo: tea?", "Ida: yes!")
    account = ingested(project, faq.parent)
    assert account.went_out == {"messages": 2, "conversations": 1, "speakers": 2, "records": 2, "documents": 1}
    told = [line.split() for line in ingest.tell(account) if line.endswith("faq.txt")]
    assert told == [["2", "records,", "1", "documents", "in", "faq.txt"]]
    (faq.parent / "chat.txt").unlink()
    faq.write_text("#")
    with pytest.raises(UserError):
        ingested(project, faq.parent)


def test_documents_sent_in_a_chat_are_no_exports(project: Project, tmp_path: Path) -> None:
    chat = export(tmp_path / "s.txt", *evenings(2))
    path = zipped(tmp_path / "a.zip", {"_chat.txt": chat, "plan.pdf": "%PDF-1.7", "list.docx": "PK\x03\x04"})
    left = {each["name"]: each["what"] for each in ingested(project, path).detail["not_read"]}
    assert left == {"a.zip/plan.pdf": "PDF", "a.zip/list.docx": "document"}


def test_times_are_told_to_the_second(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text(ROWS)
    assert ingested(project, path).detail["first"] is None
    assert ingested(project, export(tmp_path / "c.txt", *evenings(2))).detail["first"] == "2024-01-20 19:00:00"
