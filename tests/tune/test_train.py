"""What the trainer is given: every turn of the persona once, and nothing else; batches that are a pure function."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.tables import read_examples
from mynah.models.engines.transformers import Engine
from mynah.models.load import Options as ModelOptions
from mynah.models.load import lora
from mynah.models.render import IGNORED
from mynah.tune import train, trainer
from mynah.tune.batches import Share, Step, TokenBatches
from mynah.tune.methods import sft
from mynah.tune.planning import bases as planned
from mynah.tune.planning import meta
from mynah.tune.rows import tokenized
from tests import bases
from tests.models.test_load import trained
from tests.projects import ready


def test_every_turn_of_the_persona_is_handed_to_the_trainer_once_and_nothing_else(tmp_path: Path) -> None:
    project = ready(tmp_path / "p")
    engine = Engine("starter")
    parts = {name: read_examples(project.folder("split") / f"{name}.parquet") for name in ("train", "valid")}
    rows = {name: tokenized(part, engine) for name, part in parts.items()}
    arguments = trainer.arguments(tmp_path / "run", train.Options())
    made = sft.trainer(
        engine.model, engine.tokenizer, rows["train"], rows["valid"], arguments, Step(2048), [], lora(ModelOptions())
    )
    for loader, name in ((made.get_train_dataloader(), "train"), (made.get_eval_dataloader(), "valid")):
        expected = Counter(turn.bubbles for example in parts[name] for turn in example.turns if turn.learn)
        assert all(turn.role == "assistant" for example in parts[name] for turn in example.turns if turn.learn)
        found: Counter[tuple[str, ...]] = Counter()
        for batch in loader:
            for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
                assert all(label in (IGNORED, token) for token, label in zip(ids, labels, strict=True))
                found.update(learned_turns(engine, labels))
        assert found == expected


def learned_turns(engine: Engine, labels: list[int]) -> list[tuple[str, ...]]:
    """The turns that a row of labels teaches, cut at the tokens that end a turn."""
    turns, held = [], []
    for label in labels:
        if label != IGNORED:
            held.append(label)
        if label in engine.renderer.stops:
            turns.append(engine.renderer.parse(engine.tokenizer.decode(held)))
            held = []
    assert not held, "a learned turn has no end"
    return turns


@given(lengths=st.lists(st.integers(1, 300), min_size=1, max_size=60), seed=st.integers(0, 9), epoch=st.integers(0, 5))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int], seed: int, epoch: int) -> None:
    sampler, again = TokenBatches(lengths, Step(256), seed, True), TokenBatches(lengths, Step(256), seed, True)
    sampler.set_epoch(epoch)
    list(again)  # what came before changes nothing
    again.set_epoch(epoch)
    batches = list(sampler)
    assert batches == list(again) and len(batches) == len(sampler)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 256


@given(count=st.integers(1, 40), rows=st.integers(1, 9), seed=st.integers(0, 9))
def test_a_step_of_so_many_rows_holds_them_whatever_their_length(count: int, rows: int, seed: int) -> None:
    batches = list(TokenBatches([1000] * count, Step(64, rows), seed, True))
    assert sorted(index for batch in batches for index in batch) == list(range(count))
    assert sorted(map(len, batches)) == sorted([rows] * (count // rows) + [count % rows] * (count % rows > 0))


@given(
    lengths=st.lists(st.integers(1, 300), min_size=1, max_size=60), processes=st.integers(1, 5),
    accumulation=st.integers(1, 4), epoch=st.integers(0, 3),
)  # fmt: skip
def test_several_processes_make_the_steps_of_one(
    lengths: list[int], processes: int, accumulation: int, epoch: int
) -> None:
    alone = TokenBatches(lengths, Step(256), 7, True)
    shares = [TokenBatches(lengths, Step(256), 7, True, Share(processes, number)) for number in range(processes)]
    for sampler in (alone, *shares):
        sampler.set_epoch(epoch)
    assert len({len(share) for share in shares}) == 1  # or some would wait for others for ever
    size, nothing = accumulation * processes, [len(lengths)]
    steps = [list(alone)[start : start + size] for start in range(0, len(alone), size)]
    told = [list(share) for share in shares]
    for place, step in enumerate(steps):
        taken = [batch for each in told for batch in each[place * accumulation : (place + 1) * accumulation]]
        assert sorted(batch for batch in taken if batch != nothing) == sorted(step)
        number = epoch * len(steps) + place
        assert sorted(shares[0].of_step(number, accumulation)) == sorted(row for batch in step for row in batch)
    assert sum(map(len, told)) == len(shares[0]) * processes


def test_the_validation_loss_is_the_mean_over_tokens_whatever_the_batches(tmp_path: Path) -> None:
    engine = Engine("starter")
    examples = read_examples(ready(tmp_path / "p").folder("split") / "valid.parquet")[:4]
    rows = tokenized(examples, engine)
    arguments = trainer.arguments(tmp_path / "run", train.Options(precision="fp32"))
    made = sft.trainer(engine.model, engine.tokenizer, rows[:1], rows, arguments, Step(256), [], lora(ModelOptions()))
    assert len({int((batch["labels"] != IGNORED).sum()) for batch in made.get_eval_dataloader()}) > 1
    found = engine.likelihoods(examples)
    mean = sum(each.nll for each in found) / sum(each.tokens for each in found)
    assert made.evaluate()["eval_loss"] == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize(
    ("base", "adapter", "rate"),
    [
        ("meta-llama/Llama-2-7b-hf", "lora", 2e-4),  # Dettmers et al. 2023, table 9: 2e-4 for 7B and 13B
        ("meta-llama/Llama-2-70b-hf", "lora", 1.2e-4),  # and 1e-4 for 33B and 65B
        ("meta-llama/Llama-2-7b-hf", "none", 2e-5),  # a tenth: Schulman et al. 2025
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "lora", 9.2e-4),
        ("google/flan-t5-small", "lora", 1e-3),
        ("starter", "lora", 4e-3),
    ],
)
def test_the_learning_rate_suits_the_base_unless_it_is_named(base: str, adapter: Any, rate: float) -> None:
    model, config = ModelOptions(base=base, adapter=adapter), meta.build(planned.find(base)).config
    assert trainer.settled(train.Options(), model, config).lr == rate
    assert trainer.settled(train.Options(lr=3e-5), model, config).lr == 3e-5


def test_a_method_that_does_not_exist_is_refused_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "planned", None)  # which comes next
    project = ready(tmp_path / "p")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=r"'sftt'\. Did you mean 'sft'"):
        train.run(project, train.Options(method="sftt"), ModelOptions())
    assert sorted(tmp_path.rglob("*")) == before


def test_a_method_that_does_not_suit_the_base_leaves_no_run(tmp_path: Path) -> None:
    project = ready(tmp_path / "p")
    with pytest.raises(UserError, match="an encoder-decoder for the method"):
        train.run(project, train.Options(method="seq2seq"), ModelOptions())
    assert not list(project.folder("runs").iterdir())


def test_what_is_saved_names_the_base_and_no_folder_of_this_machine(tmp_path: Path) -> None:
    engine = Engine(str(bases.small(tmp_path / "base")))
    made = trained(engine, ModelOptions(), tmp_path, steps=1)
    (tmp_path / "run").mkdir()
    trainer.save(made, engine.tokenizer, tmp_path / "run", "acme/tiny")
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    config = next(path for path in files if path.name == "adapter_config.json")
    assert json.loads(config.read_text(encoding="utf-8"))["base_model_name_or_path"] == "acme/tiny"
    assert not [path for path in files if str(tmp_path).encode() in path.read_bytes()]
