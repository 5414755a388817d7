"""Batches by a budget of tokens: rows of like length together, so that little work is done on padding.

The order is a pure function of seed, epoch and position: a killed run that goes on sees the batches it would have
seen (the library's length-grouped sampler does not restore its order).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from mynah.models.batches import by_budget


class TokenBatches:
    """A batch sampler: lists of row indices, each at most `budget` padded tokens or a single row."""

    def __init__(self, lengths: Sequence[int], budget: int, seed: int, shuffled: bool) -> None:
        self.epoch = 0
        self._seed, self._shuffled = seed, shuffled
        self._batches = list(_batches(lengths, budget, random.Random(seed)))

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[list[int]]:
        order = list(self._batches)
        if self._shuffled:
            random.Random(f"{self._seed}/{self.epoch}").shuffle(order)
        return iter(order)


def _batches(lengths: Sequence[int], budget: int, chance: random.Random) -> Iterator[list[int]]:
    order = list(range(len(lengths)))
    chance.shuffle(order)  # rows of the same length meet others than their neighbors of the file
    for batch in by_budget([lengths[i] for i in order], budget):
        yield [order[i] for i in batch]
