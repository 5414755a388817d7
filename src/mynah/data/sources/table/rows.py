"""The rows of a table, whatever holds them: CSV in any dialect, a sheet of a workbook, JSON, JSONL or Parquet."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from mynah.core.arrow import all_writable
from mynah.core.errors import UserError, did_you_mean
from mynah.data.files import LARGEST, Input, decoded, readable
from mynah.data.records import normal
from mynah.data.sources._shared.jsons import SHOWN, text_of, whole
from mynah.data.sources.table import columns, dates, values

NAMED = {"auto": "", "comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOK = 50  # rows by which a dialect is told
HEADER = 20  # rows among which the names of the columns are
FIT = 0.8  # of the rows must have one length in a table that is recognized
ESCAPING = {"qna id", "metadata"}  # columns of QnA Maker, which writes the end of a line as \n

Cells = list[Any]


class Broken(NamedTuple):
    """A row that cannot be read, and why."""

    number: int
    text: str
    reason: str


class Table(NamedTuple):
    """The names of the columns, the rows with their numbers, and what was no row. All rows have a cell a column."""

    names: tuple[str, ...]
    rows: list[tuple[int, Cells]]
    broken: list[Broken]
    facts: dict[str, str]


def read(file: Input, delimiter: str, encoding: str, sheet: str) -> Table:
    """The table of a file. Raises UserError for a file that is damaged, and for a sheet that is not there."""
    head = file.head()
    if is_workbook(head):
        return _workbook(file, sheet)
    if head.startswith("PAR1"):
        return _parquet(file)
    if head.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") and (found := _json(file)):
        return found
    return _csv(file, delimiter, encoding)


def names_of(head: str) -> tuple[str, ...]:
    """The names of the columns of a beginning that may be cut anywhere; none where this is no table in text."""
    text = head.lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        return tuple(_first_object(text))
    text = text.partition("\n")[2] if text.startswith("sep=") else text
    delimiter, fit = _delimiter(text)
    if fit < FIT:
        return ()
    rows = list(_parsed(text, delimiter, LOOK))
    header = _header(rows)
    return tuple(_called(rows[header])) if header >= 0 else ()


def is_workbook(head: str) -> bool:
    """Does a workbook begin here: XLSX, ODS or, of old, XLS?"""
    if head.startswith("PK\x03\x04"):
        return "xl/wor" in head or "mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in head[:200]
    return head.startswith("ÐÏ\x11") and "W\0o\0r\0k\0b\0o\0o\0k" in head


# --- CSV ------------------------------------------------------------------------------------------------------------


def _csv(file: Input, delimiter: str, encoding: str) -> Table:
    text = _text(file, encoding).removeprefix("\ufeff")
    line = text.partition("\n")[0].strip()
    if line.startswith("sep=") and len(line) == 5:  # for Excel
        delimiter = line[4] if delimiter == "auto" else delimiter
        text = text.partition("\n")[2]
    delimiter = NAMED.get(delimiter, delimiter) or _delimiter(text)[0]
    if len(delimiter) > 1 or delimiter in '"\r\n ':
        raise UserError("one character between cells", repr(delimiter), "For example comma, tab or #.")
    facts = {"format": f"CSV with {DELIMITERS.get(delimiter, repr(delimiter))}"}
    quoting = _quoting(text, delimiter)
    if quoting == csv.QUOTE_NONE:
        facts["quotes"] = "mean nothing"
    return _table(list(_parsed(text, delimiter, None, quoting)), facts)


def _text(file: Input, encoding: str) -> str:
    if encoding == "auto":
        return file.text()
    with file.open() as stream:
        data = stream.read()
    try:
        return data.decode(encoding, "replace")
    except LookupError:
        todo = "For example utf-8, cp1252 or utf-16."
        raise UserError("the name of an encoding", repr(encoding), todo) from None


def _delimiter(text: str) -> tuple[str, float]:
    """What stands between the cells, and the share of the first rows that have the commonest number of cells then."""
    marks = []
    for place, delimiter in enumerate(DELIMITERS):
        lengths = Counter(len(row) for row in _parsed(text, delimiter, LOOK) if isinstance(row, list) and row)
        width, count = max(lengths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))
        fit = count / max(1, lengths.total() - (lengths.total() > 1 and len(text) > 60_000))  # the last may be cut
        marks.append((min(1.0, fit) if width > 1 else 0.0, min(width, 3), -place, delimiter))
    fit, _, _, delimiter = max(marks)
    return delimiter, fit


def _quoting(text: str, delimiter: str) -> int:
    """Do quotes mean something? Some programs put them into tables with tabs as they are."""
    if delimiter != "\t" or '"' not in text:
        return csv.QUOTE_MINIMAL

    def fit(quoting: int) -> tuple[float, int]:
        lengths = Counter(len(row) for row in _parsed(text, delimiter, None, quoting) if row)
        count = max(lengths.values(), default=0)
        return count / max(1, lengths.total()), count

    return csv.QUOTE_NONE if fit(csv.QUOTE_NONE) > fit(csv.QUOTE_MINIMAL) else csv.QUOTE_MINIMAL


def _parsed(text: str, delimiter: str, most: int | None, quoting: int = csv.QUOTE_MINIMAL) -> Iterator[Cells | Broken]:
    """The rows, at most so many; for a row that is broken, why. Its number is not known yet."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    count = 0
    while most is None or count < most:
        before = reader.line_num
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Broken(0, "", f"broken row in lines {before + 1:,} to {reader.line_num:,}: {error}")
        count += 1


