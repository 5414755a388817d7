"""Batches by a budget of tokens: rows of like length together, so that little work is done on padding.

The order is a pure function of seed, epoch and position: a killed run that goes on sees the batches it would have
seen (the library's length-grouped sampler does not restore its order).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mynah.models.batches import by_budget


class Step(NamedTuple):
    """What a batch holds: at most so many padded tokens or a single row, or, where it is not 0, so many rows."""

    tokens: int
    rows: int = 0


class TokenBatches:
    """A batch sampler: lists of row indices."""

    def __init__(self, lengths: Sequence[int], step: Step, seed: int, shuffled: bool) -> None:
        self.epoch = 0
        self._seed, self._shuffled = seed, shuffled
        self._batches = list(_batches(lengths, step, random.Random(seed)))

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


def _batches(lengths: Sequence[int], step: Step, chance: random.Random) -> Iterator[list[int]]:
    order = list(range(len(lengths)))
    chance.shuffle(order)  # rows of the same length meet others than their neighbors of the file
    if step.rows:
        yield from (order[start : start + step.rows] for start in range(0, len(order), step.rows))
        return
    for batch in by_budget([lengths[i] for i in order], step.tokens):
        yield [order[i] for i in batch]
