"""The command line: what it shows, its exit status, one JSON document, mistakes that say what to do, and reuse."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from mynah import cli
from mynah.core.command import Call
from mynah.core.errors import UserError
from mynah.create import SECTIONS
from mynah.data import ingest, pair

HEAVY = {"torch", "transformers", "trl", "peft", "pandas", "matplotlib", "sacrebleu", "rouge_score", "datasets"}
FIRST = ["demo", "create", "chat", "evaluate", "report", "analyze", "forget", "doctor"]
HELP = """
import sys
from mynah import cli
for words in sys.argv[1:]:
    print("\\f" + words)
    try:
        cli.main(words.split() + ["--help"])
    except SystemExit as ended:
        print("\\n", ended.code, *sorted(name for name in sys.modules if "." not in name))
"""


class Ended(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Mynah = Callable[..., Ended]


@pytest.fixture
def mynah(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Mynah:
    """`mynah WORDS` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")

    def run(*words: str) -> Ended:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, *capfd.readouterr())

    return run


# --- help -----------------------------------------------------------------------------------------------------------


def test_help_answers_without_anything_heavy() -> None:
    """In a process of its own: what other tests imported is not there."""
    words = ["", *cli.COMMANDS]
    ended = subprocess.run([sys.executable, "-c", HELP, *words], capture_output=True, text=True, check=True)
    pages = ended.stdout.split("\f")[1:]
    assert len(pages) == len(words)
    for word, page in zip(words, pages, strict=True):
        status, *modules = page.strip().split("\n")[-1].split()
        assert status == "0" and "mynah" in modules and not HEAVY & set(modules), word or "mynah"
    assert "numpy" not in pages[0].split("\n")[-2].split(), "the first page needs no command's module"


def test_help_begins_with_the_commands_to_begin_with(mynah: Mynah) -> None:
    shown = re.findall(r"^\W*([\w-]+) {2,}(\w.*?\S)\W*$", mynah("--help").out, re.M)
    listed = [(word, about) for word, about in shown if word in cli.COMMANDS]
    assert [word for word, _ in listed] == [*FIRST, *list(cli.COMMANDS)[len(FIRST) :]]
    assert all(len(about) > 20 for _, about in listed)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_a_command_has_at_most_a_dozen_flags(mynah: Mynah, command: str) -> None:
    page = mynah(command, "--help").out
    flags = re.findall(r"^\W{1,4}(?:[A-Z]+ +)?(--[a-z][\w-]*)(.*)", page, re.M)
    assert {"--json", "--set", "--project"} <= {flag for flag, _ in flags} and len(flags) <= 12
    assert all(re.search(r"\w{3}", about) for _, about in flags), "a flag without a word of help"


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["creat"], '"creat". Did you mean "create"?'),
        (["ingest"], "PATH"),
        (["ingest", "chat.txt", "--gapp", "1h"], "a flag of `mynah ingest`, found '--gapp'. Did you mean --gap?"),
        (["train", "--lr", "much"], "Expected train.lr: input should be a valid number"),
        (["train", "--adapter", "lor"], "Expected model.adapter: input should be 'lora' or 'none', found 'lor'"),
        (["train", "--json=maybe"], "--json"),
        (["train", "more"], "'more'"),
        (["train", "--dora"], "found '--dora'. Did you mean --set model.dora=...?"),
        (["create", "chat.txt", "--save-minute=3"], "Did you mean --set train.save_minutes=...?"),
        (["train", "--targets", "all"], "Did you mean --adapt?"),
        (["show-tokens", "--lr", "1"], "Did you mean --set train.lr=...?"),  # it has no flag for it
        (["train", "--quux"], "found '--quux'. `mynah train --help` lists them."),
    ],
)
def test_bad_usage_exits_with_2_and_a_line(mynah: Mynah, words: list[str], said: str) -> None:
    ended = mynah(*words)
    assert ended.status == 2 and ended.out == "" and ended.err.startswith("mynah: ") and said in ended.err
    assert ended.err.count("\n") == 1 and "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("ingest nope.txt", "nope.txt"),
        ("create nope.txt --as Ida", "nope.txt"),
        ("ingest chat.txt --source whatsap", "Did you mean 'whatsapp'"),
        ("ingest chat.txt --gap 5", "ingest.gap.*30m, 1h or 2d.*'5'"),
        ("ingest chat.txt --set ingest.gapp=1h", "'ingest.gapp'.*Did you mean 'gap'"),
        ("ingest chat.txt --set inges.gap=1h", "'inges'.*Did you mean 'ingest'"),
        ("ingest chat.txt --set gap=1h", "stage.option=value.*'gap=1h'"),
        ("ingest chat.txt --set whatsapp.date_ordr=dmy", "'whatsapp.date_ordr'.*Did you mean 'date_order'"),
        ("ingest chat.txt --set whatsap.date_order=dmy", "'whatsap'.*Did you mean 'whatsapp'"),
        ("ingest chat.txt --recipe nope.yaml", "nope.yaml"),
        ("ingest chat.txt --recipe .", "recipe"),
        ("split --set split.test=0.7", "split.test.*0.5.*0.7"),
        ("clean --set train.lrr=1", "Did you mean 'lr'"),
        ("clean --set clean.keep=[link]", "Did you mean 'links'"),
        ("clean --set clean.keep=[x", "clean.keep"),
        ("clean --project nowhere", "nowhere.*mynah create"),
        ("split", "'pair'.*Run `mynah pair` first"),
        ("evaluate", "Run `mynah (split|train)` first"),
        ("pair", "no --as.*Ida \\(66%\\), Otto \\(34%\\)"),
        ("pair --as Idaa", "'Idaa'.*Did you mean 'Ida'.*Ida \\(66%\\)"),
        ("chat", "a bot.*mynah create"),
    ],
)
def test_a_mistake_says_what_was_found_and_what_to_do(mynah: Mynah, chat: Path, command: str, said: str) -> None:
    assert mynah("ingest", str(chat)).status == 0
    assert mynah("clean", "--set", "clean.keep=[links]").status == 0
    assert mynah("pseudonymize").status == 0
    (chat.parent / "chat.txt").write_bytes(chat.read_bytes())
    before = sorted(chat.parent.iterdir())
    ended = mynah(*command.split())
    assert ended.status == 1 and ended.out == "" and sorted(chat.parent.iterdir()) == before
    assert re.match(r"mynah: Expected .+, found .+\. .+", ended.err) and re.search(said, ended.err)
    assert ended.err.count("\n") == 1 and "Traceback" not in ended.err
    with pytest.raises(UserError):  # whose traceback Python shows
        cli.main([*command.split(), "--debug"])


