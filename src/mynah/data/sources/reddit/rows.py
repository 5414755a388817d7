"""Comments and posts as Arrow columns: blocks of whole lines of a dump, each read by Arrow's JSON reader in a thread.

    with opened(file) as stream:
        for rows in lines(stream, file.name):
            rows.batch, rows.unread

Of the forty-odd fields of a line a handful are kept, and no Python object is made for a line. A block in which a line
is not as lines of dumps are (other types, broken JSON, halves of characters, a comment that names no thread) is read
line by line instead, which is slower and forgives more: `row` says what a line holds, or why it is neither a comment
nor a post. Memory does not grow with the file, but a dump that was packed with a window of 2 GB (`zstd --long=31`, as
many are) needs that much to be unpacked.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from mynah.core.errors import UserError
from mynah.core.types import Origin, Unparsed
from mynah.data.files import Input, decoded, encoding, readable
from mynah.data.sources._shared import jsons
from mynah.data.sources._shared.times import EPOCH, iso

BLOCK = 4 * 1024**2  # bytes that are read at once
LONGEST = 64 * 1024**2  # bytes of a line; a comment has at most 10,000 letters
PACKED = 1024**2  # packed bytes that are read at once
WINDOW = 31  # bits: what is unpacked may refer back to 2 GB
MAGIC = b"\x28\xb5\x2f\xfd"  # of Zstandard
BOM = b"\xef\xbb\xbf"
LINE_FEED = 10
SHOWN = 200  # characters of what could not be read
LAST = 253_402_300_800  # seconds from 1970 to the year 10000

TEXTS = ("id", "link_id", "parent_id", "author", "body", "title", "selftext", "subreddit")
SCHEMA = pa.schema(
    [("line", pa.int64()), *((name, pa.string()) for name in TEXTS), ("created", pa.int64())],
)
"""`line` counts from 1; `id` has no prefix; `link_id` is the thread (`t3_…`, its post's own id in a post, empty where
nothing tells it); a comment has a `body` and no `title`, a post a `title` and no `body`; `created` is in seconds since
1970."""

_CREATED = re.compile(rb'(?<!\\)"created_utc"\s*:\s*(.)')
_PREFIX = re.compile(r"t[0-9]_")
_PERMALINK = re.compile(r"/comments/([0-9A-Za-z]{1,20})(?![0-9A-Za-z])")


class Rows(NamedTuple):
    """What was read at once: the rows of SCHEMA, and what is none."""

    batch: pa.RecordBatch
    unread: list[Unparsed]


class Block(NamedTuple):
    """Whole lines, the number of the first, and where each of them ends, [lines]."""

    data: bytes
    first: int
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, data: bytes, first: int) -> Block:
        """Lines, each with its line feed."""
        return cls(data, first, np.flatnonzero(np.frombuffer(data, np.uint8) == LINE_FEED))


# --- Bytes ----------------------------------------------------------------------------------------------------------


@contextmanager
def opened(file: Input, facts: dict[str, str] | None = None) -> Iterator[IO[bytes]]:
    """The bytes of a dump as UTF-8, unpacked where it is Zstandard. At the end `facts` are told where that was cut off.
    Raises UserError where the bytes are damaged."""
    with file.open() as stream:
        start = stream.read(len(MAGIC))
    with readable(file.name), file.open() as stream:
        if start == MAGIC:
            unpacked = _Unpacked(stream)
            yield io.BufferedReader(unpacked)
            if unpacked.frame and facts is not None:
                facts["end"] = "the archive was cut off; what stands before was read"
        elif encoding(start) == "utf-16":
            yield io.BytesIO(decoded(stream.read()).encode("utf-8", "replace"))
        else:
            yield stream


class _Unpacked(io.RawIOBase):
    """What is in one Zstandard frame after the other, of a bomb never more at once than is asked for. Where the last is
    cut off, all up to there."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self.stream, self.rest = stream, b""
        self.frame: Any = None  # the one that is not at its end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = 0
        while count < len(buffer) and self._goes_on():
            try:
                data = self.frame.decompress(self.rest, len(buffer) - count)
            except zstd.ZstdError as error:
                raise EOFError(str(error)) from error
            self.rest = self.frame.unused_data
            self.frame = None if self.frame.eof else self.frame
            buffer[count : count + len(data)] = data
            count += len(data)
        return count

    def _goes_on(self) -> bool:
        """Is there more? Of the frame that was begun, or of the next."""
        if not self.rest and (self.frame is None or self.frame.needs_input):
            self.rest = self.stream.read(PACKED)
            if not self.rest:
                return False
        if self.frame is None:
            options = {int(zstd.DecompressionParameter.window_log_max): WINDOW}
            self.frame = zstd.ZstdDecompressor(options=options)
        return True


