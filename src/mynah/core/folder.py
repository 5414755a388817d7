"""Folders: the layout of a project, and what makes a stage's folder complete.

    PROJECT/
      project.json          the format's version
      ingest/ clean/ pair/ split/      one folder a data stage
      runs/NAME/            a run: base, prompted or tuned; its model, checkpoints, curves, answers
      evaluate/             scores of the runs side by side
      report.html
      bots/NAME/bot.json    what `chat` opens

A folder is complete when its `manifest.json`, written last by an atomic rename, is there; until then it is called
`NAME.partial`, and an interrupted attempt goes on in it. The manifest holds the fingerprint of what went in (inputs,
options, the stage's version): what has not changed is not done again. One process at a time works in a project: the
lock goes with the process, however it ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mynah.core import processes
from mynah.core.errors import UserError
from mynah.core.memory import Peak

FORMAT = 2
MANIFEST = "manifest.json"
BEGUN = ".begun"  # the fingerprint of an attempt that is not complete yet
PARTIAL = ".partial"
LOCK = ".lock"
MODEL = "model"  # what a run trained, in its folder: an adapter or a model of its own
DEEPEST = 3  # folders below the current one in which projects and bots are looked for


@dataclass(frozen=True, slots=True)
class Account:
    """What a stage did: what came in, what went out, what the user should know. The manifest of its folder."""

    stage: str
    came_in: dict[str, Any]
    went_out: dict[str, Any]
    notes: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    seconds: float = 0.0
    peak_memory: int = 0
    """Bytes of the process at the stage's peak, all that was loaded before included."""
    peak_gpu_memory: int = 0
    reused: bool = False

    def as_json(self) -> dict[str, Any]:
        """One flat document: the details at the top level, as `--json` prints it."""
        facts = asdict(self)
        detail = facts.pop("detail")
        return {**facts, **detail}


