"""What architectures differ in: the names of their layers, what they read, and how turns are written for them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CONFIG_MAPPING, AutoModelForMaskedLM

from mynah.core.errors import UserError
from mynah.core.options import resolve
from mynah.core.types import Example, Turn
from mynah.models import architectures, load
from mynah.models.engines.transformers import Engine
from mynah.models.render import DIALOGPT, IGNORED, INNER_BREAK, Renderer, windows
from mynah.tune import plan, train, trainer
from mynah.tune.batches import Step
from mynah.tune.methods import seq2seq, sft
from mynah.tune.methods._trainer import size
from mynah.tune.planning import bases as planned_bases
from mynah.tune.rows import Rows, tokenized
from tests import bases
from tests.models.templates import CHATML, tokenizer_with
from tests.models.test_load import GREEDY, PROMPTS, TALK, trained

LINES = Example(
    "1",
    tuple(
        turn
        for number in range(5)
        for turn in (
            Turn("user", ("what is it", f"and number {number}")),
            Turn("assistant", ("it is here\nso come", "ok then"), "Ida", True),
        )
    ),
)


def made(name: str, folder: Path, **figures: Any) -> str:
    return str(bases.of(name, folder / "base", **figures))


def saved(engine: Engine, model: Any, folder: Path) -> Path:
    engine.model = model.eval()
    model.save_pretrained(folder)
    engine.renderer.keep()
    engine.tokenizer.save_pretrained(folder)
    return folder


def cost(engine: Engine, example: Example = TALK) -> float:
    """Nats a token."""
    found = engine.likelihoods([example])
    return math.fsum(each.nll for each in found) / sum(each.tokens for each in found)


# --- what could not be trained, and what did not load ---------------------------------------------------------------


def test_t5_trains_with_lora_in_encoder_and_decoder(tmp_path: Path) -> None:
    base = made("FLAN-T5", tmp_path)
    engine = Engine(base)
    before = cost(engine)
    model = trained(engine, load.Options(), tmp_path, steps=4).model
    adapted = {name for name, _ in model.named_modules() if name.endswith("lora_A")}
    assert any(".encoder." in name for name in adapted) and any(".EncDecAttention." in name for name in adapted)
    assert not any("lm_head" in name for name in adapted)
    assert model.peft_config["default"].task_type == "SEQ_2_SEQ_LM"
    again = Engine(base, saved(engine, model, tmp_path / "model"))
    after = cost(again)
    assert after < 0.9 * before
    with again.untuned():
        assert cost(again) == pytest.approx(before, rel=1e-6)
    again.model = load.merged(base, tmp_path / "model")
    assert cost(again) == pytest.approx(after, rel=1e-5)


@pytest.mark.parametrize("kind", ["biogpt", "gpt_neox_japanese"])
def test_an_output_layer_is_found_whatever_it_is_called(kind: str, tmp_path: Path) -> None:
    base = made(kind, tmp_path)
    engine = Engine(base)
    assert not hasattr(engine.model, "lm_head")
    before = cost(engine)
    model = trained(engine, load.Options(targets="all,output"), tmp_path, steps=4).model
    assert hasattr(model.get_output_embeddings(), "lora_A")
    again = Engine(base, saved(engine, model, tmp_path / "model"))
    assert cost(again) == cost(engine) < 0.98 * before
    assert again.replies(PROMPTS, GREEDY) == engine.replies(PROMPTS, GREEDY)


@pytest.mark.parametrize("name", ["Pythia", "FLAN-T5"])
def test_a_base_that_was_saved_in_4_bits_loads_trains_and_loads_again(name: str, tmp_path: Path) -> None:
    first = Engine(made(name, tmp_path), quant="nf4")
    packed = str(saved(first, first.model, tmp_path / "packed"))
    engine = Engine(packed)
    assert engine.model.is_quantized and cost(engine) == pytest.approx(cost(first), rel=1e-6)
    with pytest.raises(UserError, match="weights that can be trained"):
        Engine(packed, in_full=True)
    engine = Engine(packed)  # for that one has replied, and cannot be trained any more
    model = trained(engine, load.Options(), tmp_path, steps=4).model
    again = Engine(packed, saved(engine, model, tmp_path / "model"))
    assert cost(again) == cost(engine) < 0.98 * cost(first)
    again.model = load.merged(packed, tmp_path / "model", "nf4")
    assert cost(again) == pytest.approx(cost(engine), abs=0.02)
    again.model.save_pretrained(tmp_path / "merged")
    again.tokenizer.save_pretrained(tmp_path / "merged")
    assert cost(Engine(str(tmp_path / "merged"))) == pytest.approx(cost(again), abs=0.01)  # in 16 bits


@pytest.mark.parametrize("name", ["Pythia", pytest.param("FLAN-T5", marks=pytest.mark.slow)])
def test_an_evaluation_in_between_changes_nothing_of_what_4_bits_learn(name: str, tmp_path: Path) -> None:
    base = made(name, tmp_path, **({"dropout_rate": 0.0} if name == "FLAN-T5" else {}))
    found = []
    for evaluated in ("no", "epoch"):
        torch.manual_seed(0)
        learner = trained(Engine(base, quant="nf4"), load.Options(), tmp_path, steps=3, eval_strategy=evaluated)
        found.append([line["loss"] for line in learner.state.log_history if "loss" in line])
    assert found[0] == found[1] and found[0][-1] < found[0][0]


# --- layers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Llama", "DialoGPT", "OPT", "FLAN-T5", "biogpt"])
def test_all_linear_layers_are_named_with_or_without_the_output_layer(name: str, tmp_path: Path) -> None:
    model = Engine(made(name, tmp_path)).model
    every = {layer for layer, _ in load.linear_layers(model)}
    without, whole = set(load.targets(model, load.ALL)), set(load.targets(model, f"{load.ALL},{load.OUTPUT}"))
    assert whole == every and len(every - without) == 1
    (head,) = every - without
    assert model.get_submodule(head) is model.get_output_embeddings() and load.targets(model, load.OUTPUT) == [head]
    with pytest.raises(UserError, match="all-linear"):
        load.targets(model, "q_prjo")
    assert resolve(load.Options, {"targets": "all, output"}, "model").targets == "all-linear,output"


@pytest.mark.parametrize("name", ["DialoGPT", "T5"])
def test_an_adapter_of_an_output_layer_that_is_the_embeddings_merges_into_a_copy(name: str, tmp_path: Path) -> None:
    base = made(name, tmp_path)
    engine = Engine(base)
    model = trained(engine, load.Options(targets="all,output"), tmp_path, steps=4).model
    saved(engine, model, tmp_path / "model")
    expected = cost(engine)
    load.merged(base, tmp_path / "model").save_pretrained(tmp_path / "merged")
    engine.tokenizer.save_pretrained(tmp_path / "merged")
    assert cost(Engine(str(tmp_path / "merged"))) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["Llama", pytest.param("FLAN-T5", marks=pytest.mark.slow)])
def test_lora_plus_has_b_learn_faster_than_a(name: str, tmp_path: Path) -> None:
    engine = Engine(made(name, tmp_path))
    rows = tokenized([TALK], engine)
    arguments = trainer.arguments(tmp_path, train.Options(epochs=1, lr=1e-3, weight_decay=0.1))
    method = seq2seq if name == "FLAN-T5" else sft
    adapter = load.lora(load.Options(loraplus=16))
    learner = method.trainer(engine.model, engine.tokenizer, rows, rows, arguments, Step(512), [], adapter)
    learner.create_optimizer()
    names = {id(weight): found for found, weight in learner.model.named_parameters()}
    rates = {names[id(weight)]: group["lr"] for group in learner.optimizer.param_groups for weight in group["params"]}
    assert set(rates) == {found for found, weight in learner.model.named_parameters() if weight.requires_grad}
    assert all(rate == pytest.approx(16e-3 if "lora_B" in found else 1e-3) for found, rate in rates.items())
    assert {group["weight_decay"] for group in learner.optimizer.param_groups if group["params"]} == {0.1}


# --- methods --------------------------------------------------------------------------------------------------------


def test_an_encoder_decoder_has_a_row_a_reply_of_the_same_tokens(tmp_path: Path) -> None:
    engine = Engine(made("FLAN-T5", tmp_path))
    rows = tokenized([LINES], engine)
    replies = [place for place, turn in enumerate(LINES.turns) if turn.learn]
    assert len(rows) == len(replies) == len(engine.likelihoods([LINES]))
    for row, place in zip(rows, replies, strict=True):
        assert row["input_ids"] == engine.renderer.prompt(LINES.turns[:place])
        assert row["labels"][-1] == engine.tokenizer.eos_token_id and IGNORED not in row["labels"]
        assert engine.renderer.parse(engine.tokenizer.decode(row["labels"])) == LINES.turns[place].bubbles
    with pytest.raises(UserError, match="learn: all"):
        tokenized([LINES], engine, "all")


@pytest.mark.parametrize(("name", "method", "each"), [("FLAN-T5", seq2seq, 5), ("Llama", sft, 1)])
def test_each_row_is_known_by_its_example_and_by_the_size_that_the_trainer_takes_it_for(
    name: str, method: Any, each: int, tmp_path: Path
) -> None:
    engine = Engine(made(name, tmp_path))
    talks = [LINES, replace(LINES, id="2")]
    options = train.Options(epochs=1, batch_tokens=256, precision="fp32")
    rows = Rows({"train": talks, "valid": talks[:1]}, engine, options)
    assert rows.origins() == ["1"] * each + ["2"] * each
    train_rows, arguments = rows.by_part["train"], trainer.arguments(tmp_path, options)
    learner = method.trainer(engine.model, engine.tokenizer, train_rows, train_rows, arguments, Step(256), [], None)
    assert sorted(rows.batches) == sorted(learner.get_train_dataloader().batch_sampler)


def test_a_row_of_an_encoder_decoder_has_two_sides_even_where_they_are_alike() -> None:
    row = {"input_ids": [1] * 33, "labels": [1] * 33}
    assert size(row, architectures.EncoderDecoder()) == 128 and size(row, architectures.Decoder()) == 64


def test_the_loss_of_an_encoder_decoder_is_the_mean_over_the_replies(tmp_path: Path) -> None:
    engine = Engine(made("FLAN-T5", tmp_path))
    rows = tokenized([LINES], engine)
    arguments = trainer.arguments(tmp_path, train.Options(epochs=1, precision="fp32"))
    learner = seq2seq.trainer(engine.model, engine.tokenizer, rows, rows, arguments, Step(9999), [], None)
    learner.model.eval()
    (batch,) = learner.get_eval_dataloader()
    assert batch["input_ids"].shape[1] % 32 == batch["labels"].shape[1] % 32 == 0
    with torch.no_grad():
        assert float(learner.compute_loss(learner.model, batch)) == pytest.approx(cost(engine, LINES), rel=1e-5)


def test_the_architecture_chooses_the_method_and_another_is_refused(tmp_path: Path) -> None:
    encoder = Engine(made("T5", tmp_path))
    for base, asked, method in (
        (encoder.name, "auto", "seq2seq"),
        ("starter", "auto", "sft"),
        ("starter", "seq2seq", "seq2seq"),
    ):
        model = load.Options(base=base)
        assert trainer.settled(train.Options(method=asked), model, load.config_of(base)).method == method
    arguments = trainer.arguments(tmp_path, train.Options(epochs=1))
    for engine, method in ((encoder, sft), (Engine("starter"), seq2seq)):
        with pytest.raises(UserError, match="decoder for the method"):
            method.trainer(engine.model, engine.tokenizer, [], [], arguments, Step(512), [], None)


def test_a_model_that_writes_no_text_is_an_error(tmp_path: Path) -> None:
    from transformers import ViTConfig, ViTModel

    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    ViTModel(ViTConfig(**size)).save_pretrained(tmp_path)
    bases.tokenizer_of("llama").save_pretrained(tmp_path)
    with pytest.raises(UserError, match="a model that writes text"):
        Engine(str(tmp_path))


@pytest.mark.parametrize("kind", ["bert", "roberta", "electra", "modernbert", "deberta-v2"])
def test_a_model_that_fills_gaps_is_refused(kind: str, tmp_path: Path) -> None:
    config = CONFIG_MAPPING[kind](hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    AutoModelForMaskedLM.from_config(config).save_pretrained(tmp_path)
    bases.tokenizer_of("llama").save_pretrained(tmp_path)
    with pytest.raises(UserError, match=f"a base that writes text, found '{kind}', which fills gaps in one"):
        Engine(str(tmp_path))
    with pytest.raises(UserError, match=r"a base that writes text|a language model"):
        plan.inspect(planned_bases.find(str(tmp_path)), load.Options())


def test_every_architecture_that_is_trained_here_writes_text() -> None:
    for name in bases.ARCHITECTURES.values():
        kind = name if name in CONFIG_MAPPING else planned_bases.find(name).kind
        assert architectures.of(CONFIG_MAPPING[kind]()).METHOD in ("sft", "seq2seq")
    for kind in ("bart", "mbart"):  # which learned by filling gaps, and write
        assert architectures.of(CONFIG_MAPPING[kind]()).METHOD == "seq2seq"
    assert architectures.of(CONFIG_MAPPING["bert"](is_decoder=True)).METHOD == "sft"


# --- how turns are written ------------------------------------------------------------------------------------------


def test_a_tokenizer_without_line_feeds_keeps_bubbles_apart() -> None:
    renderer = Renderer(bases.tokenizer_of("t5"))
    assert renderer.marks == ("<extra_id_0>", "<extra_id_1>") and renderer.template.origin == "mynah"
    rendered = renderer.render(LINES.turns)
    for turn, start, end in rendered.replies:
        said = renderer.tokenizer.decode(rendered.ids[start:end])
        assert renderer.parse(said) == LINES.turns[turn].bubbles
        assert renderer.plain(said).count("\n") == 2 and INNER_BREAK in renderer.plain(said)
        assert renderer.prompt(LINES.turns[:turn]) == rendered.ids[:start]
    typed = renderer.content(["so <extra_id_0> and </s> it is"])
    assert not {renderer.tokenizer.eos_token_id, *renderer.tokenizer.convert_tokens_to_ids(list(renderer.marks))} & set(
        renderer.tokenizer.encode(typed, add_special_tokens=False)
    )


def test_dialogpt_writes_turns_without_roles() -> None:
    tokenizer = bases.tokenizer_of("gpt2")
    assert Renderer(tokenizer).template.origin == "mynah"
    asked = Renderer(tokenizer, "dialogpt")
    text = "".join(piece for piece, _ in asked.pieces(TALK.turns[:4]))
    assert text == "what is 0?<|end|>it is 0\nok<|end|>what is 1?<|end|>it is 1\nok<|end|>"
    tokenizer.name_or_path = "microsoft/DialoGPT-small"
    assert Renderer(tokenizer).template == asked.template
    with pytest.raises(UserError, match="'own'"):
        Renderer(tokenizer, "own")
    asked.keep()
    assert tokenizer.chat_template == DIALOGPT


def test_a_window_of_turns_is_the_same_in_training_and_replying_and_is_saved(tmp_path: Path) -> None:
    renderer = Renderer(bases.tokenizer_of("gpt2"), "dialogpt", turns=3)
    pieces = list(windows(TALK, renderer, 512))
    learned = [place for place, turn in enumerate(TALK.turns) if turn.learn]
    assert [[turn.learn for turn in piece.turns] for piece in pieces] == [[False, True]] + [[False] * 3 + [True]] * 5
    for piece, place in zip(pieces, learned, strict=True):
        assert piece.turns[-1] == TALK.turns[place]
        (start, _) = renderer.render(piece.turns).learned[0]
        assert renderer.prompt_within(TALK.turns[:place], "", 512) == renderer.render(piece.turns).ids[:start]
    renderer.keep()
    renderer.tokenizer.save_pretrained(tmp_path)
    again = Renderer(load.tokenizer_of("starter", tmp_path))
    assert again.turns == 3 and again.template.text == DIALOGPT


def test_what_cannot_tell_where_turns_begin_is_refused_where_everyone_is_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = [Turn("user", ("hi",)), Turn("assistant", ("hello",), learn=True)]
    tokenizer = tokenizer_with("chatml")
    monkeypatch.setattr(type(tokenizer), "is_fast", False)
    with pytest.raises(UserError, match=r"train\.learn"):
        Renderer(tokenizer).render(turns, everyone=True)
    last = "{% if loop.last and m['role'] == 'user' and not add_generation_prompt %}unheard{% endif %}"
    tokenizer.chat_template = CHATML.replace("{{ m['content'] }}", "{{ m['content'] }}" + last)
    with pytest.raises(UserError, match=r"model\.template=mynah"):
        Renderer(tokenizer, "own").render(turns, everyone=True)


@pytest.mark.parametrize("name", ["Llama", "DialoGPT", "Gemma 2", "FLAN-T5", "biogpt"])
def test_scoring_makes_logits_of_the_replies_and_of_nothing_else(name: str, tmp_path: Path) -> None:
    engine = Engine(made(name, tmp_path))
    examples = [LINES, TALK, Example("3", LINES.turns[:2])]
    readings = [each for e in examples for piece in engine.windows(e) for each in engine._readings(piece)]
    shapes: list[torch.Size] = []
    head = engine.model.get_output_embeddings()
    hook = head.register_forward_hook(lambda _, seen, logits: shapes.append(logits.shape))
    found = engine.likelihoods(examples)
    hook.remove()
    replies = [reply for reading in readings for _, reply in reading.replies]
    assert sum(shape[0] for shape in shapes) == sum(map(len, replies)) and all(len(shape) == 2 for shape in shapes)
    assert [each.tokens for each in found] == list(map(len, replies))
    nll = [each for reading in readings for each in in_full(engine, reading)]
    assert [each.nll for each in found] == pytest.approx(nll, rel=1e-4)


def in_full(engine: Engine, reading: architectures.Reading) -> list[float]:
    """Nats of each reply of a reading, of which all logits are made."""
    ids = torch.tensor([reading.ids])
    found = []
    for place, reply in reading.replies:
        told = {"decoder_input_ids": torch.tensor([[0, *reply[:-1]]])} if engine.model.config.is_encoder_decoder else {}
        with torch.inference_mode():
            logits = engine.model(input_ids=ids, **told).logits[0, place : place + len(reply)]
        found.append(float(torch.nn.functional.cross_entropy(logits, torch.tensor(reply), reduction="sum")))
    return found
