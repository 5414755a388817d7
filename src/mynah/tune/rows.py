"""What a training learns from and is scored by: rows of token ids and labels, and the batches that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from mynah.core.types import Example
from mynah.tune.batches import Step, TokenBatches
from mynah.tune.methods._trainer import learned, size

if TYPE_CHECKING:
    from mynah.tune.planning.estimate import Work
    from mynah.tune.train import Options

ENOUGH_STEPS = 90  # where the validation loss of the demo is lowest; early stopping ends sooner what needs less

Row = dict[str, list[int]]


def tokenized(examples: Sequence[Example], engine: Any, learn: str = "persona") -> list[Row]:
    """The rows that the trainer gets: token ids and labels of each window of each example."""
    return list(chain.from_iterable(by_example(examples, engine, learn)))


def by_example(examples: Sequence[Example], engine: Any, learn: str) -> Iterator[list[Row]]:
    """The rows of each example."""
    rows = engine.architecture.rows
    for example in examples:
        yield [row for piece in engine.windows(example) for row in rows(engine.renderer, piece, learn)]


class Rows:
    """The rows of a training, by part. `parts` are the examples of `train` and `valid`."""

    def __init__(self, parts: Mapping[str, Sequence[Example]], engine: Any, options: Options) -> None:
        self._examples, self._architecture, self._options = parts["train"], engine.architecture, options
        apart = {part: list(by_example(examples, engine, options.learn)) for part, examples in parts.items()}
        self.by_part = {part: list(chain.from_iterable(rows)) for part, rows in apart.items()}
        self._train, self._counts = self.by_part["train"], list(map(len, apart["train"]))

    @cached_property
    def _sizes(self) -> list[int]:
        """Padded tokens of each row."""
        return [size(row, self._architecture) for row in self._train]

    @cached_property
    def batches(self) -> list[list[int]]:
        """Those of the first epoch, as lists of rows."""
        step = Step(self._options.batch_tokens, self._options.rows)
        return list(TokenBatches(self._sizes, step, self._options.seed, shuffled=True))

    @property
    def largest(self) -> int:
        """The rows of the largest batch."""
        return max(map(len, self.batches))

    @property
    def epochs(self) -> int:
        """Those that were asked for, or as many as make about ENOUGH_STEPS steps: a short chat needs more than a long
        one."""
        options = self._options
        tokens = sum(len(row["input_ids"]) for row in self._train)
        batches = len(self._train) // options.rows if options.rows else tokens // options.batch_tokens
        steps = max(1, batches // options.accumulation)
        return options.epochs or max(2, min(20, round(ENOUGH_STEPS / steps)))

    @property
    def learned(self) -> int:
        """The tokens of the training part that the loss sees."""
        return sum(learned(row["labels"]) for row in self._train)

    @property
    def scored(self) -> int:
        """The tokens of the validation part."""
        return sum(len(row["input_ids"]) for row in self.by_part["valid"])

    def sizes(self) -> list[int]:
        """Padded tokens of each step of an epoch."""
        padded = [len(batch) * max(self._sizes[i] for i in batch) for batch in self.batches]
        each = self._options.accumulation
        return [sum(padded[start : start + each]) for start in range(0, len(padded), each)]

    def work(self) -> Work:
        """The batch that takes most memory: the one of most padded tokens, of those the one of the longest rows."""
        from mynah.tune.planning.estimate import Work

        shapes = {(len(batch), max(self._sizes[i] for i in batch)) for batch in self.batches}
        count, tokens = max(shapes, key=lambda shape: (shape[0] * shape[1], shape[1]))
        most = max(sum(learned(self._train[i]["labels"]) for i in batch) for batch in self.batches)
        return Work(count, tokens, most, len(shapes))

    def origins(self) -> list[str]:
        """Where each row is from: the id of its example, and the lines of the file."""
        named = [f"{e.id}: {', '.join(map(str, e.origins[:2]))}" if e.origins else e.id for e in self._examples]
        return [name for name, count in zip(named, self._counts, strict=True) for _ in range(count)]
