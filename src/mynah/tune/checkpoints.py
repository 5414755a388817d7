"""Checkpoints: what a training needs to go on as if nothing had happened.

A checkpoint counts when it is marked as whole, so that a process killed while it writes one goes on at the one before.
Two are kept, the newest and the best.
"""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WHOLE = "whole"  # the mark
STATES = 3  # of AdamW: weights and two moments, in 32 bits
HELD = 3  # checkpoints on disk while a new one is written


class Checkpoints:
    """The checkpoints of one run, in `folder`, at least every `minutes`."""

    def __init__(self, folder: Path, minutes: float) -> None:
        self.folder = folder
        self._seconds = minutes * 60
        self._asked: signal.Signals | None = None

    def newest(self) -> str | None:
        """The newest whole checkpoint. Those that are not whole are removed."""
        for found in self._all():
            if not (found / WHOLE).exists():
                shutil.rmtree(found)
        whole = self._all()
        return str(whole[-1]) if whole else None

    def size(self, model: Any) -> int:
        """Bytes that the checkpoints of this model can take at once."""
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        return int(trained * 4 * STATES * HELD)

    def remove(self) -> None:
        """All of them: the training is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def before_the_end(self) -> Iterator[None]:
        """Inside it Ctrl-C and SIGTERM write a checkpoint before they end the process; the second time they just end
        it. Raises KeyboardInterrupt."""
        if threading.current_thread() is not threading.main_thread():  # only there can signals be handled
            yield
            return

        def asked(number: int, frame: Any) -> None:
            self._asked = signal.Signals(number)
            signal.signal(number, before[self._asked])

        before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        for each in before:
            signal.signal(each, asked)
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
        if self._asked:
            raise KeyboardInterrupt(self._asked.name)

    def callback(self) -> Any:
        """What the trainer calls: it marks what is whole, drops what is old, and asks for more where it is time."""
        from transformers import TrainerCallback

        checkpoints = self

        class Callback(TrainerCallback):  # type: ignore[misc]
            def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                self.saved = time.monotonic()

            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                due = time.monotonic() - self.saved > checkpoints._seconds
                control.should_training_stop |= bool(checkpoints._asked)
                control.should_save |= (due or bool(checkpoints._asked)) and not _ends(state)

            def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                if checkpoints._asked and not _ends(state):  # the trainer takes its being stopped for the end
                    control.should_evaluate = control.should_save = False

            def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                self.saved = time.monotonic()
                checkpoints._saved(state.global_step, state.best_global_step)

        return Callback()

    def _saved(self, step: int, best: int | None) -> None:
        """The checkpoint of this step is whole; only the best one is kept beside it."""
        (self.folder / f"checkpoint-{step}" / WHOLE).touch()
        for old in self._all():
            if _step(old) not in (step, best):
                (old / WHOLE).unlink(missing_ok=True)
                shutil.rmtree(old)

    def _all(self) -> list[Path]:
        return sorted(self.folder.glob("checkpoint-*"), key=_step)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _ends(state: Any) -> bool:
    """Is this the last step of an epoch, after which the trainer evaluates and saves anyway?"""
    return float(state.epoch).is_integer()
