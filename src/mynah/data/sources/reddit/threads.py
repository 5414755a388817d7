"""The rows of each thread together, in memory that does not grow with the file.

In a dump the comments of a thread lie far apart. Rows are kept in memory while they are few; then they are spread over
temporary files by a hash of the thread, so that each file holds whole threads and fits into memory.

    with Gathered() as gathered:
        for rows in lines(stream, name):
            gathered.add(rows.batch)
        for thread in gathered.threads():
            thread[0].link_id
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from mynah.core.errors import UserError
from mynah.data.sources.reddit.rows import SCHEMA

HELD = 64 * 1024**2  # bytes of rows that are kept in memory
PARTS = 100  # temporary files; some systems let a program open no more than 256


class Row(NamedTuple):
    """A comment or a post: the columns of SCHEMA."""

    line: int
    id: str | None
    link_id: str
    parent_id: str | None
    author: str | None
    body: str | None
    title: str | None
    selftext: str | None
    subreddit: str | None
    created: int | None


class Gathered:
    """Rows that are added in the order of the file and taken out thread by thread. `held` is in bytes."""

    def __init__(self, held: int = HELD, parts: int = PARTS) -> None:
        self.held, self.parts = held, parts
        self.batches: list[pa.RecordBatch] = []
        self.size = 0
        self.files: list[Path] = []
        self.writers: list[Any] = []
        self.folder, self.open = ExitStack(), ExitStack()

    def __enter__(self) -> Gathered:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self.folder, suppress(OSError):  # on a full disk that was told already
            self.open.close()

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep these rows. Raises UserError where the disk is full."""
        self.batches.append(batch)
        self.size += batch.nbytes
        if self.size > self.held:
            self._spread()

    def threads(self) -> Iterator[list[Row]]:
        """The rows of one thread after the other, each in the order of the file."""
        if not self.files:
            yield from _threads(self.batches)
            return
        self._spread()
        with _room():
            self.open.close()  # what is left is written now
        for file in self.files:
            with pa.OSFile(str(file)) as stream:
                batches = list(pa.ipc.open_stream(stream))
            file.unlink()
            yield from _threads(batches)

    def _spread(self) -> None:
        """Write what is held to the files."""
        table = pa.Table.from_batches(self.batches, SCHEMA).combine_chunks()
        self.batches, self.size = [], 0
        part = _parts(table, self.parts)
        order = np.argsort(part, kind="stable")
        edges = np.searchsorted(part[order], np.arange(self.parts + 1))
        table = table.take(pa.array(order))
        with _room():
            for number, writer in enumerate(self.writers or self._begin()):
                writer.write_table(table.slice(edges[number], edges[number + 1] - edges[number]))

    def _begin(self) -> list[Any]:
        """Open the files."""
        folder = Path(self.folder.enter_context(TemporaryDirectory(prefix="mynah-reddit-")))
        self.files = [folder / f"{number}.arrows" for number in range(self.parts)]
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        for file in self.files:
            stream = self.open.enter_context(pa.OSFile(str(file), "wb"))
            self.writers.append(self.open.enter_context(pa.ipc.new_stream(stream, SCHEMA, options=options)))
        return self.writers


@contextmanager
def _room() -> Iterator[None]:
    """What cannot be written becomes a UserError."""
    try:
        yield
    except OSError as error:
        todo = "Set TMPDIR to a folder on a larger disk, or keep less: --set reddit.subreddits or reddit.authors."
        raise UserError("room for temporary files", f"none in {gettempdir()!r} ({error})", todo) from error


def _parts(table: pa.Table, parts: int) -> Any:
    """The file that each row goes to, by its thread; [rows]."""
    if not table.num_rows:
        return np.zeros(0, np.int64)
    encoded = table.column("link_id").chunk(0).dictionary_encode()
    of_thread = [zlib.crc32(thread.encode()) % parts for thread in encoded.dictionary.to_pylist()]
    return np.array(of_thread)[encoded.indices.to_numpy()]


def _threads(batches: Sequence[pa.RecordBatch]) -> Iterator[list[Row]]:
    """The rows of each thread, the thread that begins first first."""
    found: dict[str, list[Row]] = {}
    for batch in batches:
        columns = (batch.column(name).to_pylist() for name in Row._fields)
        for row in map(Row._make, zip(*columns, strict=True)):
            found.setdefault(row.link_id, []).append(row)
    yield from found.values()
