"""Batches by a budget of tokens: rows of like length together, so that little work is done on padding.

The order is a pure function of seed, epoch and position: a killed run that goes on sees the batches it would have
seen (the library's length-grouped sampler does not restore its order). Several processes take turns: of n processes
number i has every n-th batch from the i-th on, so that they make the steps that one process makes which adds up n
times as many batches.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mynah.models.batches import by_budget
from mynah.models.render import IGNORED


class Step(NamedTuple):
    """What a batch holds: at most so many padded tokens or a single row, or, where it is not 0, so many rows."""

    tokens: int
    rows: int = 0


class Share(NamedTuple):
    """Which batches are this process's: `number`, from 0, of `processes`."""

    processes: int = 1
    number: int = 0


ALONE = Share()


class TokenBatches:
    """A batch sampler: lists of row indices. Where the last batches do not go round, the processes that are left over
    get the row behind the last one, which teaches nothing (`loader` adds it)."""

    def __init__(self, lengths: Sequence[int], step: Step, seed: int, shuffled: bool, share: Share = ALONE) -> None:
        self.epoch = 0
        self._seed, self._shuffled, self._share, self._nothing = seed, shuffled, share, len(lengths)
        self._batches = list(_batches(lengths, step, random.Random(seed)))

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self._batches) // self._share.processes)

    def __iter__(self) -> Iterator[list[int]]:
        order = self._order(self.epoch)
        order += [[self._nothing]] * (len(self) * self._share.processes - len(order))
        return iter(order[self._share.number :: self._share.processes])

    def of_step(self, step: int, accumulation: int) -> list[int]:
        """The rows that made this step, from 0, of all epochs and processes; `accumulation` batches a process."""
        epoch, place = divmod(step, -(-len(self) // accumulation))
        size = accumulation * self._share.processes
        return [row for batch in self._order(epoch)[place * size : (place + 1) * size] for row in batch]

    def _order(self, epoch: int) -> list[list[int]]:
        """The batches of all processes."""
        order = list(self._batches)
        if self._shuffled:
            random.Random(f"{self._seed}/{epoch}").shuffle(order)
        return order


def loader(rows: Any, sampler: TokenBatches, collate: Any, accelerator: Any) -> Any:
    """The batches of one process, on its device. Rows are `input_ids` and `labels`."""
    from accelerate.data_loader import prepare_data_loader
    from torch.utils.data import ConcatDataset, DataLoader

    if accelerator.num_processes > 1:  # the row for those that are left over
        nothing: Any = [{"input_ids": rows[0]["input_ids"][:1], "labels": [IGNORED]}]
        rows = ConcatDataset([rows, nothing])
    plain = DataLoader(rows, batch_sampler=sampler, collate_fn=collate)  # type: ignore[arg-type]
    return prepare_data_loader(plain, accelerator.device, num_processes=1, process_index=0, put_on_device=True)


def _batches(lengths: Sequence[int], step: Step, chance: random.Random) -> Iterator[list[int]]:
    order = list(range(len(lengths)))
    chance.shuffle(order)  # rows of the same length meet others than their neighbors of the file
    if step.rows:
        yield from (order[start : start + step.rows] for start in range(0, len(order), step.rows))
        return
    for batch in by_budget([lengths[i] for i in order], step.tokens):
        yield [order[i] for i in batch]