@pytest.mark.parametrize(
    "words",
    [
        ["ingest", "diary.txt"],
        ["ingest", "chat.txt", "--set", "inges.gap=1h"],
        ["create", "diary.txt", "--as", "Ida"],
        ["create", "chat.txt", "--as", "Ida", "--set", "trai.lr=1"],
        ["create", "chat.txt", "--as", "Idaa"],
    ],
)
def test_a_mistake_leaves_no_project_behind(mynah: Mynah, chat: Path, words: list[str]) -> None:
    chat.rename(chat.parent / "chat.txt")
    (chat.parent / "diary.txt").write_text("Dear diary,\nnothing happened.\n", encoding="utf-8")
    assert mynah(*words).status == 1
    assert not any(path.is_dir() for path in chat.parent.iterdir())


def test_a_mistake_leaves_a_project_that_was_there(mynah: Mynah, chat: Path) -> None:
    assert mynah("ingest", chat.name, "--project", "p").status == 0
    assert mynah("create", chat.name, "--as", "Idaa", "--project", "p").status == 1
    assert (chat.parent / "p" / "clean" / "manifest.json").exists()
    (chat.parent / "runs").mkdir()  # a folder of the user's own, empty
    assert mynah("create", chat.name, "--as", "Idaa", "--project", "runs").status == 1
    assert (chat.parent / "runs").exists()


def test_a_project_of_a_newer_version_is_refused(mynah: Mynah, chat: Path) -> None:
    mynah("ingest", str(chat), "--project", "p")
    (chat.parent / "p" / "project.json").write_text('{"format": 99}')
    for words in (["clean"], ["clean", "--project", "p"], ["ingest", str(chat), "--project", "p"]):
        ended = mynah(*words)
        assert ended.status == 1 and re.search("project of format .*format 99.*Upgrade", ended.err)
    full = chat.parent / "full"
    full.mkdir()
    (full / "letter.txt").write_text("mine")
    ended = mynah("ingest", str(chat), "--project", "full")
    assert ended.status == 1 and "other things" in ended.err and [p.name for p in full.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("closed", "words"),
    [("stdout", "doctor --json"), ("stdout", "--version"), ("stdout", "train --help"), ("stderr", "split")],
)
def test_a_reader_who_goes_away_ends_the_command_quietly(tmp_path: Path, closed: str, words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, closed: writer}
    ended = subprocess.run([sys.executable, "-m", "mynah", *words.split()], cwd=tmp_path, text=True, **streams)
    os.close(writer)
    assert ended.returncode in (1, 141)  # rich, which prints the help, ends with 1
    assert "Traceback" not in (ended.stderr or "") and "BrokenPipe" not in (ended.stderr or "")


