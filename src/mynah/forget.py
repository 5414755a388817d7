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
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core.command import Call
from mynah.core.errors import UserError, did_you_mean
from mynah.core.folder import LOCK, MANIFEST, MODEL, PARTIAL, Account, Project, read_account, read_json, write_json
from mynah.core.options import option
from mynah.core.tables import read_rows
from mynah.privacy import forgotten
from mynah.privacy.forgotten import Forgotten
from mynah.privacy.pseudonyms import Map, place
from mynah.privacy.trace import Trace

BEGUN = ".forgetting.json"  # whom an attempt is about; gone when nothing of them is left
REWRITTEN = ("ingest", "clean", "pseudonymize")
"""Stages whose rows are kept without the person: the export may be gone. What comes after is made anew."""
KEPT_FOLDERS = (*REWRITTEN, "runs", "bots", "privacy")
WEIGHTS = (".safetensors", ".gguf")  # numbers, of which no search can tell what they know
VOCABULARY = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json", "vocab.txt", "merges.txt",
              "special_tokens_map.json", "added_tokens.json")  # fmt: skip
"""Files of a model that came with its base: what is in them was in them before."""
NOT_DROPPED = ("file", "origin", "chat", "origins")  # columns that are about a row: the name in them is struck out
SQLITE = b"SQLite format 3\0"
AT_ONCE = 20_000  # rows


class Options(core_options.Options):
    """How it is done."""

    yes: bool = option(False, "do it without asking", flag=True)
    keep_models: bool = option(False, "keep what was trained, marked as what may still know them", flag=True)
    also: tuple[str, ...] = option((), "other names of the same person, or their number", flag=True)


PATH = ("who is forgotten, as the chat calls them", inspect.Parameter.empty)
SECTIONS: dict[str, type[core_options.Options]] = {"forget": Options}


@dataclass
class Person:
    """Who is forgotten: all their names in this project, the pseudonyms of these, and what they wrote."""

    names: list[str]
    pseudonyms: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    persona: str = ""

    @property
    def trace(self) -> Trace:
        """What to look for."""
        return Trace(self.called, self.others, self.texts)

    @property
    def called(self) -> list[str]:
        """Every name in a file of the project."""
        return [*self.names, *self.pseudonyms]


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


def who(project: Project, asked: list[str]) -> Person:
    """The person behind the names. Raises UserError where nobody is called so."""
    begun = project.path / BEGUN
    if begun.exists():
        told = Person(**read_json(begun))
        if not any(_same(name, other) for name in asked for other in told.names):
            todo = "Finish that first: the same command as then."
            raise UserError("an attempt to forget the same person", "one about somebody else", todo)
        return told
    speakers = _speakers(project)
    names = [name for name in speakers if any(_same(name, other) for other in asked)]
    if not names:
        if any(Forgotten.load(project.path).knows(name) for name in asked):
            return Person(asked, others=speakers)
        raise UserError("the name of somebody in this project", repr(asked[0]), did_you_mean(asked[0], speakers))
    mapped = Map.load(project.path)
    made = [mapped.speaker(name) for name in names] if place(project.path).exists() else []
    called = {*names, *made}
    texts = list(dict.fromkeys(_texts(project, called)))
    others = [speaker for speaker in speakers if speaker not in called]
    pair = read_account(project.folder("pair"))
    persona = pair.detail.get("persona", "") if pair else ""
    names += [name for name in asked if not any(_same(name, other) for other in called)]
    return Person(names, sorted({*made} - {*names}), texts, others, persona)


def _same(name: str, other: str) -> bool:
    return " ".join(name.split()).casefold() == " ".join(other.split()).casefold()


def _rows(project: Project, columns: list[str]) -> Iterator[dict[str, Any]]:
    for stage in REWRITTEN:
        for path in sorted(project.folder(stage).glob("*.parquet")):
            for row in read_rows(path):
                if all(column in row for column in columns):
                    yield row


def _speakers(project: Project) -> list[str]:
    return list(dict.fromkeys(row["speaker"] for row in _rows(project, ["speaker"]) if row["speaker"]))


def _texts(project: Project, names: set[str]) -> Iterator[str]:
    return (row["text"] for row in _rows(project, ["speaker", "text"]) if row["speaker"] in names)


