"""Forget: somebody's name goes in, and they are taken out of everything that was built in a project.

    mynah forget Maya

Their messages, and every message of others that names them or repeats words of theirs, leave the data; what was
trained on them is deleted, with its answers, reports and bots. Then every file of the project is read and searched for
them. The export that was imported is not touched. `forgotten.json` remembers them as hashes, so that importing it again
does not bring them back. Killed in the middle, the same command goes on.
"""

from __future__ import annotations

import inspect
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core.command import Call
from mynah.core.errors import UserError
from mynah.core.folder import MANIFEST, MODEL, PARTIAL, Account, Project, read_json, write_json
from mynah.core.options import option
from mynah.forget.person import BEGUN, REWRITTEN, Person, rows_of, same, who
from mynah.forget.proof import files_of, proof
from mynah.forget.scrub import rewritten, scrubbed
from mynah.privacy.forgotten import Forgotten
from mynah.privacy.pseudonyms import Map, place

KEPT_FOLDERS = (*REWRITTEN, "runs", "bots", "privacy")


class Options(core_options.Options):
    """How it is done."""

    yes: bool = option(False, "do it without asking", flag=True)
    keep_models: bool = option(False, "keep what was trained, marked as what may still know them", flag=True)
    also: tuple[str, ...] = option((), "other names of the same person, or their number", flag=True)


PATH = ("who is forgotten, as the chat calls them", inspect.Parameter.empty)
SECTIONS: dict[str, type[core_options.Options]] = {"forget": Options}


def main(call: Call) -> None:
    """`mynah forget NAME`."""
    options = call.options(SECTIONS)["forget"]
    assert isinstance(options, Options)
    with Project.find(call.project).locked() as project:
        person = who(project, [str(call.path), *options.also])
        if not options.yes:
            _ask(project, person, options, call)
        account = run(project, person, options)
    call.say.account(sys.modules[__name__], account)
    for line in account.detail["do"]:
        call.say(f"  {line}")
    call.say.result(account.as_json())


def _ask(project: Project, person: Person, options: Options, call: Call) -> None:
    """Say what goes, and ask. Raises UserError where nobody can answer, or the answer is no."""
    trained = _trained(project)
    models = (
        f"{'marks' if options.keep_models else 'deletes'} {len(trained)} trained runs" if trained else "deletes no run"
    )
    call.say(f"This takes {', '.join(person.names)} out of {str(project.path)!r}, and {models}. It cannot be undone.")
    if call.say.as_json or not sys.stdin.isatty():
        raise UserError("a yes to forget somebody", "nobody to ask", "Add --yes.")
    if input("Type yes to do it: ").strip().casefold() != "yes":
        raise UserError("a yes to forget somebody", "another answer", "Nothing was changed.")


def run(project: Project, person: Person, options: Options) -> Account:
    """Take the person out of the project, and prove it. Raises UserError where something is left."""
    _private(project.path / BEGUN, vars(person))
    hashes = Forgotten.load(project.path)
    hashes.add(person.names, person.texts)  # before anything goes: a kill from here on loses nobody
    hashes.save(project.path)
    trace, done = person.trace, Counter[str]()
    _derived(project, done)
    _runs(project, options.keep_models, done)
    _bots(project, person, options.keep_models, done)
    for stage in REWRITTEN:
        for path in sorted(project.folder(stage).glob("*.parquet")):
            lost = rewritten(path, person, trace)
            if path.name == "conversations.parquet":
                done[f"messages out of {stage}"] += lost
    _map(project, person)
    for path in files_of(project):
        scrubbed(path, trace)
    left, unread = proof(project, trace)
    if left:
        found = "; ".join(f"{path} ({what})" for path, what in left[:10])
        todo = "Delete these files if you do not need them, and run the same command again."
        raise UserError("nothing of the person left in the project", f"{len(left)} places: {found}", todo)
    (project.path / BEGUN).unlink()
    return _account(project, person, options, done, unread)


