"""Comments and posts of Reddit that are no lines of JSON: tables, and what its API answers.

The columns of a table are known by the names that Reddit gives them or by those that are usual in tables that people
publish. The API answers with lists (`Listing`) of comments (`t1`), posts (`t3`) and stubs (`more`) in each other; an
array of plain objects is read, too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any

from mynah.core.types import Origin, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared import jsons
from mynah.data.sources.reddit.rows import SHOWN, Rows, batch_of, row

AT_ONCE = 10_000  # rows that become columns together
NAMES = {
    "id": ("id", "comment_id"),
    "link_id": ("link_id", "post_id", "submission_id", "thread_id"),
    "parent_id": ("parent_id", "parent", "parent_comment_id"),
    "author": ("author", "author_name", "username", "user_name", "user", "redditor"),
    "body": ("body", "comment_body", "comment_text", "comment", "text", "content"),
    "title": ("title",),
    "selftext": ("selftext", "self_text"),
    "subreddit": ("subreddit", "subreddit_name", "subreddit.name"),
    "created_utc": ("created_utc", "created", "created_at", "timestamp", "datetime", "date"),
    "permalink": ("permalink",),
    "name": ("name",),
}
"""What a column can be called, the surest first."""
OF_POSTS = {"id": ("post_id", "submission_id"), "title": ("post_title", "submission_title")}
"""And in a table without comments."""
OWN = frozenset((
    "link_id", "parent_id", "created_utc", "selftext", "subreddit", "subreddit_id", "subreddit.name", "subreddit_name",
    "permalink", "num_comments", "is_self", "link_flair_text", "author_flair_text", "distinguished",
    "upvote_ratio", "controversiality", "comment_body",
))  # fmt: skip
"""Names that few but Reddit give to a column; two of them make it one of Reddit's."""
TAUGHT = "comms_num"  # a name from a tutorial on its API that many tables have, and nothing else does


# --- CSV ------------------------------------------------------------------------------------------------------------


def is_header(line: str) -> bool:
    """Does a table of comments or posts begin with this line?"""
    header = _header(line)
    places = columns(header)
    known = len(OWN.intersection(header)) >= 2 or TAUGHT in header
    return known and ("body" in places or "title" in places)


def columns(header: list[str]) -> dict[str, int]:
    """Which column is what; each is one thing only."""
    of_comments = {"comment_id", "link_id", "parent_id", "parent_comment_id"}.intersection(header)
    found: dict[str, int] = {}
    for field, known in NAMES.items():
        usual = known if of_comments else (*known, *OF_POSTS.get(field, ()))
        at = next((header.index(name) for name in usual if name in header), None)
        if at is not None and at not in found.values():
            found[field] = at
    return found


def guessed(line: str) -> str:
    """The columns that have other names than Reddit's, in words."""
    header = _header(line)
    return ", ".join(f"{field} from {header[at]!r}" for field, at in columns(header).items() if header[at] != field)


def table(stream: IO[bytes], name: str) -> Iterator[Rows]:
    """The rows of a table in a file called `name`, counted from 1 below the header."""
    text = io.TextIOWrapper(stream, "utf-8-sig", "windows-1252", newline="")
    first = text.readline()
    header = _header(first)
    places = columns(header)
    rows = enumerate(_rows(csv.reader(text, delimiter=_delimiter(first))), 1)
    while some := list(islice(rows, AT_ONCE)):
        yield _rows_of(((number, _cells(cells, len(header), places)) for number, cells in some), name)


def _header(line: str) -> list[str]:
    """The names of the columns in lower case, or none where it is no row."""
    try:
        cells = next(csv.reader([line.rstrip("\r\n")], delimiter=_delimiter(line)), [])
    except csv.Error:
        return []
    return [cell.strip("\ufeff \t").lower() for cell in cells]


def _delimiter(line: str) -> str:
    return max(",\t;", key=line.count)


def _rows(reader: Any) -> Iterator[list[str] | str]:
    """The rows of the table; of one that is broken, why."""
    while True:
        try:
            yield next(reader)
        except csv.Error as error:
            yield f"broken row: {error}"
        except StopIteration:
            return


def _cells(cells: list[str] | str, width: int, places: Mapping[str, int]) -> Any:
    """A row as an object with Reddit's names, without what is empty; or why it is none."""
    if isinstance(cells, str):
        return cells
    if len(cells) != width:
        return f"{len(cells)} columns instead of {width}: {','.join(cells)[:SHOWN]}" if cells else "blank row"
    return {field: cells[at] for field, at in places.items() if cells[at]}


def _rows_of(values: Any, name: str) -> Rows:
    """Numbered objects as rows, and those that are none."""
    found: list[dict[str, Any]] = []
    unread: list[Unparsed] = []
    for number, value in values:
        read = value if isinstance(value, str) else row(value)
        if isinstance(read, str):
            shown = "" if isinstance(value, str) else str(value)[:SHOWN]
            unread.append(Unparsed(jsons.text_of(shown), read, Origin(name, number)))
        else:
            found.append({**read, "line": number})
    return Rows(batch_of(found), unread)


# --- JSON as a whole ------------------------------------------------------------------------------------------------


def whole(file: Input, facts: dict[str, str]) -> Iterator[Rows]:
    """The elements of a JSON file in their order, counted from 1; where it is broken, its lines. `facts` say which."""
    value, error = jsons.whole(file)
    if error:
        facts["counts"] = "lines"
        yield Rows(batch_of([]), list(jsons.broken(file, error)))
        return
    elements = enumerate(_elements(value), 1)
    while some := list(islice(elements, AT_ONCE)):
        yield _rows_of(some, file.name)


def _elements(value: Any) -> Iterator[Any]:
    """Comments and posts, what they contain behind them; of a stub, what it stands for."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        data = each.get("data") if isinstance(each, dict) else None
        kind = each.get("kind") if isinstance(each, dict) else None
        if isinstance(each, list):
            waiting.extend(reversed(each))
        elif kind == "Listing" and isinstance(data, dict):
            waiting.append(_list(data.get("children")))
        elif kind == "more" and isinstance(data, dict):
            yield _stub(data)
        elif kind in ("t1", "t3") and isinstance(data, dict):
            yield data
            waiting.append(_list(data.get("replies")))
        elif kind is None and isinstance(data, list):
            waiting.append(data)
        else:
            yield each if isinstance(each, dict) else {}


def _list(value: Any) -> list[Any]:
    """Children or replies as a list; Reddit writes an empty text where there are none."""
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _stub(data: Mapping[str, Any]) -> str:
    count = data.get("count")
    return f"{count if isinstance(count, int) else 'some'} comments that Reddit did not hand out"
