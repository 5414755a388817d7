"""Which base is meant, and what its architecture is: a name, a folder or a config.json, never the weights.

Published bases are in `tune/configs`: figures of their architecture only, each with where they are from. So a plan
needs neither a network nor a download.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mynah.core.errors import UserError, did_you_mean, nearest
from mynah.core.folder import read_json
from mynah.models.load import STARTER

CONFIGS = Path(__file__).parents[1] / "configs"
CONFIG = "config.json"


@dataclass(frozen=True, slots=True)
class Base:
    """A base: how the user calls it, where its figures are from, and the figures, as transformers names them."""

    name: str
    source: str
    values: dict[str, Any]

    @property
    def kind(self) -> str:
        """The family of architectures, such as `llama`."""
        return str(self.values.get("model_type"))


def published() -> Iterator[Base]:
    """The bases whose architecture comes along, by all their names."""
    for path in sorted(CONFIGS.glob("*.json")):
        found = read_json(path)
        for name in found["names"]:
            yield Base(name, found["source"], found["config"])


def find(name: str, *, fetch: bool = False) -> Base:
    """The base of this name, folder or file. With `fetch` the config.json of one that is not known here is downloaded.
    Raises UserError, with what to do, where there is none."""
    path = STARTER if name == "starter" else Path(name).expanduser()
    if path.is_dir() or path.suffix == ".json":
        return _read(name, path / CONFIG if path.is_dir() else path)
    known = {base.name: base for base in published()}
    if name in known:
        return known[name]
    downloaded = _downloaded(name)
    if downloaded:
        return _read(name, downloaded)
    if fetch:
        return _read(name, fetched(name))
    near = nearest(name, known)
    hint = did_you_mean(name, known) if near else f"Those that come along: {', '.join(sorted(known))}."
    todo = f"Download its config.json (`hf download {name} {CONFIG}`), or name the file or its folder. {hint}"
    raise UserError("a base whose architecture is known here", repr(name), todo)


def _read(name: str, path: Path) -> Base:
    """The base whose config.json this is."""
    if not path.is_file():
        raise UserError(f"a {CONFIG}", f"none at {str(path)!r}", "Check the path given to --base.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"JSON in {str(path)!r}", str(error), "Save the model with transformers again.") from error
    if not isinstance(values, dict) or not isinstance(values.get("model_type"), str):
        found = f"{str(path)!r} without a model_type"
        raise UserError(f"a {CONFIG} as transformers writes it", found, "Save the model with transformers.")
    return Base(name, str(path), values)


def fetched(name: str) -> Path:
    """The config.json of this name, from the hub."""
    from transformers.utils import cached_file

    try:
        return Path(str(cached_file(name, CONFIG)))
    except OSError as error:
        found = f"none that loads as {name!r} ({str(error).strip().splitlines()[0][:120]})"
        todo = "Check the name and the network, or use --base starter, which needs none."
        raise UserError("a causal chat model", found, todo) from error


def _downloaded(name: str) -> Path | None:
    """The config.json of this name where the hub's client has downloaded it before."""
    from huggingface_hub import try_to_load_from_cache

    try:
        found = try_to_load_from_cache(name, CONFIG)
    except ValueError:  # no name that the hub could know
        return None
    return Path(found) if isinstance(found, str) else None
