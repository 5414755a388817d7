"""Machines by name, and this one: how much memory there is to train in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import psutil

from mynah.core import processes
from mynah.core.errors import UserError, did_you_mean

GIB = 1024**3
MIB = 1024**2
CGROUP = Path("/sys/fs/cgroup/memory.max")  # a container's limit
LIBRARIES = 580 * MIB  # Python with torch, transformers, PEFT and TRL; `train` looks for itself
KERNELS, KERNELS_OF_A_SHAPE = 100 * MIB, 6 * MIB
"""Measured for the starter as the difference to ONEDNN_PRIMITIVE_CACHE_CAPACITY=0: 60 MiB. 100 suits the set-ups of
benchmarks/plan.py."""
KEPT_SHAPES = 40  # of 1,024 kernels that are kept, some 25 each
METAL, METAL_OF_SMALL, SMALL_MAC = 3 / 4, 2 / 3, 36
"""Shares of an Apple machine's memory that its GPU may take unless told otherwise, less where it has up to so many GiB:
llama.cpp's users report 10,923 of 16,384 MiB, 21,845 of 32,768 and 49,152 of 65,536 as recommendedMaxWorkingSetSize."""
THIS = "this"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine: its name, cuda, mps or cpu, the bytes that it trains in, and whether it multiplies in 16 bits."""

    name: str
    device: str
    memory: int
    in_16_bits: bool = True
    libraries: int = LIBRARIES
    """Bytes that the process takes before it has a model, where the memory is the system's."""

    @property
    def is_this(self) -> bool:
        """Is it the machine that the program runs on?"""
        return self.name == THIS

    def overhead(self, width: int, shapes: int) -> dict[str, int]:
        """Bytes of the process that are no tensors: the libraries; and the kernels that oneDNN compiles for products in
        16 bits, and keeps, for each shape of a batch. A GPU's memory has neither."""
        if self.device != "cpu":
            return {}
        compiled = KERNELS + KERNELS_OF_A_SHAPE * (min(shapes, KEPT_SHAPES) - 1) if width == 2 else 0
        return {"libraries": self.libraries, "kernels": compiled}


# MiB as the driver reports them.
GPUS = {
    "2080-ti": 11_264,
    "3060": 12_288,
    "3080": 10_240,
    "3090": 24_576,
    "4060": 8_188,
    "4060-ti-8": 8_188,
    "4060-ti-16": 16_380,
    "4070": 12_282,
    "4070-super": 12_282,
    "4070-ti": 12_282,
    "4080": 16_376,
    "4090": 24_564,
    "5090": 32_607,
    "p100": 16_384,
    "v100-16": 16_384,
    "v100-32": 32_768,
    "t4": 15_360,
    "l4": 23_034,
    "a10": 23_028,
    "a40": 46_068,
    "a6000": 49_140,
    "l40": 46_068,
    "l40s": 46_068,
    "a100-40": 40_960,
    "a100-80": 81_920,
    "h100": 81_559,
    "h200": 143_771,
}
WITHOUT_BF16 = {"p100", "v100-16", "v100-32", "t4", "2080-ti"}  # of before Ampere, which emulate it
CHIPS = {
    "m1": (16, 8),
    "m1-pro": (16, 32),
    "m1-max": (32, 64),
    "m1-ultra": (64, 128),
    "m2": (8, 16, 24),
    "m2-pro": (32, 16),
    "m2-max": (32, 64, 96),
    "m2-ultra": (192, 64, 128),
    "m3": (8, 16, 24),
    "m3-pro": (18, 36),
    "m3-max": (64, 36, 48, 96, 128),
    "m3-ultra": (96, 256, 512),
    "m4": (16, 24, 32),
    "m4-pro": (24, 48, 64),
    "m4-max": (36, 48, 64, 128),
}
"""GiB that CPU and GPU share, as Apple's specifications of its Macs say. The chip's name alone means the first."""
APPLE = {chip: sizes[0] for chip, sizes in CHIPS.items()} | {
    f"{chip}-{size}": size for chip, sizes in CHIPS.items() for size in sizes
}
MAKERS = {"nvidia", "geforce", "rtx", "tesla", "apple", "sxm2", "sxm4", "pcie"}
"""Words of a maker, and of how a card is fixed, that tell no machine from another."""
SIZED = re.compile(r"(cpu|gpu|mac):(-?\d+(?:\.\d+)?)")


def find(name: str) -> Machine:
    """The machine of this name: `this`, one of the lists, or `cpu:24`, `gpu:24`, `mac:24` with so many GiB. Raises
    UserError for another."""
    word = name.strip().lower()
    if word == THIS:
        return this()
    sized = SIZED.fullmatch(word)
    if sized:
        return _sized(word, sized[1], float(sized[2]))
    listed = _listed(word)
    if listed in GPUS:
        return Machine(listed, "cuda", GPUS[listed] * MIB, in_16_bits=listed not in WITHOUT_BF16)
    if listed in APPLE:
        return _apple(listed, APPLE[listed])
    todo = f"{did_you_mean(listed, [THIS, *GPUS, *CHIPS])} Or say how many GiB: gpu:24, mac:36 or cpu:24."
    raise UserError("a machine that is known here", repr(name), todo)


def _sized(word: str, kind: str, gibibytes: float) -> Machine:
    """The machine of this kind with so many GiB."""
    if gibibytes <= 0:
        raise UserError("more than 0 GiB", repr(word), "Say how many: gpu:24, mac:36 or cpu:24.")
    if kind == "mac":
        return _apple(word, gibibytes)
    memory = round(gibibytes * GIB)
    return Machine(word, "cuda", memory) if kind == "gpu" else Machine(word, "cpu", memory, in_16_bits=False)


def _listed(word: str) -> str:
    """A name as the lists have it: with hyphens, without its maker, and of machines that differ only in their memory,
    where none was named, the smallest."""
    bare = "-".join(part for part in re.split(r"[\s_-]+", word) if part not in MAKERS)
    bare = re.sub(r"(?<=\d)ti\b", "-ti", re.sub(r"(?<=\d)gb\b", "", bare))
    if bare in GPUS or bare in APPLE:
        return bare
    sizes = [name for name in GPUS if re.fullmatch(rf"{re.escape(bare)}-\d+", name)]
    return min(sizes, key=lambda name: GPUS[name], default=bare)


def _apple(name: str, gibibytes: float) -> Machine:
    return Machine(name, "mps", round(gibibytes * (METAL if gibibytes > SMALL_MAC else METAL_OF_SMALL) * GIB))


def this() -> Machine:
    """This machine: its GPU where torch's CUDA sees one, or else the memory that the system, or the container, has, of
    which each of the processes that a launcher started here has its part. A Mac is its CPU here: `train` computes
    there."""
    import torch

    from mynah.models.load import multiplies_in_16_bits

    if torch.cuda.is_available():
        return Machine(THIS, "cuda", int(torch.cuda.get_device_properties(0).total_memory), multiplies_in_16_bits())
    memory = min(psutil.virtual_memory().total, _limit()) // _processes()
    return Machine(THIS, "cpu", memory, multiplies_in_16_bits())


def _processes() -> int:
    """Those on this machine that do this work together."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 1)) if processes.count() > 1 else 1


def _limit() -> int:
    """Bytes that a container may take; where there is no limit, more than there is."""
    word = CGROUP.read_text(encoding="ascii").strip() if CGROUP.is_file() else "max"
    return int(word) if word.isdigit() else 2**63
