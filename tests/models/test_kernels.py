"""The kernels: each is what autograd makes of its formula, and a model computes with them what it computes without."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from torch.autograd import gradcheck
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

from mynah.models.kernels import adapter, attention, norm, quickened, rotary

FIGURES = {
    "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "tie_word_embeddings": True,
}  # fmt: skip
CONFIGS = {
    "llama": LlamaConfig(**FIGURES),
    "llama with biases": LlamaConfig(**FIGURES, attention_bias=True, mlp_bias=True),
    "mistral": MistralConfig(**FIGURES, head_dim=8),
    "mistral with a window": MistralConfig(**FIGURES, head_dim=8, sliding_window=5),
    "qwen2": Qwen2Config(**FIGURES),
    "qwen3": Qwen3Config(**FIGURES, head_dim=8),
}
EVERY = pytest.mark.parametrize("name", CONFIGS)
TOKENS = 21


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short row has several, the last of them not whole."""
    monkeypatch.setattr(attention, "BLOCK", 8)
    torch.manual_seed(0)


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def model_of(name: str, lora: bool = True, **settings: Any) -> Any:
    """With an adapter whose second matrix is no longer zero."""
    model: Any = AutoModelForCausalLM.from_config(CONFIGS[name])
    if lora:
        settings = {"r": 3, "lora_alpha": 5, "target_modules": "all-linear", **settings}
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings))
        for key, weight in model.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(weight, std=0.3)
    return model.train()


def computed(model: Any, **more: Any) -> dict[str, Tensor]:
    """Logits, and the gradients of what is trained."""
    model.zero_grad()
    ids = torch.arange(2 * TOKENS).view(2, TOKENS) % 61
    logits = model(input_ids=ids, use_cache=False, **more).logits.float()
    seen = more.get("attention_mask", torch.ones_like(ids)).bool()
    (logits.square().mean(-1) * seen).sum().backward()
    grads = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    return {"logits": logits.detach() * seen[..., None], **grads}


def test_gradients_are_those_of_the_formulas() -> None:
    mask = torch.zeros(1, 1, TOKENS, TOKENS, dtype=torch.float64).masked_fill(
        torch.ones(TOKENS, TOKENS).triu(1).bool(), float("-inf")
    )
    mask[..., 9:, 2:5] = float("-inf")
    heads = [drawn(2, 2, TOKENS, 3) for _ in range(3)]
    for given in (None, mask):
        assert gradcheck(attention.Attention.apply, (*heads, given))
    for bias in (None, torch.randn(4, dtype=torch.float64)):
        weight = torch.randn(4, 5, dtype=torch.float64)
        assert gradcheck(
            adapter.Adapted.apply, (drawn(2, 3, 5), weight, bias, drawn(2, 5), drawn(4, 2), 0.7, torch.float64)
        )
    assert gradcheck(norm.Norm.apply, (drawn(2, 3, 5), drawn(5), 1e-3, torch.float64))
    angles = torch.randn(2, 1, 3, 2, dtype=torch.float64).repeat(1, 1, 1, 2)
    assert gradcheck(rotary.Rotation.apply, (drawn(2, 2, 3, 4), angles.cos(), angles.sin()))


@EVERY
@pytest.mark.parametrize("lora", [True, False])
def test_a_model_computes_with_them_what_it_computes_without(name: str, lora: bool) -> None:
    model = model_of(name, lora)
    without = computed(model)
    with quickened(model):
        assert any("forward" in vars(module) for module in model.modules())
        with_them = computed(model)
    again = computed(model)
    assert list(without) == list(with_them)
    for key, value in without.items():
        torch.testing.assert_close(with_them[key], value, atol=2e-5, rtol=1e-4, msg=lambda told, k=key: f"{k}: {told}")
        assert torch.equal(again[key], value), key


def test_padding_stays_unseen() -> None:
    model = model_of("llama")
    mask = torch.ones(2, TOKENS, dtype=torch.long)
    mask[0, 15:] = 0
    without = computed(model, attention_mask=mask)
    with quickened(model):
        with_them = computed(model, attention_mask=mask)
    for key, value in without.items():
        torch.testing.assert_close(with_them[key], value, atol=2e-5, rtol=1e-4)


@EVERY
def test_in_16_bits_they_are_as_exact_as_autocast(name: str) -> None:
    model = model_of(name)
    exact = computed(model)
    with torch.autocast("cpu", torch.bfloat16):
        plain = computed(model)
        with adapter.halved(model), quickened(model):
            assert {layer.base_layer.weight.dtype for layer in adapted(model)} == {torch.bfloat16}
            quick = computed(model)
    assert {layer.base_layer.weight.dtype for layer in adapted(model)} == {torch.float32}
    assert torch.equal(computed(model)["logits"], exact["logits"])

    def off(found: dict[str, Tensor]) -> float:
        return sum(float((found[key] - value).norm() / value.norm()) for key, value in exact.items()) / len(exact)

    assert off(quick) < 1.25 * off(plain) + 1e-3 < 0.1


def adapted(model: Any) -> list[Any]:
    return [module for module in model.modules() if hasattr(module, "base_layer")]


@pytest.mark.parametrize(
    "settings",
    [{"use_dora": True}, {"lora_dropout": 0.1}, {"lora_bias": True}],
    ids=lambda settings: next(iter(settings)),
)
def test_adapters_of_another_kind_are_left_to_peft(settings: dict[str, Any]) -> None:
    model = model_of("llama", **settings)
    with quickened(model):
        assert all("forward" not in vars(layer) for layer in adapted(model))


def test_a_second_or_no_active_adapter_is_left_to_peft() -> None:
    model = model_of("llama")

    def quick() -> int:
        with quickened(model):
            return sum("forward" in vars(layer) for layer in adapted(model))

    assert quick() == len(adapted(model)) > 0
    with model.disable_adapter():
        assert quick() == 0
    model.add_adapter("second", LoraConfig(r=2, target_modules="all-linear"))
    assert quick() == 0


def test_architectures_that_attend_in_another_way_keep_it() -> None:
    from transformers import Gemma2Config

    config = Gemma2Config(**{**FIGURES, "head_dim": 8})
    model: Any = AutoModelForCausalLM.from_config(config)
    before, made = config._attn_implementation, computed(model)
    with quickened(model):
        assert model.config._attn_implementation == before
        torch.testing.assert_close(computed(model)["logits"], made["logits"])


def test_attention_with_dropout_is_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> None:
        raise AssertionError("the kernel has no dropout")

    monkeypatch.setattr(attention.Attention, "apply", none)
    module, heads = torch.nn.Module().train(), [drawn(1, 2, 4, 3) for _ in range(3)]
    module.is_causal = True  # type: ignore[assignment]
    made, _ = attention.attend(module, *heads, None, 0.5, dropout=0.1)
    assert made.shape == (1, 4, 2, 3)
