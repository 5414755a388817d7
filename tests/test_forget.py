"""Forget: nothing of a person is left in any file, nothing else is lost, and a kill in the middle changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mynah import forget
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, run_stage, write_json
from mynah.core.tables import read_conversations, read_rows, write_conversations, write_rows
from mynah.data import pseudonymize
from mynah.forget import Options
from mynah.privacy.forgotten import Forgotten
from mynah.privacy.pseudonyms import Map
from mynah.privacy.trace import Trace
from tests.conftest import said

WORDS = "the blue ladder belongs behind the third door"
LINES = (
    f"Maya Levi: {WORDS}", "Theo: ok", "Maya Levi: ok", "Theo: did Maya call?",
    "Noa: she said: The blue ladder belongs, behind the third door!",
    "Noa: a door is a door", "Theo: +49 170 1234567 is Levi's number", "Noa: the mayan calendar",
)  # fmt: skip
STAYS = ["ok", "a door is a door", "the mayan calendar"]


def built(path: Path) -> Project:
    """A project with data, a run, a bot, a report, a database and a journal, all of which know Maya."""
    project = Project.at(path)
    chat = said(*LINES)

    def data(stage: str, **detail: Any) -> Callable[[Path], Account]:
        def work(folder: Path) -> Account:
            write_conversations(folder / "conversations.parquet", [chat])
            write_rows(
                folder / "dropped.parquet", [{"file": "Chat with Maya.txt", "text": "x", "speaker": "Maya Levi"}]
            )
            return Account(stage, {}, {}, detail=detail)

        return work

    run_stage(
        project.folder("ingest"), "i", data("ingest", speakers={"Maya Levi": 2, "Theo": 3}, file="Chat with Maya.txt")
    )
    run_stage(project.folder("clean"), "c", data("clean", examples={"links": [WORDS, "x"]}))
    pseudonymize.run(project, pseudonymize.Options())
    for stage in ("pair", "split", "evaluate"):
        run_stage(project.folder(stage), stage, lambda folder, s=stage: _note(folder, s))  # type: ignore[misc]
    run_stage(project.folder("runs", "sft-1"), "r", lambda folder: _note(folder, "train"))
    project.folder("runs", "sft-1", "model").mkdir()
    (project.folder("runs", "sft-1", "model") / "tokenizer.json").write_text('{"vocab": ["Maya"]}')
    project.folder("runs", "sft-1", "answers").mkdir()
    project.folder("runs", "sft-2.partial").mkdir()
    (project.path / "report.html").write_text("<p>Maya</p>")
    bot = project.folder("bots", "theo")
    bot.mkdir(parents=True)
    write_json(bot / "bot.json", {"persona": "Theo", "run": "../../runs/sft-1"})
    (bot / "heard.jsonl").write_text(json.dumps({"user": "where is Maya?"}) + "\n" + json.dumps({"user": "hi"}) + "\n")
    base = sqlite3.connect(bot / "memory.sqlite")
    base.executescript("CREATE TABLE said (text TEXT, n INTEGER); CREATE VIRTUAL TABLE found USING fts5(text);")
    for table in ("said (text)", "found (text)"):
        base.executemany(f"INSERT INTO {table} VALUES (?)", [("ask Maya",), (WORDS,), ("hello",)])
    base.commit()
    base.close()
    return project


def _note(folder: Path, stage: str) -> Account:
    (folder / "notes.txt").write_text(f"{WORDS}\n", encoding="utf-8")
    return Account(stage, {}, {}, detail={"persona": "Theo"})


def gone(project: Project, **options: bool) -> Account:
    return forget.run(project, forget.who(project, ["maya levi"]), Options(**options))


def texts(project: Project, stage: str) -> list[str]:
    return [m.text for c in read_conversations(project.folder(stage) / "conversations.parquet") for m in c.messages]


def test_nothing_of_the_person_is_left_and_nothing_else_is_lost(tmp_path: Path) -> None:
    project = built(tmp_path / "p")
    pseudonym = Map.load(project.path).speaker("Maya Levi")
    account = gone(project)
    assert texts(project, "ingest") == texts(project, "clean") == texts(project, "pseudonymize") == STAYS
    assert account.went_out["messages out of ingest"] == len(LINES) - len(STAYS)
    assert not read_rows(project.folder("clean") / "dropped.parquet")
    assert not any(project.folder(name).exists() for name in ("pair", "split", "evaluate", "runs/sft-1", "bots/theo"))
    assert not (project.path / "report.html").exists() and not list(project.path.rglob("*.partial"))
    for path in project.path.rglob("*"):
        data = path.read_bytes().lower() if path.is_file() else b""
        if path.suffix != ".parquet":
            assert not any(word.encode() in data for word in ("maya levi", '"maya"', "blue ladder", pseudonym.lower()))
    assert any("train again" in line for line in account.detail["do"])
    assert any("export" in line and "not touched" in line for line in account.detail["do"])
    theo = Map.load(project.path)
    assert "Theo" in theo.pairs and "Maya" not in theo.pairs and "+49 170 1234567" not in theo.pairs


def test_weights_can_be_kept_and_are_marked(tmp_path: Path) -> None:
    project = built(tmp_path / "p")
    account = gone(project, keep_models=True)
    run = project.folder("runs", "sft-1")
    assert (run / "model").exists() and not (run / "answers").exists()
    told = json.loads((run / "manifest.json").read_text())
    assert told["fingerprint"] == "forgotten" and "forgotten" in told["notes"][0]
    bot = project.folder("bots", "theo")
    assert (bot / "heard.jsonl").read_text() == '{"user": "hi"}\n'
    base = sqlite3.connect(bot / "memory.sqlite")
    assert (
        base.execute("SELECT text FROM said").fetchall()
        == base.execute("SELECT text FROM found").fetchall()
        == [("hello",)]
    )
    base.close()
    assert b"ladder" not in (bot / "memory.sqlite").read_bytes()
    assert any("may still know" in line for line in account.detail["do"])
    assert any("tokenizer.json" in line for line in account.detail["do"])


@pytest.mark.parametrize("step", ["_derived", "_runs", "rewritten", "_map", "scrubbed", "proof"])
def test_killed_in_the_middle_the_same_command_finishes(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = built(tmp_path / "p")
    times = []

    def killed(*given: Any) -> Any:
        times.append(1)
        if len(times) == 2 or step != "rewritten":
            raise KeyboardInterrupt
        return real(*given)

    real = getattr(forget, step)
    monkeypatch.setattr(forget, step, killed)
    with pytest.raises(KeyboardInterrupt):
        gone(project)
    monkeypatch.undo()
    with pytest.raises(UserError, match="somebody else"):
        forget.who(project, ["Theo"])
    gone(project)
    assert texts(project, "ingest") == STAYS and not (project.path / forget.BEGUN).exists()
    assert forget.proof(project, Trace(["Maya Levi"], texts=[WORDS]))[0] == []


def test_what_cannot_be_taken_out_is_told(tmp_path: Path) -> None:
    project = built(tmp_path / "p")
    (project.path / "picture.raw").write_bytes(b"\xff\xfe\x00 Maya Levi \xff")
    (project.path / "notes.odd").write_text(f"and {WORDS}")
    with pytest.raises(UserError, match=r"notes\.odd \(words of theirs\); picture\.raw \(the name\)"):
        gone(project)
    for name in ("notes.odd", "picture.raw"):
        (project.path / name).unlink()
    gone(project)


def test_an_import_does_not_bring_them_back(tmp_path: Path) -> None:
    project = built(tmp_path / "p")
    assert not Forgotten.load(project.path).fingerprint
    gone(project)
    known = Forgotten.load(project.path)
    raw = (project.path / "forgotten.json").read_text()
    assert known.fingerprint and "maya" not in raw.lower() and "ladder" not in raw
    assert (
        known.knows("MAYA  LEVI")
        and not known.knows("Theo")
        and known.wrote(WORDS.upper() + "!")
        and not known.wrote("ok")
    )
    left, count = known.without([said(*LINES)])
    assert [m.text for c in left for m in c.messages] == STAYS and count == len(LINES) - len(STAYS)
    renamed, _ = known.without([said(f"~ +49 170 1234567: {WORDS}", "Theo: ok")])
    assert [m.text for c in renamed for m in c.messages] == ["ok"]


def test_who_is_not_there_is_told(tmp_path: Path) -> None:
    project = built(tmp_path / "p")
    with pytest.raises(UserError, match="Did you mean 'Maya Levi'"):
        forget.who(project, ["Maya Levy"])
    gone(project)
    assert forget.who(project, ["Maya Levi"]).texts == [], "who is forgotten already can be looked for again"


def test_a_name_that_others_have_too_is_no_trace_by_itself() -> None:
    trace = Trace(["Maya Levi"], ["Maya Cohen"], [WORDS, "ok then"])
    assert trace("so maya  levi said") and trace("Levi") and not trace("Maya is here") and not trace("ok then")
    assert trace("THE BLUE LADDER belongs - behind the third door") and not trace("the blue ladder belongs to me now")
    assert trace.scrubbed("Chat with Maya Levi.txt") == "Chat with (forgotten).txt"
    number = Trace(["+972 50-123-4567"])
    assert number("call 050 1234567") and number("972501234567") and not number("050 1234568")
