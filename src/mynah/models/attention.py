"""Attention by plain matrix products, for training short rows in bfloat16 on a CPU.

There torch's fused kernel loses to the processor's matrix products: forward and backward of 3 rows of 330 tokens take
9.7 ms fused and 4.7 ms plain (two cores, torch 2.13, `benchmarks/attention.py`); in 32 bits there is no difference. The
price is memory for the weights of all pairs of tokens, so only models with few heads get it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAME = "mynah_products"
ALIKE = ("llama", "mistral", "qwen2", "qwen3")  # architectures whose attention is nothing but this
MOST_HEADS = 256  # of all layers together: 1 GB for rows of 512 tokens, 1,024 tokens a batch


@contextmanager
def quickened(model: Any) -> Iterator[None]:
    """Inside it the model attends by plain products, where that is known to be the same and faster."""
    config = model.config
    heads = getattr(config, "num_attention_heads", 0) * getattr(config, "num_hidden_layers", 0)
    if model.device.type != "cpu" or config.model_type not in ALIKE or heads > MOST_HEADS:
        yield
        return
    _register()
    before = config._attn_implementation
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(NAME, products)
    AttentionMaskInterface.register(NAME, eager_mask)


def products(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float, dropout: float = 0.0, **_: Any
) -> tuple[Any, None]:
    """softmax(query keyᵀ · scaling + mask) value, in the precision of `value`. query: [rows, heads, tokens, head size];
    key and value may have fewer heads; the result is [rows, tokens, heads, head size]."""
    import torch

    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    with torch.autocast(query.device.type, enabled=False):  # which would have the softmax in 32 bits
        query, key = (query * scaling).to(value.dtype), key.to(value.dtype)
        scores = query @ key.transpose(2, 3) + attention_mask.to(value.dtype)
        weights = (
            torch.nn.functional.dropout(scores.softmax(-1), dropout, module.training) if dropout else scores.softmax(-1)
        )
        return (weights @ value).transpose(1, 2), None
