"""The structure of a model as lines: each module that has weights, repeated blocks once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any

STEP = "  "


def lines(model: Any, packed: Collection[str] = ()) -> list[str]:
    """The model, with its adapter where it has one. `packed`: the names of the layers that are held in 4 bits."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    return list(_lines(base, type(base).__name__, "", frozenset(packed)))


def _lines(module: Any, title: str, path: str, packed: frozenset[str]) -> Iterator[str]:
    """The line of this module and those of its children."""
    adapter = getattr(module, "lora_A", None)
    inner = module.get_base_layer() if adapter is not None else module
    bits = ", 4 bits" if path in packed else ""
    yield f"{title}{_shape(inner)}{bits}{_adapter(module) if adapter is not None else ''}"
    if adapter is None:
        for name, shown in _children(module, path, packed):
            yield from (f"{STEP}{line}" for line in _named(name, shown))


def _named(name: str, shown: list[str]) -> Iterator[str]:
    yield f"{name}: {shown[0]}"
    yield from shown[1:]


def _children(module: Any, path: str, packed: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """The children with weights and their lines; neighbors of a list that read alike are one."""
    shown = [
        (name, list(_lines(child, type(child).__name__, f"{path}.{name}".lstrip("."), packed)))
        for name, child in module.named_children()
        if next(child.parameters(), None) is not None
    ]
    for (_, first), group in groupby(shown, key=lambda pair: ("" if pair[0].isdigit() else pair[0], pair[1])):
        names = [name for name, _ in group]
        if len(names) == 1:
            yield names[0], first
        else:
            yield f"{names[0]}-{names[-1]}", [f"{first[0]} x {len(names)}", *first[1:]]


def _shape(module: Any) -> str:
    """What goes in and what comes out."""
    if hasattr(module, "in_features"):
        return f" {module.in_features:,} → {module.out_features:,}"
    if hasattr(module, "num_embeddings"):
        return f" {module.num_embeddings:,} × {module.embedding_dim:,}"
    weight = getattr(module, "weight", None)
    if weight is None:
        return ""
    joined = " → " if weight.dim() == 2 else " × "  # two dimensions: GPT-2's transposed linear layer
    return f" {joined.join(f'{size:,}' for size in weight.shape)}"


def _adapter(module: Any) -> str:
    """The adapter of a layer in a few words."""
    name = module.active_adapters[0]
    kind = "DoRA" if module.use_dora.get(name) else "LoRA"
    dropout = getattr(module.lora_dropout[name], "p", 0.0)
    dropped = f", dropout {dropout:g}" if dropout else ""
    return f" + {kind} rank {module.r[name]}, scale {module.scaling[name]:g}{dropped}"