# --- answers --------------------------------------------------------------------------------------------------------


def test_json_is_one_document_whose_counts_add_up(mynah: Mynah, chat: Path) -> None:
    with chat.open("r+", encoding="utf-8") as stream:
        text = stream.read()
        stream.seek(0)
        stream.write("a line that is nothing\n" + text)
    ended = mynah("ingest", chat.name, "--json")
    told = ended.told
    assert ended.status == 0 and "WhatsApp" in ended.err and told["source"] == "whatsapp"
    assert told["lines"] == sum(told["lines_by_kind"].values()) == text.count("\n") + 1
    assert told["lines_by_kind"] == {"messages": 307, "continuations": 1, "system": 1, "unparsed": 1}
    assert (told["messages"], told["system"], told["unparsed"]) == (307, 1, 1)
    assert told["speakers"] == {"Ida": 203, "Otto": 104} and told["conversations"] == 51
    assert told["unparsed_lines"] == [
        {"line": 1, "text": "a line that is nothing", "reason": "before the first message"}
    ]
    assert "line 1 not read" in ended.err
    cleaned = mynah("clean", "--json").told
    drops = {"media": 1, "system": 2, "links": 1, "duplicate": 1}
    assert cleaned["dropped"] == drops and cleaned["came_in"]["messages"] == 308
    assert cleaned["went_out"]["messages"] == 308 - sum(drops.values())


def test_what_has_not_changed_is_not_done_again(mynah: Mynah, chat: Path) -> None:
    def unchanged(*settings: str, gap: str = "1h") -> list[bool]:
        stages = [["ingest", chat.name, "--gap", gap], ["clean"], ["pseudonymize"], ["pair", "--me", "ida"], ["split"]]
        return [mynah(*stage, "--json", *(f"--set={each}" for each in settings)).told["reused"] for stage in stages]

    assert unchanged() == [False] * 5
    assert unchanged() == [True] * 5 and "unchanged" in mynah("split").out
    assert unchanged("split.test=0.2") == [True, True, True, True, False]
    assert unchanged("pair.context=3") == [True, True, True, False, False]
    assert unchanged("clean.keep=[links]") == [True, False, False, False, False]
    assert unchanged(gap="2d") == [False] * 5
    with chat.open("a", encoding="utf-8") as stream:
        stream.write("20/12/2024, 21:00 - Otto: one more\n")
    assert unchanged(gap="2d") == [False] * 5
    interrupted = chat.parent / "whatsapp-chat-with-ida" / "split" / "manifest.json"
    interrupted.unlink()
    assert unchanged(gap="2d") == [True, True, True, True, False]


def test_flags_win_over_set_and_set_over_a_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("ingest: {gap: 5m, source: whatsapp}\npair: {context: 4}\n")
    call = Call(None, {"recipe": recipe, "set": ("ingest.gap=30m", "pair.context=6"), "pair__context": 8}, SECTIONS)
    options = call.options({"ingest": ingest.Options, "pair": pair.Options})
    assert options["ingest"] == ingest.Options(gap="30m", source="whatsapp")
    assert options["pair"] == pair.Options(context=8)


@pytest.mark.parametrize(("error", "free", "said"), [
    (OSError(28, "No space left on device"), 10**9, "disk is full"),
    (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"), 0, "disk is full"),  # torch
    (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9"), 10**9, "Memory ran out"),
    (MemoryError(), 10**9, "Memory ran out"),
])  # fmt: skip
def test_what_the_machine_lacks_is_said_whoever_noticed_it(
    error: Exception, free: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(words: object) -> None:
        raise error

    monkeypatch.setattr(cli, "build", fail)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor"])
    told = capsys.readouterr().err
    assert ended.value.code == 1 and said in told and "The same command goes on where it was." in told
    with pytest.raises(type(error)):
        cli.main(["doctor", "--debug"])


def test_any_other_error_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(words: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(cli, "build", fail)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        cli.main(["doctor"])
