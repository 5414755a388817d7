"""What the kernels of modules share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor


@contextmanager
def computed_by(forward: Callable[..., Tensor], modules: Iterable[Any]) -> Iterator[None]:
    """Inside it these modules are computed by `forward`, which gets the module first."""
    changed = list(modules)
    for module in changed:
        module.forward = partial(forward, module)
    try:
        yield
    finally:
        for module in changed:
            del module.forward


def precision(x: Tensor) -> torch.dtype:
    """The precision that is computed in: that of autocast, and where there is none that of `x`."""
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
