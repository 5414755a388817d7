"""What a processor says it can do, and cannot."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Cpuid = Callable[[int, int], tuple[int, int]]
"""(leaf, subleaf) to the registers (eax, ebx)."""

CPUINFO = Path("/proc/cpuinfo")
TILES = 0x1D  # the leaf that tells of AMX's tiles; its subleaf 1, bits 16 to 31 of ebx: how many there are
CEILING = ("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")  # all that oneDNN can use but AMX

# def cpuid(edi: leaf, esi: subleaf) -> rax: ebx << 32 | eax
CODE = bytes.fromhex(
    "53"  # push rbx
    "89f8 89f1"  # mov eax, edi; mov ecx, esi
    "0fa2"  # cpuid
    "48c1e320 4809d8"  # shl rbx, 32; or rax, rbx
    "5b c3"  # pop rbx; ret
)


def without_void_amx() -> None:
    """Keep oneDNN from AMX where the processor announces it and has no tiles, as in some virtual machines on Emerald
    Rapids: oneDNN 3.12 looks at the announcement alone, and torch's first product in bfloat16 ends the process with an
    illegal instruction (github.com/uxlfoundation/oneDNN/issues/5689). oneDNN reads the ceiling once, at that first
    product. One that the user has set stays."""
    if CEILING[0] not in os.environ and amx_is_void():
        os.environ[CEILING[0]] = CEILING[1]


def amx_is_void() -> bool:
    """Does the processor announce AMX, and have no tiles for it?"""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    with suppress(OSError):  # a system that runs no code made at run time: oneDNN makes none there either
        return announced(CPUINFO) and not tiles(_cpuid)
    return False


def announced(cpuinfo: Path) -> bool:
    with cpuinfo.open("rb") as file:
        return b" amx_tile " in file.read(1 << 13)  # the first core's, of up to hundreds


def tiles(cpuid: Cpuid) -> int:
    """How many tiles AMX has."""
    last, _ = cpuid(0, 0)
    return cpuid(TILES, 1)[1] >> 16 if last >= TILES else 0  # a leaf beyond the last one answers for the last one


def _cpuid(leaf: int, subleaf: int) -> tuple[int, int]:
    import ctypes
    import mmap

    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(CODE)
    start = ctypes.c_char.from_buffer(page)  # holds the page, which is gone with it
    call = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint32)(ctypes.addressof(start))
    both = call(leaf, subleaf)
    return both & 0xFFFFFFFF, both >> 32
