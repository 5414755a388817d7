"""Recognize: which of the files behind a path are exports, and of what source; all others are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath

from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.data.files import BINARY, Found, Input, Left, counted, kind_by_name, single
from mynah.data.reading import Export

SURE = 0.5  # the least confidence of a source that is believed
# Sources whose archives also hold what was sent in the chat, and how the chat is called in there, the surest first.
NAMES = {"whatsapp": (re.compile(r"_chat\.txt", re.I), re.compile("whatsapp", re.I))}
SENT = "file that was sent in the chat"

Size = Callable[[Export], int]


def recognize(found: Found, asked: str, name: str, size: Size) -> tuple[list[Export], list[Left]]:
    """The exports among the files, and what is left. `asked` is a source or auto, `name` is what the files are called
    together, `size` counts the messages of an export. Raises UserError where there is none."""
    exports: list[Export] = []
    left = list(found.left)
    alone = len(found.files) == 1
    for file in sorted(found.files, key=_is_binary):  # stable: documents come after the chats they may belong to
        if _is_binary(file) and _was_sent(file, exports):
            left.append(Left(file.name, kind_by_name(file.name)))
        elif source := _source(file, asked, alone):
            exports.append(Export(source, file))
        else:
            left.append(file.looks_like())
    if not exports:
        labels = ", ".join(plugins.names("source"))
        todo = "Is it the right one? Name its format with --source."
        raise UserError(f"a chat export ({labels})", _instead(name, left), todo)
    chats = set(_chats(exports, size))
    left += [Left(each.file.name, SENT) for each in exports if each not in chats]
    order = {file: place for place, file in enumerate(found.files)}
    return sorted((each for each in exports if each in chats), key=lambda each: order[each.file]), sorted(left)


def _is_binary(file: Input) -> bool:
    return file.name.lower().endswith(BINARY)


def _was_sent(file: Input, exports: Iterable[Export]) -> bool:
    """Does it lie in an archive beside a chat that comes with what was sent in it?"""
    place = _place(file)
    return bool(place) and any(each.source in NAMES and _place(each.file) == place for each in exports)


def _source(file: Input, asked: str, alone: bool) -> str:
    """The source that is surest of a file, or none. One that was asked for need not be sure."""
    head = file.head()
    known = plugins.names("source") if asked == "auto" else [asked]
    sure = {name: plugins.load("source", name).sniff(head, file.name) for name in known}
    best = max(sure, key=sure.__getitem__)
    if asked == "auto":
        return best if sure[best] >= SURE else ""
    return best if alone or sure[best] > 0 else ""


def _instead(name: str, left: Sequence[Left]) -> str:
    """What was found in place of an export."""
    if len(left) == 1 and left[0].name == name:
        return f"{name!r}, which looks like {single(left[0].what)}"
    return f"none in {name!r}, which holds {listed(left)}" if left else f"none in {name!r}, which holds nothing"


def listed(left: Sequence[Left], most: int = 5) -> str:
    """How many of what, and the first names."""
    names = ", ".join(repr(each.name) for each in left[:most])
    return f"{counted(left)}: {names}" + (f" and {len(left) - most} more" if len(left) > most else "")


def _place(file: Input) -> str:
    """The folder of an archive that it lies in, or nothing."""
    return str(PurePosixPath(file.name).parent) if file.member else ""


def _chats(exports: Sequence[Export], size: Size) -> Iterator[Export]:
    """The exports without those that were sent in a chat and came with it in its archive."""
    by_place = sorted(exports, key=lambda each: _place(each.file))
    for archive, group in groupby(by_place, lambda each: _place(each.file)):
        together = list(group)
        yield from _chats_of(together, size) if archive else together


def _chats_of(together: Sequence[Export], size: Size) -> Sequence[Export]:
    """Of the exports in one folder of an archive those that are called as chats are; without a name that tells, the one
    with the most messages. Exports of sources that pack no attachments are all kept, unless they are one."""
    packed = [each for each in together if each.source in NAMES]
    if len(together) == 1 or not packed:
        return together
    for pattern in NAMES[packed[0].source]:
        called = [each for each in packed if pattern.search(PurePosixPath(each.file.name).name)]
        if called:
            return called
    largest = max(packed, key=size)
    return [each for each in together if each is largest or each not in packed]
