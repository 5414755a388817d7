"""Gradients that are no numbers never reach the weights; a training that runs away ends; patience is a function of the
curves."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.folder import write_json
from mynah.core.types import Example, Turn
from mynah.models.engines.transformers import Engine
from mynah.models.load import Options as ModelOptions
from mynah.models.load import lora
from mynah.tune import train, trainer
from mynah.tune.batches import Step
from mynah.tune.care import AWAY, LEFT_OUT, LONG, MOST, STILL, Care, since_best
from mynah.tune.methods import sft
from mynah.tune.rows import tokenized
from tests import bases

TALKS = [
    Example(f"t{i}", (Turn("user", ("what is it?",)), Turn("assistant", ("it is a bird",) * i, "Ida", True)))
    for i in (1, 2)
]


def after(folder: Path, broken: range, epochs: int = 5) -> tuple[Care, Any]:
    """What is left after so many epochs of two steps, of which some have a loss that is no number."""
    engine, calls = Engine(str(bases.small(folder))), iter(range(1, 100))
    care = Care(0, lambda: ["t1: a.txt:1", "t2: a.txt:3"])

    def loss(logits: Any, labels: Any) -> Any:
        found = sft.negative_log_likelihood(logits, labels)
        return found * float("nan") if next(calls) in broken else found

    rows = tokenized(TALKS, engine)
    off = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}
    arguments = {**trainer.arguments(folder, train.Options(epochs=epochs)), **off}
    adapter = lora(ModelOptions())
    made = sft.trainer(
        engine.model, engine.tokenizer, rows, rows, arguments, Step(64, 1), [care.callback()], adapter, loss
    )
    made.train()
    return care, made


def test_a_broken_step_is_left_out_and_its_rows_are_named(tmp_path: Path) -> None:
    care, made = after(tmp_path, range(3, 5))
    assert made.state.global_step == 10 and not care.stops()
    assert [line["step"] for line in care.curves if LEFT_OUT in line] == [3, 4]
    assert [line["step"] for line in made.state.log_history if "loss" in line] == [1, 2, 5, 6, 7, 8, 9, 10]
    (note,) = care.note()
    assert note.startswith("2 steps were left out, as their gradients were no numbers: 3 (")
    assert sorted(row for line in care.curves for row in line.get(LEFT_OUT, ())) == [0, 1]  # both of one epoch
    assert "t1: a.txt:1" in note and "t2: a.txt:3" in note
    assert all(bool(torch.isfinite(weight).all()) for weight in made.model.parameters())


def test_steps_that_go_on_breaking_end_the_training(tmp_path: Path) -> None:
    care, made = after(tmp_path, range(2, 100))
    assert made.state.global_step == 1 + MOST
    assert all(bool(torch.isfinite(weight).all()) for weight in made.model.parameters())
    with pytest.raises(UserError, match=r"from step 2 \(t[12]: a.txt:[13]"):
        care.check()


def test_a_sound_training_has_nothing_to_tell(tmp_path: Path) -> None:
    care, made = after(tmp_path, range(0))
    care.curves.append({"eval_loss": 1.0, "step": 10})
    care.check()
    assert care.note() == [] and made.state.global_step == 10


def steps(*losses: float) -> list[dict[str, Any]]:
    return [{"loss": loss, "step": step} for step, loss in enumerate(losses, 1)]


def cared(curves: list[dict[str, Any]], patience: int = 0) -> Care:
    care = Care(patience)
    care.begin(curves)
    return care


def test_a_loss_that_runs_away_ends_the_training_and_one_that_jumps_does_not() -> None:
    fell = [5.0 - step / 10 for step in range(30)]
    assert not cared(steps(*fell, 9.0, 9.0, *fell)).stops()
    away = cared(steps(*fell, *[fell[-1] + 3 * AWAY] * (LONG + 10)))
    assert away.stops()
    with pytest.raises(UserError, match="rose from"):
        away.check()
    away.curves.append({"eval_loss": 2.5, "step": 20})  # there is a checkpoint to fall back on
    away.check()
    assert "the result is the best checkpoint" in away.note()[-1]


def test_a_training_without_gradients_is_ended_and_one_that_learned_nothing_says_so() -> None:
    dead = [{**step, "grad_norm": 0.0} for step in steps(*[8.7] * STILL)]
    assert not cared([*dead[1:], {"loss": 8.7, "grad_norm": 1e-9, "step": STILL}]).stops()
    assert not cared(steps(*[8.7] * 99)).stops()  # a library that tells no norms
    still = cared([{"loss": 8.7, "grad_norm": 3.0, "step": 0}, *dead])
    assert still.stops()
    with pytest.raises(UserError, match=r"found one that stays at 8.70: .* were 0 in 10 steps in a row. Lower"):
        still.check()
    worse, better = ([*steps(4.0, 3.0, 2.0, 9.0), {"eval_loss": loss, "step": 4}] for loss in (3.1, 2.9))
    (note,) = cared(worse).note()
    assert "the loss of the first steps was 3.00, that of the last ones 4.50, the best validation loss 3.10" in note
    assert cared(better).note() == []


def test_a_validation_part_that_is_harder_is_no_sign_that_nothing_was_learned() -> None:
    fell = [4.0 - step / 10 for step in range(30)]
    assert cared([*steps(*fell), {"eval_loss": 4.5, "step": 30}]).note() == []


def test_a_validation_loss_that_is_no_number_is_an_error() -> None:
    with pytest.raises(UserError, match="none that is a number"):
        cared([{"eval_loss": math.nan, "step": 1}]).check()


@given(losses=st.lists(st.sampled_from((1.0, 2.0, 3.0, 4.0, math.inf)), min_size=1), patience=st.integers(1, 4))
def test_patience_counts_the_epochs_since_the_best(losses: list[float], patience: int) -> None:
    counter, best = 0, math.inf  # as transformers counts, step by step
    for place, loss in enumerate(losses):
        counter = 0 if place == 0 or loss < best else counter + 1
        best = min(best, loss)
    assert since_best(losses) == counter
    care = cared([{"eval_loss": loss, "step": place} for place, loss in enumerate(losses)], patience)
    assert care.patience_is_over() == (counter >= patience)


def test_a_checkpoint_tells_that_the_training_was_over(tmp_path: Path) -> None:
    curves = [{"eval_loss": loss, "step": step} for step, loss in enumerate((3.0, 2.0, 2.1, 2.2), 1)]
    write_json(tmp_path / "trainer_state.json", {"log_history": curves, "epoch": 4.0})
    assert Care(2).ended(str(tmp_path)) == 4
    assert Care(3).ended(str(tmp_path)) is None and Care(2).ended(None) is None
