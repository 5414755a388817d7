"""One call of a command: what was typed, sorted into sections of options, and where the answer goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mynah.core import processes
from mynah.core.folder import Account
from mynah.core.options import Options, Sections, check_sections, merge, read_recipe, read_settings, resolve
from mynah.core.plugins import names

PLUGGED = {
    "source": "ingest",
    "cleaner": "clean",
}  # plug-ins whose options are sections of their own, and the stage that reads them


class Say:
    """Words for people on standard output, or on standard error while standard output is for one JSON document. Of
    several processes the first one talks."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.out = sys.stderr if as_json else sys.stdout

    def __call__(self, text: str) -> None:
        if processes.first():
            print(text, file=self.out, flush=True)

    def account(self, stage: Any, account: Account, number: str = "") -> None:
        """What a stage did, in a line; what its `tell` adds; and what the user should know, one line each."""
        came, went = _facts(account.came_in), _facts(account.went_out)
        state = "unchanged" if account.reused else f"{account.seconds:.1f} s"
        self(f"{number}{account.stage:<9} {came}{' → ' if came and went else ''}{went}  ({state})")
        for line in stage.tell(account) if hasattr(stage, "tell") else ():
            self(line)
        for note in account.notes:
            self(f"{' ' * len(number)}{'':<9} ! {note}")

    def result(self, value: Any) -> None:
        """The JSON document, where it was asked for."""
        if self.as_json and processes.first():
            print(json.dumps(value, indent=1, ensure_ascii=False, default=str), file=sys.__stdout__, flush=True)


def _facts(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{v:,} {k}" if isinstance(v, int) else f"{k} {v}" for k, v in values.items())


class Call:
    """What was typed: a path, flags over `--set` over a recipe. `known` are the sections of all commands."""

    def __init__(
        self, path: str | None, flags: dict[str, Any], known: Mapping[str, type[Options]], more: Sequence[str] = ()
    ) -> None:
        self.path = path
        self.paths = tuple(each for each in (path, *more) if each is not None)
        self.known = known
        self.project: Path | None = flags.get("project")
        self.say = Say(bool(flags.get("json")))
        typed: dict[str, dict[str, Any]] = {}
        for key, value in flags.items():
            section, several, option = key.partition("__")
            if several and value is not None:
                typed.setdefault(section, {})[option] = value
        recipe = read_recipe(flags["recipe"]) if flags.get("recipe") else {}
        self.values: Sections = merge(recipe, read_settings(flags.get("set") or ()), typed)

    def options(self, kinds: Mapping[str, type[Options]], **forced: Mapping[str, Any]) -> dict[str, Options]:
        """The resolved options of these sections. Raises UserError for a section or an option that does not exist,
        whichever command reads it."""
        values = merge(self.values, forced)
        for kind, stage in PLUGGED.items():
            values = _plugged(values, kind, stage)
        check_sections(values, [*self.known, *(name for kind in PLUGGED for name in names(kind))])
        found = {section: resolve(kind, values.get(section, {}), section) for section, kind in self.known.items()}
        return {section: found[section] for section in kinds}


def _plugged(values: Sections, kind: str, stage: str) -> dict[str, dict[str, Any]]:
    """The sections of plug-ins, moved into the section of the stage that reads them."""
    known = names(kind)
    own = {name: dict(section) for name, section in values.items() if name in known}
    left = {name: dict(section) for name, section in values.items() if name not in known}
    return merge(left, {stage: {"plugins": own}}) if own else left
