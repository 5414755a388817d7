"""What is foreseen of the time: exact for a machine of even speed, and by steps that are really made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.models.load import Options as ModelOptions
from mynah.tune.planning import bases, machines, probe
from mynah.tune.planning.estimate import Estimate, Work
from mynah.tune.planning.probe import FORWARD, Clock
from mynah.tune.train import Options as TrainOptions

FIGURES = {
    "model_type": "llama", "vocab_size": 96, "hidden_size": 32, "intermediate_size": 80, "num_hidden_layers": 5,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128, "pad_token_id": 0,
}  # fmt: skip


@given(
    sizes=st.lists(st.integers(1, 2000), min_size=1, max_size=30), scored=st.integers(0, 5000),
    epochs=st.integers(1, 9), start=st.integers(0, 100), steps=st.integers(1, 20),
)  # fmt: skip
def test_a_machine_of_even_speed_is_foreseen_exactly(
    sizes: list[int], scored: int, epochs: int, start: int, steps: int
) -> None:
    speed, compiling = 1e-3, 4.0  # seconds a padded token, and of the first step beside it
    clock = Clock(sizes, scored, epochs)
    tokens = [sizes[step % len(sizes)] for step in range(start, start + 1 + steps)]
    clock.pace = clock.foresee(start, steps, speed * sum(tokens[1:]), compiling + speed * tokens[0])
    whole = speed * (sum(sizes) + FORWARD * scored)
    assert clock.seconds() == pytest.approx(compiling + epochs * whole)
    assert clock.seconds(1) == pytest.approx(compiling + whole) and clock.seconds(cpu=True) == 0


def test_a_probe_makes_steps_with_a_few_layers(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(FIGURES), encoding="utf-8")
    base = bases.find(str(config))
    estimate = Estimate(base, machines.find("this"), TrainOptions(), ModelOptions(base=base.name), Work(2, 32, 32))
    found = probe.of(estimate, estimate.chosen()[1])
    assert found.seconds > 0 and found.how == "by random weights of 1 and 3 of its 5 layers"


def test_an_encoder_decoder_without_weights_is_probed_too(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    figures = {"model_type": "t5", "vocab_size": 96, "d_model": 32, "d_ff": 48, "d_kv": 8, "num_layers": 3,
               "num_heads": 4}  # fmt: skip
    config.write_text(json.dumps(figures), encoding="utf-8")
    base = bases.find(str(config))
    estimate = Estimate(base, machines.find("this"), TrainOptions(), ModelOptions(base=base.name), Work(2, 32, 32))
    assert probe.of(estimate, estimate.chosen()[1]).seconds > 0
