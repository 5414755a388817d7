"""How a base is loaded and trained: 4 bits with an adapter, or every weight; and what attends is the same."""

from __future__ import annotations

import logging
import math
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.core.options import resolve
from mynah.core.types import Example, Prompt, Turn
from mynah.models import load
from mynah.models.decoding import Options as Decoding
from mynah.models.engines.transformers import Engine
from mynah.models.render import IGNORED
from mynah.tune import train, trainer
from mynah.tune.batches import Step
from mynah.tune.methods import sft
from mynah.tune.rows import tokenized
from tests import bases

TALK = Example(
    "1",
    tuple(
        turn
        for number in range(6)
        for turn in (Turn("user", (f"what is {number}?",)), Turn("assistant", (f"it is {number}", "ok"), "Ida", True))
    ),
)
GREEDY = Decoding(temperature=0.0, max_tokens=12)
PROMPTS = [Prompt("1", 1, "", TALK.turns[:1], TALK.turns[1]), Prompt("1", 3, "", TALK.turns[:3], TALK.turns[3])]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(bases.small(tmp_path_factory.mktemp("base")))


def trained(engine: Engine, options: load.Options, folder: Path, steps: int = 12, **more: Any) -> Any:
    """A trainer after some steps on TALK."""
    rows = tokenized([TALK], engine)
    arguments = {
        **trainer.arguments(folder / "checkpoints", train.Options(epochs=steps, lr=1e-2)),
        "eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False, **more,
    }  # fmt: skip
    method = plugins.load("method", engine.architecture.METHOD)
    made = method.trainer(engine.model, engine.tokenizer, rows, rows, arguments, Step(1024), [], load.lora(options))
    made.train()
    made.accelerator.unwrap_model(made.model, keep_fp32_wrapper=False)  # which computes in 16 bits
    return made


def test_qlora_trains_a_4_bit_base_on_the_cpu_and_comes_back(base: str, tmp_path: Path) -> None:
    from bitsandbytes.nn import Linear4bit

    engine = Engine(base, quant="nf4")
    packed = [module for module in engine.model.modules() if isinstance(module, Linear4bit)]
    assert len(packed) == 2 * 7
    for module in packed:
        assert module.weight.quant_type == "nf4" and module.weight.quant_state.nested
        assert module.weight.dtype == torch.uint8 and module.compute_dtype == torch.bfloat16
    frozen = [module.weight.data.clone() for module in packed]
    made = trained(engine, load.Options(quant="nf4"), tmp_path)
    losses = [line["loss"] for line in made.state.log_history if "loss" in line]
    assert losses[-1] < losses[0] - 0.5
    learning = {name for name, weight in made.model.named_parameters() if weight.requires_grad}
    assert learning and all("lora_" in name for name in learning)
    assert all((w.grad is not None) <= (n in learning) for n, w in made.model.named_parameters())
    assert all(torch.equal(module.weight.data, before) for module, before in zip(packed, frozen, strict=True))
    engine.model = made.model.eval()
    made.model.save_pretrained(tmp_path / "model")
    engine.tokenizer.save_pretrained(tmp_path / "model")
    again = Engine(base, tmp_path / "model", quant="nf4")
    assert again.replies(PROMPTS, GREEDY) == engine.replies(PROMPTS, GREEDY)
    assert again.likelihoods([TALK]) == engine.likelihoods([TALK])
    with again.untuned():
        assert again.likelihoods([TALK]) != engine.likelihoods([TALK])


def test_an_adapter_of_a_4_bit_base_merges_into_the_weights_it_was_trained_on(base: str, tmp_path: Path) -> None:
    engine = Engine(base, quant="nf4")
    engine.model = trained(engine, load.Options(quant="nf4"), tmp_path).model.eval()
    engine.model.save_pretrained(tmp_path / "model")
    expected = engine.likelihoods([TALK])
    engine.model = load.merged(base, tmp_path / "model", "nf4")
    for one, other in zip(expected, engine.likelihoods([TALK]), strict=True):
        assert one.nll / one.tokens == pytest.approx(other.nll / other.tokens, abs=0.02)


def test_full_training_changes_every_weight_and_comes_back(base: str, tmp_path: Path) -> None:
    options = load.Options(adapter="none")
    engine = Engine(base, in_full=True)
    before = {name: weight.clone() for name, weight in engine.model.named_parameters()}
    assert {weight.dtype for weight in before.values()} == {torch.float32}
    made = trained(engine, options, tmp_path)
    engine.model = made.model.eval()
    assert all(not torch.equal(weight, before[name]) for name, weight in made.model.named_parameters())
    made.model.save_pretrained(tmp_path / "model")
    engine.tokenizer.save_pretrained(tmp_path / "model")
    again = Engine(base, tmp_path / "model")
    assert again.replies(PROMPTS, GREEDY) == engine.replies(PROMPTS, GREEDY)
    with again.untuned():
        assert again.likelihoods([TALK]) == Engine(base).likelihoods([TALK])


