"""Files as sources see them: a plain file, a member of a zip archive, or all of a folder, opened with limits.

found = look(Path("exports"))
for each in found.files:
    each.name, each.head()
for each in found.left:
    each.name, each.what
"""

from __future__ import annotations

import codecs
import copy
import io
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from mynah.core.errors import UserError, nearest

HEAD = 64 * 1024
PIECE = 1024 * 1024  # bytes of a piece of text: small enough to stay in the caches of a processor
LARGEST = 2 * 1024**3  # bytes of all that is read of one archive
LARGEST_RATIO = 200  # text does not compress better than this; an archive that does is a bomb
MOST = 100_000  # members of an archive, or files of a folder
READ = (
    ".txt", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".js", ".mbox", ".eml", ".log", ".weechatlog", ".md",
    ".markdown", ".html", ".htm", ".db", ".zst", ".pdf", ".docx", ".xlsx", ".ods", ".parquet",
)  # fmt: skip
BINARY = (".pdf", ".docx", ".xlsx", ".ods", ".parquet", ".db", ".zst")  # of those, what is no text
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError,
    UnicodeDecodeError,
)  # fmt: skip
LITTER = "__MACOSX"  # what macOS adds to every zip

SUFFIXES = {
    "picture": "jpg jpeg png gif webp heic heif bmp tif tiff svg",
    "video": "mp4 mov 3gp avi mkv webm m4v",
    "sound": "opus ogg mp3 m4a aac wav amr flac",
    "PDF": "pdf",
    "document": "doc docx odt rtf pages ppt pptx odp epub",
    "table": "xls xlsx ods parquet",
    "contact card": "vcf",
    "archive other than a zip": "rar 7z gz tgz tar bz2 xz",
}
KINDS = {f".{suffix}": what for what, suffixes in SUFFIXES.items() for suffix in suffixes.split()}
MAGIC = (
    (rb"\xff\xd8\xff|\x89PNG|GIF8|BM.{4}\0\0|RIFF.{4}WEBP|.{4}ftyp(?:hei|mif|avif)", "picture"),
    (rb"OggS|ID3|fLaC|#!AMR|RIFF.{4}WAVE|.{4}ftypM4A", "sound"),
    (rb".{4}ftyp|\x1aE\xdf\xa3|RIFF.{4}AVI", "video"),
    (rb"%PDF", "PDF"),
    (rb"PK\x03\x04", "damaged archive"),
    (rb"Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ", "archive other than a zip"),
    (rb"SQLite format 3", "database"),
    (rb"PAR1", "table"),
    (rb"(?:\xef\xbb\xbf)?\s*(?i:<!doctype html|<html)", "web page"),
)


