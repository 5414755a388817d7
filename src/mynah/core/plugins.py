"""A folder of siblings is a registry: the file name is the user's word, found without importing it.

`sources/irc` is `--source irc`: a file, or a folder for a plug-in of several, which is all that its `__init__` shows.
To add a source, a metric, a cleaner, a method, a memory or an engine is to add one file to its folder. What begins with
`_` is shared by the plug-ins and is none.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from mynah.core.errors import UserError, did_you_mean

FOLDERS = {
    "source": "mynah.data.sources",
    "cleaner": "mynah.data.cleaners",
    "kind of personal data": "mynah.privacy.kinds",
    "metric": "mynah.metrics",
    "method": "mynah.tune.methods",
    "memory": "mynah.talk.memory",
    "engine": "mynah.models.engines",
}


def names(kind: str) -> list[str]:
    """The words a user can say for this kind of plug-in, by the names of the files and folders beside each other."""
    package = importlib.import_module(FOLDERS[kind])
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))


def check(kind: str, name: str) -> None:
    """Raise UserError, naming the nearest, where there is no plug-in behind the word."""
    known = names(kind)
    if name not in known:
        raise UserError(f"a {kind} that exists", repr(name), did_you_mean(name, known))


def load(kind: str, name: str) -> ModuleType:
    """The module behind the word. Raises UserError, naming the nearest, where there is none."""
    check(kind, name)
    return importlib.import_module(f"{FOLDERS[kind]}.{name}")
