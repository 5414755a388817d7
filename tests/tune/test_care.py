"""Gradients that are no numbers never reach the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mynah.core.errors import UserError
from mynah.core.types import Example, Turn
from mynah.models.engines.transformers import Engine
from mynah.models.load import Options as ModelOptions
from mynah.models.load import lora
from mynah.tune import train
from mynah.tune.batches import Step
from mynah.tune.care import MOST, Care
from mynah.tune.methods import sft
from tests import bases

TALK = Example("1", (Turn("user", ("what is it?",)), Turn("assistant", ("it is a bird",), "Ida", True)))


def after(folder: Path, broken: range, steps: int = 9) -> tuple[Care, Any]:
    """What is left after so many steps, of which some have a loss that is no number."""
    engine, care, calls = Engine(str(bases.small(folder))), Care(), iter(range(1, 100))

    def loss(logits: Any, labels: Any) -> Any:
        found = sft.negative_log_likelihood(logits, labels)
        return found * float("nan") if next(calls) in broken else found

    rows = train.tokenized([TALK], engine)
    off = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}
    arguments = {**train.arguments(folder, train.Options(epochs=steps)), **off}
    adapter = lora(ModelOptions())
    made = sft.trainer(
        engine.model, engine.tokenizer, rows, rows, arguments, Step(512), [care.callback()], adapter, loss
    )
    made.train()
    return care, made


def test_a_broken_step_is_left_out_and_told(tmp_path: Path) -> None:
    care, made = after(tmp_path, range(3, 5))
    care.check()
    assert care.left_out == [3, 4] and made.state.global_step == 9
    assert care.note() == ["2 steps were left out, as their gradients were no numbers: 3, 4"]
    assert all(bool(torch.isfinite(weight).all()) for weight in made.model.parameters())


def test_steps_that_go_on_breaking_end_the_training(tmp_path: Path) -> None:
    care, made = after(tmp_path, range(2, 100))
    assert made.state.global_step == 1 + MOST
    assert all(bool(torch.isfinite(weight).all()) for weight in made.model.parameters())
    with pytest.raises(UserError, match="from step 2"):
        care.check()


def test_a_sound_training_has_nothing_to_tell(tmp_path: Path) -> None:
    care, _ = after(tmp_path, range(0))
    care.check()
    assert care.note() == []