def _account(project: Project, person: Person, options: Options, done: Counter[str], unread: list[str]) -> Account:
    own = any(same(person.persona, name) for name in person.called)
    other = "--as SOMEBODY" if own or not person.persona else f"--as {person.persona!r}"
    do = [
        f"train again: mynah create EXPORT {other}",
        "the export that was imported was not touched; delete it yourself",
    ]
    if own:
        do.insert(0, "the bot of this person is gone; another one has to be made of somebody else")
    if person.trace.named(project.path.absolute().name):
        do.append(f"the folder itself is called {project.path.name!r}: rename it")
    if unread:
        do.append(f"not searched, as it is numbers or came with the base: {', '.join(unread[:5])}")
    if options.keep_models and done["runs marked"]:
        do.append("weights that were kept may still know the person; no search can tell")
    went_out = {what: count for what, count in done.items() if count}
    searched = len(list(files_of(project)))
    return Account(
        "forget", {"names": len(person.names)}, {**went_out, "files searched": searched, "traces": 0}, detail={"do": do}
    )


def _private(path: Path, value: Any) -> None:
    """Write JSON that only its owner can read."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(value, stream, ensure_ascii=False)
    os.replace(fresh, path)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _derived(project: Project, done: Counter[str]) -> None:
    """Delete what is made of the data by later stages, pages, and what interrupted attempts left."""
    left = [path for path in project.path.rglob(f"*{PARTIAL}") if path.is_dir()]
    stages = [path.parent for path in project.path.glob(f"*/{MANIFEST}") if path.parent.name not in KEPT_FOLDERS]
    pages = [*project.path.glob("*.html"), *project.path.rglob("*.new")]
    for path in (*left, *stages, *pages):
        if path.exists() and path.name != BEGUN + ".new":
            _delete(path)
            done["folders and pages deleted"] += 1


def _trained(project: Project) -> list[Path]:
    """The runs that were trained on the data."""
    return [path for path in project.folder("runs").glob("*") if (path / MODEL).exists()]


def _runs(project: Project, keep: bool, done: Counter[str]) -> None:
    """Delete the runs, answers of the untuned base too; or keep weights, marked, without what they answered."""
    trained = _trained(project)
    for path in project.folder("runs").glob("*"):
        if not (keep and path in trained):
            _delete(path)
            done["runs deleted" if path in trained else "folders and pages deleted"] += 1
            continue
        for name in ("answers", "checkpoints", "tensorboard"):
            if (path / name).exists():
                _delete(path / name)
        if (path / MANIFEST).exists():
            told = read_json(path / MANIFEST)
            note = "trained on messages of somebody who was forgotten since: it may still know them"
            told |= {"fingerprint": "forgotten", "notes": sorted({*told["notes"], note})}
            write_json(path / MANIFEST, told)
        done["runs marked"] += 1


def _bots(project: Project, person: Person, keep: bool, done: Counter[str]) -> None:
    """Delete the bots whose run is gone, and those of the person."""
    for path in project.folder("bots").glob("*/bot.json"):
        told = read_json(path)
        own = any(same(str(told.get("persona", "")), name) for name in person.called)
        if own or not keep or not (path.parent / told["run"]).exists():
            _delete(path.parent)
            done["bots deleted"] += 1


def _map(project: Project, person: Person) -> None:
    """Take the person's names out of the map, and what occurs in no message any more."""
    path = place(project.path)
    if not path.exists():
        return
    mapped = Map.load(project.path)
    trace = person.trace
    words = {word for word in (*mapped.people.names, *mapped.people.ordinary, *mapped.people.odd) if trace(word)}
    mapped.people = mapped.people.without([*words, *person.names])
    left = set(_secrets(project, mapped))
    mapped.pairs = {
        secret: (kind, made)
        for secret, (kind, made) in mapped.pairs.items()
        if secret in left and not trace(secret) and not trace(made)
    }
    mapped.save(project.path)


def _secrets(project: Project, mapped: Map) -> Iterator[str]:
    """What the map would replace in the messages that are left."""
    for row in rows_of(project, ["speaker", "text"]):
        yield from (row["text"][found.start : found.end] for found in mapped.find(row["text"]))
        yield from (row["speaker"][start:end] for start, end in mapped.people.label(row["speaker"]))
        yield row["speaker"]
