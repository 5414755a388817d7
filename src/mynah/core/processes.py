"""Several processes that do one work together, as `torchrun` and `accelerate launch` start them: who is who, and what
they agree on. In one process all of it does nothing.

The launchers tell each process its number by the environment (RANK, WORLD_SIZE). Each runs the whole command; the first
one alone takes the project's lock, decides, writes manifests and talks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from mynah.core.errors import UserError, first_line

LONGEST = timedelta(minutes=10)  # that one waits for another before it takes it for lost
LAUNCHED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # what a launcher sets

Result = TypeVar("Result")


def count() -> int:
    """How many processes do this work."""
    return int(os.environ["WORLD_SIZE"]) if all(name in os.environ for name in LAUNCHED) else 1


def number() -> int:
    """Which of them this one is, from 0."""
    return int(os.environ["RANK"]) if count() > 1 else 0


def first() -> bool:
    """Is this the one that writes and talks?"""
    return number() == 0


def say(text: str) -> None:
    """Tell whoever watches, once for all processes."""
    if first():
        print(text, file=sys.stderr, flush=True)


def sharded() -> bool:
    """Did `accelerate launch` ask for FSDP?"""
    return count() > 1 and os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("true", "1")


@contextmanager
def together(sharded: bool = False) -> Iterator[None]:
    """Inside it the processes can hear each other, each on the GPU that is its own. `sharded`: their weights are to be
    shared out (FSDP2). Raises UserError where one of the others ended or went silent for LONGEST."""
    if count() == 1:
        yield
        return
    _join(sharded)
    try:
        yield
    except RuntimeError as error:
        if not _of_another(error):
            raise
        todo = "See above what ended it. The same command goes on at the last checkpoint."
        found = f"one that ended ({first_line(error)})"
        raise UserError(f"{count()} processes to the end", found, todo) from error


def _join(sharded: bool) -> None:
    """Meet the others, by the backend that fits the device."""
    import torch
    from accelerate import PartialState
    from accelerate.utils import DistributedType

    if sharded:  # read by accelerate where the group is made: whole checkpoints are gathered on CPUs
        os.environ["ACCELERATE_USE_FSDP"] = "true"
        os.environ["FSDP_VERSION"], os.environ["FSDP_STATE_DICT_TYPE"] = "2", "FULL_STATE_DICT"
    on_cpu = not torch.cuda.is_available()
    state: Any = PartialState(cpu=on_cpu, timeout=LONGEST)
    if sharded and on_cpu:  # torch's FSDP2 runs on CPUs, too, but accelerate has it on GPUs only
        state.distributed_type = DistributedType.MULTI_GPU


def _of_another(error: RuntimeError) -> bool:
    """Does this error of torch.distributed mean that another process is gone? gloo has no class for it."""
    import torch

    told = str(error).lower()
    return isinstance(error, torch.distributed.DistError) or any(
        sign in told for sign in ("gloo", "nccl", "connection closed by peer", "connection reset by peer")
    )


def first_does(work: Callable[[], Result]) -> Result:
    """The first process does it and all have the result, which must be a plain value. The others end where it raises
    UserError, without saying it again."""
    if count() == 1:
        return work()
    import torch

    box: list[Any] = [None, False]
    if first():
        try:
            box = [work(), True]
        finally:
            torch.distributed.broadcast_object_list(box, src=0)
    else:
        torch.distributed.broadcast_object_list(box, src=0)
        if not box[1]:
            sys.exit(1)
    return box[0]  # type: ignore[no-any-return]


def any_of(*flags: bool) -> tuple[bool, ...]:
    """Each flag, whether it is set in any of the processes."""
    if count() == 1:
        return flags
    import torch
    from accelerate import PartialState

    sums = torch.tensor(flags, dtype=torch.int32, device=PartialState().device)
    torch.distributed.all_reduce(sums, torch.distributed.ReduceOp.MAX)
    return tuple(map(bool, sums.tolist()))


def wait() -> None:
    """Go on when all have come here."""
    any_of(False)
