"""Causal attention by plain matrix products, of blocks of queries with the keys that they may see.

There torch's fused kernel loses to the processor's matrix products (`benchmarks/operations.py`); in 32 bits there is no
difference. The price is memory for the weights of pairs of tokens, so only models with few heads get it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

NAME = "mynah_products"
MOST_HEADS = 256  # of all layers together: 0.6 GB for rows of 512 tokens, 1,024 tokens a batch
BLOCK = 128  # queries; the half of a block's last keys is computed in vain


@contextmanager
def used(model: Any) -> Iterator[None]:
    """Inside it the model attends so, where it has few heads."""
    config = model.config
    if config.num_attention_heads * config.num_hidden_layers > MOST_HEADS:
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

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, _mask)


def _mask(*, mask_function: Any, attention_mask: Any, q_length: int, kv_length: int, **how: Any) -> Any:
    """None where every token sees those before it, and no more is to be said."""
    from transformers.masking_utils import causal_mask_function, eager_mask

    if attention_mask is None and mask_function is causal_mask_function and q_length == kv_length:
        return None
    return eager_mask(
        mask_function=mask_function, attention_mask=attention_mask, q_length=q_length, kv_length=kv_length, **how
    )


def attend(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float, dropout: float = 0.0, **_: Any
) -> tuple[Any, None]:
    """softmax(query keyᵀ · scaling + mask) value, in the precision of `value`. query: [rows, heads, tokens, head size];
    key and value may have fewer heads; the result is [rows, tokens, heads, head size]. Without a mask each token sees
    those before it; with one it sees no more than them."""
    if dropout and module.training:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(module, query, key, value, attention_mask, dropout, scaling)  # type: ignore
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    kind = value.dtype
    mask = None if attention_mask is None else attention_mask.to(kind)
    with torch.autocast(query.device.type, enabled=False):  # which would have the softmax in 32 bits
        attended = Attention.apply((query * scaling).to(kind), key.to(kind), value, mask)  # type: ignore[no-untyped-call]
    return attended.transpose(1, 2), None


class Attention(Function):
    """softmax(query keyᵀ + mask) value, all [rows, heads, tokens, size]; the mask is [rows or 1, 1, queries, keys]."""

    @staticmethod
    def forward(context: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:  # type: ignore[override]
        made, weights = torch.empty_like(query), []
        future = torch.full((BLOCK, BLOCK), float("-inf"), dtype=query.dtype).triu(1)
        for start, end, seen in _blocks(query, key):
            scores = query[:, :, start:end] @ key[:, :, :seen].transpose(2, 3)
            if mask is None:
                scores[..., start:] += future[: end - start, : end - start]
            else:
                scores += mask[:, :, start:end, :seen]
            weights.append(scores.softmax(-1))
            made[:, :, start:end] = weights[-1] @ value[:, :, :seen]
        context.save_for_backward(query, key, value, *weights)
        return made

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # type: ignore[override]
        query, key, value, *weights = context.saved_tensors
        of_query, of_key, of_value = torch.empty_like(query), query.new_empty(0), query.new_empty(0)
        for weight, (start, end, seen) in reversed(list(zip(weights, _blocks(query, key), strict=True))):
            part = gradient[:, :, start:end]
            of_weight = part @ value[:, :, :seen].transpose(2, 3)
            of_scores = torch._softmax_backward_data(of_weight, weight, -1, weight.dtype)
            of_query[:, :, start:end] = of_scores @ key[:, :, :seen]
            of_keys, of_values = of_scores.transpose(2, 3) @ query[:, :, start:end], weight.transpose(2, 3) @ part
            if end == query.shape[2]:  # the last block comes first, and sees all keys
                of_key, of_value = of_keys, of_values
            else:
                of_key[:, :, :seen] += of_keys
                of_value[:, :, :seen] += of_values
        return of_query, of_key, of_value, None


def _blocks(query: Tensor, key: Tensor) -> Iterator[tuple[int, int, int]]:
    """Where blocks of queries start and end, and the keys that they see."""
    queries, keys = query.shape[2], key.shape[2]
    for start in range(0, queries, BLOCK):
        end = min(start + BLOCK, queries)
        yield start, end, keys - queries + end
