"""Memory that comes and goes in large pieces, kept rather than given back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

TRIM, MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of mallopt(3)
KEPT = 2**29  # bytes of freed memory that stay with the process
LARGE = 2**25  # bytes from which a piece is the system's; glibc takes no more


def keep() -> None:
    """Tell glibc to keep what is freed, for the rest of the process. The system zeroes each page that it gives, and a
    reader that lets go of a megabyte and asks for the next spends a fifth of its time on that. Without glibc nothing
    happens."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None)
            libc.mallopt(TRIM, KEPT)
            libc.mallopt(MMAP, LARGE)
