"""Doctor: what this machine has, and what is missing.

mynah doctor
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from pathlib import Path
from typing import Any

from mynah.core import processor
from mynah.core.command import Call
from mynah.core.errors import UserError
from mynah.core.options import Options
from mynah.core.versions import versions
from mynah.models.load import STARTER

NEEDED = {
    **{
        name: name
        for name in ("torch", "transformers", "trl", "peft", "bitsandbytes", "sacrebleu", "psutil", "filelock")
    },
    "scikit-learn": "sklearn",
}
LEAST_DISK = 2 * 1024**3
LEAST_MEMORY = 4 * 1024**3


SECTIONS: dict[str, type[Options]] = {}


def main(call: Call) -> None:
    """`mynah doctor`. Raises UserError where something is missing."""
    found = run()
    for name, value in found.items():
        if name != "problems":
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            call.say(f"{name:<14} {shown}")
    for problem in found["problems"]:
        call.say(f"! {problem}")
    call.say.result(found)
    if found["problems"]:
        raise UserError("a machine that is ready", f"{len(found['problems'])} problems", found["problems"][0])
    call.say("Everything is there. Try: mynah demo")


def run() -> dict[str, Any]:
    """Facts about the machine, and `problems`: what should be mended, with how."""
    problems = [f"the package {name} is missing: pip install mynah-chat" for name in NEEDED if not _there(name)]
    free = shutil.disk_usage(Path.cwd()).free
    memory = total_memory()
    if free < LEAST_DISK:
        problems.append(f"{free / 1024**3:.1f} GB of disk free here: at least 2 GB are needed")
    if memory and memory < LEAST_MEMORY:
        problems.append(f"{memory / 1024**3:.1f} GB of memory: at least 4 GB are needed")
    if not (STARTER / "model.safetensors").exists():
        problems.append("the starter's weights are missing: reinstall mynah-chat")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        **({"amx": "announced, but not there: torch is kept from it"} if processor.amx_is_void() else {}),
        "memory_gb": round(memory / 1024**3, 1) if memory else None,
        "disk_free_gb": round(free / 1024**3, 1),
        "accelerator": accelerator(),
        "versions": versions(),
        "problems": problems,
    }


def _there(package: str) -> bool:
    return importlib.util.find_spec(NEEDED[package]) is not None


def total_memory() -> int | None:
    """Bytes of memory, or None where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def accelerator() -> str:
    """The GPU that torch sees, or `none`."""
    if not _there("torch"):
        return "none"
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name(0)}, {torch.cuda.get_device_properties(0).total_memory / 1024**3:.0f} GB"
    if torch.backends.mps.is_available():
        return "Apple GPU, which is not used yet: the CPU computes"
    return "none"
