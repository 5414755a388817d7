"""A progress bar with the remaining time, on standard error, and only where a person watches."""

from __future__ import annotations

import sys
from types import TracebackType

from mynah.core import processes


class bar:
    """`with bar("train", 100) as b: b.advance(1)`."""

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
            transient=True,
            disable=not (sys.stderr.isatty() and processes.first()),
        )
        self._task = self._progress.add_task(title, total=total, completed=done)

    def __enter__(self) -> bar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def advance(self, steps: int) -> None:
        """Some steps are done."""
        self._progress.advance(self._task, steps)

    def label(self, title: str) -> None:
        """Show another title."""
        self._progress.update(self._task, description=title)