# --- Taking out -----------------------------------------------------------------------------------------------------


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
            lost = _rewritten(path, person, trace)
            if path.name == "conversations.parquet":
                done[f"messages out of {stage}"] += lost
    _map(project, person)
    for path in _files(project):
        _scrubbed(path, trace)
    left, unread = proof(project, trace)
    if left:
        found = "; ".join(f"{path} ({what})" for path, what in left[:10])
        todo = "Delete these files if you do not need them, and run the same command again."
        raise UserError("nothing of the person left in the project", f"{len(left)} places: {found}", todo)
    (project.path / BEGUN).unlink()
    return _account(project, person, options, done, unread)


def _account(project: Project, person: Person, options: Options, done: Counter[str], unread: list[str]) -> Account:
    own = any(_same(person.persona, name) for name in person.called)
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
    searched = len(list(_files(project)))
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
        own = any(_same(str(told.get("persona", "")), name) for name in person.called)
        if own or not keep or not (path.parent / told["run"]).exists():
            _delete(path.parent)
            done["bots deleted"] += 1


def _rewritten(path: Path, person: Person, trace: Trace) -> int:
    """Write a table without the rows in which the person is, a part at a time. How many went."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fresh, names, lost, gone = path.with_name(path.name + ".new"), set(person.called), 0, set[str]()
    with pq.ParquetFile(path) as table, pq.ParquetWriter(fresh, table.schema_arrow) as writer:
        for batch in table.iter_batches(AT_ONCE):
            rows = batch.to_pylist()
            kept = []
            for row in rows:
                if _in_row(row, names, trace):
                    gone.add(str(row.get("id")))
                else:
                    kept.append(_struck(row, gone, trace))
            lost += len(rows) - len(kept)
            writer.write_table(pa.Table.from_pylist(kept, schema=table.schema_arrow))
    os.replace(fresh, path)
    return lost


def _in_row(row: dict[str, Any], names: set[str], trace: Trace) -> bool:
    """Is the person in a row? Sections of a document are looked at one by one, later."""
    about = [value for name, value in row.items() if name not in (*NOT_DROPPED, "sections")]
    return row.get("speaker") in names or any(map(trace, strings(about)))


def _struck(row: dict[str, Any], gone: set[str], trace: Trace) -> dict[str, Any]:
    """A row that stays, without the name in what is about it, answers to what went, and sections with the person."""
    made = {name: _walked(value, trace.scrubbed) if name in NOT_DROPPED else value for name, value in row.items()}
    if made.get("reply_to") in gone:
        made["reply_to"] = None
    if made.get("sections"):
        made["sections"] = [each for each in made["sections"] if not any(map(trace, strings(each)))]
    return made


def strings(value: Any) -> Iterator[str]:
    """Every string in a value of JSON's kinds, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)


def _walked(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _walked(each, change) for name, each in value.items()}
    return [_walked(each, change) for each in value] if isinstance(value, list) else value


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
    for row in _rows(project, ["speaker", "text"]):
        yield from (row["text"][found.start : found.end] for found in mapped.find(row["text"]))
        yield from (row["speaker"][start:end] for start, end in mapped.people.label(row["speaker"]))
        yield row["speaker"]


def _files(project: Project) -> Iterator[Path]:
    """Every file of the project but the lock and the notes on this attempt."""
    own = (BEGUN, LOCK, forgotten.FILE)
    return (
        p for p in sorted(project.path.rglob("*")) if p.is_file() and not (p.name in own and p.parent == project.path)
    )


def _scrubbed(path: Path, trace: Trace) -> None:
    """Take the person out of a file that is not a table: values of JSON, lines of text, rows of a database."""
    if path.suffix == ".parquet" or path.name in VOCABULARY or path.suffix in WEIGHTS or path.name == "map.json":
        return
    head = path.read_bytes()[: len(SQLITE)]
    if head == SQLITE:
        _database(path, trace)
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # the proof looks at it
    if not any(map(trace, _texts_of(path, text))):
        return
    if path.suffix == ".json":
        write_json(path, _without(json.loads(text), trace))
    elif path.suffix in (".jsonl", ".txt", ".md", ".log", ".csv", ".yaml", ".yml"):
        kept = [line for line in text.splitlines(keepends=True) if not any(map(trace, _texts_of(path, line)))]
        path.write_text("".join(kept), encoding="utf-8")


