"""Every file of a plug-in folder keeps the folder's contract, on the sample in its docstring; a new file is found."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import get_args

import numpy as np
import pytest

from mynah import cli
from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, run_stage
from mynah.core.statistics import parts, score
from mynah.core.tables import read_conversations
from mynah.core.types import (
    Answers,
    Conversation,
    Document,
    Kind,
    Message,
    Origin,
    Prompt,
    Record,
    Turn,
    Understood,
    Unparsed,
)
from mynah.data import clean, ingest
from mynah.data.files import inputs
from mynah.models.decoding import Options as Decoding
from mynah.models.engines import echo
from mynah.talk import bot

NOON = datetime(2024, 3, 1, 12)


def every(kind: str) -> pytest.MarkDecorator:
    found = [name for name in plugins.names(kind) if (kind, name) != ("engine", "transformers")]  # that needs a model
    assert found
    return pytest.mark.parametrize("plugin", [plugins.load(kind, name) for name in found], ids=found)


# --- sources --------------------------------------------------------------------------------------------------------


def sample(source: ModuleType) -> str:
    """The indented block after `::` in the docstring. → stands for a tab, which is not seen."""
    block = inspect.getdoc(source).partition("::\n\n")[2].split("\n")  # type: ignore[union-attr]
    text = dedent("\n".join(takewhile(lambda line: not line or line.startswith(" "), block))).strip("\n") + "\n"
    return text.replace("→", "\t")


@every("source")
def test_a_source_reads_the_sample_in_its_docstring(plugin: ModuleType, tmp_path: Path) -> None:
    made = plugin.sample() if hasattr(plugin, "sample") else sample(plugin).encode()
    path = tmp_path / ("sample.docx" if hasattr(plugin, "sample") else "sample.txt")
    path.write_bytes(made)
    (file,) = inputs(path)
    sure = {other: plugins.load("source", other).sniff(file.head(), file.name) for other in plugins.names("source")}
    own = sure.pop(plugin.__name__.rpartition(".")[2])
    assert plugin.LABEL and 0.5 < own <= 1 and all(own > other for other in sure.values())
    items = list(plugin.read(file, plugin.Options()))
    messages = [m for item in items if isinstance(item, Conversation) for m in item.messages]
    others = [item for item in items if isinstance(item, Document | Record)]
    assert all(m.text and (m.speaker or m.kind == "system") for m in messages) and (len(messages) >= 2 or others)
    origins = [each.origin for each in (*messages, *others, *(item for item in items if isinstance(item, Unparsed)))]
    lines = {line for origin in origins for line in range(origin.line, origin.line + origin.lines)}
    facts = [item.facts for item in items if isinstance(item, Understood)]
    assert len(facts) <= 1
    counts = facts[0].get("counts", "lines") if facts else "lines"
    last = made.count(b"\n") if counts == "lines" else max(lines)  # else elements, such as messages of JSON
    assert lines == set(range(1, last + 1)), "a line is lost or invented"
    assert {origin.file for origin in origins} == {path.name}


# --- cleaners, whose samples are run in tests/data/test_cleaners.py ---------------------------------------------------


def written(kind: str, text: str) -> list[Message]:
    """The message behind a line of a docstring; twice where it says `(same)`."""
    text = text.encode("latin-1", "backslashreplace").decode("unicode_escape")
    shown: Kind = kind if kind in get_args(Kind) else "text"  # type: ignore[assignment]
    message = Message("" if kind == "system" else "Ida", text, NOON, Origin("chat.txt", 1), shown)
    return [message] * (2 if kind == "same" else 1)


# --- metrics, memories, engines -------------------------------------------------------------------------------------

SAID = ("the gate is open until nine", "bring the blue ladder please", "נפגש מחר בבוקר ליד התחנה")
OTHER = ("cheese", "who knows why it rained all of sunday", "אולי")


@every("metric")
def test_a_metric_prefers_what_was_really_said(plugin: ModuleType) -> None:
    same = Answers(("hi",) * 3, SAID, SAID, (6.0, 5.0, 7.0), (6, 5, 5))
    other = Answers(("hi",) * 3, OTHER, SAID, (60.0, 50.0, 70.0), (6, 5, 5))
    assert plugin.LABEL and plugin.BETTER in ("higher", "lower") and isinstance(plugin.NEEDS_LIKELIHOOD, bool)
    assert plugin.signature() == plugin.signature() and len(plugin.signature()) > 5
    rows = plugin.rows(same)
    assert rows.shape[0] == 3 and rows.ndim == 2 and np.isfinite(rows).all()
    total = getattr(plugin, "total", None)
    best, worse = (score(plugin.rows(each), total, plugin.signature()).value for each in (same, other))
    assert best > worse if plugin.BETTER == "higher" else best < worse
    further = parts(rows, getattr(plugin, "PARTS", {}), plugin.signature())
    assert all(name and found.low <= found.high and np.isfinite(found.value) for name, found in further.items())
    cut = [parts(rows[order], getattr(plugin, "PARTS", {}), "") for order in ([0, 1, 2], [2, 0, 1])]
    for name in further:
        assert cut[0][name].value == pytest.approx(cut[1][name].value), "a part depends on the order of the cases"
    if plugin.NEEDS_LIKELIHOOD:
        with pytest.raises(ValueError, match="likelihood"):
            plugin.rows(replace(same, nll=None, tokens=None))


@every("memory")
def test_a_memory_ends_with_what_was_said_last(plugin: ModuleType) -> None:
    told = re.findall(r"^ *(user|assistant): (.+)$", plugin.__doc__ or "", re.M)
    turns = [Turn(role, (text,)) for role, text in told]
    assert len(turns) >= 2
    state: list[Turn] = []
    for number in range(1, 41):  # the sample again and again, each turn told apart by its number
        turn = turns[number % len(turns)]
        turn = replace(turn, bubbles=(f"{turn.text} {number}",))
        plugin.remember(state, turn)
        recalled = plugin.recall(state)
        order = [int(each.text.rpartition(" ")[2]) for each in recalled]
        assert recalled[-1] == turn and order == sorted(order), "oldest first, and what was said last at the end"
        assert plugin.recall(state) == recalled, "to recall changes nothing"


@every("engine")
def test_an_engine_replies_and_streams(plugin: ModuleType) -> None:
    engine = plugin.Engine("", None)
    heard = (Turn("user", ("are you there?", "hello?")), Turn("assistant", ("yes",)), Turn("user", ("good", "so?")))
    prompts = [Prompt("c0", n, "", heard[:n], Turn("assistant", ("x",))) for n in (0, 1, 3)]
    replies = engine.replies(prompts, Decoding())
    assert len(replies) == 3 and all(isinstance(reply, tuple) for reply in replies)
    pieces = list(engine.stream(heard, "", Decoding()))
    assert engine.name and all(isinstance(piece, str) for piece in pieces)
    if plugin is echo:
        assert replies == [(), heard[0].bubbles, heard[2].bubbles] and "".join(pieces) == "good\nso?"


@every("engine")
@pytest.mark.parametrize("untuned", [False, True])
def test_a_bot_speaks_with_an_engine(plugin: ModuleType, untuned: bool) -> None:
    engine = plugin.Engine("", None)
    talker = bot.Bot(Path(), "Ida", engine, plugins.load("memory", "buffer"), Decoding(), untuned=untuned)
    spoken = "".join(talker.say("one\ntwo"))
    assert [turn.role for turn in talker.state] == ["user", "assistant"]
    assert talker.state[-1].bubbles == (engine.renderer.parse(spoken) or ("…",))
    if plugin is echo:
        assert spoken == "one\ntwo" and talker.state[-1].bubbles == ("one", "two")


# --- to add a plug-in is to add a file ------------------------------------------------------------------------------

Add = Callable[[str, str, str], None]
SOURCE = '''
"""Lines of `name> text`."""
from mynah.core.options import Options as Base
from mynah.core.options import option
from mynah.core.types import Conversation, Message, Origin

LABEL = "Palaver"

class Options(Base):
    """How it is read."""
    loud: bool = option(False, "everything in capitals")

def sniff(head, name):
    return 0.9 if head.startswith("#palaver") else 0.0

def read(file, options):
    rows = [line.split("> ") for line in file.text().splitlines()[1:]]
    texts = [text.upper() if options.loud else text for _, text in rows]
    messages = [Message(row[0], text, None, Origin(file.name, i)) for i, (row, text) in enumerate(zip(rows, texts), 2)]
    messages.insert(0, Message("", "#palaver", None, Origin(file.name, 1), "system"))
    yield Conversation(tuple(messages), Origin(file.name, 1, len(messages)))
'''
METRIC = '''
"""Length."""
import numpy as np
LABEL, BETTER, NEEDS_LIKELIHOOD = "length", "higher", False
PARTS = {"total": lambda sums, n: float(sums[0])}
def rows(answers):
    return np.array([[float(len(reply))] for reply in answers.replies])
def signature():
    return "length|letters"
'''
MEMORY = '''
"""Only what was just said."""
def remember(state, turn):
    state[:] = [turn]
def recall(state):
    return list(state)
'''
CLEANER = '''
"""Shouting."""
def find(messages):
    return (i for i, m in enumerate(messages) if m.text.isupper())
'''


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Put a file into a plug-in folder, for one test; `word/__init__` begins a plug-in of several files."""
    added: list[tuple[str, str]] = []

    def put(kind: str, name: str, code: str) -> None:
        package = importlib.import_module(plugins.FOLDERS[kind])
        folder, word = tmp_path / "plugins" / kind, name.partition("/")[0]
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code.lstrip("\n"), encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        assert word in plugins.names(kind)
        added.append((plugins.FOLDERS[kind], word))

    yield put
    for package, name in added:
        if sys.modules.pop(f"{package}.{name}", None):
            delattr(sys.modules[package], name)