def test_weights_of_4_bits_cannot_be_trained_in_full() -> None:
    with pytest.raises(UserError, match=r"found model.adapter=none, model.quant=nf4\..* 4 bits cannot be trained"):
        resolve(load.Options, {"quant": "nf4", "adapter": "none"}, "model")


@pytest.mark.parametrize(("name", "value"), [("rslora", True), ("dora", True), ("loraplus", 16)])
def test_what_changes_an_adapter_is_refused_without_one(name: str, value: Any) -> None:
    assert resolve(load.Options, {name: value}, "model")
    with pytest.raises(UserError, match=rf"found model\.adapter=none beside model\.{name}\."):
        resolve(load.Options, {name: value, "adapter": "none"}, "model")


def test_a_method_may_be_another_loss(base: str, tmp_path: Path) -> None:
    engine = Engine(base)
    rows = tokenized([TALK], engine)
    arguments = trainer.arguments(tmp_path, train.Options(epochs=1, precision="fp32"))
    seen: list[torch.Size] = []

    def loss(logits: Any, labels: Any) -> Any:
        seen.extend((logits.shape, labels.shape))
        return 2 * sft.negative_log_likelihood(logits, labels)

    usual, doubled = (
        sft.trainer(Engine(base).model, engine.tokenizer, rows, rows, arguments, Step(1024), [], None, each)
        for each in (sft.negative_log_likelihood, loss)
    )
    with torch.no_grad():
        values = [
            float(made.compute_loss(made.model, next(iter(made.get_eval_dataloader())))) for made in (usual, doubled)
        ]
    learned = sum(label != IGNORED for row in rows for label in row["labels"])
    assert values[1] == pytest.approx(2 * values[0])
    assert seen == [torch.Size([learned, len(engine.tokenizer)]), torch.Size([learned])]


def test_the_loss_is_the_mean_over_the_learned_tokens_and_padding_changes_nothing(base: str, tmp_path: Path) -> None:
    engine = Engine(base)
    short = Example("2", TALK.turns[:2])
    rows = tokenized([TALK, short], engine)
    arguments = {**trainer.arguments(tmp_path, train.Options(epochs=1, precision="fp32"))}
    made = sft.trainer(engine.model, engine.tokenizer, rows, rows, arguments, Step(4096), [], load.lora(load.Options()))
    (batch,) = made.get_eval_dataloader()
    with torch.no_grad():
        loss = float(made.compute_loss(made.model, batch))
    found = engine.likelihoods([TALK, short])
    assert loss == pytest.approx(math.fsum(f.nll for f in found) / sum(f.tokens for f in found), rel=1e-5)


def test_the_same_weights_by_another_config_are_another_base(base: str) -> None:
    before, config = load.identity(base), Path(base) / "config.json"
    written = config.read_text(encoding="utf-8")
    try:
        config.write_text(written.replace('"rms_norm_eps"', '"rms_norm_eps": 0.1, "was"'), encoding="utf-8")
        assert load.identity(base) != before
    finally:
        config.write_text(written, encoding="utf-8")
    assert load.identity(base) == before


def test_libraries_do_not_talk_over_the_program(tmp_path: Path) -> None:
    base = str(bases.of("DialoGPT", tmp_path / "base"))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UserWarning)
        options = load.Options(targets="all,output")  # transposed layers, and an output layer that is the embeddings
        made = trained(Engine(base), options, tmp_path, steps=1, optim="paged_adamw_8bit")
        made.model.save_pretrained(tmp_path / "model")
        load.merged(base, tmp_path / "model")
    assert [str(each.message) for each in heard if issubclass(each.category, UserWarning)] == []
    assert not logging.getLogger("huggingface_hub.utils._http").isEnabledFor(logging.WARNING)


def test_pages_of_an_optimizer_change_no_number_on_a_cpu(base: str, tmp_path: Path) -> None:
    found = []
    for optimizer in ("adamw_8bit", "paged_adamw_8bit"):
        torch.manual_seed(0)
        made = trained(Engine(base), load.Options(), tmp_path, steps=4, optim=optimizer)
        found.append([line["loss"] for line in made.state.log_history if "loss" in line])
    assert found[0] == found[1] and found[0][-1] < found[0][0]
