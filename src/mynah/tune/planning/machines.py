"""Machines by name, and this one: how much memory there is to train in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import psutil

from mynah.core.errors import UserError, did_you_mean

GIB = 1024**3
MIB = 1024**2
CGROUP = Path("/sys/fs/cgroup/memory.max")  # a container's limit
LIBRARIES = 580 * MIB  # Python with torch, transformers, PEFT and TRL; `train` looks for itself
KERNELS, KERNELS_OF_A_SHAPE = 100 * MIB, 6 * MIB
"""Measured for the starter as the difference to ONEDNN_PRIMITIVE_CACHE_CAPACITY=0: 60 MiB. 100 suits the set-ups of
benchmarks/plan.py."""
KEPT_SHAPES = 40  # of 1,024 kernels that are kept, some 25 each
METAL = 0.75  # of the memory of an Apple machine is what its GPU may take unless told otherwise


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine: its name, cuda, mps or cpu, the bytes that it trains in, and whether it multiplies in 16 bits."""

    name: str
    device: str
    memory: int
    in_16_bits: bool = True
    libraries: int = LIBRARIES
    """Bytes that the process takes before it has a model, where the memory is the system's."""

    def overhead(self, width: int, shapes: int) -> dict[str, int]:
        """Bytes of the process that are no tensors: the libraries; and the kernels that oneDNN compiles for products in
        16 bits, and keeps, for each shape of a batch. A GPU's memory has neither."""
        if self.device != "cpu":
            return {}
        compiled = KERNELS + KERNELS_OF_A_SHAPE * (min(shapes, KEPT_SHAPES) - 1) if width == 2 else 0
        return {"libraries": self.libraries, "kernels": compiled}


# MiB as the driver reports them.
GPUS = {
    "t4": 15_360,
    "v100-16": 16_384,
    "l4": 23_034,
    "3090": 24_576,
    "4090": 24_564,
    "a10": 23_028,
    "a100-40": 40_960,
    "a6000": 49_140,
    "l40s": 46_068,
    "a100-80": 81_920,
    "h100": 81_559,
    "h200": 143_771,
}
APPLE = {"m1": 16, "m2-pro": 32, "m3-max": 64, "m3-max-128": 128, "m2-ultra": 192}  # GiB that CPU and GPU share
SIZED = re.compile(r"(cpu|gpu|mac):(\d+(?:\.\d+)?)")


def find(name: str) -> Machine:
    """The machine of this name: `this`, one of the lists, or `cpu:24`, `gpu:24`, `mac:24` with so many GiB. Raises
    UserError for another."""
    word = name.strip().lower()
    if word == "this":
        return this()
    if word in GPUS:
        return Machine(word, "cuda", GPUS[word] * MIB)
    if word in APPLE:
        return _apple(word, APPLE[word])
    sized = SIZED.fullmatch(word)
    if not sized or float(sized[2]) <= 0:
        known = ["this", *GPUS, *APPLE]
        todo = f"{did_you_mean(word, known)} Or say how many GiB: gpu:24, mac:36 or cpu:24."
        raise UserError("a machine that is known here", repr(name), todo)
    if sized[1] == "mac":
        return _apple(word, float(sized[2]))
    memory = round(float(sized[2]) * GIB)
    return Machine(word, "cuda", memory) if sized[1] == "gpu" else Machine(word, "cpu", memory, in_16_bits=False)


def _apple(name: str, gibibytes: float) -> Machine:
    return Machine(name, "mps", round(gibibytes * METAL * GIB))


def this() -> Machine:
    """This machine: its GPU where torch sees one, or else the memory that the system, or the container, has."""
    import torch

    from mynah.models.load import multiplies_in_16_bits

    if torch.cuda.is_available():
        return Machine("this", "cuda", int(torch.cuda.get_device_properties(0).total_memory), multiplies_in_16_bits())
    if torch.backends.mps.is_available():
        return Machine("this", "mps", int(torch.mps.recommended_max_memory()), multiplies_in_16_bits())
    return Machine("this", "cpu", min(psutil.virtual_memory().total, _limit()), multiplies_in_16_bits())


def _limit() -> int:
    """Bytes that a container may take; where there is no limit, more than there is."""
    word = CGROUP.read_text(encoding="ascii").strip() if CGROUP.is_file() else "max"
    return int(word) if word.isdigit() else 2**63
