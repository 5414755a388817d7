"""Plain text: which lines are headings, what is joined, what is prose and what only a chat that nobody could read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from _damaged import CASES, Given, facts, mutants, read, unparsed

from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.core.types import Document, Item, Unparsed
from mynah.data.files import HEAD, decoded
from mynah.data.sources import text
from mynah.data.sources._shared import documents

REAL = Path(__file__).parents[4] / "shared" / "data"

MANUAL = """THE SHED

It is open from nine. Whoever takes a tool writes a name on the board, and
brings the tool back before five.

Tools
-----

Saws hang on the wall. Ladders stand
behind the shed.

1. Ladders

Look at the ground first. It has to be dry, or somebody holds the well-
known blue ladder for you.

1.1 Shoes

Wear shoes with a heel.

Bring these things along when it is your turn to look after the whole shed:
- a pen
- a lamp
"""
HEBREW = "המחסן פתוח מתשע בבוקר ועד חמש אחר הצהריים בכל יום. מי שלוקח כלי רושם את שמו על הלוח. הסולם הכחול נמצא בחוץ.\n"
CHINESE = "仓库每天上午九点开门，下午五点关门。借工具的人要在板上写名字，五点以前还回来。蓝色的梯子放在仓库后面。\n"
PROSE = {
    "manual": MANUAL,
    "one line": "It is open from nine to five. Bring the ladder back before that. Nobody climbs alone after dark.\n",
    "Hebrew": HEBREW,
    "Chinese": CHINESE,
    "a note with a time": "Ladders stay dry.\n\nThe shed opens at 9:30 and closes at five. It is closed on Sunday. "
    "Whoever comes later rings the bell. Note: the bell is loud.\n",
}
CHAT = (
    "31/01/2024, 21:05 - Ida: It is open. Come along before five. Bring the blue ladder that stands behind the shed.\n"
)
NO_PROSE = {
    "nothing": "",
    "a diary": "Dear diary,\nnothing happened.\n",
    "a list": "milk\nbread\neggs.\nbutter.\nsalt.\n",
    "a head and a text": CHAT,
    "heads that nobody knows": "".join(
        f"<<{n}:15>> Ida\nIt is open. Come along before five. Bring the blue ladder that stands behind the shed.\n"
        for n in range(10, 20)
    ),
    "a play": "".join(f"{name}: I will not climb that ladder. It is wet.\n" for name in ("IDA", "OTTO", "MAYA") * 4),
    "nicks": "".join(f"<{name}> I will not climb that ladder today. It is wet.\n" for name in ("ida", "otto") * 4),
    "JSON": '{"text": "It is open from nine to five. Bring it back before that. Nobody climbs alone after dark."}\n',
    "a page": "<p>It is open from nine to five. Bring it back before that. Nobody climbs alone after dark.</p>\n",
    "bytes": PROSE["one line"] + "\0",
}


def document(found: Sequence[Item]) -> Document:
    (one,) = [item for item in found if isinstance(item, Document)]
    return one


def accounted(found: Sequence[Item], lines: int) -> bool:
    """Is each line of the file in the document or in an Unparsed, and can everything be written?"""
    origins = [item.origin for item in found if isinstance(item, Document | Unparsed)]
    documents = [item for item in found if isinstance(item, Document)]
    assert len(documents) <= 1 and all(heading or words for each in documents for heading, words in each.sections)
    assert all(each.title and "".join(sum(each.sections, (each.title,))).encode() for each in documents)
    covered = {line for o in origins for line in range(o.line, o.line + o.lines)}
    return covered == set(range(1, max(lines, 1) + 1)) and bool(facts(found)["counts"])


def test_headings_stand_below_each_other_and_paragraphs_are_lines() -> None:
    found = document(read(text, MANUAL, "rules.txt"))
    assert found.title == "THE SHED" and found.origin.lines == MANUAL.count("\n")
    board = (
        "It is open from nine. Whoever takes a tool writes a name on the board, and brings the tool back before five."
    )
    ground = "Look at the ground first. It has to be dry, or somebody holds the well-known blue ladder for you."
    bring = "Bring these things along when it is your turn to look after the whole shed:\n- a pen\n- a lamp"
    assert found.sections == (
        ("THE SHED", board),
        ("THE SHED > Tools", "Saws hang on the wall. Ladders stand\nbehind the shed."),
        ("THE SHED > 1. Ladders", ground),
        ("THE SHED > 1. Ladders > 1.1 Shoes", f"Wear shoes with a heel.\n\n{bring}"),
    )


@pytest.mark.parametrize(
    ("block", "heading"),
    {
        "Chapter 3: Ladders": "Chapter 3: Ladders",
        "פרק א": "פרק א",
        "Part Two of the day": "",
        "===\nShed\n===\nopen": "Shed",
        "LADDERS\nare blue": "LADDERS",
        "LADDERS ARE SOLD AS THEY ARE\nAND NOBODY ANSWERS FOR THEM": "",
        "STOP!": "",
        "OK": "",
        "2. Saws": "2. Saws",
        "2024 was a good year": "",
        "1. milk": "",
    }.items(),
)
def test_a_line_is_a_heading_by_its_look(block: str, heading: str) -> None:
    found = document(read(text, f"before\n\n{block}\n\nafter.\n"))
    assert next((name for name, _ in found.sections if name), "") == heading


def test_numbered_lines_one_after_the_other_are_a_list() -> None:
    assert document(read(text, "Shopping\n\n1. Milk\n\n2. Bread\n\n3. Salt\n", "list.txt")).sections == (
        ("", "Shopping\n\n1. Milk\n\n2. Bread\n\n3. Salt"),
    )


@pytest.mark.parametrize("name", PROSE)
def test_prose_is_recognized_and_no_other_source_wants_it(name: str) -> None:
    sure = {each: plugins.load("source", each).sniff(PROSE[name], "notes.txt") for each in plugins.names("source")}
    assert sure.pop("text") == text.SURE > max(sure.values())


@pytest.mark.parametrize("name", NO_PROSE)
def test_what_is_no_prose_is_left_alone(name: str) -> None:
    assert text.sniff(NO_PROSE[name], "notes.txt") == 0


@pytest.mark.parametrize("name", ["rows.csv", "page.html", "chat.json", "program.log", "x.zip/rows.tsv"])
def test_prose_in_files_of_other_kinds_is_left_to_them(name: str) -> None:
    assert text.sniff(MANUAL, name) == 0 and text.sniff(MANUAL, "rules.rst") == text.sniff(MANUAL, "README") > 0.5


def test_a_file_without_words_is_listed_and_one_that_is_too_large_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [item.reason for item in unparsed(read(text, "\n \n"))] == ["no text in it"]
    assert document(read(text, MANUAL.encode("utf-16"))).title == "THE SHED"
    monkeypatch.setattr(documents, "LARGEST", 100)
    with pytest.raises(UserError, match="Cut it into several files"):
        read(text, MANUAL)


def test_a_damaged_file_gives_a_result() -> None:
    for data in mutants([MANUAL, HEBREW], CASES):
        assert 0 <= text.sniff(decoded(data)[:HEAD], "notes.txt") <= 1
        assert accounted(read(text, data), len(documents.lines_of(decoded(data)))), data


def words(*texts: str) -> set[str]:
    return {word for each in texts for word in re.findall(r"\w+", each)}


@pytest.mark.skipif(not (REAL / "7_rag").exists(), reason="the corpora are not on this machine")
def test_articles_are_documents_and_no_word_of_them_is_lost() -> None:
    folder = REAL / "7_rag" / "covid_qa_documents"
    rows = [json.loads(line) for line in (folder / "documents.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == json.loads((folder / "expected.json").read_text("utf-8"))["documents"]
    for row in rows:
        assert text.sniff(row["text"][:HEAD], f"{row['doc_id']}.txt") == text.SURE
        found = document(read(text, row["text"]))
        assert found.title in (" ".join(row["text"].strip().split("\n")[0].split()), "chat")
        assert words(row["text"]) <= words(*(part for section in found.sections for part in section))


@pytest.mark.skipif(not (REAL / "5_chat_exports").exists(), reason="the corpora are not on this machine")
def test_real_chats_are_no_prose() -> None:
    chats = sorted((REAL / "5_chat_exports").rglob("*.txt"))[::7] + sorted((REAL / "1_ubuntu_irc").rglob("*.raw.txt"))
    assert len(chats) > 20
    taken = [
        path.name for path in chats if text.sniff(Given(Path("chat.txt"), data=path.read_bytes()).head(), "chat.txt")
    ]
    assert not taken
