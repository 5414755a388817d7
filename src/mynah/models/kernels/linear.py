"""A frozen linear layer without an adapter: as a rule the output layer, whose weights are those of the embeddings, too.

Autocast turns them to 16 bits in each step anew; here that is done once.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from mynah.models.kernels._shared import computed_by, precision


def used(model: Any) -> AbstractContextManager[None]:
    """Inside it such layers of the model are computed so. Their weights must stay as they are."""
    adapted = {id(layer.base_layer) for layer in model.modules() if hasattr(layer, "base_layer")}
    layers = (layer for layer in model.modules() if type(layer) is torch.nn.Linear and id(layer) not in adapted)
    held: dict[Any, Tensor] = {}  # the weights by layer and precision
    return computed_by(partial(_forward, held), filter(_is_frozen, layers))


def _is_frozen(layer: Any) -> bool:
    return not any(weight.requires_grad for weight in layer.parameters())


def _forward(held: dict[Any, Tensor], layer: Any, x: Tensor) -> Tensor:
    kind = precision(x)
    if (layer, kind) not in held:
        held[layer, kind] = layer.weight.detach().to(kind)
    return functional.linear(x.to(kind), held[layer, kind], layer.bias)
