"""Checkpoints: what a training needs to go on as if nothing had happened.

A checkpoint counts when it is marked as whole, so that a process killed while it writes one goes on at the one before.
Two are kept, the newest and the best. One is written every few minutes, on SIGUSR1, and before the training ends by
Ctrl-C, SIGTERM or a deadline. Several processes write one together, whichever of them was asked.
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

import psutil

from mynah.core import processes
from mynah.core.errors import UserError

WHOLE = "whole"  # the mark
SHARDED = "pytorch_model_fsdp.bin"  # what the library writes where the weights were shared out
STATES = 3  # of AdamW: weights and two moments, in 32 bits
HELD = 3  # checkpoints on disk while a new one is written


class Checkpoints:
    """The checkpoints of one run, in `folder`, at least every `minutes`. Where `deadline` is not 0 the training ends
    with one before the process is so many minutes old. `sharded`: the weights are shared out over processes (FSDP2)."""

    def __init__(self, folder: Path, minutes: float, deadline: float = 0.0, sharded: bool = False) -> None:
        self.folder = folder
        self._seconds, self._sharded = minutes * 60, sharded
        self._deadline = psutil.Process().create_time() + deadline * 60 if deadline else None
        self._asked = ""  # to end, and by what
        self._wanted = False  # one, to go on

    def newest(self) -> str | None:
        """The newest whole checkpoint. Those that are not whole are removed. Raises UserError where it was written with
        weights that were shared out, and these are not, or the other way round: the library reads its own only."""
        found = processes.first_does(self._newest)
        was_sharded = found is not None and (Path(found) / SHARDED).exists()
        if found is not None and was_sharded != self._sharded:
            kinds = {False: "a training whose processes have whole weights", True: "one that shares them out"}
            todo = f"Launch it as before, with or without --set train.sharded=true, or delete {str(self.folder)!r}."
            raise UserError(f"{kinds[was_sharded]} to go on", kinds[self._sharded], todo)
        return found

    def _newest(self) -> str | None:
        for found in self._all():
            if not (found / WHOLE).exists():
                shutil.rmtree(found)
        whole = self._all()
        return str(whole[-1]) if whole else None

    def size(self, model: Any) -> int:
        """Bytes that the checkpoints of this model can take at once, beside those that lie here already."""
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        states = STATES + 1 if self._sharded else STATES  # the library then writes the weights twice
        return max(0, int(trained * 4 * states * HELD) - processes.first_does(self._here))

    def _here(self) -> int:
        """Bytes of the files that lie here."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def remove(self) -> None:
        """All of them: the training is complete. First their marks: what a kill leaves of them does not count."""
        if processes.first():
            for each in self._all():
                (each / WHOLE).unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def before_the_end(self) -> Iterator[None]:
        """Inside it Ctrl-C and SIGTERM write a checkpoint before they end the process; the second time they just end
        it. SIGUSR1, where the system has it, writes one and lets the training go on. Raises KeyboardInterrupt where the
        training was asked to end, with the reason."""
        if threading.current_thread() is not threading.main_thread():  # only there can signals be handled
            yield
            return

        def end(number: int, frame: Any) -> None:
            self._asked = signal.Signals(number).name
            signal.signal(number, before[signal.Signals(number)])

        def write(number: int, frame: Any) -> None:
            self._wanted = True

        handlers = {signal.SIGINT: end, signal.SIGTERM: end}
        if hasattr(signal, "SIGUSR1"):
            handlers[signal.SIGUSR1] = write
        before = {each: signal.getsignal(each) for each in handlers}
        for each, handler in handlers.items():
            signal.signal(each, handler)
        try:
            yield
        except RuntimeError:
            if processes.count() > 1:  # another one is lost: the launcher ends this one, which first says why
                before[signal.SIGTERM] = signal.SIG_IGN
            raise
        finally:
            for each, was in before.items():
                signal.signal(each, was)
        if self._asked:
            raise KeyboardInterrupt(self._asked)

    def callback(self) -> Any:
        """What the trainer calls: it marks what is whole, drops what is old, and asks for more where it is time."""
        from transformers import TrainerCallback

        checkpoints = self

        class Callback(TrainerCallback):  # type: ignore[misc]
            def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                self.saved = self.stepped = time.time()
                self.longest = 0.0
                state.best_model_checkpoint = checkpoints._best(state.best_global_step)

            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                now = time.time()
                self.longest = max(self.longest, now - self.stepped)  # with its checkpoint or validation
                self.stepped = now
                end, write = checkpoints._agreed(now - self.saved, now + 2 * self.longest)
                control.should_training_stop |= end
                control.should_save |= (end or write) and not _ends(state)

            def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                if checkpoints._asked and not _ends(state):  # the trainer takes its being stopped for the end
                    control.should_evaluate = control.should_save = False

            def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                self.saved = time.time()
                if checkpoints._wanted:
                    processes.say(f"checkpoint written after step {state.global_step}")
                checkpoints._wanted = False
                processes.wait()  # until each has written its part
                if processes.first():
                    checkpoints._saved(state.global_step, state.best_global_step)

        return Callback()

    def _agreed(self, since: float, ready: float) -> tuple[bool, bool]:
        """Does the training end here, and is a checkpoint to be written? `since` are the seconds since the last one,
        `ready` is when the next step would be over."""
        if self._deadline is not None and ready > self._deadline:
            self._asked = self._asked or "deadline"
        end, write = processes.any_of(bool(self._asked), self._wanted or since > self._seconds)
        if end:
            self._asked = self._asked or "another process was asked to"
        return end, write

    def _saved(self, step: int, best: int | None) -> None:
        """The checkpoint of this step is whole; only the best one is kept beside it."""
        (self.folder / f"checkpoint-{step}" / WHOLE).touch()
        for old in self._all():
            if _step(old) not in (step, best):
                (old / WHOLE).unlink(missing_ok=True)
                shutil.rmtree(old)

    def _best(self, step: int | None) -> str | None:
        """The best checkpoint, by its step. A state that is gone on with holds its path as it was when it was written,
        which tells nothing where the project was moved or the command is given in another folder."""
        found = self.folder / f"checkpoint-{step}"
        return str(found) if found.is_dir() else None

    def _all(self) -> list[Path]:
        return sorted(self.folder.glob("checkpoint-*"), key=_step)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _ends(state: Any) -> bool:
    """Is this the last step of an epoch, after which the trainer evaluates and saves anyway?"""
    return float(state.epoch).is_integer()
