"""Taking a person out of the files of a project: rows of tables and databases, values of JSON, lines of text."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from mynah.core.folder import write_json
from mynah.forget.person import Person
from mynah.forget.proof import AT_ONCE, SQLITE, VOCABULARY, WEIGHTS, quoted, strings, tables_of, texts_of
from mynah.privacy.trace import Trace

NOT_DROPPED = ("file", "origin", "chat", "origins")  # columns that are about a row: the name in them is struck out


def rewritten(path: Path, person: Person, trace: Trace) -> int:
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


def _walked(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _walked(each, change) for name, each in value.items()}
    return [_walked(each, change) for each in value] if isinstance(value, list) else value


def scrubbed(path: Path, trace: Trace) -> None:
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
    if not any(map(trace, texts_of(path, text))):
        return
    if path.suffix == ".json":
        write_json(path, _without(json.loads(text), trace))
    elif path.suffix in (".jsonl", ".txt", ".md", ".log", ".csv", ".yaml", ".yml"):
        kept = [line for line in text.splitlines(keepends=True) if not any(map(trace, texts_of(path, line)))]
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
        for table, columns, virtual in tables_of(base):
            named = ", ".join(quoted(column) for column in columns)
            base.execute(f"DELETE FROM {quoted(table)} WHERE person({named})")
            if virtual:
                base.execute(f"INSERT INTO {quoted(table)}({quoted(table)}) VALUES ('optimize')")
        base.commit()
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.execute("VACUUM")