def test_a_source_that_is_added_is_recognized_from_the_content(
    add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    add("source", "palaver", SOURCE)
    file = tmp_path / "notes.txt"
    file.write_text("#palaver\nIda> hi\nOtto> hello\n", encoding="utf-8")
    account = ingest.run(Project.at(tmp_path / "project"), ingest.Options(input=file))
    assert account.detail["source"] == "palaver" and account.came_in == {"format": "Palaver", "lines": 3}
    assert account.detail["speakers"] == {"Ida": 1, "Otto": 1}
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:  # its options are a section of their own
        cli.main(["ingest", "notes.txt", "--json", "--set", "palaver.loud=true"])
    told = json.loads(capfd.readouterr().out)
    assert ended.value.code == 0 and told["source"] == "palaver"
    (read,) = read_conversations(tmp_path / "notes" / "ingest" / "conversations.parquet")
    assert [m.text for m in read.messages[1:]] == ["HI", "HELLO"]
    (tmp_path / "diary.txt").write_text("nothing happened\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"palaver.*diary\.txt"):
        ingest.run(Project.at(tmp_path / "project"), ingest.Options(input=tmp_path / "diary.txt"))


def test_a_source_of_several_files_is_one_plug_in(add: Add) -> None:
    add("source", "palaver/__init__", SOURCE)
    add("source", "palaver/words", '"""No source."""')
    assert not {"words", "_shared", "times"} & set(plugins.names("source")), "what a plug-in has inside is none"
    plugin = plugins.load("source", "palaver")
    assert plugin.LABEL == "Palaver" and plugin.sniff("#palaver", "") > 0.5
    assert inspect.getdoc(plugin) == "Lines of `name> text`.", "its docstring is that of `__init__`"


def test_a_cleaner_that_is_added_drops_and_is_counted(add: Add) -> None:
    add("cleaner", "shouting", CLEANER)
    assert clean.find(written("", "hi") + written("", "HELLO")) == {1: "shouting"}
    assert clean.find(written("", "HELLO"), keep=["shouting"]) == {}


def test_a_metric_that_is_added_gets_an_interval(add: Add) -> None:
    add("metric", "length", METRIC)
    metric = plugins.load("metric", "length")
    found = score(metric.rows(Answers(("",) * 3, ("a", "bb", "ccc"), ("",) * 3)), None, metric.signature())
    assert found.value == 2 and found.low < 2 < found.high
    three = metric.rows(Answers(("",) * 3, ("a", "bb", "ccc"), ("",) * 3))
    assert parts(three, metric.PARTS, metric.signature())["total"].value == 6


def test_a_memory_that_is_added_is_what_a_bot_remembers_with(add: Add, tmp_path: Path) -> None:
    add("memory", "goldfish", MEMORY)
    project = Project.at(tmp_path / "project")
    run_stage(project.folder("pseudonymize"), "", lambda _: Account("pseudonymize", {}, {}, detail={"off": True}))
    run_stage(project.folder("pair"), "", lambda _: Account("pair", {}, {}, detail={"persona": "Ida"}))
    run_stage(project.folder("split"), "s", lambda _: Account("split", {}, {}))
    trained = Account("train", {}, {}, detail={"base": "starter", "data": "s", "options": {"model": {"quant": ""}}})
    run_stage(project.folder("runs", "x"), "", lambda _: trained)
    project.folder("runs", "x", "model").mkdir()
    account = bot.run(project, bot.Options(memory="goldfish"), Decoding())
    assert json.loads((Path(account.detail["bot"]) / "bot.json").read_text(encoding="utf-8"))["memory"] == "goldfish"
    fish = bot.Bot(tmp_path, "Ida", echo.Engine(), plugins.load("memory", "goldfish"), Decoding())
    assert "".join(fish.say("hello")) == "hello"
    assert "".join(fish.say("one\n \ntwo")) == "one\ntwo" and len(fish.state) == 1
    with pytest.raises(UserError, match="Did you mean 'goldfish'"):
        bot.run(project, bot.Options(memory="goldfis"), Decoding())


@pytest.mark.parametrize("kind", plugins.FOLDERS)
def test_a_wrong_name_gets_the_nearest(kind: str) -> None:
    name = plugins.names(kind)[0]
    with pytest.raises(UserError, match=f"a {kind} that exists, found '{name}x'. Did you mean '{name}'"):
        plugins.load(kind, f"{name}x")
    with pytest.raises(UserError, match=f"Known: {', '.join(plugins.names(kind)[:20])}"):
        plugins.load(kind, "qqqqqqq")
