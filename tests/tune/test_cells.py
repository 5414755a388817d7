"""Any architecture and any adapter: it learns, is saved, comes back with the same probabilities, and replies."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mynah.models import load
from mynah.models.engines.transformers import Engine
from tests import bases
from tests.models.test_load import GREEDY, PROMPTS, TALK, trained

KINDS = {"LoRA": {}, "QLoRA": {"quant": "nf4"}, "full": {"adapter": "none"}}
QUICK = ("Llama", "DialoGPT", "Pythia", "FLAN-T5", "Gemma 3")  # of the others, one kind each
CELLS = [
    pytest.param(
        name, kind, marks=() if name in QUICK or (place + number) % 3 == 0 else pytest.mark.slow, id=f"{name}-{kind}"
    )
    for place, name in enumerate(bases.ARCHITECTURES)
    for number, kind in enumerate(KINDS)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bases")


@pytest.mark.parametrize(("name", "kind"), CELLS)
def test_a_cell_learns_and_comes_back(name: str, kind: str, folder: Path, tmp_path: Path) -> None:
    options = load.Options(**KINDS[kind])
    base = str(folder / name if (folder / name).exists() else bases.of(name, folder / name))
    engine = Engine(base, quant=options.quant, in_full=options.adapter == "none")
    made = trained(engine, options, tmp_path, steps=4, learning_rate=5e-3 if kind == "full" else 1e-2)
    losses = [line["loss"] for line in made.state.log_history if "loss" in line]
    assert losses[-1] < 0.98 * losses[0]
    engine.model = made.model.eval()
    engine.renderer.keep()
    made.model.save_pretrained(tmp_path / "model")
    engine.tokenizer.save_pretrained(tmp_path / "model")
    again = Engine(base, tmp_path / "model", quant=options.quant)
    for piece in engine.windows(TALK):
        readings = list(engine._readings(piece))
        with torch.inference_mode():  # with gradients bitsandbytes takes another kernel
            logits = [each.architecture.logits(each.model, readings, 0) for each in (engine, again)]
        assert torch.equal(*logits)
    replies = again.replies(PROMPTS, GREEDY)
    assert replies == engine.replies(PROMPTS, GREEDY)
    assert again.renderer.parse("".join(again.stream(PROMPTS[0].context, "", GREEDY))) == replies[0]
