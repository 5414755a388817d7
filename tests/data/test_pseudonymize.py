"""The stage: nothing personal goes on, the map brings it back, and what is unchanged is not done again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mynah.core import tables
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, run_stage
from mynah.core.tables import read_conversations, write_conversations
from mynah.core.types import Conversation, Document, Origin, Record
from mynah.data import pseudonymize
from mynah.data.pseudonymize import Options
from mynah.privacy.pseudonyms import Map, place
from tests.conftest import said

LINES = (
    "Ida Kern: call Otto, +49 170 1234567", "Otto: write to ida@posteo.de, Ida!", "Ida Kern: 0170 1234567 is better",
    "~ +49 160 9876543: password: blue-Heron42", "Otto: on 12.03.2024 at 18:30, version 2.4.1",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.at(tmp_path / "project")
    cleaned(project, said(*LINES))
    return project


def cleaned(project: Project, *conversations: Conversation, print_of: str = "c") -> None:
    def work(folder: Path) -> Account:
        write_conversations(folder / "conversations.parquet", conversations)
        return Account("clean", {}, {})

    run_stage(project.folder("clean"), print_of, work)


def made(project: Project) -> list[Conversation]:
    return read_conversations(project.folder("pseudonymize") / "conversations.parquet")


def test_what_is_personal_is_replaced_and_comes_back(project: Project) -> None:
    account = pseudonymize.run(project, Options())
    (found,) = made(project)
    whole = "\n".join(f"{m.speaker}: {m.text}" for m in found.messages)
    words = set(re.findall(r"\w+", whole.lower()))
    assert not words & {"ida", "kern", "otto", "1234567", "9876543", "posteo", "heron42"}
    assert "on 12.03.2024 at 18:30, version 2.4.1" in whole and "+49 " in whole
    mapped = Map.load(project.path)
    assert [f"{mapped.restore(m.speaker)}: {mapped.restore(m.text)}" for m in found.messages] == list(LINES)
    assert len({m.speaker for m in found.messages}) == 3
    counts = account.detail["replaced"]
    assert counts["phone"] == (3, 2) and counts["email"] == (1, 1) and counts["password"] == (1, 1)
    assert account.went_out["replaced"] == sum(count for count, _ in counts.values())
    assert all(secret not in str(account) for secret in ("Otto", "1234567", "posteo"))
    assert any("phone numbers" in line for line in pseudonymize.tell(account))


def test_it_is_done_again_only_where_something_changed(project: Project) -> None:
    pseudonymize.run(project, Options())
    before = made(project)
    assert pseudonymize.run(project, Options()).reused
    cleaned(project, said(*LINES, "Ida Kern: more, Otto"), print_of="d")
    assert not pseudonymize.run(project, Options()).reused
    assert [m.text for m in made(project)[0].messages[:5]] == [m.text for m in before[0].messages]
    place(project.path).unlink()
    assert not pseudonymize.run(project, Options()).reused, "without its map it would never come back"
    assert made(project) != before


def test_what_is_kept_stays_and_a_mistake_is_told(project: Project) -> None:
    pseudonymize.run(project, Options(keep=("phone", "Otto")))
    texts = [m.text for m in made(project)[0].messages]
    assert texts[0] == LINES[0].partition(": ")[2] and "posteo" not in texts[1]
    with pytest.raises(UserError, match="Did you mean 'phone'"):
        pseudonymize.run(project, Options(keep=("fone",)))
    pseudonymize.run(project, Options(off=True))
    assert [m.text for m in made(project)[0].messages] == [line.partition(": ")[2] for line in LINES]


def test_records_and_documents_pass_through(project: Project) -> None:
    folder, origin = project.folder("ingest"), Origin("t.csv", 1)
    folder.mkdir()
    tables.write_records(folder / "records.parquet", [Record({"who": "Otto", "hours": 3}, origin)])
    tables.write_documents(folder / "documents.parquet", [Document("On Otto", (("1", "ida@posteo.de"),), origin)])
    pseudonymize.run(project, Options())
    (record,) = tables.read_records(project.folder("pseudonymize") / "records.parquet")
    (document,) = tables.read_documents(project.folder("pseudonymize") / "documents.parquet")
    assert record.fields["hours"] == 3 and record.fields["who"] != "Otto"
    assert document.title == f"On {record.fields['who']}" and "posteo" not in document.sections[0][1]
