"""Files as sources see them: a plain file, or a member of a zip archive, opened with limits.

for each in inputs(Path("WhatsApp Chat with Maya.zip")):
    each.name, each.head()
"""

from __future__ import annotations

import codecs
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mynah.core.errors import UserError

HEAD = 64 * 1024
LARGEST_MEMBER = 2 * 1024**3
LARGEST_RATIO = 200  # text does not compress better than this; an archive that does is a bomb
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Input:
    """One readable file. `name` is how it is called in accounts: `chat.txt` or `export.zip/_chat.txt`."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        return f"{self.path.name}/{self.member}" if self.member else self.path.name

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes. Raises UserError where they cannot be read, then or later."""
        with readable(self.name):
            if self.member is None:
                with self.path.open("rb") as stream:
                    yield stream
            else:
                with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                    yield stream

    def head(self) -> str:
        """The first HEAD bytes as text."""
        with self.open() as stream:
            return decoded(stream.read(HEAD))

    def text(self) -> str:
        """The whole file as text; line ends are kept."""
        with self.open() as stream:
            return decoded(stream.read())

    def is_unicode(self) -> bool:
        """Is it UTF-8 or UTF-16 throughout?"""
        with self.open() as stream:
            block = stream.read(HEAD)
            decoder = codecs.getincrementaldecoder(encoding(block))()
            try:
                while block:
                    decoder.decode(block)
                    block = stream.read(HEAD)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return False
        return True


@contextmanager
def readable(name: str) -> Iterator[None]:
    """What goes wrong while this file is read becomes a UserError."""
    try:
        yield
    except BROKEN as error:
        found = f"{name!r}, which is damaged ({error})"
        raise UserError("a file that can be read", found, "Export the chat again, or copy it again.") from error


def encoding(data: bytes) -> str:
    """UTF-16 where a mark says so, UTF-8 otherwise."""
    return "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def decoded(data: bytes) -> str:
    """Bytes as text. What is not in the encoding is read as Windows-1252, which most other files are in."""
    return data.decode(encoding(data), "windows-1252")


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("windows-1252", "replace"), error.end


codecs.register_error("windows-1252", _as_windows)


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
    with readable(path.name), zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir() or info.filename.startswith("__MACOSX/"):
                continue
            if not info.filename.lower().endswith((".txt", ".json", ".jsonl")):
                continue
            if info.flag_bits & 1:
                found = f"{info.filename!r}, which is encrypted"
                raise UserError("an archive without a password", found, "Unpack it yourself and name the chat inside.")
            if info.file_size > LARGEST_MEMBER or info.file_size > LARGEST_RATIO * max(info.compress_size, 1024):
                found = f"{info.filename!r}, which unpacks to {info.file_size:,} bytes"
                raise UserError("an archive of sane size", found, "Unpack it yourself if you trust it.")
            yield Input(path, info.filename)
