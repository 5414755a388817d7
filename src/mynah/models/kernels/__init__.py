"""What the libraries compute in many small operations, in few: for training on a CPU in 16 bits.

A small model spends more of a step on moving numbers than on matrix products. Each file here is one operation with a
backward pass of its own: the same values, to rounding, in fewer passes over memory and with less held for the backward
pass (`benchmarks/operations.py`). They compute in the precision of autocast, and without it in that of their input.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from mynah.models.kernels import adapter, attention, linear, norm, rotary

ALIKE = ("llama", "mistral", "qwen2", "qwen3")  # architectures that attend, norm and rotate as Llama does


@contextmanager
def quickened(model: Any, packed: bool = False) -> Iterator[None]:
    """Inside it a model that is on a CPU computes by these kernels whatever they are known to be the same for.
    `packed`: its linear layers stand for such of 4 bits, which have no kernel."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    with ExitStack() as inside:
        if base.device.type == "cpu":
            if not packed:
                inside.enter_context(adapter.used(model))
            inside.enter_context(linear.used(model))
            if base.config.model_type in ALIKE:
                for kernel in (attention, norm, rotary):
                    inside.enter_context(kernel.used(base))
        yield
