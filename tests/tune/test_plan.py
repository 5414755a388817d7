"""What a plan says: counts that are published or that the libraries give, and bytes that are really held."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import torch
from peft.helpers import disable_input_dtype_casting
from transformers import AutoModelForCausalLM, LlamaConfig

from mynah import cli
from mynah.core.errors import UserError
from mynah.models.kernels import quickened
from mynah.models.load import Options as ModelOptions
from mynah.tune import plan, train
from mynah.tune.planning import activations, bases, machines, memory, meta, structure
from mynah.tune.planning.estimate import Estimate, nominal
from mynah.tune.planning.memory import Setup
from mynah.tune.train import Options as TrainOptions

FIGURES = {
    "model_type": "llama",
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "tie_word_embeddings": False,
    "dtype": "bfloat16",
}


def tiny(folder: Path, **other: Any) -> Path:
    """The config.json of a Llama of three layers."""
    path = folder / "config.json"
    path.write_text(json.dumps({**FIGURES, **other}), encoding="utf-8")
    return path


def planned(folder: Path, machine: str = "gpu:1", base: str = "", **model: Any) -> dict[str, Any]:
    options = ModelOptions(base=base or str(tiny(folder)), **model)
    return plan.run(plan.Options(machine=machine, tokens=64), TrainOptions(batch_tokens=128), options)


# --- counts ---------------------------------------------------------------------------------------------------------


def test_lora_counts_by_its_definition_and_dora_adds_a_length_an_output(tmp_path: Path) -> None:
    base = bases.find(str(tiny(tmp_path)))

    def trained(**kind: Any) -> int:
        return meta.count(meta.attach(meta.build(base), ModelOptions(rank=5, targets="q_proj,down_proj", **kind)))[0]

    lora = 3 * 5 * ((32 + 32) + (80 + 32))
    assert trained() == lora == trained(rslora=True)
    assert trained(dora=True) == lora + 3 * (32 + 32)
    full = meta.count(meta.build(base))
    assert trained(adapter="none") == full[0] == full[1]


# --- bytes ----------------------------------------------------------------------------------------------------------


def test_nf4_takes_what_bitsandbytes_really_holds() -> None:
    functional = pytest.importorskip("bitsandbytes.functional")
    for shape in ((256, 320), (100, 70)):
        packed, state = functional.quantize_4bit(torch.randn(*shape), compress_statistics=True, quant_type="nf4")
        held = (packed, state.absmax, state.code, state.offset, state.state2.absmax, state.state2.code)
        assert memory.nf4_bytes(shape[0] * shape[1]) == sum(tensor.nbytes for tensor in held)


def test_adamw_holds_what_torch_really_holds() -> None:
    weight = torch.nn.Parameter(torch.ones(1000))
    weight.grad = torch.ones(1000)
    optimizer = torch.optim.AdamW([weight])
    optimizer.step()
    held = [value for value in optimizer.state[weight].values() if value.dim()]
    assert memory.STATES["adamw_torch"] * 1000 == sum(value.nbytes for value in held)


def real() -> Any:
    return AutoModelForCausalLM.from_config(LlamaConfig(**FIGURES), dtype=torch.float32).train()


def test_the_activations_are_those_that_a_real_forward_pass_holds(tmp_path: Path) -> None:
    imagined = meta.build(bases.find(str(tiny(tmp_path))), "float32")
    for adapter in ("none", "lora"):
        options = ModelOptions(adapter=adapter, rank=3, dropout=0.1)
        found = activations.count(meta.attach(imagined, options), 2, 24)
        held = activations.Activations()
        model = meta.attach(real(), options)
        with activations._attention(model), activations._watched(model, held):
            model(input_ids=torch.zeros((2, 24), dtype=torch.long), use_cache=False)
        assert found == held and found.whole > 0, adapter


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("adapter", ["none", "lora"])
def test_the_activations_in_16_bits_are_those_that_autocast_really_holds(
    tmp_path: Path, adapter: str, quick: bool
) -> None:
    options = ModelOptions(adapter=adapter, rank=3)
    imagined = meta.attach(meta.build(bases.find(str(tiny(tmp_path))), "float32"), options)
    found = activations.count(imagined, 2, 24, autocast=True, quick=quick)
    held, model = activations.Activations(), meta.attach(real(), options)
    with ExitStack() as inside:
        if adapter == "lora":
            inside.enter_context(disable_input_dtype_casting(model))
        inside.enter_context(torch.autocast("cpu", dtype=torch.bfloat16))
        inside.enter_context(activations._attention(model))
        if quick:
            inside.enter_context(quickened(model))
        inside.enter_context(activations._watched(model, held))
        model(input_ids=torch.zeros((2, 24), dtype=torch.long), use_cache=False)
    copies = 2 * meta.count(model)[0] if adapter == "lora" else 0  # of the adapter's weights, of which some are shared
    assert found and held.whole <= found.whole <= held.whole + copies


def test_activations_grow_with_rows_and_shrink_with_checkpointing(tmp_path: Path) -> None:
    model = meta.build(bases.find(str(tiny(tmp_path))))
    found = [activations.count(model, rows, 32) for rows in (1, 2, 3)]
    whole = [each.whole for each in found if each]
    assert whole[2] - whole[1] == whole[1] - whole[0] > 0
    assert all(each and each.checkpointed < each.whole and len(each.layers) == 3 for each in found)


def test_the_cache_is_as_large_as_the_real_one() -> None:
    model = real().eval()
    made = model(input_ids=torch.zeros((2, 17), dtype=torch.long), use_cache=True).past_key_values
    held = sum(tensor.nbytes for layer in made.layers for tensor in (layer.keys, layer.values))
    assert memory.cache(model.config, 8, 2, 17, width=4) == held


def test_a_window_and_an_encoder_change_the_cache() -> None:
    config = LlamaConfig(**FIGURES)
    whole = memory.cache(config, 8, 1, 100)
    config.sliding_window = 25
    assert memory.cache(config, 8, 1, 100) == whole // 4 == memory.cache(config, 8, 1, 25)
    config.layer_types = ["sliding_attention", "full_attention", "sliding_attention"]  # as Gemma 2 has them by turns
    assert memory.cache(config, 8, 1, 100) == whole // 3 * (1 + 2 / 4)
    config.is_encoder_decoder, config.sliding_window, config.layer_types = True, None, None
    assert memory.cache(config, 8, 1, 100) == 2 * whole


def test_a_full_precision_parameter_takes_4_4_and_8_bytes(tmp_path: Path) -> None:
    held = memory.weights(meta.build(bases.find(str(tiny(tmp_path)))))
    setup = Setup("none", "none", 4, 4, checkpointing=False)
    parts = memory.step(setup, held, held.fp32, held.fp32 // 4, activations.Activations(outside=7), logits=10)
    every = held.fp32 // 4
    assert parts == {
        "weights": 4 * every,
        "gradients": 4 * every,
        "optimizer": 8 * every,
        "activations": 7,
        "logits": 120,
        "not at once": -127,
    }
    added = memory.step(setup, held, held.fp32, every, activations.Activations(outside=7), logits=10, batches=2)
    assert added == {part: size for part, size in parts.items() if part != "not at once"}


# --- the plan -------------------------------------------------------------------------------------------------------


def test_set_ups_take_less_the_more_they_save(tmp_path: Path) -> None:
    told = planned(tmp_path, base="microsoft/DialoGPT-small", targets="c_attn", rank=4)
    size = {row["setup"]: row["peak_bytes"] for row in told["plan"]["setups"]}
    order = ("QLoRA with checkpointing", "QLoRA", "LoRA", "full")
    assert [*map(size.get, order)] == sorted(size[name] for name in order)
    assert size["LoRA with checkpointing"] < size["LoRA"] and size["full with checkpointing"] < size["full"]
    by = told["weights_bytes_by_precision"]
    assert by["nf4"] < by["8 bits"] < by["16 bits"] < by["fp32"] == 4 * 124_439_808
    assert all(sum(row["memory"].values()) == row["peak_bytes"] for row in told["plan"]["setups"])


def test_a_plan_says_what_fits(tmp_path: Path) -> None:
    small, large = planned(tmp_path, "gpu:0.0001"), planned(tmp_path, "gpu:1")
    assert small["plan"]["first_that_fits"] is None and "no set-up fits" in small["notes"][0]
    assert large["plan"]["first_that_fits"] == "LoRA" and large["plan"]["fits"] and not large["notes"]
    assert planned(tmp_path, "gpu:1", adapter="none")["plan"]["first_that_fits"] == "full"
    assert planned(tmp_path, "m1")["notes"] == [plan.NOT_YET]
    quantized = planned(tmp_path, "gpu:1", quant="nf4")
    assert quantized["weights_bytes"] == quantized["weights_bytes_by_precision"]["nf4"]


def test_a_plan_tells_the_settings_that_train_would_take() -> None:
    asked = TrainOptions(accumulation=4)
    found = plan.run(plan.Options(machine="4090"), asked, ModelOptions(base="Qwen/Qwen3-8B"))["plan"]
    assert (found["pieces"], found["checkpointing"], found["accumulation"]) == (2, False, 4)
    assert (found["precision"], found["optimizer"], found["learning_rate"]) == ("bf16", "adamw_torch", 2e-4)
    assert found["setups"][0]["setup"] == found["setup"] == "LoRA, in 2 pieces"  # which people do not compare
    with pytest.raises(UserError, match="--machine 4090"):
        plan.run(plan.Options(machine="4090", probe=True), asked, ModelOptions())


@pytest.mark.parametrize(
    ("machine", "adapter", "alone", "shared"),
    [("a100-80", "none", ("full", False), ("full", True)),
     ("4090", "lora", ("QLoRA", True), ("LoRA", True))],
)  # fmt: skip
def test_a_base_that_is_shared_out_fits_where_it_would_not(
    machine: str, adapter: str, alone: tuple[str, bool], shared: tuple[str, bool]
) -> None:
    asked, model = TrainOptions(), ModelOptions(base="meta-llama/Llama-2-13b-hf", adapter=adapter)
    one, four = (
        Estimate(bases.find(model.base), machines.find(machine), asked, model, nominal(asked, None), processes)
        for processes in (1, 4)
    )
    for found, expected in ((one, alone), (four, shared)):
        row, setup = found.chosen()
        assert (row["setup"].partition(",")[0], row["fits"]) == expected
    assert {each.optimizer for each in four.possible()} == {"adamw_torch"}  # whose state in 8 bits is not shared out
    setup = four.chosen()[1]
    whole, part = (found.row(setup)["memory"] for found in (one, four))
    for name in ("weights", "gradients", "optimizer"):
        assert part[name] == whole[name] // 4
    assert part["logits"] == whole["logits"] and 0 < part["gathered"] < part["weights"]
    assert part["activations"] <= whole["activations"]  # the same but for autocast's copies of weights
    assert pickle.loads(pickle.dumps(four)) == four  # the first process sends it to the others


@pytest.mark.parametrize(("sharded", "processes"), [(True, 4), (False, 1)])
def test_train_plans_for_its_processes(monkeypatch: pytest.MonkeyPatch, sharded: bool, processes: int) -> None:
    for name, value in {"RANK": "0", "WORLD_SIZE": "4", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    assert train.planned(TrainOptions(sharded=sharded), ModelOptions())[0].processes == processes


def test_the_structure_shows_repeated_layers_once(tmp_path: Path) -> None:
    model = meta.build(bases.find(str(tiny(tmp_path))))
    packed = meta.quantizable(model)
    assert set(packed) == {name for name, _ in meta.linear_layers(model)} - {"lm_head"}
    before = structure.lines(model, packed)
    after = structure.lines(meta.attach(model, ModelOptions(rank=4, alpha=8, targets="q_proj", dropout=0.1)), packed)
    assert before[:7] == [
        "LlamaForCausalLM",
        "  model: LlamaModel",
        "    embed_tokens: Embedding 96 × 32",
        "    layers: ModuleList",
        "      0-2: LlamaDecoderLayer x 3",
        "        self_attn: LlamaAttention",
        "          q_proj: Linear 32 → 32, 4 bits",
    ]
    assert before[-1] == "  lm_head: Linear 32 → 96" == after[-1]
    assert after[6] == "          q_proj: Linear 32 → 32, 4 bits + LoRA rank 4, scale 2, dropout 0.1"
    assert [line for line in after if "LoRA" not in line] == [line for line in before if "q_proj" not in line]


def test_the_command_prints_one_document(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["plan", "--base", str(tiny(tmp_path)), "--machine", "t4", "--structure", "--compare", "starter"]
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, *more])
        assert ended.value.code == 0
    shown, _, document = capfd.readouterr().out.partition("\n{")
    assert "x 3" in shown and "t4 (cuda): 15.00 GiB" in shown and "embed_tokens" in shown
    told = json.loads("{" + document)
    assert {"parameters", "trainable", "percent", "weights_bytes", "plan", "structure"} <= set(told)
    assert told["percent"] == 100 * told["trainable"] / told["parameters"]
    assert [row["base"] for row in told["compared"]][1] == "starter"


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda _: bases.find("nobody/nothing"), "hf download nobody/nothing config.json"),
        (lambda folder: bases.find(str(folder)), "none at"),
        (lambda folder: bases.find(str(tiny(folder, model_type=None))), "model_type"),
        (lambda folder: meta.build(bases.find(str(tiny(folder, hidden_size="wide")))), "figures"),
        (lambda folder: meta.attach(meta.build(bases.find(str(tiny(folder)))), ModelOptions(targets="q")), "'q_proj'"),
        (lambda f: meta.attach(meta.build(bases.find(str(tiny(f)))), ModelOptions(targets="self_attn")), "k_proj"),
    ],
)
def test_a_mistake_says_what_to_do(tmp_path: Path, call: Callable[[Path], Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        call(tmp_path)


def test_a_small_vocabulary_needs_no_token_for_padding(tmp_path: Path) -> None:
    figures = {"model_type": "phi3", "vocab_size": 300, "hidden_size": 64, "intermediate_size": 64,
               "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2}  # fmt: skip
    assert meta.build(bases.Base("small", "here", figures)).config.vocab_size == 300  # Phi-3's own is 32,000
