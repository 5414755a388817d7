"""Bases by name: figures whose totals are the published ones, names as people type them, and what a mistake is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import transformers.utils

from mynah.core.errors import UserError
from mynah.models import hub
from mynah.tune.planning import bases, meta

PUBLISHED = {  # by the papers and model cards; Dolly's and CodeLlama's are Pythia's and Llama's with their vocabularies
    "meta-llama/Llama-2-7b-hf": 6_738_415_616,
    "meta-llama/Llama-2-13b-chat-hf": 13_015_864_320,
    "meta-llama/Llama-2-70b-hf": 68_976_648_192,
    "codellama/CodeLlama-7b-hf": 6_738_415_616 + 16 * 2 * 4096,
    "mistralai/Mistral-7B-v0.1": 7_241_732_096,
    "mistralai/Mistral-7B-Instruct-v0.2": 7_241_732_096,
    "yam-peleg/Hebrew-Mistral-7B": 7_241_732_096 + 32_001 * 2 * 4096,
    "EleutherAI/pythia-1.4b": 1_414_647_808,
    "EleutherAI/pythia-2.8b-deduped": 2_775_208_960,
    "EleutherAI/pythia-6.9b": 6_857_302_016,
    "EleutherAI/pythia-12b": 11_846_072_320,
    "EleutherAI/gpt-neox-20b": 20_554_567_680,
    "databricks/dolly-v2-3b": 2_775_208_960 - 24 * 2 * 2560,
    "databricks/dolly-v2-7b": 6_857_302_016 - 152 * 2 * 4096,
    "databricks/dolly-v2-12b": 11_846_072_320 - 408 * 2 * 5120,
    "microsoft/DialoGPT-small": 124_439_808,
    "microsoft/DialoGPT-medium": 354_823_168,
    "microsoft/DialoGPT-large": 774_030_080,
    "google/flan-t5-small": 76_961_152,
    "google/flan-t5-base": 247_577_856,
    "google/flan-t5-large": 783_150_080,
    "google/flan-t5-xl": 2_849_757_184,
    "google/flan-t5-xxl": 11_135_332_352,
    "distilbert/distilgpt2": 81_912_576,
    "EleutherAI/pythia-160m": 162_322_944,
    "EleutherAI/pythia-1b": 1_011_781_632,
    "EleutherAI/pythia-410m": 405_334_016,
    "EleutherAI/pythia-70m": 70_426_624,
    "facebook/opt-1.3b": 1_315_758_080,
    "facebook/opt-125m": 125_239_296,
    "facebook/opt-2.7b": 2_651_596_800,
    "facebook/opt-350m": 331_196_416,
    "facebook/opt-6.7b": 6_658_473_984,
    "google-t5/t5-base": 222_903_552,
    "google-t5/t5-small": 60_506_624,
    "google/gemma-2-2b": 2_614_341_888,
    "google/gemma-2-2b-it": 2_614_341_888,
    "google/gemma-2-9b": 9_241_705_984,
    "google/gemma-2-9b-it": 9_241_705_984,
    "google/gemma-2b": 2_506_172_416,
    "google/gemma-3-1b-it": 999_885_952,
    "google/gemma-3-270m-it": 268_098_176,
    "google/gemma-7b": 8_537_680_896,
    "HuggingFaceTB/SmolLM2-1.7B-Instruct": 1_711_376_384,
    "HuggingFaceTB/SmolLM2-135M-Instruct": 134_515_008,
    "HuggingFaceTB/SmolLM2-360M-Instruct": 361_821_120,
    "meta-llama/Llama-3.1-70B": 70_553_706_496,
    "meta-llama/Llama-3.1-8B": 8_030_261_248,
    "meta-llama/Llama-3.2-1B": 1_235_814_400,
    "meta-llama/Llama-3.2-3B": 3_212_749_824,
    "meta-llama/Meta-Llama-3-8B": 8_030_261_248,
    "microsoft/phi-1_5": 1_418_270_720,
    "microsoft/phi-2": 2_779_683_840,
    "microsoft/Phi-3-mini-128k-instruct": 3_821_079_552,
    "microsoft/Phi-3-mini-4k-instruct": 3_821_079_552,
    "microsoft/phi-4": 14_659_507_200,
    "microsoft/Phi-4-mini-instruct": 3_836_021_760,
    "mistralai/Mistral-7B-Instruct-v0.3": 7_248_023_552,
    "mistralai/Mistral-Nemo-Instruct-2407": 12_247_782_400,
    "openai-community/gpt2": 124_439_808,
    "openai-community/gpt2-large": 774_030_080,
    "openai-community/gpt2-medium": 354_823_168,
    "openai-community/gpt2-xl": 1_557_611_200,
    "Qwen/Qwen2-0.5B": 494_032_768,
    "Qwen/Qwen2-0.5B-Instruct": 494_032_768,
    "Qwen/Qwen2-1.5B": 1_543_714_304,
    "Qwen/Qwen2-1.5B-Instruct": 1_543_714_304,
    "Qwen/Qwen2-7B": 7_615_616_512,
    "Qwen/Qwen2-7B-Instruct": 7_615_616_512,
    "Qwen/Qwen2.5-0.5B-Instruct": 494_032_768,
    "Qwen/Qwen2.5-1.5B": 1_543_714_304,
    "Qwen/Qwen2.5-1.5B-Instruct": 1_543_714_304,
    "Qwen/Qwen2.5-14B": 14_770_033_664,
    "Qwen/Qwen2.5-14B-Instruct": 14_770_033_664,
    "Qwen/Qwen2.5-32B": 32_763_876_352,
    "Qwen/Qwen2.5-32B-Instruct": 32_763_876_352,
    "Qwen/Qwen2.5-3B-Instruct": 3_085_938_688,
    "Qwen/Qwen2.5-7B": 7_615_616_512,
    "Qwen/Qwen2.5-7B-Instruct": 7_615_616_512,
    "Qwen/Qwen3-0.6B": 596_049_920,
    "Qwen/Qwen3-1.7B": 1_720_574_976,
    "Qwen/Qwen3-14B": 14_768_307_200,
    "Qwen/Qwen3-32B": 32_762_123_264,
    "Qwen/Qwen3-4B": 4_022_468_096,
    "Qwen/Qwen3-8B": 8_190_735_360,
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": 1_100_048_384,
}
KNOWN = {base.name: base for base in bases.published()}


# --- figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items())
def test_a_published_base_has_its_published_parameters(name: str, parameters: int) -> None:
    base = bases.find(name)
    model = meta.build(base)
    assert meta.count(model) == (parameters, parameters)
    assert sum(layer.parameters * layer.count for layer in meta.layers(model)) == parameters
    assert base.source.startswith(("arXiv", "the config", "https"))
    assert not any(parameter.device.type != "meta" for parameter in model.parameters())


@pytest.mark.parametrize("path", sorted(bases.CONFIGS.glob("*.json")), ids=lambda path: path.stem)
def test_no_figures_come_along_whose_total_is_not_known(path: Path) -> None:
    assert PUBLISHED.keys() & set(json.loads(path.read_text(encoding="utf-8"))["names"])


# --- names ----------------------------------------------------------------------------------------------------------


def test_every_base_is_found_by_its_name_and_its_last_part_in_any_capitals() -> None:
    assert len(KNOWN) == len(list(bases.published()))
    for name, base in KNOWN.items():
        for word in (name, name.upper(), name.rsplit("/", 1)[-1].lower()):
            assert bases.find(word) == base, word


def test_a_base_in_the_place_of_several_is_none_of_them() -> None:
    assert bases._meant("TWIN", ["a/twin", "b/twin", "c/other"]) is None
    assert bases._meant("B/Twin", ["a/twin", "b/twin", "c/other"]) == "b/twin"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Llama-2-7b", "meta-llama/Llama-2-7b-hf"),
        ("meta-llama/Llama-2-7b", "meta-llama/Llama-2-7b-hf"),
        ("meta-llama/Meta-Llama-3-70B", "meta-llama/Meta-Llama-3-8B"),
        ("microsoft/phi-3", "microsoft/Phi-3-mini-4k-instruct"),
        ("google/gemma-2-27b-it", "google/gemma-2-2b-it"),
        ("google/flan-t5-bass", "google/flan-t5-base"),
        ("t5-v1_1-small", "google-t5/t5-small"),
        ("llama-3.1", "meta-llama/Llama-3.1-8B"),
        ("microsoft/phi-9", "microsoft/phi-"),
        ("Lama-3.1-8B", "meta-llama/Llama-3.1-8B"),
    ],
)
def test_what_is_suggested_is_of_the_same_family(name: str, meant: str) -> None:
    with pytest.raises(UserError, match=f"Did you mean '{meant}"):
        bases.find(name)


def test_where_no_family_is_like_it_the_families_are_told() -> None:
    with pytest.raises(UserError) as told:
        bases.find("tiiuae/falcon-7b")
    assert "Did you mean" not in told.value.todo and "hf download tiiuae/falcon-7b config.json" in told.value.todo
    assert "gemma, gpt, " in told.value.todo and len(told.value.todo) < 400


def test_a_base_that_is_to_be_loaded_goes_by_the_name_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, file: str) -> str:
        raise OSError(f"{name} has no {file}")

    monkeypatch.setattr(transformers.utils, "cached_file", missing)
    monkeypatch.setattr(hub, "answers", lambda: True)
    assert bases.find("Qwen/Qwen3-8B", fetch=True) == KNOWN["Qwen/Qwen3-8B"]
    with pytest.raises(UserError, match=r"none that loads as 'qwen3-8b'.* Did you mean 'Qwen/Qwen3-8B'"):
        bases.find("qwen3-8b", fetch=True)
    monkeypatch.setattr(hub, "answers", lambda: False)
    with pytest.raises(UserError, match=r"or a network.* Did you mean 'Qwen/Qwen3-8B'"):
        bases.find("qwen3-8b", fetch=True)


def test_what_was_downloaded_goes_before_what_could_be_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "config.json"
    there.write_text(json.dumps({"model_type": "gpt2"}), encoding="utf-8")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, file: str(there))
    assert bases.find("gpt2").source == str(there)
    assert bases.find("openai-community/gpt2") == KNOWN["openai-community/gpt2"]


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fetch", [False, True])
@pytest.mark.parametrize("path", ["/no/such", "./x", "../x", "~/x", "x/", "models/of/mine"])
def test_a_mistyped_path_is_no_name_to_download(path: str, fetch: bool) -> None:
    with pytest.raises(UserError) as told:
        bases.find(path, fetch=fetch)
    assert f"Expected a model folder or a config.json, found none at '{path}'." in str(told.value)
    assert "download" not in told.value.todo


def test_a_file_that_is_no_config_is_no_base(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.touch()
    with pytest.raises(UserError, match=r"Expected a model folder or a config\.json, found none"):
        bases.find(str(weights))


def written(folder: Path, text: str) -> bases.Base:
    (folder / "config.json").write_text(text, encoding="utf-8")
    return bases.find(str(folder))


def figures(**other: Any) -> str:
    """Of a small Llama, and what is wrong with it."""
    own = {"model_type": "llama", "vocab_size": 96, "hidden_size": 32, "intermediate_size": 80}
    return json.dumps({**own, "num_hidden_layers": 3, "num_attention_heads": 4, **other})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", r"Expected a config\.json with a model_type, found a list at "),
        ('"llama"', "found a text at "),
        ("null", "found null at "),
        ("{}", "found one without a model_type at "),
        ('{"model_type":', "found none .*Expecting value.* Download or save it again"),
        (figures(hidden_size="wide"), "'hidden_size' expected int, got str"),
        (figures(hidden_size=33), r"\(33\) is not a multiple of the number of attention heads \(4\)"),
        (figures(hidden_act="nope"), "it knows no 'nope'"),
        (figures(model_type="lama"), "Did you mean 'llama'.* Check the model_type"),
        (figures(model_type="clip"), "Unrecognized configuration class"),
    ],
)
def test_a_config_that_is_none_is_told_what_it_is(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as told:
        meta.build(written(tmp_path, text))
    assert len(str(told.value)) < 700


def test_of_an_architecture_like_no_other_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as told:
        meta.build(written(tmp_path, figures(model_type="zzzzzz")))
    assert told.value.todo.startswith("Check the model_type in ") and "Did you mean" not in told.value.todo
