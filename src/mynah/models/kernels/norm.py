"""RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467): x / rms(x) · weight, of which the root alone is held."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from mynah.models.kernels._shared import computed_by, precision


def used(model: Any) -> AbstractContextManager[None]:
    """Inside it the model's norms are computed so."""
    return computed_by(_forward, (module for module in model.modules() if type(module).__name__.endswith("RMSNorm")))


def _forward(module: Any, x: Tensor) -> Tensor:
    return Norm.apply(x, module.weight, module.variance_epsilon, precision(x))  # type: ignore[no-untyped-call,no-any-return]


class Norm(Function):
    """x / √(mean(x²) + epsilon) · weight, computed in 32 bits at least, as `kind`. x: [..., size], weight: [size]."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, epsilon: float, kind: torch.dtype) -> Tensor:  # type: ignore[override]
        wide = torch.promote_types(x.dtype, torch.float32)
        root = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=wide)
        inverse = root.square_().div_(x.shape[-1]).add_(epsilon).rsqrt_()  # [..., 1]
        context.save_for_backward(x, weight, inverse)
        normed: Tensor = (x * inverse).mul_(weight)
        return normed.to(kind)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None, None, None]:  # type: ignore[override]
        x, weight, inverse = context.saved_tensors
        gradient = gradient.to(inverse.dtype)
        of_weight = None
        if context.needs_input_grad[1]:
            of_weight = (gradient * x * inverse).flatten(0, -2).sum(0).to(weight.dtype)
        scaled = gradient * weight
        along = (scaled * x).mean(-1, keepdim=True).mul_(inverse.square())  # what of it only lengthens x: [..., 1]
        return scaled.addcmul_(x, along, value=-1).mul_(inverse).to(x.dtype), of_weight, None, None