def slug(name: str) -> str:
    """A name as a folder name."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-") or "bot"


def fingerprint(stage: str, version: int, options: dict[str, Any], inputs: Sequence[str]) -> str:
    """The hash of everything that a stage's result depends on."""
    seed = json.dumps([stage, version, options, list(inputs)], sort_keys=True, default=str)
    return hashlib.sha256(seed.encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write JSON by an atomic rename, so that a reader never sees half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(
        json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8", errors="replace"
    )
    os.replace(fresh, path)


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises UserError where it is broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise UserError(f"JSON in {path}", f"a syntax error: {error}", "Delete the file and run again.") from error


def read_account(folder: Path) -> Account | None:
    """The account of a complete folder; None where it is missing or was interrupted."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        return None
    found = read_json(manifest)
    return Account(**{**found, "notes": tuple(found["notes"])})


def run_stage(folder: Path, print_of: str, work: Callable[[Path], Account]) -> Account:
    """Do `work` into `folder` unless it already holds the result for this fingerprint.

    The work is done in a folder beside it, which takes its place when complete. There the work finds what an attempt
    with the same fingerprint left when it was interrupted (checkpoints, answers). A UserError before there is any of
    that leaves no folder. Where several processes enter, all do the work, and the first one what is done to the
    folders.
    """
    partial = folder.with_name(folder.name + PARTIAL)
    if found := processes.first_does(lambda: _begin(folder, partial, print_of)):
        return replace(found, reused=True)
    started = time.monotonic()
    with Peak() as peak:
        try:
            account = work(partial)
        except UserError:
            _leave_nothing(partial)
            raise
    account = replace(
        account, fingerprint=print_of, seconds=round(time.monotonic() - started, 2), peak_memory=peak.process,
        peak_gpu_memory=peak.gpu,
    )  # fmt: skip
    processes.first_does(lambda: _complete(partial, folder, account))
    return account


def _begin(folder: Path, partial: Path, print_of: str) -> Account | None:
    """The result for this fingerprint, or None and a folder to work in, which holds what an attempt at it left."""
    for place in (folder, partial):  # a process killed at the wrong moment leaves the result in the second
        found = read_account(place)
        if found and found.fingerprint == print_of:
            _put(place, folder)
            return found
    begun = partial / BEGUN
    if not begun.exists() or begun.read_text(encoding="utf-8") != print_of:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        begun.write_text(print_of, encoding="utf-8")
    return None


def _leave_nothing(partial: Path) -> None:
    """Remove the folder of an attempt that left nothing to go on with. The other processes need not be waited for."""
    if processes.first() and [path.name for path in partial.iterdir()] == [BEGUN]:
        shutil.rmtree(partial)


def _complete(partial: Path, folder: Path, account: Account) -> None:
    """Write the manifest, and let the folder take its place."""
    write_json(partial / MANIFEST, {k: v for k, v in asdict(account).items() if k != "reused"})
    (partial / BEGUN).unlink()  # only now: without either, a kill here would lose the attempt
    _put(partial, folder)


def _put(complete: Path, folder: Path) -> None:
    """Let the complete folder take its place."""
    if complete != folder:
        shutil.rmtree(folder, ignore_errors=True)
        complete.rename(folder)


def need_disk(folder: Path, size: int, what: str) -> None:
    """Raise UserError where the disk under `folder` has fewer than `size` bytes free."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if free < size:
        todo = "Free some space, or name a folder on another disk with --project."
        raise UserError(f"{megabytes(size)} of free disk for {what}", f"{megabytes(free)} at {str(there)!r}", todo)


def megabytes(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder. Make one with `Project.at`, find one with `Project.find`."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Project:
        """The project in this folder, which is made where it is missing."""
        marker = path / "project.json"
        if marker.exists():
            return cls._checked(path)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            todo = "Name another folder with --project."
            raise UserError("a project folder or a new one", f"{str(path)!r}, which holds other things", todo)
        path.mkdir(parents=True, exist_ok=True)
        write_json(marker, {"format": FORMAT})
        return cls(path)

    @classmethod
    @contextmanager
    def attempt(cls, path: Path) -> Iterator[Project]:
        """The project in this folder. A folder made for it goes again where a UserError comes before the first run."""
        made = not path.exists()
        project = cls.at(path)
        try:
            with project.locked():
                yield project
        except UserError:
            if made and not project.folder("runs").exists():
                shutil.rmtree(path)
            raise

    @contextmanager
    def locked(self) -> Iterator[Project]:
        """The project to oneself; of several processes that work together the first one holds it. Raises UserError
        where something else works in it."""
        if not processes.first():
            yield self
            return
        try:
            with FileLock(self.path / LOCK, timeout=0):
                yield self
        except Timeout as error:
            todo = "Wait for it, stop it, or name another folder with --project."
            found = f"another mynah at work in {str(self.path)!r}"
            raise UserError("a project that nothing else works on", found, todo) from error

    @classmethod
    def find(cls, path: Path | None = None) -> Project:
        """The project at `path`, or the newest one below the current folder. Raises UserError where there is none."""
        if path is not None:
            if not (path / "project.json").exists():
                raise UserError("a project folder", f"none at {str(path)!r}", "Make one with `mynah create EXPORT`.")
            return cls._checked(path)
        return cls._checked(newest("project.json", "a project", "Make one with `mynah create EXPORT`.").parent)

    @classmethod
    def _checked(cls, path: Path) -> Project:
        version = read_json(path / "project.json").get("format", 0)
        if version != FORMAT:
            found = f"format {version} in {str(path)!r}"
            todo = "Upgrade mynah to open it." if version > FORMAT else "Make it again: mynah create EXPORT."
            raise UserError(f"a project of format {FORMAT}", found, todo)
        return cls(path)

    def folder(self, *names: str) -> Path:
        """A folder inside the project."""
        return self.path.joinpath(*names)

    def account(self, stage: str) -> Account:
        """What a stage did. Raises UserError where it has not run yet."""
        found = read_account(self.folder(stage))
        if found is None:
            raise UserError(f"the stage {stage!r} done", "nothing of it", f"Run `mynah {stage}` first.")
        return found

    def tuned(self, name: str = "") -> tuple[Path, Account]:
        """The run called `name`, or the newest, of those tuned on the present split: another may have seen its test
        part. Raises UserError where there is none."""
        data = self.account("split").fingerprint
        complete = sorted(self.folder("runs").glob(f"*/{MANIFEST}"), key=lambda manifest: manifest.stat().st_mtime)
        folders = [path.parent for path in complete if not path.parent.name.endswith(PARTIAL)]
        runs = [(folder, found) for folder in folders if (found := read_account(folder))]
        tuned = [(run, account) for run, account in runs if account.detail.get("data") == data]
        chosen = [(run, account) for run, account in tuned if name in ("", run.name)]
        if not chosen:
            called = f" called {name!r}" if name else ""
            found_names = ", ".join(run.name for run, _ in tuned) or "none"
            raise UserError(f"a run tuned on this split{called}", found_names, "Run `mynah train` first.")
        return chosen[-1]


def newest(name: str, expected: str, todo: str) -> Path:
    """The newest file called `name` in the current folder or a few folders below. Raises UserError without one."""
    patterns = ["/".join(["*"] * depth + [name]) for depth in range(DEEPEST + 1)]
    found = [path for pattern in patterns for path in Path.cwd().glob(pattern)]
    if not found:
        raise UserError(f"{expected} below {str(Path.cwd())!r}", "none", todo)
    return max(found, key=lambda path: path.stat().st_mtime)