class Left(NamedTuple):
    """A file that is not read, and what it is: a noun that can be counted."""

    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Input:
    """One readable file. `name` is how it is called in accounts: `chat.txt`, `export.zip/_chat.txt`, and below `base`,
    the folder that was asked for, `2023/chat.txt`."""

    path: Path
    member: str | None = None
    base: Path | None = None

    @property
    def name(self) -> str:
        name = shown(self.path, self.base)
        return f"{name}/{self.member}" if self.member else name

    def near(self, name: str) -> Input | None:
        """The file of this name beside it, or in a folder above it up to where the export begins."""
        if self.member is not None:
            with readable(self.name), zipfile.ZipFile(self.path) as archive:
                held = set(archive.namelist())
            places = (str(folder / name) for folder in PurePosixPath(self.member).parents)
            return next((Input(self.path, place, self.base) for place in places if place in held), None)
        top = self.base or self.path.parent
        folders = [folder for folder in self.path.parents if folder == top or top in folder.parents]
        return next((Input(folder / name, None, self.base) for folder in folders if (folder / name).is_file()), None)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes. Raises UserError where they cannot be read, then or later."""
        with readable(self.name):
            if self.member is None:
                with self.path.open("rb") as stream:
                    yield stream
            else:
                with zipfile.ZipFile(self.path) as archive, unpacked(archive, self.member) as stream:
                    yield stream

    def head(self) -> str:
        """The first HEAD bytes as text."""
        with self.open() as stream:
            return decoded(stream.read(HEAD))

    def text(self) -> str:
        """The whole file as text; line ends are kept."""
        with self.open() as stream:
            return decoded(stream.read())

    def pieces(self) -> Iterator[str]:
        """The text in pieces of whole lines, each of them after a line feed and without its own. A piece is of about
        PIECE bytes, and the first of HEAD, so that a source that learns from the first piece need not learn long. Lines
        are cut while they are bytes: a text with an emoji in it takes four times as much."""
        with self.open() as stream:
            block = stream.read(HEAD)
            if encoding(block) == "utf-16":
                stream = io.BytesIO(decoded(block + stream.read()).encode("utf-8", "replace"))
                block = stream.read(HEAD)
            block = block.removeprefix(codecs.BOM_UTF8) or stream.read(PIECE)
            held = [b""]
            while block:
                end = block.rfind(b"\n") + 1
                if end:
                    yield _lines([*held, block[:end]])
                    held = []
                held.append(block[end:])
                block = stream.read(PIECE)
            if any(held):
                yield _lines(held)

    def is_unicode(self) -> bool:
        """Is it UTF-8 or UTF-16 throughout, or no text at all?"""
        if self.name.lower().endswith(BINARY):
            return True
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

    def looks_like(self) -> Left:
        """What it is where no source knows it, by its first bytes and its name."""
        with self.open() as stream:
            head = stream.read(HEAD)
        return Left(self.name, _kind(head, self.name))


class Found(NamedTuple):
    """What is behind a path: files that may be exports, and those that cannot be."""

    files: tuple[Input, ...]
    left: tuple[Left, ...] = ()


@contextmanager
def readable(name: str) -> Iterator[None]:
    """What goes wrong while this file is read becomes a UserError."""
    try:
        yield
    except BROKEN as error:
        why = "cannot be opened" if isinstance(error, OSError) else "is damaged"
        found = f"{name!r}, which {why} ({error})"
        raise UserError("a file that can be read", found, "Export the chat again, or copy it again.") from error


def shown(path: Path, base: Path | None) -> str:
    """The name of a file, below `base` where there is one. What is no text in it becomes `?`."""
    name = path.relative_to(base).as_posix() if base else path.name
    return name.encode("utf-8", "replace").decode("utf-8")


def encoding(data: bytes) -> str:
    """UTF-16 where a mark says so, UTF-8 otherwise."""
    return "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def decoded(data: bytes) -> str:
    """Bytes as text. What is not in the encoding is read as Windows-1252, which most other files are in."""
    return data.decode(encoding(data), "windows-1252")


def _lines(parts: Iterable[bytes]) -> str:
    """Parts of lines in UTF-8 as text, with a line feed before each line and none at the end."""
    data = b"".join([b"\n", *parts]).replace(b"\r\n", b"\n").removesuffix(b"\n")
    return data.decode("utf-8", "windows-1252")


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("windows-1252", "replace"), error.end


codecs.register_error("windows-1252", _as_windows)


# --- What is behind a path ------------------------------------------------------------------------------------------


def inputs(path: Path) -> Iterator[Input]:
    """The files behind a path that may be exports."""
    yield from look(path).files


def look(path: Path) -> Found:
    """What is behind a path: the file itself, the members of a zip, or all of a folder. Raises UserError where there is
    nothing to read, or nothing that is safe to read."""
    with readable(str(path)):
        if not path.exists():
            raise UserError("a chat export", f"no file {str(path)!r}", _where(path))
        if path.is_dir():
            return _in_folder(path)
        if path.stat().st_size == 0:
            raise UserError("a chat export", f"{path.name!r}, which is empty", "Export the chat again.")
        return _in_file(path, None)


def look_at(paths: Sequence[Path]) -> Found:
    """What is behind several paths, each file once. Where two have one name they are called by their places below the
    folder that all are in. Raises UserError where there is nothing to read."""
    if not paths:
        raise UserError("a chat export", "none", "Name a file, a zip or a folder.")
    if len(paths) == 1:
        return look(paths[0])
    each = [look(path) for path in paths]
    once: dict[tuple[Path, str | None], Input] = {}
    for file in (file for found in each for file in found.files):
        once.setdefault((file.path.resolve(), file.member), file)
    files = tuple(once.values())
    left = tuple(dict.fromkeys(one for found in each for one in found.left))
    if len({file.name for file in files}) < len(files):
        base = Path(os.path.commonpath([file.path.resolve().parent for file in files]))
        files = tuple(Input(file.path.resolve(), file.member, base) for file in files)
    return Found(files, left)


def _where(path: Path) -> str:
    """Where a file may be that is not at this path."""
    if not path.parent.is_dir():
        return f"There is no folder {str(path.parent)!r} either: check the path."
    near = nearest(path.name, (each.name for each in path.parent.iterdir() if not each.name.startswith(".")))
    return f"Did you mean {str(path.parent / near)!r}?" if near else "Check the path."


def _in_folder(folder: Path) -> Found:
    """All exports below a folder, and what else is there. Hidden files and the projects of Mynah are no exports."""
    files: list[Input] = []
    left: list[Left] = []
    for path in _walk(folder, left):
        name, suffix = shown(path, folder), path.suffix.lower()
        if not path.is_file():
            left.append(Left(name, "link to nothing" if path.is_symlink() else "special file"))
        elif path.stat().st_size == 0:
            left.append(Left(name, "empty file"))
        elif suffix not in (*READ, ".zip"):
            left.append(Left(name, KINDS.get(suffix, "file of another kind")))
        else:
            inside = _in_file(path, folder)
            files += inside.files
            left += inside.left
    return Found(tuple(files), tuple(left))


def _walk(folder: Path, left: list[Left]) -> list[Path]:
    """The files below a folder, by name. Folders that are not entered are added to `left`."""
    found: list[Path] = []
    for where, folders, names in os.walk(folder, onerror=_raise):
        here = Path(where)
        entered = []
        for name in folders:
            if name.startswith(".") or name == LITTER:
                continue
            if (here / name).is_symlink():
                left.append(Left(shown(here / name, folder), "link to a folder"))
            elif (here / name / "project.json").exists():
                left.append(Left(shown(here / name, folder), "project of Mynah"))
            else:
                entered.append(name)
        folders[:] = entered
        found += (here / name for name in names if not name.startswith("."))
        if len(found) > MOST:
            many = f"more than {MOST:,} in {str(folder)!r}"
            raise UserError("a folder of exports", f"{many} files", "Put the exports into a folder of their own.")
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error


def _in_file(path: Path, base: Path | None) -> Found:
    """A file, or what is in it. Office documents are archives, too, and are read as documents."""
    if zipfile.is_zipfile(path) and path.suffix.lower() not in KINDS:
        return _in_archive(path, base)
    return Found((Input(path, None, base),))


# --- Archives, none of which is unpacked to disk --------------------------------------------------------------------


def _in_archive(path: Path, base: Path | None) -> Found:
    """The text-like members of an archive, and what else is in it."""
    name = shown(path, base)
    with readable(name), zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.filename.endswith("/")]  # is_dir fails on no name
    _check_archive(name, infos)
    files: dict[str, Input] = {}
    left = [] if infos else [Left(name, "empty archive")]
    for info in infos:
        member = info.filename
        parts, suffix = PurePosixPath(member).parts, PurePosixPath(member).suffix.lower()
        if LITTER in parts or any(part.startswith(".") for part in parts):
            continue
        if suffix in READ and info.file_size and member not in files:
            files[member] = Input(path, member, base)
        elif suffix in READ:
            left.append(Left(f"{name}/{member}", "second file of its name" if info.file_size else "empty file"))
        else:
            packed = "archive inside an archive" if suffix == ".zip" else "file of another kind"
            left.append(Left(f"{name}/{member}", KINDS.get(suffix, packed)))
    return Found(tuple(files.values()), tuple(left))


def _check_archive(name: str, infos: list[zipfile.ZipInfo]) -> None:
    """Raise UserError for an archive that was made to do harm, or that needs a password."""
    if len(infos) > MOST:
        found = f"{len(infos):,} in {name!r}"
        raise UserError(f"an archive of at most {MOST:,} files", found, "Unpack it yourself if you trust it.")
    total = 0
    for info in infos:
        if _leaves(info.filename):
            found = f"{info.filename!r} in {name!r}"
            raise UserError("an archive whose members stay inside it", found, "Export the chat again.")
        if not info.filename.lower().endswith(READ):
            continue
        if info.flag_bits & 1:
            found = f"{info.filename!r} in {name!r}, which is encrypted"
            raise UserError("an archive without a password", found, "Unpack it yourself and name the chat inside.")
        total += info.file_size
        if total > LARGEST or info.file_size > LARGEST_RATIO * max(info.compress_size, 1024):
            found = f"{info.filename!r} in {name!r}, with which it unpacks to {total:,} bytes"
            raise UserError("an archive of sane size", found, "Unpack it yourself if you trust it.")


def _leaves(member: str) -> bool:
    """Would a program that unpacks it write outside of the folder it unpacks to?"""
    return bool(re.match(r"[/\\]|[A-Za-z]:[/\\]", member)) or ".." in re.split(r"[/\\]", member)


@contextmanager
def unpacked(archive: zipfile.ZipFile, member: str) -> Iterator[IO[bytes]]:
    """The bytes of a member. What comes out is counted against its header: zipfile would stop where the header says the
    member ends, and a lie would cut the chat in silence."""
    info = archive.getinfo(member)
    unbounded = copy.copy(info)
    unbounded.file_size = LARGEST + 1
    with archive.open(unbounded) as stream, io.BufferedReader(_Counted(stream, info.file_size), HEAD) as counted:
        yield counted


class _Counted(io.RawIOBase):
    """A member of an archive, which must be as long as it says."""

    def __init__(self, stream: IO[bytes], declared: int) -> None:
        super().__init__()
        self.stream, self.declared, self.count = stream, declared, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.stream.read(len(buffer))
        self.count += len(data)
        if self.count > self.declared or (not data and self.count < self.declared):
            more = "more" if self.count > self.declared else f"{self.count:,}"
            raise zipfile.BadZipFile(f"it says that it has {self.declared:,} bytes and has {more}")
        buffer[: len(data)] = data
        return len(data)


# --- What a file is, in words ---------------------------------------------------------------------------------------


def kind_by_name(name: str) -> str:
    """What a file is, by its name alone."""
    return KINDS.get(PurePosixPath(name).suffix.lower(), "file of another kind")


def _kind(head: bytes, name: str) -> str:
    """What a file is that no source knows."""
    by_name = KINDS.get(PurePosixPath(name).suffix.lower())
    for pattern, what in MAGIC:
        if re.match(pattern, head, re.S):
            return by_name or what
    text = decoded(head)
    if "\0" in text:
        return by_name or "file of bytes that are no text"
    if not text.strip():
        return "file of nothing but blanks"
    if text.lstrip()[0] in "{[":
        return "JSON file without messages"
    return "plain text without messages"


def counted(left: Iterable[Left]) -> str:
    """What there is, in words: `3 pictures, 1 document`."""
    counts = Counter(each.what for each in left)
    return ", ".join(f"{count:,} {what if count == 1 else plural(what)}" for what, count in counts.most_common())


def plural(what: str) -> str:
    """`texts without messages` of `text without messages`."""
    return re.sub(r"(?=$| (?:without|inside|other|of|to) )", "s", what, count=1)


def single(what: str) -> str:
    """`an archive` of `archive`."""
    return f"{'an' if what[0] in 'aeio' else 'a'} {what}"
