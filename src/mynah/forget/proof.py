"""The proof: every file of a project is decoded by its reader and searched for a person."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

from mynah.core.folder import LOCK, Project
from mynah.forget.person import BEGUN
from mynah.privacy import forgotten
from mynah.privacy.trace import Trace

WEIGHTS = (".safetensors", ".gguf")  # numbers, of which no search can tell what they know
VOCABULARY = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json", "vocab.txt", "merges.txt",
              "special_tokens_map.json", "added_tokens.json")  # fmt: skip
"""Files of a model that came with its base: what is in them was in them before."""
SQLITE = b"SQLite format 3\0"
AT_ONCE = 20_000  # rows


def files_of(project: Project) -> Iterator[Path]:
    """Every file of the project but the lock and the notes on this attempt."""
    own = (BEGUN, LOCK, forgotten.FILE)
    return (
        p for p in sorted(project.path.rglob("*")) if p.is_file() and not (p.name in own and p.parent == project.path)
    )


def proof(project: Project, trace: Trace) -> tuple[list[tuple[str, str]], list[str]]:
    """Where the person still is in the project, by file, and files that cannot be searched. Every file is decoded by
    its reader: tables, JSON, pages, databases, text; what is none of these is searched as bytes."""
    left, unread = [], []
    for path in files_of(project):
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
        return texts_of(path, data.decode("utf-8"))
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
        for table, _, _ in tables_of(base):
            for row in base.execute(f"SELECT * FROM {quoted(table)}"):
                yield from (value for value in row if isinstance(value, str))
    yield path.read_bytes().decode("utf-8", "ignore")  # pages that are in no table any more


def tables_of(base: sqlite3.Connection) -> list[tuple[str, list[str], bool]]:
    """Tables with their columns, and whether they are full-text indices; the tables behind those are left out."""
    found = base.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    virtual = [name for name, sql in found if "using fts" in (sql or "").lower()]
    shown = [name for name, _ in found if not any(name.startswith(each + "_") for each in virtual)]
    return [(t, [c[1] for c in base.execute(f"PRAGMA table_info({quoted(t)})")], t in virtual) for t in shown]


def quoted(name: str) -> str:
    """The name of a table or a column, for SQL."""
    return '"' + name.replace('"', '""') + '"'


def texts_of(path: Path, text: str) -> Iterator[str]:
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
