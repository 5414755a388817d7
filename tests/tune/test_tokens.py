"""What `mynah show-tokens` shows: every token of a row, and which of them are learned."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah import cli
from mynah.core.folder import Project
from mynah.core.tables import read_examples
from mynah.core.types import Example, Turn
from mynah.models.engines.transformers import Engine
from mynah.models.load import tokenizer_of
from mynah.models.render import IGNORED
from mynah.tune import tokens
from mynah.tune.rows import tokenized
from tests import bases
from tests.projects import ready


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return ready(tmp_path_factory.mktemp("tokens") / "p")


def test_what_is_learned_are_the_turns_of_the_persona(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["show-tokens", "--project", str(project.path), "--count", "1", "--json"])
    row, *_ = json.loads(capfd.readouterr().out)
    (example,) = read_examples(project.folder("split") / "train.parquet")[:1]
    learned = "".join(token["text"] for token in row["tokens"] if token["learned"])
    said = [turn.text for turn in example.turns if turn.learn]
    assert said and learned.split("<|end|>")[: len(said)] == said[: learned.count("<|end|>")]


def test_brackets_show_what_is_learned_where_there_are_no_colors(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["show-tokens", "--project", str(project.path), "--count", "1"])
    shown = capfd.readouterr().out
    assert "<|assistant|>⟦" in shown and "<|end|>⟧" in shown and "tokens, of which" in shown
    spans = re.findall("⟦(.*?)⟧", shown, re.DOTALL)
    assert spans and not any("<|user|>" in span or "<|assistant|>" in span for span in spans)


def test_colors_need_no_brackets() -> None:
    told = [{"id": 1, "text": "[user]", "learned": False}, {"id": 2, "text": "hi", "learned": True}]
    assert tokens.colored(told).plain == "[user]hi" and tokens.colored(told, marked=True).plain == "[user]⟦hi⟧"
    assert tokens.colored(told).spans[1].style in tokens.COLORS


def test_a_project_without_a_dataset_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(tokens.UserError, match="mynah split"):
        tokens.run(Project.at(tmp_path / "p"), tokens.Options(), tokens.TrainOptions(), tokens.ModelOptions())


def test_everyone_is_learned_where_that_is_asked_for(project: Project) -> None:
    everyone = tokens.TrainOptions(learn="all")
    for row in tokens.run(project, tokens.Options(count=5), everyone, tokens.ModelOptions()):
        learned = [token["learned"] for token in row["tokens"]]
        left = {token["text"] for token in row["tokens"][learned.index(True) :] if not token["learned"]}
        assert left == {"<|user|>", "<|assistant|>"}  # before that stands what an earlier window learned


@given(text=st.text(max_size=40))
def test_the_texts_of_the_tokens_are_the_text(text: str) -> None:
    tokenizer = tokenizer_of("starter")
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert "".join(tokens.texts(tokenizer, ids)) == tokenizer.decode(ids)


LONG = Example(
    "1",
    tuple(
        Turn(("user", "assistant")[place % 2], (f"what is {place}, and then {place}?",), learn=place % 2 == 1)
        for place in range(40)
    ),
    "You are Maya. " + "So be it. " * 30,
)


@pytest.mark.parametrize("name", ["DialoGPT", "FLAN-T5"])
def test_what_is_shown_is_what_the_training_sees(
    name: str, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = str(bases.of(name, tmp_path, **({"n_positions": 300} if name == "DialoGPT" else {})))
    monkeypatch.setattr(tokens, "read_examples", lambda path: [LONG])
    rows = tokens.run(project, tokens.Options(), tokens.TrainOptions(), tokens.ModelOptions(base=base))
    engine = Engine(base)
    expected = tokenized([LONG], engine)
    assert len(rows) == len(expected) > 2
    for row, (ids, labels) in zip(rows, map(engine.architecture.told, expected), strict=True):
        assert [token["id"] for token in row["tokens"]] == ids
        assert [token["learned"] for token in row["tokens"]] == [label != IGNORED for label in labels]
        assert any(label != IGNORED for label in labels) and labels[0] == IGNORED


def test_a_base_that_is_to_be_chosen_is_the_one_that_training_would_take(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tokens.ModelOptions(base="starter")
    monkeypatch.setattr(tokens.pick, "settled", lambda train, model, project, decide: (taken, "for a reason"))
    asked = tokens.ModelOptions(base="auto")
    rows = tokens.run(project, tokens.Options(count=1), tokens.TrainOptions(), asked)
    assert rows == tokens.run(project, tokens.Options(count=1), tokens.TrainOptions(), taken)
