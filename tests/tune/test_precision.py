"""What the weights are held in while they train, and that the plan counts just that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from mynah.models import load
from mynah.models.engines.transformers import Engine
from mynah.tune import plan, trainer
from mynah.tune.methods._trainer import Shared
from mynah.tune.planning import bases, estimate, machines
from mynah.tune.planning.machines import GIB, Machine
from mynah.tune.rows import tokenized
from mynah.tune.train import Options
from tests import bases as made
from tests.models.test_load import TALK

KINDS = {"bf16": torch.bfloat16, "fp32": torch.float32}


@pytest.fixture(autouse=True)
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a base of any size is loaded as it is stored."""
    monkeypatch.setattr(load, "SMALL", 0)
    monkeypatch.setattr(estimate, "SMALL", 0)


def built(base: str, folder: Path, precision: str) -> tuple[Any, Options]:
    """The model as it was loaded, then made a trainer of."""
    engine, options = Engine(base), Options(method="sft", precision=precision, epochs=1, lr=1e-2)
    rows = tokenized([TALK], engine)
    return trainer.build(
        engine.model, engine.tokenizer, {"train": rows, "valid": rows}, folder, options, load.Options(), []
    ), options


def frozen(model: Any) -> Iterator[torch.Tensor]:
    return (weight for weight in model.parameters() if not weight.requires_grad)


@pytest.mark.parametrize("precision", KINDS)
@pytest.mark.parametrize("stored", ["float16", "bfloat16"])
def test_weights_are_held_in_what_computes_and_counted_so(stored: str, precision: str, tmp_path: Path) -> None:
    base = str(made.of("Llama", tmp_path / "base", dtype=stored))
    assert Engine(base).model.dtype == getattr(torch, stored)  # as evaluate and chat have it
    trained, options = built(base, tmp_path / "run", precision)
    assert {weight.dtype for weight in frozen(trained.model)} == {KINDS[precision]}
    cpu = Machine("cpu", "cpu", GIB)
    found = estimate.Estimate(bases.find(base), cpu, options, load.Options(base=base), estimate.nominal(options, None))
    row, setup = found.chosen()
    assert row["memory"]["weights"] == sum(weight.nbytes for weight in frozen(trained.model))
    assert setup.computed == setup.stored == KINDS[precision].itemsize and found.loaded(setup) == 2
    seen: list[torch.Tensor] = []
    trained.model.get_output_embeddings().register_forward_hook(lambda _, __, logits: seen.append(logits))
    trained.train()
    assert {logits.dtype for logits in seen} == {KINDS[precision]}
    assert trained.state.log_history[0]["grad_norm"] > 0


@pytest.mark.parametrize(("device", "kind"), [("cpu", torch.bfloat16), ("cuda", torch.float32)])
def test_only_a_cpu_holds_copies_of_what_autocast_casts(device: str, kind: torch.dtype, tmp_path: Path) -> None:
    model = built(str(made.small(tmp_path / "base")), tmp_path / "run", "bf16")[0].model
    found: set[torch.dtype] = set()

    class Library:
        def train(self) -> None:
            found.update(layer.base_layer.weight.dtype for layer in model.modules() if hasattr(layer, "base_layer"))

    class Trainer(Shared, Library):
        args = SimpleNamespace(bf16=True, device=torch.device(device))
        is_fsdp_enabled = False

    Trainer.model = model
    Trainer().train()
    assert found == {kind}


@pytest.mark.parametrize(
    ("machine", "precision", "width"), [("t4", "auto", 4), ("h100", "fp32", 4), ("h100", "auto", 2)]
)
def test_a_float16_base_is_planned_in_what_it_trains_in(machine: str, precision: str, width: int) -> None:
    options, model = Options(precision=precision), load.Options(base="meta-llama/Llama-2-7b-hf", quant="none")
    found = estimate.Estimate(
        bases.find(model.base), machines.find(machine), options, model, estimate.nominal(options, None)
    )
    (setup, *_) = found.possible()
    assert (setup.stored, setup.computed) == (width, width)
    assert found.row(setup)["memory"]["weights"] == width * found.found.architecture["parameters"]
    assert found.settled(setup)[0].precision == {4: "fp32", 2: "bf16"}[width]


def test_it_replies_from_the_weights_as_they_are_stored() -> None:
    model = load.Options(base="EleutherAI/pythia-1.4b")
    told = plan.run(plan.Options(machine="h100"), Options(precision="fp32"), model)["plan"]
    assert told["memory"]["weights"] == 2 * told["reply_bytes"]["weights"]