def _without(value: Any, trace: Trace) -> Any:
    """A value of JSON without the person: elements of lists and fields go, the name in other strings is struck out."""
    if isinstance(value, dict):
        return {name: _without(each, trace) for name, each in value.items() if not trace(str(name))}
    if isinstance(value, list):
        return [_without(each, trace) for each in value if isinstance(each, list) or not any(map(trace, strings(each)))]
    return trace.scrubbed(value) if isinstance(value, str) else value


def _database(path: Path, trace: Trace) -> None:
    """Delete the rows of a SQLite file in which the person is, and what the file still holds of them."""
    with closing(sqlite3.connect(path)) as base:
        base.create_function("person", -1, lambda *values: any(isinstance(v, str) and trace(v) for v in values))
        base.execute("PRAGMA secure_delete = ON")
        for table, columns, virtual in _tables(base):
            named = ", ".join(_quoted(column) for column in columns)
            base.execute(f"DELETE FROM {_quoted(table)} WHERE person({named})")
            if virtual:
                base.execute(f"INSERT INTO {_quoted(table)}({_quoted(table)}) VALUES ('optimize')")
        base.commit()
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.execute("VACUUM")


def _tables(base: sqlite3.Connection) -> list[tuple[str, list[str], bool]]:
    """Tables with their columns, and whether they are full-text indices; the tables behind those are left out."""
    found = base.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    virtual = [name for name, sql in found if "using fts" in (sql or "").lower()]
    shown = [name for name, _ in found if not any(name.startswith(each + "_") for each in virtual)]
    return [(t, [c[1] for c in base.execute(f"PRAGMA table_info({_quoted(t)})")], t in virtual) for t in shown]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# --- The proof ------------------------------------------------------------------------------------------------------


def proof(project: Project, trace: Trace) -> tuple[list[tuple[str, str]], list[str]]:
    """Where the person still is in the project, by file, and files that cannot be searched. Every file is decoded by
    its reader: tables, JSON, pages, databases, text; what is none of these is searched as bytes."""
    left, unread = [], []
    for path in _files(project):
        shown = str(path.relative_to(project.path))
        if trace.named(shown):
            left.append((shown, "its name"))
        if path.name in VOCABULARY or (path.suffix in WEIGHTS and path.suffix != ".safetensors"):
            unread.append(shown)
            continue
        hit = next((text for text in decoded(path) if trace(text)), None)
        if hit is not None:
            left.append((shown, "the name" if trace.named(hit) else "words of theirs"))
    return left, unread


def decoded(path: Path) -> Iterable[str]:
    """The texts in a file, by its kind."""
    if path.suffix == ".parquet":
        return _in_table(path)
    with path.open("rb") as stream:
        head = stream.read(len(SQLITE))
    if head == SQLITE:
        return _in_database(path)
    if path.suffix == ".safetensors":  # a header of names and notes; the rest is numbers
        data = path.read_bytes()
        return [data[8 : 8 + int.from_bytes(data[:8], "little")].decode("utf-8", "replace")]
    data = path.read_bytes()
    try:
        return _texts_of(path, data.decode("utf-8"))
    except UnicodeDecodeError:
        return [data.decode(encoding, "ignore") for encoding in ("utf-8", "utf-16-le", "utf-16-be")]


def _in_table(path: Path) -> Iterator[str]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as table:
        yield str(table.metadata.metadata or "")
        for batch in table.iter_batches(AT_ONCE):
            for row in batch.to_pylist():
                yield from strings(row)


def _in_database(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        for table, _, _ in _tables(base):
            for row in base.execute(f"SELECT * FROM {_quoted(table)}"):
                yield from (value for value in row if isinstance(value, str))
    yield path.read_bytes().decode("utf-8", "ignore")  # pages that are in no table any more


def _texts_of(path: Path, text: str) -> Iterator[str]:
    """The strings of a text file, as its reader sees them, and the text as it is."""
    try:
        if path.suffix == ".json":
            yield from strings(json.loads(text))
        elif path.suffix == ".jsonl":
            for line in text.splitlines():
                yield from strings(json.loads(line))
    except json.JSONDecodeError:
        pass  # then the text alone
    yield unescape(text) if path.suffix in (".html", ".svg", ".xml") else text
