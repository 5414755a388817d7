"""Who is forgotten: the names and pseudonyms of a person in a project, and what they wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mynah.core.errors import UserError, did_you_mean
from mynah.core.folder import Project, read_account, read_json
from mynah.core.tables import read_rows
from mynah.privacy.forgotten import Forgotten
from mynah.privacy.pseudonyms import Map, place
from mynah.privacy.trace import Trace

BEGUN = ".forgetting.json"  # whom an attempt is about; gone when nothing of them is left
REWRITTEN = ("ingest", "clean", "pseudonymize")
"""Stages whose rows are kept without the person: the export may be gone. What comes after is made anew."""


@dataclass
class Person:
    """Who is forgotten: all their names in this project, the pseudonyms of these, and what they wrote."""

    names: list[str]
    pseudonyms: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    persona: str = ""

    @property
    def trace(self) -> Trace:
        """What to look for."""
        return Trace(self.called, self.others, self.texts)

    @property
    def called(self) -> list[str]:
        """Every name in a file of the project."""
        return [*self.names, *self.pseudonyms]


def who(project: Project, asked: list[str]) -> Person:
    """The person behind the names. Raises UserError where nobody is called so."""
    begun = project.path / BEGUN
    if begun.exists():
        told = Person(**read_json(begun))
        if not any(same(name, other) for name in asked for other in told.names):
            todo = "Finish that first: the same command as then."
            raise UserError("an attempt to forget the same person", "one about somebody else", todo)
        return told
    speakers = _speakers(project)
    names = [name for name in speakers if any(same(name, other) for other in asked)]
    if not names:
        if any(Forgotten.load(project.path).knows(name) for name in asked):
            return Person(asked, others=speakers)
        raise UserError("the name of somebody in this project", repr(asked[0]), did_you_mean(asked[0], speakers))
    mapped = Map.load(project.path)
    made = [mapped.speaker(name) for name in names] if place(project.path).exists() else []
    called = {*names, *made}
    texts = list(dict.fromkeys(_texts(project, called)))
    others = [speaker for speaker in speakers if speaker not in called]
    pair = read_account(project.folder("pair"))
    persona = pair.detail.get("persona", "") if pair else ""
    names += [name for name in asked if not any(same(name, other) for other in called)]
    return Person(names, sorted({*made} - {*names}), texts, others, persona)


def same(name: str, other: str) -> bool:
    """Is it one name but for case and spaces?"""
    return " ".join(name.split()).casefold() == " ".join(other.split()).casefold()


def rows_of(project: Project, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of every kept table that has these columns."""
    for stage in REWRITTEN:
        for path in sorted(project.folder(stage).glob("*.parquet")):
            for row in read_rows(path):
                if all(column in row for column in columns):
                    yield row


def _speakers(project: Project) -> list[str]:
    return list(dict.fromkeys(row["speaker"] for row in rows_of(project, ["speaker"]) if row["speaker"]))


def _texts(project: Project, names: set[str]) -> Iterator[str]:
    return (row["text"] for row in rows_of(project, ["speaker", "text"]) if row["speaker"] in names)