# --- Lines ----------------------------------------------------------------------------------------------------------


def lines(stream: IO[bytes], name: str, holding: Sequence[bytes] = ()) -> Iterator[Rows]:
    """The rows of a file called `name` with an object a line. With `holding`, texts in lower case, blocks that have
    none of them are passed over. Raises UserError for a line that cannot be one."""
    workers = min(8, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Rows]] = deque()
        for block in _blocks(stream, name):
            lowered = block.data.lower() if holding else b""
            if holding and not any(text in lowered for text in holding):
                continue
            waiting.append(pool.submit(_parsed, block, name))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _blocks(stream: IO[bytes], name: str) -> Iterator[Block]:
    """Blocks of whole lines, the last of which ends with a line feed, too."""
    first = 1
    begun: list[bytes] = []  # the line that goes on in the next block
    data = stream.read(BLOCK).removeprefix(BOM)
    while data:
        end = data.rfind(b"\n") + 1
        if end:
            block = Block.of(b"".join([*begun, memoryview(data)[:end]]), first)
            begun = []
            yield block
            first += len(block.ends)
        begun.append(data[end:])
        if sum(map(len, begun)) > LONGEST:
            found = f"{name!r}, whose line {first:,} is longer than {LONGEST // 1024**2} MB"
            raise UserError("a dump with a comment or a post a line", found, "Is it the right file?")
        data = stream.read(BLOCK)
    if last := b"".join(begun):
        yield Block.of(last + b"\n", first)


def _parsed(block: Block, name: str) -> Rows:
    """The rows of a block."""
    batch = _at_once(block)
    return Rows(batch, []) if batch is not None else _by_line(block.data, block.first, name)


