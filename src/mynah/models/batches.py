"""Batches by a budget of tokens, so that little work is done on padding: in training, scoring and replying."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def by_budget(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices in batches of like length, each at most `budget` padded tokens or a single row."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) + 1) * lengths[index] > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
