"""Damaged exports of every source end in a result or in an error for the user, and what was read adds up.

The same at length: `benchmarks/mutants.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Message, Origin, Understood
from mynah.data.files import Input
from tests import mutate
from tests.mutate import GOOD, mutant, outcome
from tests.samples import samples

SEED, COUNT = 7, 200
Read = Callable[[Input, object], Iterator[Item]]


@pytest.mark.parametrize("source", plugins.names("source"))
def test_damaged_exports_end_well(source: str, tmp_path: Path) -> None:
    ends = set()
    for index in range(COUNT):
        one = mutant(source, SEED, index)
        path = tmp_path / one.name
        path.write_bytes(one.data)
        kind, what = outcome(path, one.source, tmp_path / "project" if one.whole else None)
        assert kind in GOOD, f"{kind}: {what}\nbenchmarks/mutants.py --source {source} --seed {SEED} --only {index}"
        ends.add(kind)
    assert "result" in ends, "the mutants are too broken to tell anything"


@pytest.mark.parametrize("source", plugins.names("source"))
def test_the_samples_themselves_are_read(source: str, tmp_path: Path) -> None:
    for sample in samples(source):
        path = tmp_path / sample.name
        path.write_bytes(sample.packed())
        read, ingested = outcome(path, source), outcome(path, source, tmp_path / "project")
        assert read.kind == "result" and ingested.kind in GOOD, (sample, read, ingested)  # in some nobody says anything


def test_a_mutant_is_the_same_in_each_run() -> None:
    assert mutant("irc", 7, 12) == mutant("irc", 7, 12) != mutant("irc", 8, 12)


# --- What is wrong is found -----------------------------------------------------------------------------------------


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Read], str]:
    """How the sample of `irc` ends where it is read like this."""
    path = tmp_path / "log.txt"
    path.write_bytes(samples("irc")[0].packed())
    source: ModuleType = plugins.load("source", "irc")

    def ended(read: Read) -> str:
        monkeypatch.setattr(source, "read", read)
        return " ".join(outcome(path, "irc"))

    return ended


def said(file: Input, *lines: int, speaker: str = "Ida", facts: dict[str, str] | None = None) -> Iterator[Item]:
    yield Understood(facts or {})
    messages = tuple(Message(speaker, "x", None, Origin(file.name, line)) for line in lines)
    yield Conversation(messages, messages[0].origin)


def test_every_bad_end_has_its_name(ends: Callable[[Read], str], monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(file: Input, options: object) -> Iterator[Item]:
        while True:
            pass
        yield

    def unreadable(file: Input, options: object) -> Iterator[Item]:
        raise UserError("a log", "none", "Look again.")
        yield

    assert ends(lambda file, options: said(file, 1, 2, 3, 4, 5)).strip() == "result"
    assert ends(lambda file, options: said(file, 1, 2, 4, 5)) == "miscount 1 of 5 lines are lost, the first is 3"
    assert ends(lambda file, options: said(file, 1, 2, 3, 4, 5, 6)) == "miscount lines 1 to 6 of 5"
    assert ends(lambda file, options: said(file, 1, 2, 3, 3, facts={"counts": "rows"})).strip() == "result"
    assert ends(lambda file, options: said(file, 2, 3, facts={"counts": "rows"})).startswith("miscount 1 of 3")
    assert ends(lambda file, options: said(file, 1, 2, 3, 4, 5, speaker="")).startswith("miscount a message of")
    assert ends(lambda file, options: said(file)).startswith("traceback IndexError")
    assert ends(unreadable) == "clear error a log"
    monkeypatch.setattr(mutate, "LIMIT", 0.05)
    assert ends(endless).startswith("hang")
