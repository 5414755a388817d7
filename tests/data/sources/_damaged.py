"""What the tests of several sources share: files that are not on disk, and damaged ones."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import IO

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Message, Understood, Unparsed
from mynah.data.files import HEAD, Input, decoded

CASES = 200


@dataclass(frozen=True)
class Given(Input):
    """A file that is not on disk."""

    data: bytes = b""

    def open(self) -> IO[bytes]:
        return io.BytesIO(self.data)


def read(source: ModuleType, text: str | bytes, name: str = "chat.txt") -> list[Item]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(source.read(Given(Path(name), data=data), source.Options()))


def chats(found: Sequence[Item]) -> list[Conversation]:
    return [item for item in found if isinstance(item, Conversation)]


def messages(found: Sequence[Item]) -> list[Message]:
    return [m for chat in chats(found) for m in chat.messages]


def unparsed(found: Sequence[Item]) -> list[Unparsed]:
    return [item for item in found if isinstance(item, Unparsed)]


def facts(found: Sequence[Item]) -> dict[str, str]:
    (understood,) = [item.facts for item in found if isinstance(item, Understood)]
    return understood


def said(found: Sequence[Item]) -> list[tuple[str, str, str]]:
    return [(m.speaker, m.kind, m.text) for m in messages(found)]


def covered(found: Sequence[Item]) -> list[int]:
    """The lines, or the numbers of the elements, that messages and Unparsed come from."""
    origins = [m.origin for m in messages(found)] + [item.origin for item in unparsed(found)]
    return sorted(line for o in origins for line in range(o.line, o.line + o.lines))


def is_whole(found: Sequence[Item], data: bytes) -> bool:
    """Does each line, or each element, belong to one thing?"""
    lines = covered(found)
    if facts(found).get("counts", "lines") != "lines":
        return lines == list(range(1, len(lines) + 1))
    text = decoded(data).lstrip("\ufeff")
    return lines == list(range(1, text.count("\n") + (not text.endswith("\n")) + 1 if text else 1))


def mutants(seeds: Sequence[str], count: int = CASES) -> Iterator[bytes]:
    """Files that were cut, doubled, swapped and replaced; the same ones in each run."""
    r = random.Random(7)
    for index in range(count):
        data = seeds[index % len(seeds)].encode()
        for _ in range(r.randint(1, 3)):
            a, b = sorted(r.randint(0, len(data)) for _ in range(2))
            lines = data.split(b"\n")
            data = r.choice((
                data[:a] + data[b:],
                data[a:b],
                data[:b] + data[a:],
                b"\n".join(r.sample(lines, len(lines))),
                data[:a] + r.randbytes(4) + data[a + 4 :],
                data[:a] + r.choice((b'"', b",", b"\t", b"{", b"]", b"null", b"1e999", b"\\ud800", b"\xff", b"99:99"))
                + data[a:],
                data.decode(errors="replace").encode("utf-16"),
            ))  # fmt: skip
        yield data


def check_damaged(source: ModuleType, seeds: Sequence[str]) -> None:
    """Whatever the bytes are, reading ends in items that account for all of them, or in an error for the user."""
    chats_read = 0
    for data in mutants(seeds):
        assert 0 <= source.sniff(decoded(data)[:HEAD], "chat.txt") <= 1
        try:
            found = read(source, data)
        except UserError:
            continue
        assert is_whole(found, data), data
        for chat in chats(found):
            times = [m.at for m in chat.messages if m.at]
            assert chat.messages and times == sorted(times), data
            assert all(bool(m.speaker) != (m.kind in ("system", "instruction")) for m in chat.messages), data
            assert [m.text.encode() and m.speaker.encode() for m in chat.messages], "no halves of characters"
        chats_read += bool(chats(found))
    assert chats_read > CASES / 10
