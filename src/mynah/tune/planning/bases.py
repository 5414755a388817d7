"""Which base is meant, and what its architecture is: a name, a folder or a config.json, never the weights.

Published bases are in `tune/configs`: figures of their architecture only, each with where they are from. So a plan
needs neither a network nor a download.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mynah.core.errors import UserError, first_line
from mynah.core.folder import read_json
from mynah.models import hub
from mynah.models.load import STARTER

CONFIGS = Path(__file__).parents[1] / "configs"
CONFIG = "config.json"
WORDS = re.compile(r"[a-z]{2,}|[a-z]\d")  # of a base's name, such as `flan` and `t5`
SLIP = 0.8  # how like a name must be that is no other's but a slip of the pen
SHAPES = {list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false", type(None): "null"}


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
    """The base of this name, folder or file. With `fetch`, which is for a base that is to be loaded, a name must be the
    hub's own, and the config.json of one that is not known here is downloaded; without, capitals do not matter, and the
    last part is enough. Raises UserError, with what to do, where there is none."""
    path = STARTER if name == "starter" else Path(name).expanduser()
    if path.is_dir() or path.suffix == ".json":
        return _read(name, path / CONFIG if path.is_dir() else path)
    if path.exists() or _is_path(name):
        raise UserError(f"a model folder or a {CONFIG}", f"none at {name!r}", "Check the path given to --base.")
    known = {base.name: base for base in published()}
    if name in known:
        return known[name]
    here = hub.cached(name, CONFIG)
    if here:
        return _read(name, here)
    if fetch:
        return _read(name, fetched(name))
    meant = _meant(name, known)
    if meant:
        return known[meant]
    todo = f"Download its config.json (`hf download {name} {CONFIG}`), or name the file or its folder."
    families = ", ".join(sorted(set(map(_family, known))))
    near = _near(name, known) or f"Those that come along are of these families: {families}."
    raise UserError("a base whose architecture is known here", repr(name), f"{todo} {near}")


def _is_path(name: str) -> bool:
    """Is this a path, and not a name, which the hub writes as `owner/base` or `base`?"""
    parts = name.split("/")
    return name.startswith((".", "~")) or len(parts) > 2 or "" in parts


def _last(name: str) -> str:
    """What a base is called without its owner and capitals."""
    return name.rsplit("/", 1)[-1].lower()


def _family(name: str) -> str:
    """The first word of a base's name: llama, qwen, t5."""
    return next(iter(WORDS.findall(_last(name).removeprefix("meta-"))), "")


def _meant(name: str, known: Iterable[str]) -> str | None:
    """The one known name that this is but for capitals, or whose last part it is."""
    found = [base for base in known if name.lower() in (base.lower(), _last(base))]
    return found[0] if len(found) == 1 else None


def _near(name: str, known: Iterable[str]) -> str:
    """A sentence with the base of the same family that goes on as this name does, or is called most like it; with one
    of another family only where it is a slip of the pen; or else nothing."""
    last, known = _last(name), list(known)
    kin = [base for base in known if _family(base) in WORDS.findall(last)]
    called = {_last(base): base for base in kin or known}
    longer = sorted((word for word in called if kin and word.startswith(f"{last}-")), key=len)
    close = longer or difflib.get_close_matches(last, called, n=1, cutoff=0 if kin else SLIP)
    return f"Did you mean {called[close[0]]!r}?" if close else ""


def _read(name: str, path: Path) -> Base:
    """The base whose config.json this is."""
    if not path.is_file():
        raise UserError(f"a {CONFIG}", f"none at {str(path)!r}", "Check the path given to --base.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"JSON in {str(path)!r}", f"none ({error})", "Download or save it again.") from error
    if not isinstance(values, dict) or not isinstance(values.get("model_type"), str):
        what = "one without a model_type" if isinstance(values, dict) else SHAPES[type(values)]
        todo = f"Take the {CONFIG} of the model's folder, as transformers saves it."
        raise UserError(f"a {CONFIG} with a model_type", f"{what} at {str(path)!r}", todo)
    return Base(name, str(path), values)


def fetched(name: str) -> Path:
    """The config.json of this name, from the hub."""
    from transformers.utils import cached_file

    near = _near(name, [base.name for base in published()])
    hub.check(name, near)
    try:
        return Path(str(cached_file(name, CONFIG)))
    except OSError as error:
        found = f"none that loads as {name!r} ({first_line(error)})"
        todo = "Check the name and the network, or use --base starter, which needs none."
        raise UserError("a base on the hub", found, f"{todo} {near}".strip()) from error
