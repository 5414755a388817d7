"""When a training ends before its last epoch, and what it must not learn.

Gradients that are infinite or no numbers are kept away from the weights: the step is left out, and the batch is named.
Too many in a row, gradients that stay at 0, or a loss that runs away, end the training; the result is then the best
checkpoint, where there is one. A validation loss that no longer falls ends it, too. All of it is a function of the
curves, which a checkpoint holds: a killed training that goes on decides as if nothing had happened.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mynah.core import processes
from mynah.core.errors import UserError
from mynah.core.folder import read_json
from mynah.tune.batches import TokenBatches

MOST = 5  # steps in a row that may be left out before the training ends
STILL = 10  # steps in a row without any gradient before the training ends: what it learns is gone
FIRST = 3  # steps whose losses tell what the base could before
LAST = 10  # steps whose losses tell what it can at the end
AWAY = 2.0  # nats above the best smoothed loss: a perplexity seven times as high
LONG = 20  # steps in a row that the smoothed loss is so far above before the training ends
SMOOTH = 0.9  # share of the smoothed loss that was there before
NAMED = 10  # steps and rows that a note names
LEFT_OUT = "left_out"  # in the curves: the rows of a step that was left out

Curves = Sequence[dict[str, Any]]


class Care:
    """What is watched over one training. `patience`: epochs without a better validation loss; 0: never ends it.
    `origins` tells, only where it is needed, where each row is from; `todo` what may help."""

    def __init__(
        self, patience: int = 0, origins: Callable[[], Sequence[str]] = tuple, todo: str = "Lower the learning rate."
    ) -> None:
        self._patience, self._origins, self._todo = patience, origins, todo
        self.curves: list[dict[str, Any]] = []
        self._losses = Losses()

    def callback(self) -> Any:
        """The callback of the trainer. It must come before those that report."""
        from transformers import TrainerCallback

        care = self

        class Look(TrainerCallback):  # type: ignore[misc]
            def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
                care.begin(state.log_history)

            def on_pre_optimizer_step(
                self, args: Any, state: Any, control: Any, model: Any = None, train_dataloader: Any = None, **more: Any
            ) -> None:
                self.rows: list[int] | None = None
                if not sound(model):
                    model.zero_grad(set_to_none=True)  # the optimizer then has nothing to do
                    batches = _sampler(train_dataloader)
                    self.rows = batches.of_step(state.global_step, args.gradient_accumulation_steps)

            def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
                if "loss" not in logs:
                    return
                if self.rows is not None:  # the library would report a loss of 0
                    for told in (logs, state.log_history[-1]):
                        told.pop("loss"), told.pop("grad_norm", None)
                    state.log_history[-1][LEFT_OUT] = self.rows
                care.logged(state.log_history)
                control.should_training_stop |= care.stops()

            def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
                care.curves = state.log_history
                control.should_training_stop |= care.patience_is_over()

            def on_epoch_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
                if care.stops():  # what ran away is neither scored nor kept
                    control.should_evaluate = control.should_save = False

        return Look()

    def begin(self, curves: list[dict[str, Any]]) -> None:
        """Begin, or go on, with these curves."""
        self.curves, self._losses = curves, Losses()
        for line in curves:
            self._losses.add(line)

    def logged(self, curves: list[dict[str, Any]]) -> None:
        """The curves have another line."""
        self.curves = curves
        self._losses.add(curves[-1])

    def stops(self) -> bool:
        """Does what the steps were like end the training?"""
        return bool(self._losses.told())

    def patience_is_over(self) -> bool:
        """Has the validation loss not fallen for as many epochs as there is patience?"""
        return bool(self._patience) and since_best(validation_losses(self.curves)) >= self._patience

    def ended(self, checkpoint: str | None) -> int | None:
        """The whole epochs that were done, where the training was over when this checkpoint was written."""
        if checkpoint is None:
            return None
        state = read_json(Path(checkpoint) / "trainer_state.json")
        self.begin(state["log_history"])
        return int(state["epoch"]) if self.stops() or self.patience_is_over() else None

    def check(self) -> None:
        """Raise UserError where the training was ended and nothing good is left of it."""
        losses = validation_losses(self.curves)
        best = min(losses, default=math.inf)
        if math.isfinite(best):
            return
        steps = [line["step"] for line in self.curves if LEFT_OUT in line]
        if self._losses.left_out >= MOST:
            found = f"none in {MOST} steps in a row, from step {steps[-MOST]}{self._named(1, steps[-MOST])}"
            raise UserError("gradients that are numbers", found, self._todo)
        if self.stops():
            raise UserError("a loss that falls", self._losses.told(), self._todo)
        found = "none that is a number" if losses else "none"
        raise UserError("a validation loss", found, self._todo)

    def note(self) -> list[str]:
        """What the account says."""
        steps = [line["step"] for line in self.curves if LEFT_OUT in line]
        notes = []
        if steps:
            were = "1 step was" if len(steps) == 1 else f"{len(steps)} steps were"
            named = ", ".join(f"{step}{self._named(2, step)}" for step in steps[:NAMED])
            more = ", …" if len(steps) > NAMED else ""
            notes.append(f"{were} left out, as their gradients were no numbers: {named}{more}")
        if self.stops():
            end = max(line["step"] for line in self.curves)
            why = self._losses.told()
            notes.append(f"the training was ended at step {end}: {why}; the result is the best checkpoint")
        losses = [line["loss"] for line in self.curves if "loss" in line]
        first, last = mean(losses[:FIRST]), mean(losses[-LAST:])
        best = min(validation_losses(self.curves), default=math.nan)
        if best > first and last > first:  # where it fell in training, the validation part is merely harder
            found = f"the loss of the first steps was {first:.2f}, that of the last ones {last:.2f}"
            notes.append(f"little or nothing was learned: {found}, the best validation loss {best:.2f}. {self._todo}")
        return notes

    def _named(self, most: int, step: int) -> str:
        """Where the rows of a step are from, in brackets."""
        origins = self._origins()
        rows = next(line[LEFT_OUT] for line in self.curves if LEFT_OUT in line and line["step"] == step)
        found = list(dict.fromkeys(origins[row] for row in rows if row < len(origins)))
        more = f" and {len(found) - most} more" if len(found) > most else ""
        return f" ({', '.join(found[:most])}{more})" if found else ""


class Losses:
    """What the steps have been like. The smoothed loss is an exponential mean of those before."""

    def __init__(self) -> None:
        self.left_out = self.still = self.away = 0  # steps in a row
        self.smooth, self.best = math.nan, math.inf

    def add(self, line: dict[str, Any]) -> None:
        """A line of the curves."""
        if LEFT_OUT in line:
            self.left_out += 1
        elif "loss" in line:
            self.left_out = 0
            self.still = 0 if line.get("grad_norm") else self.still + ("grad_norm" in line)
            loss = line["loss"]
            self.smooth = loss if math.isnan(self.smooth) else SMOOTH * self.smooth + (1 - SMOOTH) * loss
            self.best = min(self.best, self.smooth)
            self.away = self.away + 1 if not self.smooth <= self.best + AWAY else 0

    def told(self) -> str:
        """What ends the training, with the figures; nothing where it goes on."""
        if self.left_out >= MOST:
            return f"{MOST} steps in a row had no gradients that are numbers"
        if self.still >= STILL:
            return f"one that stays at {self.smooth:.2f}: its gradients were 0 in {self.still} steps in a row"
        if self.away >= LONG:
            return f"one that rose from {self.best:.2f} to {self.smooth:.2f} and stayed there for {self.away} steps"
        return ""


def mean(losses: Sequence[float]) -> float:
    """The mean, which is no number where there are none."""
    return sum(losses) / len(losses) if losses else math.nan


def validation_losses(curves: Curves) -> list[float]:
    """One an epoch; infinite where it was no number."""
    found = [line["eval_loss"] for line in curves if "eval_loss" in line]
    return [loss if math.isfinite(loss) else math.inf for loss in found]


def since_best(losses: Sequence[float]) -> int:
    """Epochs since the first of the lowest losses."""
    return len(losses) - 1 - losses.index(min(losses)) if losses else 0


def sound(model: Any) -> bool:
    """Are all gradients numbers, in all processes? Each looks at those that it holds."""
    import torch

    norms = torch._foreach_norm(list(_gradients(model)))  # that of what holds a number that is none is none
    broken = not bool(torch.stack(norms).isfinite().all()) if norms else False
    return not processes.any_of(broken)[0]


def _gradients(model: Any) -> Iterator[Any]:
    for weight in model.parameters():
        if weight.grad is not None:
            yield weight.grad.to_local() if hasattr(weight.grad, "to_local") else weight.grad


def _sampler(loader: Any) -> TokenBatches:
    """Ours, which may be within one that skips what was seen."""
    found = loader.batch_sampler
    while not isinstance(found, TokenBatches):
        found = found.batch_sampler
    return found
