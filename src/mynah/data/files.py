"""Files as sources see them: a plain file, or a member of a zip archive, opened with limits.

for each in inputs(Path("WhatsApp Chat with Maya.zip")):
    each.name, each.head()
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mynah.core.errors import UserError

HEAD = 64 * 1024
LARGEST_MEMBER = 2 * 1024**3
LARGEST_RATIO = 200  # text does not compress better than this; an archive that does is a bomb


@dataclass(frozen=True, slots=True)
class Input:
    """One readable file. `name` is how it is called in accounts: `chat.txt` or `export.zip/_chat.txt`."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        return f"{self.path.name}/{self.member}" if self.member else self.path.name

    def open(self) -> IO[bytes]:
        """The bytes. The caller closes it."""
        if self.member is None:
            return self.path.open("rb")
        with zipfile.ZipFile(self.path) as archive:
            return archive.open(self.member)

    def head(self) -> str:
        """The first HEAD bytes as text; what is not UTF-8 is replaced."""
        with self.open() as stream:
            return stream.read(HEAD).decode("utf-8-sig", errors="replace")

    def text(self) -> str:
        """The whole file as text. UTF-8 with or without a mark, or UTF-16 with one; line ends are kept."""
        with self.open() as stream:
            data = stream.read()
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, errors="replace", newline="").read()


def inputs(path: Path) -> Iterator[Input]:
    """The files behind a path: itself, or the members of a zip. Raises UserError where there is nothing to read."""
    if not path.exists():
        raise UserError("a chat export", f"no file {str(path)!r}", "Check the path.")
    if path.is_dir():
        raise UserError("a file", f"the folder {str(path)!r}", "Name the export inside it.")
    if path.stat().st_size == 0:
        raise UserError("a chat export", f"{path.name!r}, which is empty", "Export the chat again.")
    if zipfile.is_zipfile(path):
        yield from members(path)
    else:
        yield Input(path)


def members(path: Path) -> Iterator[Input]:
    """The text-like members of an archive, none of which is unpacked to disk."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir() or info.filename.startswith("__MACOSX/"):
                continue
            if not info.filename.lower().endswith((".txt", ".json", ".jsonl")):
                continue
            if info.file_size > LARGEST_MEMBER or info.file_size > LARGEST_RATIO * max(info.compress_size, 1024):
                found = f"{info.filename!r}, which unpacks to {info.file_size:,} bytes"
                raise UserError("an archive of sane size", found, "Unpack it yourself if you trust it.")
            yield Input(path, info.filename)