# --- Names and rows -------------------------------------------------------------------------------------------------


def _table(found: Sequence[Cells | Broken], facts: dict[str, str]) -> Table:
    """The table of rows, of which one of the first has the names of the columns."""
    header = _header(found)
    above = [as_line(row) if isinstance(row, list) else row.reason for row in found[: max(header, 0)]]
    if any(told.strip(",") for told in above):
        facts["above the names of the columns"] = "; ".join(told for told in above if told.strip(","))
    if header < 0:
        facts["names of the columns"] = "none"
    widest = max((len(row) for row in found if isinstance(row, list)), default=0)
    first = found[header] if header >= 0 else [""] * widest
    assert isinstance(first, list)
    names = _bounded(_called(first))
    rows: list[tuple[int, Cells]] = []
    broken: list[Broken] = []
    for number, row in enumerate(found[header + 1 :], 1):
        fitted = _fitted(row, first) if isinstance(row, list) else row.reason
        if isinstance(fitted, list):
            rows.append((number, fitted))
        else:
            broken.append(Broken(number, as_line(row) if isinstance(row, list) else "", fitted))
    _unescape(names, rows)
    return _without_empty(Table(tuple(names), rows, broken, facts), first)


def _header(rows: Sequence[Cells | Broken]) -> int:
    """Where the names of the columns are; -1 where there are none: the first row that is at least half as full as the
    fullest, unless it has numbers or dates in it."""
    counts = [sum(map(_filled, row)) if isinstance(row, list) else 0 for row in rows[:HEADER]]
    most = max(counts, default=0)
    place = next((place for place, count in enumerate(counts) if count >= max(min(2, most), most / 2) and count), -1)
    if place < 0:
        return -1
    cells = [str(cell).strip() for cell in rows[place] if _filled(cell)]
    known = columns.sense(_called(rows[place])) > 0
    data = any(dates.is_date(cell) or len(cell) > SHOWN // 5 for cell in cells)
    numbers = sum(values.amount(cell) is not None for cell in cells)
    return -1 if (data or numbers * 2 >= len(cells)) and not known else place


def _filled(cell: Any) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None and cell != [] and cell != {}


def _called(cells: Iterable[Any]) -> list[str]:
    """The names of the columns, each different: one without a name has its number."""
    names: dict[str, None] = {}
    again: Counter[str] = Counter()
    for number, cell in enumerate(cells, 1):
        name = called = " ".join(str(cell).split()) if _filled(cell) else f"column {number}"
        while called in names:
            again[name] += 1
            called = f"{name} ({again[name] + 1})"
        names[called] = None
    return list(names)


def _bounded(names: list[str]) -> list[str]:
    """The names, if this can be a table that somebody made."""
    if len(names) > columns.MOST:
        found, todo = f"{len(names):,}", "Is it one? Its delimiter can be named with --set table.delimiter=…"
        raise UserError(f"a table of at most {columns.MOST:,} columns", found, todo)
    return names


def _fitted(row: Cells, header: Cells) -> Cells | str:
    """The cells of a row, one a column, or why it does not fit."""
    if not any(map(_filled, row)):
        return "blank row"
    width = len(header)
    if len(row) > width and any(map(_filled, row[width:])):
        return f"too long: {len(row)} cells, where the table has {width} columns"
    if len(row) < width and any(map(_filled, header[len(row) :])):
        return f"too short: {len(row)} cells, where the table has {width} columns"
    return row[:width] + [""] * (width - len(row))


def as_line(row: Cells) -> str:
    return ",".join(str(cell) for cell in row)[:SHOWN]


def _unescape(names: Sequence[str], rows: list[tuple[int, Cells]]) -> None:
    if ESCAPING.issubset(map(normal, names)):
        for _, row in rows:
            row[:] = [cell.replace("\\n", "\n").replace("\\t", "\t") if isinstance(cell, str) else cell for cell in row]


def _without_empty(table: Table, header: Cells) -> Table:
    """The table without the columns that have neither a name nor anything else."""
    kept = [
        place for place, cell in enumerate(header)
        if _filled(cell) or any(_filled(row[place]) for _, row in table.rows)
    ]  # fmt: skip
    if len(kept) == len(header):
        return table
    rows = [(number, [row[place] for place in kept]) for number, row in table.rows]
    return table._replace(names=tuple(table.names[place] for place in kept), rows=rows)


# --- Workbooks ------------------------------------------------------------------------------------------------------


def _workbook(file: Input, wanted: str) -> Table:
    """The sheet that was asked for, or the one that makes most sense."""
    from python_calamine import CalamineError, load_workbook

    data = _checked(file)
    try:
        book = load_workbook(io.BytesIO(data))
        names = book.sheet_names
        sheets = [_asked_sheet(wanted, names)] if wanted else names
        found = {name: _plain(book.get_sheet_by_name(name).to_python()) for name in sheets}
    except CalamineError as error:
        raise UserError("a workbook", f"{file.name!r}, which is damaged ({error})", "Save it again.") from error
    if not found:
        raise UserError("a workbook with a sheet", f"{file.name!r}, which has none", "Save it again.")
    best = max(found, key=lambda name: (_sense(found[name]), len(found[name])))
    facts = {"format": f"workbook, sheet {best!r}"}
    others = [f"{name!r} ({len(rows)} rows)" for name, rows in found.items() if name != best and rows]
    if others:
        facts["sheets not read"] = ", ".join(others)
    return _table(found[best], facts)


def _checked(file: Input) -> bytes:
    """The bytes of a workbook. Raises UserError where it is damaged, or was made to do harm."""
    with file.open() as stream:
        data = stream.read()
    if data.startswith(b"PK"):
        with readable(file.name), zipfile.ZipFile(io.BytesIO(data)) as archive:
            total = sum(info.file_size for info in archive.infolist())
            if total > LARGEST:
                found = f"{file.name!r}, which unpacks to {total:,} bytes"
                raise UserError("a workbook of sane size", found, "Save the sheet as CSV.")
            try:
                bad = archive.testzip()
            except (ValueError, RuntimeError) as error:  # an offset before the file, a password
                raise zipfile.BadZipFile(str(error)) from error
            if bad:
                raise zipfile.BadZipFile(f"{bad!r} in it is not what it was")
    return data


def _asked_sheet(wanted: str, names: Sequence[str]) -> str:
    """The sheet of this name or number."""
    if wanted in names:
        return wanted
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    raise UserError("a sheet of the workbook", repr(wanted), did_you_mean(wanted, names))


def _sense(rows: Sequence[Cells]) -> float:
    header = _header(rows)
    return columns.sense(_called(rows[header])) if header >= 0 else 0.0


def _plain(rows: Iterable[Sequence[Any]]) -> list[Cells]:
    """Whole numbers are kept as such: a workbook knows no others than with a fraction."""
    return [[int(c) if isinstance(c, float) and c.is_integer() and abs(c) < 1e15 else c for c in row] for row in rows]


# --- Parquet --------------------------------------------------------------------------------------------------------


def _parquet(file: Input) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with file.open() as stream:
        data = stream.read()
    try:
        table = pq.read_table(pa.BufferReader(data))
        cells = [_column(table.column(place)) for place in range(table.num_columns)]
        names = _called(table.column_names)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise UserError("a Parquet file", f"{file.name!r}, which is damaged ({error})", "Write it again.") from error
    rows = [(number, list(row)) for number, row in enumerate(zip(*cells, strict=True), 1)]
    return _filled_rows(Table(tuple(names), rows, [], {"format": "Parquet"}))


def _column(column: Any) -> list[Any]:
    """The values of a column; times of nanoseconds are cut to microseconds, which is what Python has."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return [_simple(value) for value in column.to_pylist()]


def _simple(value: Any) -> Any:
    if isinstance(value, bytes):
        return decoded(value)
    return float(value) if isinstance(value, Decimal) else value


def _filled_rows(table: Table) -> Table:
    """The table, its blank rows being no rows."""
    rows = [each for each in table.rows if any(map(_filled, each[1]))]
    held = {number for number, _ in rows}
    blank = [Broken(number, "", "blank row") for number, _ in table.rows if number not in held]
    return table._replace(rows=rows, broken=sorted([*table.broken, *blank]))


# --- JSON -----------------------------------------------------------------------------------------------------------


def _json(file: Input) -> Table | None:
    """The table of a JSON file, or None where this is no JSON. Raises UserError for JSON that is no table."""
    text = file.text().removeprefix("\ufeff")
    first = [_loaded(line)[0] for line in text.split("\n", 10)[:10] if line.strip()][:2]
    if first and isinstance(first[0], dict) and (len(first) > 1 or _listed(first[0]) is None):
        lines = text.removesuffix("\n").split("\n")
        return _objects(((line, *_loaded(line)) for line in lines), "JSONL")
    value, error = whole(file)
    rows = value if isinstance(value, list) else _listed(value)
    if error:
        return None
    if not rows or not any(isinstance(row, dict) for row in rows):
        todo = "Is it a table? Name its format with --source."
        raise UserError("rows of named values", f"JSON without any in {file.name!r}", todo)
    return _objects((("", row, "") for row in rows), "JSON")


def _listed(value: Any) -> list[Any] | None:
    """The rows of an object that holds nothing but one list of objects and what is said of them."""
    lists = [each for each in value.values() if isinstance(each, list)] if isinstance(value, dict) else []
    fits = len(lists) == 1 and lists[0] and all(isinstance(row, dict) for row in lists[0])
    return lists[0] if fits else None


def _loaded(line: str) -> tuple[Any, str]:
    for load in (orjson.loads, json.loads):  # the slower one takes half of a character, too
        try:
            return load(line), ""
        except (ValueError, RecursionError) as error:
            why = f"broken JSON: {error}"
    return None, why


def _objects(found: Iterable[tuple[str, Any, str]], format: str) -> Table:
    """The table of objects, each with its line: each name that one of them has is a column."""
    objects: list[tuple[int, dict[str, Any]]] = []
    broken: list[Broken] = []
    for number, (line, value, error) in enumerate(found, 1):
        if isinstance(value, dict) and value:
            try:
                objects.append((number, all_writable(value)))
            except RecursionError:
                broken.append(Broken(number, line[:SHOWN], "values that are nested too deeply"))
        else:
            shown = (line or text_of(str(value)))[:SHOWN]
            blank = format == "JSONL" and not line.strip()
            broken.append(Broken(number, shown, "blank row" if blank else error or "no object with named values"))
    keys = _bounded(list(dict.fromkeys(key for _, each in objects for key in each)))
    rows = [(number, [each.get(key) for key in keys]) for number, each in objects]
    names = _called(keys)
    return _filled_rows(Table(tuple(names), rows, broken, {"format": format}))


def _first_object(text: str) -> list[str]:
    """The keys of the first row of JSON that may be cut anywhere."""
    decode: Callable[[str], tuple[Any, int]] = json.JSONDecoder().raw_decode
    starts = [0] if text.startswith("{") else [len(text) - len(text[1:].lstrip())]
    inner = text.find("[", 0, 1000)
    if text.startswith("{") and inner > 0 and text[inner + 1 :].lstrip().startswith("{"):
        starts.append(len(text) - len(text[inner + 1 :].lstrip()))
    for start in starts:
        try:
            value, end = decode(text[start:])
        except (ValueError, RecursionError):
            continue
        rows = None if text[start + end :].strip() else _listed(value)  # of JSONL each line is a row
        row = rows[0] if rows else value
        return [text_of(key) for key in row] if isinstance(row, dict) else []
    return []