def _at_once(block: Block) -> pa.RecordBatch | None:
    """The rows by Arrow's reader, or None where a line is not as lines of dumps are."""
    from pyarrow import json as pajson

    if not _are_objects(block):
        return None
    created = _CREATED.search(block.data)
    kind = pa.string() if created and created[1] == b'"' else pa.float64()
    schema = pa.schema([*((name, pa.string()) for name in TEXTS), ("created_utc", kind)])
    try:
        table = pajson.read_json(
            pa.BufferReader(block.data),
            read_options=pajson.ReadOptions(use_threads=False, block_size=len(block.data) + 1),
            parse_options=pajson.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        table.validate(full=True)  # the reader lets bytes pass that are no UTF-8
        if table.num_rows != len(block.ends):
            return None
        return _checked(table.combine_chunks().to_batches()[0], block.first)
    except pa.ArrowException:
        return None


def _are_objects(block: Block) -> bool:
    """Does every line begin and end as an object does? Where there are as many objects as lines then, none is across
    two, and the place of a row is the number of its line."""
    data = np.frombuffer(block.data, np.uint8)
    begins = np.append(0, block.ends[:-1] + 1)
    return bool(np.all(data[begins] == ord("{")) and np.all(data[block.ends - 1] == ord("}")))


def _checked(found: pa.RecordBatch, first: int) -> pa.RecordBatch | None:
    """The columns of SCHEMA, or None where a row has no id, no thread, or is not clearly a comment or a post. Raises
    ArrowInvalid for a time that is no number."""
    from pyarrow import compute as pc

    column = {name: found.column(name) for name in found.schema.names}
    is_comment, is_post = pc.is_valid(column["body"]), pc.is_valid(column["title"])
    post = pc.binary_join_element_wise(pa.scalar("t3_"), column["id"], "")
    column["link_id"] = pc.if_else(is_comment, column["link_id"], post)
    if column["id"].null_count or column["link_id"].null_count:
        return None
    has_thread = pc.and_(pc.starts_with(column["link_id"], "t3_"), pc.greater(pc.binary_length(column["link_id"]), 3))
    clear = pc.and_(pc.and_(pc.xor(is_comment, is_post), has_thread), pc.utf8_is_alnum(column["id"]))
    if not pc.all(clear).as_py():
        return None
    created = column["created_utc"]
    column["created"] = pc.cast(pc.floor(created) if pa.types.is_floating(created.type) else created, pa.int64())
    column["line"] = pa.array(np.arange(first, first + found.num_rows))
    return pa.RecordBatch.from_arrays([column[name] for name in SCHEMA.names], schema=SCHEMA)


def _by_line(block: bytes, first: int, name: str) -> Rows:
    """The rows one by one, and why which lines are none."""
    found: list[dict[str, Any]] = []
    unread: list[Unparsed] = []
    for number, line in enumerate(block.removesuffix(b"\n").split(b"\n"), first):
        value, error = _value(line)
        read = error or row(value)
        if isinstance(read, str):
            unread.append(Unparsed(jsons.text_of(decoded(line)[:SHOWN]), read, Origin(name, number)))
        else:
            found.append({**read, "line": number})
    return Rows(batch_of(found), unread)


def _value(line: bytes) -> tuple[Any, str]:
    """The value of a line and no error, or None and the error."""
    if not line.strip():
        return None, "blank line"
    try:
        return orjson.loads(line), ""
    except orjson.JSONDecodeError:
        pass
    try:  # with NaN, with half a character escaped, or not in UTF-8, which only the slower one takes
        return json.loads(decoded(line)), ""
    except (ValueError, RecursionError) as error:
        return None, f"broken JSON: {error}"


def batch_of(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """Rows as columns."""
    return pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)


# --- One row --------------------------------------------------------------------------------------------------------


def row(value: Any) -> dict[str, Any] | str:
    """The fields of SCHEMA without the line, or why the value is neither a comment nor a post."""
    if not isinstance(value, dict):
        return "neither a comment nor a post: not an object"
    found: dict[str, Any] = {name: _text(value.get(name)) for name in TEXTS}
    if found["body"] is None and found["title"] is None:
        return "neither a comment nor a post: no body and no title"
    if found["body"] is None or found["title"] not in (None, "", "Comment"):  # so some tables call every comment
        found |= {"selftext": found["selftext"] or found["body"] or found["selftext"], "body": None}
    else:
        found["title"] = None
    found["id"] = bare(found["id"] or _text(value.get("name")) or "") or None
    found["link_id"] = _thread(found, _text(value.get("permalink")) or "")
    found["created"] = seconds(value.get("created_utc", value.get("created")))
    return found


def _thread(found: dict[str, Any], permalink: str) -> str:
    """The thread of a row: `t3_` and the id of its post, or nothing."""
    if found["body"] is None and found["id"]:
        return f"t3_{found['id']}"
    parent = found["parent_id"] or ""
    told = found["link_id"] or (parent if parent.startswith("t3_") else "")
    match = None if told else _PERMALINK.search(permalink)
    link = bare(match[1] if match else told)
    return f"t3_{link}" if link else ""


def bare(fullname: str) -> str:
    """An id without what says of what kind of thing it is: `abc1` of `t1_abc1`."""
    return fullname[3:] if _PREFIX.match(fullname) else fullname


def _text(value: Any) -> str | None:
    """A text, or a number as one; None for all else."""
    if isinstance(value, str):
        return jsons.text_of(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def seconds(value: Any) -> int | None:
    """Whole seconds since 1970 of a number, of one written as a text, or of a date in ISO's order, which is taken for
    UTC where it names no zone; None for all else."""
    number = value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = _of_date(value.strip().removesuffix(" UTC"))
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return int(number) if 0 <= number < LAST else None


def _of_date(text: str) -> float | None:
    when = iso(text)
    return (when.instant - EPOCH).total_seconds() if when else None
