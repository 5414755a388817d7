"""Bases on a hub: which are here, and how one comes here.

A base that was downloaded is read from its folder in the cache of the hub's client. The hub is not asked about it
again: it loads without a network, at once, and stays what it was. (The client asks for every file of it, and without a
network tries each for half a minute.)
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mynah.core import processes
from mynah.core.errors import UserError, first_line
from mynah.core.folder import megabytes, read_json

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
READ_BY = (".json", ".jinja", ".model", ".txt", ".tiktoken")  # files of a config and a tokenizer
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
PATIENCE = 5.0  # seconds until a hub that does not answer is none
SPARE = 1.2  # times the size of a base are free on the disk that it comes to
RESUME = "The same command goes on where it was."


def cached(name: str, file: str) -> Path | None:
    """This file of a base, where the hub's client has downloaded it before."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, file)
    except HFValidationError:  # no name that the hub could know
        return None
    return Path(found) if isinstance(found, str) else None


def downloaded(name: str) -> Path | None:
    """The folder with all of a base, its weights too, where it was downloaded before."""
    config = cached(name, "config.json")
    folder = config.parent if config else None
    whole = folder and _has_weights(folder) and any((folder / each).exists() for each in TOKENIZERS)
    return folder if whole else None


def _has_weights(folder: Path) -> bool:
    index = folder / INDEX
    shards = set(read_json(index)["weight_map"].values()) if index.exists() else {WEIGHTS}
    return all((folder / shard).exists() for shard in shards)


def answers(name: str = "") -> bool:
    """Does the hub answer soon, and know the base of this name?"""
    from urllib.error import HTTPError
    from urllib.request import urlopen

    from huggingface_hub import constants

    if _told_to_stay_offline():
        return False
    try:
        urlopen(f"{constants.ENDPOINT}/api/models/{name}" if name else constants.ENDPOINT, timeout=PATIENCE).close()
    except HTTPError:
        return not name  # it does answer
    except OSError:
        return False
    return True


def _told_to_stay_offline() -> bool:
    """By HF_HUB_OFFLINE. What is not here whole is then left to transformers, which asks nobody and says it at once."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def check(name: str, hint: str = "") -> None:
    """Raise UserError where the hub is to be asked for a base and does not answer."""
    if not _told_to_stay_offline() and not answers():
        todo = "Check the network, or use --base starter, which needs none."
        found = f"no answer of the hub that would have {name!r}"
        raise UserError("a base that is here, or a network", found, f"{todo} {hint}".strip())


def download(name: str) -> None:
    """Bring a base here, with a line that says how much it is and its license, and a bar. One without weights in
    safetensors is left to transformers, which knows where the hub may have converted ones. Raises UserError where there
    is no such base, no room for it, or no end."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HTTPError, RepositoryNotFoundError  # type: ignore[attr-defined]

    if _told_to_stay_offline():
        return
    check(name)
    try:
        info = HfApi().model_info(name, files_metadata=True)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        wanted = _wanted(sizes)
        if not wanted:
            return
        size = sum(sizes[file] for file in wanted)
        _check_room(name, size)
        processes.say(f"downloading {name}: {megabytes(size)}, {_license(info)}; after that no network is needed")
        with _bars():
            snapshot_download(name, allow_patterns=wanted)
    except GatedRepoError as error:
        todo = f"Accept its terms on its page at the hub, log in by `hf auth login`. {RESUME}"
        raise UserError(f"leave to download {name}", "none", todo) from error
    except RepositoryNotFoundError as error:
        todo = "Check the name; for a private one log in by `hf auth login`."
        raise UserError(f"a base {name!r} on the hub", "none", todo) from error
    except (OSError, HTTPError) as error:
        found = f"it broke off ({first_line(error)})"
        raise UserError(f"the download of {name}", found, f"Check the network. {RESUME}") from error


def _wanted(files: Iterable[str]) -> list[str]:
    """What of a base's files is needed to load it; nothing where it has no weights in safetensors. Many have the same
    weights in several formats."""
    files = [file for file in files if "/" not in file]
    weights = [file for file in files if file == WEIGHTS] or [file for file in files if SHARD.fullmatch(file)]
    return weights and [*weights, *(file for file in files if file.endswith(READ_BY))]


def _check_room(name: str, size: int) -> None:
    found = free()
    if size * SPARE > found:
        todo = "Free some, or let HF_HOME name a folder on another disk."
        raise UserError(f"{megabytes(round(size * SPARE))} of disk for {name}", f"{megabytes(found)} free", todo)


def free() -> int:
    """Bytes that are free where the hub's client keeps what it downloads."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE).absolute()
    return shutil.disk_usage(next(place for place in (cache, *cache.parents) if place.exists())).free


def _license(info: Any) -> str:
    """In words."""
    tagged = [tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")]
    return f"license {tagged[0]}" if tagged else "of no license that its page names"


@contextmanager
def _bars() -> Iterator[None]:
    """Inside it the hub's client shows how far it is, where a person watches."""
    from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars

    if sys.stderr.isatty() and processes.first():
        enable_progress_bars()
    try:
        yield
    finally:
        disable_progress_bars()
