"""The versions that a result depends on."""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = (
    "mynah-chat",
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "tokenizers",
    "sacrebleu",
    "rouge-score",
)


def versions() -> dict[str, str]:
    """Package and interpreter versions by name."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
