"""How fast exports are read, and in how much memory, next to the readers of others.

    .venv/bin/python benchmarks/import.py [--messages 1000000] [--peers PYTHON]

Invents a WhatsApp export, lets each reader read it in a process of its own, shows that all read the same, and writes
the table into docs/benchmarks.md. The peers are no dependencies of Mynah: install them beside it and name that Python.

    python -m venv .peers && .peers/bin/pip install whatstk chat-miner
    .venv/bin/python benchmarks/import.py --peers .peers/bin/python

Seconds are those of the processor, so that other work on the machine does not count; memory is the peak of the whole
process, Python and the libraries included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

Row = tuple[str, str]  # who, and what
AT_ONCE = 10_000  # messages that are written together
OURS = ("mynah read", "mynah ingest")


@dataclass(frozen=True)
class Measured:
    """One reader on one file."""

    reader: str
    messages: int
    seconds: float
    peak: int  # bytes
    differs: str = ""


# --- The readers, each in its own process ---------------------------------------------------------------------------


def mynah_read(path: Path) -> Callable[[], Iterable[Row]]:
    """What the source yields."""
    from mynah.data.files import Input
    from mynah.data.sources import whatsapp

    *_, chat = whatsapp.read(Input(path), whatsapp.Options())
    return lambda: ((m.speaker, m.text) for m in chat.messages)  # type: ignore[union-attr]


def mynah_ingest(path: Path) -> Callable[[], Iterable[Row]]:
    """The whole stage: recognized, read, cut, written as Parquet and accounted for."""
    from mynah.core.folder import Project
    from mynah.core.tables import read_conversations
    from mynah.data import ingest

    project = Project.at(path.parent / "project")
    ingest.run(project, ingest.Options(input=path))
    table = project.folder("ingest") / "conversations.parquet"
    return lambda: ((m.speaker, m.text) for each in read_conversations(table) for m in each.messages)


def whatstk(path: Path) -> Callable[[], Iterable[Row]]:
    """github.com/lucasrodes/whatstk."""
    from whatstk import df_from_whatsapp  # type: ignore[import-not-found]

    frame = df_from_whatsapp(str(path), max_size=None)  # it refuses more than 50 MB unless told otherwise
    return lambda: zip(frame["username"], frame["message"], strict=True)


def chat_miner(path: Path) -> Callable[[], Iterable[Row]]:
    """github.com/joweich/chat-miner. It gives the newest message first."""
    from chatminer.chatparsers import WhatsAppParser  # type: ignore[import-not-found]

    parser = WhatsAppParser(path)
    parser.parse_file()
    frame = parser.parsed_messages.get_df()
    return lambda: reversed(list(zip(frame["author"], frame["message"], strict=True)))


READERS = {"mynah read": mynah_read, "mynah ingest": mynah_ingest, "whatstk": whatstk, "chat-miner": chat_miner}
# What a peer is known to do otherwise: the text as it would have it.
KNOWN: dict[str, tuple[str, Callable[[str], str]]] = {
    "chat-miner": ("line feeds in a message become spaces", lambda text: text.replace("\n", " ")),
}


def one(reader: str, path: Path, out: Path) -> None:
    """Read the file, print what it took, and write the rows."""
    start = time.process_time()
    if reader in OURS:
        from mynah.core import allocator

        allocator.keep()  # as the program does when it starts
    rows = READERS[reader](path)
    seconds = time.process_time() - start
    print(json.dumps({"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
    with out.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows())


# --- The comparison -------------------------------------------------------------------------------------------------


def invent(path: Path, count: int) -> None:
    """A WhatsApp export of so many messages of nobody."""
    from whatsapp import invented

    from mynah.core.types import Conversation, Origin
    from mynah.data.sources import whatsapp

    messages = invented(count)
    with path.open("w", encoding="utf-8") as stream:
        while some := tuple(islice(messages, AT_ONCE)):
            stream.write(whatsapp.write(Conversation(some, Origin("x", 1))))


def measured(reader: str, python: str, path: Path, expected: Path | None) -> Measured | None:
    """The reader in a process of its own, and how its rows differ; None where it is not installed."""
    out = path.with_name(f"{reader}.jsonl")
    ran = subprocess.run([python, __file__, "--one", reader, str(path), str(out)], capture_output=True, text=True)
    if ran.returncode:
        if "ModuleNotFoundError" not in ran.stderr:
            print(f"{reader}: {ran.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    told = json.loads(ran.stdout.splitlines()[-1])
    count = sum(1 for _ in out.open(encoding="utf-8"))
    return Measured(reader, count, told["seconds"], told["peak"], differs(reader, expected, out) if expected else "")


def differs(reader: str, expected: Path, found: Path) -> str:
    """How the rows differ from those that are expected, but for what is known, and for the mark before the names of
    strangers."""
    about, known = KNOWN.get(reader, ("", lambda text: text))
    wanted = [(who, known(text).strip()) for who, text in rows_of(expected)]
    read = [(str(who).removeprefix("~").strip(), str(text).strip()) for who, text in rows_of(found)]
    if len(wanted) != len(read):
        return f"{len(read):,} messages instead of {len(wanted):,}"
    unequal = [pair for pair in zip(wanted, read, strict=True) if pair[0] != pair[1]]
    if unequal:
        return f"{len(unequal):,} rows, such as {unequal[0]!r}"
    return f"same, but {about}" if about else "same"


def rows_of(path: Path) -> Iterator[Row]:
    """The rows that a reader wrote."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            who, text = json.loads(line)
            yield who, text


def table(size: int, every: list[Measured]) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| reader | messages | CPU seconds | MB/s | times Mynah's read | peak MB | times the file | rows |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    base = every[0].seconds
    for each in every:
        speed, ratio = size / 1e6 / each.seconds, each.seconds / base
        memory = f"{each.peak / 1e6:.0f} | {each.peak / size:.1f}"
        yield (
            f"| {each.reader} | {each.messages:,} | {each.seconds:.1f} | {speed:.0f} | {ratio:.1f} | {memory} "
            f"| {each.differs or 'those compared with'} |"
        )


def whatsapp_section(count: int, peers: str) -> str:
    """The speed of reading WhatsApp exports."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "WhatsApp Chat.txt"
        invent(path, count)
        size = path.stat().st_size
        found: list[Measured] = []
        for reader in READERS:
            python = sys.executable if reader in OURS else peers
            expected = path.with_name(f"{found[0].reader}.jsonl") if found else None
            if each := measured(reader, python, path, expected):
                print(each, flush=True)
                found.append(each)
    lines = [f"A generated WhatsApp export of {count:,} messages, {size / 1e6:.0f} MB.", "", *table(size, found)]
    missing = [reader for reader in READERS if reader not in {each.reader for each in found}]
    if missing:
        lines += ["", f"Not installed here: {', '.join(missing)}."]
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--messages", type=int, default=1_000_000)
    arguments.add_argument("--peers", default=sys.executable, help="a Python that has the peers")
    arguments.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments.add_argument("--print", action="store_true", help="print the table only")
    asked: Any = arguments.parse_args()
    if asked.one:
        reader, path, out = asked.one
        one(reader, Path(path), Path(out))
        return
    from page import put

    text = whatsapp_section(asked.messages, asked.peers)
    print(text)
    if not asked.print:
        put("benchmarks.md", "import", text)


if __name__ == "__main__":
    main()
