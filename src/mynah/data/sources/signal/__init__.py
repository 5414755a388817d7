"""Signal: what the usual exporters write, and the export of Signal itself.

Signal Desktop must be installed and linked to the phone. `signal-export` (`pipx install signal-export`, then `sigexport
FOLDER`) writes a folder a chat with `chat.md` and `data.json`; `sigtop export-messages -f json FOLDER` writes a file a
chat; Signal's own export of 2026 is a folder with `main.jsonl`. All three are read. A `chat.md` looks like this::

    [2024-01-31 21:05:07] Alder: tea at four?

    [2024-01-31 21:06:12] Me:

    > tea at four?

    make it five
    (- Alder: 👍 -)

    [2024-01-31 21:09:00] Alder: (This message was deleted)

    [2024-01-31 21:10:30] Me: Missed voice call

A quote, a sticker and a reaction stand inside the text there and are taken out of it; what looks like one of them and
was typed is lost with it. Where `data.json` lies beside a `chat.md`, only the former is read: it says all of it more
clearly. In both the times are local; elsewhere they are UTC. `Me` is the owner. A file of sigtop has no names, only the
one in its own name: in groups people are called by their numbers unless somebody mentioned them. The text formats of
sigtop are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Origin, Understood, Unparsed
from mynah.data.files import Input
from mynah.data.sources._shared.jsons import SHOWN, has_keys
from mynah.data.sources.signal import desktop, markdown, native
from mynah.data.sources.signal.markdown import write

__all__ = ["LABEL", "Options", "read", "sniff", "write"]

LABEL = "Signal"


class Options(core_options.Options):
    """Nothing to set: the file says it all."""


def sniff(head: str, name: str) -> float:
    """How sure it is: by keys in JSON, by heads and by what only Signal's exporters write in text."""
    text = head.lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return 0.9 if _is_data(text) or native.is_frame(text) else 0.0
    if _is_array(text):
        return 0.9 if has_keys(text, "sent_at", "conversationId") else 0.0
    return markdown.sure(text, name)


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the chats, and what is no message."""
    text = file.head().lstrip("\ufeff \t\r\n")
    if _is_array(text):
        yield from desktop.read_array(file)
    elif text.startswith("{"):
        yield from native.read(file) if native.is_frame(text) else desktop.read_lines(file)
    elif twin := _twin(file):
        yield from _not_read(file, twin)
    else:
        yield from _read_text(file)


def _is_data(text: str) -> bool:
    """Is it the `data.json` of signal-export?"""
    return has_keys(text, "date", "sender", "body", "reactions") and (
        has_keys(text, "quote") or has_keys(text, "sticker")
    )


def _is_array(text: str) -> bool:
    return text.startswith("[") and text[1:].lstrip()[:1] in ("{", "")


def _twin(file: Input) -> Input | None:
    """The `data.json` beside a `chat.md`, where a whole folder was asked for."""
    if not (file.base or file.member):
        return None
    twin = file.near("data.json")
    beside = twin and twin.name.rpartition("/")[0] == file.name.rpartition("/")[0]
    return twin if twin and beside and _is_data(twin.head().lstrip()) else None


def _not_read(file: Input, twin: Input) -> Iterator[Item]:
    text = file.text()
    yield Understood({"counts": "lines", "read instead": twin.name})
    lines = text.count("\n") + (not text.endswith("\n"))
    yield Unparsed(text[:SHOWN], f"the same messages as in {twin.name}", Origin(file.name, 1, lines))


def _read_text(file: Input) -> Iterator[Item]:
    found = markdown.parse(file.text(), file.name)
    yield Understood({"counts": "lines", **found.facts})
    if found.before:
        yield found.before
    if found.messages:
        start, end = found.lines
        yield Conversation(found.messages, Origin(file.name, start, end - start), desktop.chat_of(file))
