"""A processor that announces AMX and has no tiles does not end a training with an illegal instruction."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mynah.core import processor

GENUINE = {(0, 0): (0x20, 0x756E6547), (0x1D, 1): (0x04002000, 0x00080040)}  # Sapphire Rapids, bare
VOID = {(0, 0): (0x1C, 0x756E6547), (0x1D, 1): (0, 0xFFFF0000)}  # a virtual machine; a leaf beyond says what it likes
EMPTY = {(0, 0): (0x20, 0x756E6547), (0x1D, 1): (0, 0)}


@pytest.mark.parametrize(("leaves", "tiles"), [(GENUINE, 8), (VOID, 0), (EMPTY, 0)])
def test_tiles_are_counted_where_the_leaf_is_there(leaves: dict[tuple[int, int], tuple[int, int]], tiles: int) -> None:
    assert processor.tiles(lambda leaf, subleaf: leaves[leaf, subleaf]) == tiles


def test_the_first_core_of_many_tells(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    for flags, there in (("fpu amx_bf16 amx_tile amx_int8", True), ("fpu avx512_bf16", False)):
        cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags} \n\n" * 200)
        assert processor.announced(cpuinfo) is there


@pytest.mark.parametrize(("void", "theirs", "ceiling"), [
    (True, None, "AVX512_CORE_FP16"), (False, None, None), (True, "AVX2", "AVX2"),
])  # fmt: skip
def test_a_ceiling_is_set_where_it_is_needed_and_the_user_has_set_none(
    void: bool, theirs: str | None, ceiling: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "amx_is_void", lambda: void)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", theirs or "")
    if not theirs:
        monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")
    processor.without_void_amx()
    assert os.environ.get("ONEDNN_MAX_CPU_ISA") == ceiling


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="x86 under Linux")
def test_the_processor_answers() -> None:
    last, vendor = processor._cpuid(0, 0)
    assert last >= 1
    assert vendor.to_bytes(4, "little") in (b"Genu", b"Auth", b"Hygo")  # GenuineIntel, AuthenticAMD, HygonGenuine


def test_a_product_in_bfloat16_is_computed_here() -> None:
    code = "import mynah, torch; a = torch.ones(64, 128, dtype=torch.bfloat16); print(float((a @ a.T)[0, 0]))"
    fresh = {name: value for name, value in os.environ.items() if name != "ONEDNN_MAX_CPU_ISA"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=fresh, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "128.0")
