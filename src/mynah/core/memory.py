"""What memory a piece of work took at its peak, in bytes, of the process and of the GPU; and whether it ran out."""

from __future__ import annotations

import sys
from threading import Event, Thread
from types import TracebackType
from typing import Any

import psutil

EVERY = 0.02  # seconds between two looks
SIGNS = ("can't allocate memory", "cannot allocate memory", "not enough memory", "out of memory", "bad_alloc")
"""How torch's allocators and the kernels' libraries say it, where they raise no type of its own."""


class Peak:
    """`with Peak() as peak: ...; peak.process`. The process's memory is sampled, so the shortest spikes are missed."""

    def __init__(self) -> None:
        self.process = 0
        self.gpu = 0
        self._ended = Event()
        self._watcher = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        cuda = _cuda()
        if cuda:
            cuda.reset_peak_memory_stats()
        self._watcher.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._watcher.join()
        cuda = _cuda()  # which may have been imported only now
        self.gpu = int(cuda.max_memory_allocated()) if cuda else 0

    def _watch(self) -> None:
        process = psutil.Process()
        while True:
            self.process = max(self.process, process.memory_info().rss)
            if self._ended.wait(EVERY):
                return


def _cuda() -> Any:
    """torch.cuda where torch was imported and a GPU is in use: looking must not import anything."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def resident() -> int:
    """Bytes of memory that this process takes now."""
    return int(psutil.Process().memory_info().rss)


def ran_out(error: BaseException) -> bool:
    """Does the error say that memory ran out?"""
    torch = sys.modules.get("torch")  # without it nothing of torch's was raised
    if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in SIGNS)
