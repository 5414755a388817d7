"""Training data of other tools: every shape, every row accounted for, and the real samples."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.types import Conversation, Item, Record, Understood, Unparsed
from mynah.data.files import Input, inputs
from mynah.data.sources import messages, table

REAL = Path(__file__).parents[3] / "shared" / "data" / "4_faq_dialogue_instruct"
QA = [("user", "text", "Open?"), ("assistant", "text", "Until nine.")]
OPENAI = {"messages": [{"role": "user", "content": "Open?"}, {"role": "assistant", "content": "Until nine."}]}
SHAREGPT = {"conversations": [{"from": "human", "value": "Open?"}, {"from": "gpt", "value": "Until nine."}]}
PAIR = {"prompt": "Open?", "completion": "Until nine."}
SHAPES: list[Any] = [
    OPENAI,
    SHAREGPT,
    PAIR,
    OPENAI["messages"],
    {"instruction": "Open?", "input": "", "output": " Until nine.\n"},
    {"instruction": "Open?", "response": "Until nine."},
    {"prompt": "Open?", "response": "Until nine."},
    {"question": "Open?", "answer": "Until nine."},
    {"prompt": OPENAI["messages"][:1], "completion": OPENAI["messages"][1:]},
    {"prompt": "Open?", "chosen": OPENAI["messages"], "rejected": OPENAI["messages"]},
    {"conversations": SHAREGPT["conversations"][:1], "chosen": SHAREGPT["conversations"][1], "rejected": {}},
    {"instruction": "Open?", "instances": [{"input": "", "output": "Until nine."}]},
    {"messages": [{"role": "User", "content": [{"type": "text", "text": "Open?"}]}, OPENAI["messages"][1]]},
]
NO_SHAPES: list[Any] = [
    1, None, "text", [], {}, {"a": 1}, {"messages": []}, {"messages": [1]},
    {"messages": [{"role": "x", "content": "y"}]},
    {"conversations": [{"from": "Ann", "value": "hi"}]}, {"messages": [{"from": "Ann", "text": "hi"}]},
    {"messages": [{"sender_name": "Ann", "content": "hi"}]}, {"prompt": {"text": "x"}},
    {"prompt": 1, "completion": "x"},
    {"messages": [{"role": "user", "content": 7}]}, {"question": "\ud800", "answer": "x"},
]  # fmt: skip


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def items(text: str) -> list[Item]:
    file = Given(Path("rows.jsonl"), data=text.encode())
    return list(messages.read(file, messages.Options()))


def said(item: Item) -> list[tuple[str, str, str]]:
    assert isinstance(item, Conversation)
    assert all(m.at is None and m.origin == item.origin for m in item.messages)
    return [(m.speaker, m.kind, m.text) for m in item.messages]


def facts(found: list[Item]) -> dict[str, str]:
    (understood,) = (item.facts for item in found if isinstance(item, Understood))
    return understood


def lines(rows: list[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("row", SHAPES, ids=range(len(SHAPES)))
def test_every_shape_in_every_file(row: Any) -> None:
    as_json = [json.dumps(value, indent=indent) for value in ([row, row], {"data": [row, row]}) for indent in (None, 2)]
    for text in (lines([row, row]), *as_json):
        found = items(text)
        assert [said(item) for item in found[:2]] == [QA, QA] and len(found) == 3
        assert [item.origin.line for item in found[:2] if isinstance(item, Conversation)] == [1, 2]
        assert messages.sniff(text, "x") > 0.5
        assert facts(found)["counts"] == ("lines" if text == lines([row, row]) else "rows")
    for text in (json.dumps(row), json.dumps(row, indent=2), "\ufeff" + json.dumps(row)):
        assert said(items(text)[0]) == QA and messages.sniff(text, "x") > 0.5


@pytest.mark.parametrize("row", NO_SHAPES, ids=range(len(NO_SHAPES)))
def test_other_rows_are_unparsed_with_a_reason(row: Any) -> None:
    unparsed, conversation, _ = items(lines([row, PAIR]))
    assert isinstance(unparsed, Unparsed) and unparsed.reason and unparsed.origin.line == 1
    assert said(conversation) == QA
    assert messages.sniff(lines([row]), "messages.jsonl") == messages.sniff(json.dumps([row], indent=1), "x.json") == 0


ROWS = st.sampled_from([json.dumps(row) for row in [*SHAPES, *NO_SHAPES]] + ["", " ", "{", '{"messages": [', "text"])


@given(st.lists(ROWS), st.sampled_from(["\n", "\r\n"]))
def test_every_line_of_jsonl_belongs_to_one_thing(rows: list[str], end: str) -> None:
    text = end.join([lines([PAIR] * 10).strip(), *rows, "{}"])
    origins = [item.origin for item in items(text) if isinstance(item, Conversation | Unparsed)]
    assert [(o.line, o.lines) for o in origins] == [(n + 1, 1) for n in range(len(rows) + 11)]


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text('[]{}":, \nab'))
def test_no_text_breaks_it(text: str) -> None:
    assert 0 <= messages.sniff(text, "x") <= 1
    assert facts(items(text))["counts"] in ("lines", "rows")


def test_json_with_a_row_a_line_is_not_jsonl() -> None:
    rows = ",\n".join(json.dumps(PAIR) for _ in range(4))
    for text in (f"[\n{rows}\n]", f'{{\n"data": [\n{rows}\n]\n}}', f'{{"name": "x",\n"data": [\n{rows}]}}'):
        assert [said(item) for item in items(text)[:-1]] == [QA] * 4


def test_broken_json_is_unparsed_as_a_whole() -> None:
    found = items('[\n{"prompt": "Open?",\n "completion"')
    assert isinstance(found[0], Unparsed) and (found[0].origin.line, found[0].origin.lines) == (1, 3)
    assert "broken JSON" in found[0].reason
    assert items("[" * 100_000)[0] != items("")[0]


def test_what_stands_around_question_and_answer() -> None:
    row = {
        "system": "Be brief.",
        "history": [["Hello", "Hi"]],
        "instruction": "Translate.",
        "input": "Tor",
        "output": "gate",
        "id": 7,
        "tags": ["x"],
        "empty": "",
    }
    found = items(lines([row, row]))
    assert said(found[0]) == [
        ("", "instruction", "Be brief."),
        ("user", "text", "Hello"),
        ("assistant", "text", "Hi"),
        ("user", "text", "Translate.\n\nTor"),
        ("assistant", "text", "gate"),
    ]
    assert facts(found)["fields not read"] == "id (2), tags (2)"


def test_what_nobody_said_is_a_system_line() -> None:
    turns: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "image_url", "image_url": {}}]},
        {"role": "assistant", "content": None, "tool_calls": [{"name": "look"}]},
        {"role": "tool", "content": "a gate"},
        {"role": "assistant", "content": [{"type": "text", "text": "A gate."}, {"type": "text", "text": "Open."}]},
    ]
    assert said(items(json.dumps({"messages": turns}))[0]) == [
        ("", "instruction", "Be brief."),
        ("user", "media", ""),
        ("", "system", '[{"name": "look"}]'),
        ("", "system", "a gate"),
        ("assistant", "text", "A gate.\nOpen."),
    ]


def test_sniff_a_beginning_that_is_cut() -> None:
    long = {"messages": [OPENAI["messages"][0], {"role": "assistant", "content": "long " * 20_000}]}
    for text in (lines([long]), json.dumps([long]), json.dumps([long], indent=2), lines([PAIR, long])):
        assert messages.sniff(text[:65536], "x") > 0.5
    assert messages.sniff(lines([{"question": "a", "answer": "b"}]), "x") < messages.sniff(lines([PAIR]), "x")
    for other in (
        "",
        "hello",
        "[21:05] <ann> hi",
        '[{"title": "t", "mapping": {"a": {"message": {"author": {"role": "user"}}}}}]',
    ):
        assert messages.sniff(other, "x.json") == 0


@pytest.mark.parametrize("more", [{"alternatives": ["Is it open?"]}, {"Alternative questions": "Is it open?"}])
@pytest.mark.parametrize("asked", [("question", "answer"), ("prompt", "completion")])
def test_other_wordings_of_a_question_are_for_the_table(asked: tuple[str, str], more: dict[str, Any]) -> None:
    row = {asked[0]: "Open?", asked[1]: "Until nine."}
    for text, name in ((lines([row | more] * 2), "faq.jsonl"), (json.dumps([row | more] * 2), "faq.json")):
        assert 0.5 <= messages.sniff(text, name) < table.sniff(text, name)
    assert messages.sniff(lines([row] * 2), "faq.jsonl") > table.sniff(lines([row] * 2), "faq.jsonl")
    assert messages.sniff(lines([OPENAI | more]), "x.jsonl") > 0.9, "it is no pair"


# --- Real samples ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")
def test_real_samples() -> None:
    counts = json.loads((REAL / "instruct_format_samples" / "expected.json").read_text())["records"]
    files = {f"instruct_format_samples/{name}": n for name, n in counts.items()}
    files |= {"dolly_no_context/dolly.jsonl": 5771, "insuranceqa_validation/pairs_relevant.jsonl": 2520}
    for name, rows in files.items():
        (file,) = inputs(REAL / name)
        assert messages.sniff(file.head(), file.name) > 0.5, name
        *found, _ = messages.read(file, messages.Options())
        assert len(found) == rows and all(isinstance(item, Conversation) for item in found), name
        speakers = {m.speaker for item in found if isinstance(item, Conversation) for m in item.messages}
        assert {"user", "assistant"} <= speakers <= {"user", "assistant", ""}, name


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")
def test_a_real_table_of_other_wordings_is_read_with_them() -> None:
    (file,) = inputs(REAL / "ms_chitchat_en-us" / "chitchat.jsonl")
    assert messages.sniff(file.head(), file.name) < table.sniff(file.head(), file.name)
    found = [item for item in table.read(file, table.Options()) if isinstance(item, Record)]
    assert len(found) == 90 and sum(len(item.fields["alternatives"] or ()) for item in found) == 9796


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")
def test_real_exports_of_other_kinds_are_not_claimed() -> None:
    others = [REAL / "oasst_100_trees" / "en_100_tree.jsonl", REAL / "abcd_sample" / "abcd_sample.json"]
    others += REAL.parent.glob("5_chat_exports/*/*.json")
    for path in others:
        (file,) = inputs(path)
        assert messages.sniff(file.head(), file.name) == 0, path
