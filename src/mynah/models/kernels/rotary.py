"""Rotary position embedding (Su et al. 2021, arXiv:2104.09864), turned back in the backward pass and nothing held for
it but the angles."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.autograd import Function

NAME = "apply_rotary_pos_emb"  # of the module that transformers has for an architecture


@contextmanager
def used(model: Any) -> Iterator[None]:
    """Inside it the architecture of the model rotates so."""
    module = sys.modules[type(model).__module__]
    before = getattr(module, NAME)
    setattr(module, NAME, rotated)
    try:
        yield
    finally:
        setattr(module, NAME, before)


def rotated(query: Tensor, key: Tensor, cos: Tensor, sin: Tensor, unsqueeze_dim: int = 1) -> tuple[Tensor, Tensor]:
    """Queries and keys, [rows, heads, tokens, head size], turned by the angles of their tokens,
    [rows or 1, tokens, head size]."""
    cos, sin = (angles.unsqueeze(unsqueeze_dim).to(query.dtype) for angles in (cos, sin))
    return Rotation.apply(query, cos, sin), Rotation.apply(key, cos, sin)  # type: ignore[no-untyped-call]


class Rotation(Function):
    """x cos + (the halves of x changed, the first of them negative) sin; both halves turn by the same angles."""

    @staticmethod
    def forward(context: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:  # type: ignore[override]
        context.save_for_backward(cos, sin)
        return _turned(x, cos, sin)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        cos, sin = context.saved_tensors
        return _turned(gradient, cos, -sin), None, None


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    made = x * cos
    made[..., :half].addcmul_(x[..., half:], sin[..., :half], value=-1)
    made[..., half:].addcmul_(x[..., :half], sin[..., half:])
    return made
