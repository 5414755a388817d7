"""A linear layer with LoRA: x Wᵀ + s (x Aᵀ) Bᵀ, whose parts are added up within the matrix products.

PEFT computes the two sides apart and multiplies and adds them in passes of their own, and autocast turns the frozen
weights to 16 bits anew in each step. Here that is done once, before the training.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from mynah.models.kernels._shared import computed_by, precision


def used(model: Any) -> AbstractContextManager[None]:
    """Inside it the model's adapted linear layers are computed so, but for those of a kind of their own: DoRA, dropout,
    several adapters, weights that are quantized or transposed."""
    return computed_by(_forward, filter(_is_plain, model.modules()))


@contextmanager
def halved(model: Any) -> Iterator[None]:
    """Inside it the frozen weights of adapted layers are held in 16 bits, to which autocast would turn them in each
    step. Afterwards they are as before: what 16 bits cannot hold, as of a base that is stored in 32, is kept beside."""
    weights = [layer.base_layer.weight for layer in model.modules() if _is_plain(layer)]
    kept: list[tuple[Tensor, torch.dtype, Tensor | None]] = []
    for weight in weights:
        narrow = weight.data.to(torch.bfloat16)
        exact = weight.is_meta or torch.equal(narrow.to(weight.dtype), weight.data)
        kept.append((weight, weight.dtype, None if exact else weight.data))
        weight.data = narrow
    try:
        yield
    finally:
        for weight, kind, wide in kept:
            weight.data = weight.data.to(kind) if wide is None else wide


def _is_plain(layer: Any) -> bool:
    """Is it PEFT's layer over a linear one, with a single adapter and nothing else about it?"""
    from peft.tuners.lora.layer import Linear

    return (
        type(layer) is Linear
        and type(layer.base_layer) is torch.nn.Linear
        and list(layer.lora_A) == layer.active_adapters
        and not (layer.lora_variant or layer.merged or layer.disable_adapters)
        and all(isinstance(dropout, torch.nn.Identity) for dropout in layer.lora_dropout.values())
        and not any(layer.lora_bias.values())
    )


def _forward(layer: Any, x: Tensor, *_: Any, **__: Any) -> Tensor:
    (name,) = layer.lora_A
    frozen, a, b = layer.base_layer, layer.lora_A[name].weight, layer.lora_B[name].weight
    return Adapted.apply(x, frozen.weight, frozen.bias, a, b, layer.scaling[name], precision(x))  # type: ignore[no-untyped-call,no-any-return]


class Adapted(Function):
    """x Wᵀ + bias + scale (x Aᵀ) Bᵀ, computed in `kind`. x: [..., inputs], W: [outputs, inputs], A: [rank, inputs],
    B: [outputs, rank]; W and the bias get no gradient."""

    @staticmethod
    def forward(  # type: ignore[override]
        context: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float,
        kind: torch.dtype,
    ) -> Tensor:  # fmt: skip
        context.scale, context.kinds = scale, (x.dtype, a.dtype)
        x, weight, a, b = (each.to(kind) for each in (x, weight, a, b * scale))
        rows = x.reshape(-1, x.shape[-1])
        low = rows @ a.T  # [tokens, rank]
        made = torch.nn.functional.linear(rows, weight, None if bias is None else bias.to(kind))
        made.addmm_(low, b.T)
        context.save_for_backward(x, low, weight, a, b)
        return made.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        x, low, weight, a, b = context.saved_tensors
        gradient = gradient.reshape(-1, gradient.shape[-1])
        of_its_kind, of_theirs = context.kinds
        of_low = gradient @ b
        of_x = None
        if context.needs_input_grad[0]:
            of_x = (gradient @ weight).addmm_(of_low, a).view(x.shape).to(of_its_kind)
        of_a = of_low.T @ x.reshape(-1, x.shape[-1])
        of_b = (gradient.T @ low).to(of_theirs).mul_(context.scale)
        return of_x, None, None, of_a.to(of_theirs), of_b, None, None
