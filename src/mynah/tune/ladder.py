"""The ladder: what a training does when memory runs out, rung by rung, and the steps stay what they were.

First a batch is computed in halves, quarters and so on, one piece after the other, whose gradients add up; then the
activations are computed twice (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174).
Neither changes what is learned. Each rung goes on at the last checkpoint, and is noted in the run's folder, so that a
training that is killed goes on at it.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mynah.core import processes
from mynah.core.errors import UserError
from mynah.core.folder import read_json, write_json
from mynah.models.render import IGNORED

NOTED = "ladder.json"

TODO = "End other programs, or take the base in 4 bits (--quant nf4) or a smaller base."


class OutOfMemory(UserError):
    """Memory ran out, and there is no further rung."""


@dataclass(frozen=True, slots=True)
class Rung:
    """In how many pieces a batch is computed, and whether activations are computed twice."""

    pieces: int = 1
    checkpointing: bool = False

    def __str__(self) -> str:
        parts = f"batches in {self.pieces} pieces" if self.pieces > 1 else "whole batches"
        return f"{parts}, activations computed twice" if self.checkpointing else parts


class Ladder:
    """The rungs of one run, the present one in `folder`. It begins at `top`, or where an attempt before went further
    down, there."""

    def __init__(self, folder: Path, top: Rung) -> None:
        self.rows = 1  # of the largest batch, known once there are batches
        self._noted = folder / NOTED
        noted = [Rung(**each) for each in read_json(self._noted)] if self._noted.exists() else [top]
        lowest = Rung(max(noted[-1].pieces, top.pieces), noted[-1].checkpointing or top.checkpointing)
        self.taken = [*noted[:-1], lowest]

    @property
    def rung(self) -> Rung:
        """Where it stands."""
        return self.taken[-1]

    def down(self) -> None:
        """Take the next rung. Raises OutOfMemory where there is none."""
        below = self._below()
        several = processes.count() > 1  # of which the others wait for the step that this one gave up
        if below is None or several:
            self._noted.unlink(missing_ok=True)  # what is tried next, with more memory or other options, begins anew
            todo = TODO
            if below is not None:
                todo += f" Or --set train.pieces={below.pieces} --set train.checkpointing=true"
            raise OutOfMemory("memory for a training step", f"too little for {self.rung}", todo)
        self.taken.append(below)
        write_json(self._noted, [asdict(rung) for rung in self.taken])
        gc.collect()  # what the attempt held
        _empty_cache()

    def _below(self) -> Rung | None:
        if self.rung.pieces < self.rows:
            return replace(self.rung, pieces=min(2 * self.rung.pieces, self.rows))
        return None if self.rung.checkpointing else replace(self.rung, checkpointing=True)

    def notes(self) -> Iterator[str]:
        """What the account says."""
        for rung in self.taken[1:]:
            yield f"memory ran out: the training went on with {rung}; its steps are the same"


def in_pieces(trainer: Any, pieces: int) -> None:
    """Have the trainer compute each batch in so many pieces, whatever its method is. The gradients of the pieces add up
    to that of the batch: each piece's loss is its sum over the learned tokens of the whole step."""
    if pieces == 1:
        return
    whole = trainer.training_step

    def training_step(model: Any, inputs: Mapping[str, Any], num_items_in_batch: Any = None) -> Any:
        if num_items_in_batch is None:
            num_items_in_batch = (inputs["labels"] != IGNORED).sum()
        return sum(whole(model, piece, num_items_in_batch) for piece in alike(list(cut(inputs, pieces)), pieces))

    trainer.training_step = training_step


def alike(cuts: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The pieces of a batch, as many as the process with the most of them has, at most so many: the processes meet in
    each pass. What is added is a row without a token to learn."""
    passes = sum(processes.any_of(*(place < len(cuts) for place in range(most))))
    row = _part(cuts[0], slice(1))
    nothing = {**row, "labels": row["labels"].new_full(row["labels"].shape, IGNORED)}
    return [*cuts, *[nothing] * (passes - len(cuts))]


def cut(inputs: Mapping[str, Any], pieces: int) -> Iterator[dict[str, Any]]:
    """The rows of a batch in at most so many pieces, alike in size."""
    rows = len(inputs["labels"])
    size = -(-rows // pieces)
    for start in range(0, rows, size):
        yield _part(inputs, slice(start, start + size))


def _part(inputs: Mapping[str, Any], which: slice) -> dict[str, Any]:
    """These rows of a batch, and what is no row as it is."""
    rows = len(inputs["labels"])
    return {
        name: value[which] if hasattr(value, "shape") and len(value) == rows else value
        for name, value in inputs.items()
    }


def _empty_cache() -> None:
    """Give the GPU's memory back to its driver, so that larger pieces can be had."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
