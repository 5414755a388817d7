"""The model on the meta device: every layer with its shape and no weights, so that the libraries count themselves."""

from __future__ import annotations

import difflib
import math
import warnings
from dataclasses import dataclass
from typing import Any, Literal

from mynah.core.errors import UserError
from mynah.models.load import Options as ModelOptions
from mynah.models.load import linear_layers, lora, quiet
from mynah.tune.planning.bases import Base

Precision = Literal["bfloat16", "float32"]
NOT_BUILT = {"quantization_config", "auto_map"}
"""How a checkpoint was stored, and code of its own, which is never run."""
FAILURES = (ValueError, TypeError, RuntimeError, ArithmeticError, AttributeError, KeyError)
"""What transformers raises for figures that make no model."""
LONGEST = 240  # characters of what it says then


@dataclass(frozen=True, slots=True)
class Layer:
    """Parameters of one name and shape, which stand in the model `count` times."""

    name: str
    shape: tuple[int, ...]
    count: int

    @property
    def parameters(self) -> int:
        """Of one of them."""
        return math.prod(self.shape)


def figures(base: Base) -> dict[str, Any]:
    """What a model is built of. None names a token for padding: some architectures look for it among the values of
    tokens, of which there are none on the meta device; and that of the architecture may be beyond the vocabulary."""
    return {name: value for name, value in base.values.items() if name not in NOT_BUILT} | {"pad_token_id": None}


def build(base: Base, precision: Precision = "bfloat16") -> Any:
    """The model of this base on the meta device. Raises UserError where transformers makes none of its figures."""
    import torch
    from huggingface_hub.errors import StrictDataclassError
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    quiet()
    if base.kind not in CONFIG_MAPPING:
        near = difflib.get_close_matches(base.kind, map(str, CONFIG_MAPPING), n=3)
        meant = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
        todo = f"{meant}Check the model_type in {base.source}; a newer transformers may have it."
        raise UserError("an architecture that transformers has", repr(base.kind), todo)
    try:
        config = CONFIG_MAPPING[base.kind].from_dict(figures(base))
        family = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        with torch.device("meta"):
            model = family.from_config(config, dtype=getattr(torch, precision))
    except (StrictDataclassError, *FAILURES) as error:
        found = f"{base.source}, of which transformers makes none ({_reason(error)})"
        raise UserError("figures of a language model", found, "Check the file, or name another base.") from error
    _untie(model, base)
    return model.train()


def _reason(error: Exception) -> str:
    """What an error says, without what goes on for pages. Where the first line only announces it, it is in the next."""
    if isinstance(error, KeyError):
        return f"it knows no {error}"
    first, *others = str(error).strip().splitlines() or [type(error).__name__]
    return f"{first} {others[0].strip()}"[:LONGEST] if others and first.endswith(":") else first[:LONGEST]


def _untie(model: Any, base: Base) -> None:
    """Give the output layer weights of its own where the checkpoint has them. transformers ties those of every T5 until
    it loads a checkpoint such as FLAN-T5's, in which they differ."""
    import torch

    head, embeddings = model.get_output_embeddings(), model.get_input_embeddings()
    if base.values.get("tie_word_embeddings") is False and head is not None and head.weight is embeddings.weight:
        head.weight = torch.nn.Parameter(torch.empty_like(head.weight))


def attach(model: Any, options: ModelOptions) -> Any:
    """The model with the adapter that the options describe, by PEFT, in the precision of the model; the model itself
    where every weight is trained. Raises UserError where the base has none of the layers."""
    from peft import get_peft_model

    adapter = lora(options)
    if adapter is None:
        return model
    precision = model.dtype
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tied embeddings, and of GPT-2's transposed layers, which PEFT understands
        adapted = get_peft_model(model, adapter.config(model), low_cpu_mem_usage=True, autocast_adapter_dtype=False)
    for weight in adapted.parameters():
        if weight.requires_grad:
            weight.data = weight.data.to(precision)
    return adapted


def quantizable(model: Any) -> dict[str, Any]:
    """The layers of a base that bitsandbytes would hold in 4 or 8 bits, by transformers' own rule: linear layers, but
    not the output layer, what is tied to it, and what the architecture keeps in 32 bits."""
    from transformers.quantizers.base import get_keys_to_not_convert
    from transformers.quantizers.quantizers_utils import should_convert_module

    kept = [*get_keys_to_not_convert(model), *(getattr(model, "_keep_in_fp32_modules", None) or ())]
    return {name: module for name, module in linear_layers(model) if should_convert_module(name, kept)}


def count(model: Any) -> tuple[int, int]:
    """The trained and all parameters: by PEFT where there is an adapter; shared ones count once."""
    if hasattr(model, "get_nb_trainable_parameters"):
        trained, of_all = model.get_nb_trainable_parameters()
        return int(trained), int(of_all)
    every = int(model.num_parameters())
    return every, every


def layers(model: Any) -> list[Layer]:
    """The architecture table: the parameters of the model in their order, those of repeated blocks once."""
    found: dict[tuple[str, tuple[int, ...]], int] = {}
    for name, weight in model.named_parameters():
        pattern = ".".join("*" if part.isdigit() else part for part in name.split("."))
        key = (pattern, tuple(weight.shape))
        found[key] = found.get(key, 0) + 1
    return [Layer(name, shape, times) for (name, shape), times in found.items()]


def architecture(base: Base, model: Any) -> dict[str, Any]:
    """The figures by which bases are compared; None where an architecture has no such figure."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_attention_heads", None)
    return {
        "family": base.kind,
        "type": "encoder-decoder" if model.config.is_encoder_decoder else "decoder",
        "parameters": int(model.num_parameters()),
        "layers": getattr(config, "num_hidden_layers", None),
        "hidden_size": getattr(config, "hidden_size", None),
        "heads": heads,
        "key_value_heads": getattr(config, "num_key_value_heads", None) or heads,
        "head_size": head_size(config),
        "context": getattr(config, "max_position_embeddings", None) or base.values.get("n_positions"),
        "vocabulary": config.vocab_size,
    }


def head_size(config: Any) -> int | None:
    """The width of one attention head."""
    own = getattr(config, "head_dim", None) or getattr(config, "d_kv", None)
    heads = getattr(config, "num_attention_heads", None)
    return own or (config.hidden_size // heads if heads else None)
