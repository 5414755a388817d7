"""How well WhatsApp exports are read: every public one of the corpora, against what its authors say is in it.

    .venv/bin/python benchmarks/whatsapp.py [FOLDER]

Prints a table and writes it into docs/whatsapp.md. The files stay where they are. `--speed 1000000` also writes so many
invented messages into a temporary file, and says how long reading takes next to a bare regular expression.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from page import put

from mynah.core.errors import Undecided
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Unparsed
from mynah.data.files import Input, inputs
from mynah.data.sources import whatsapp

ROOT = Path(__file__).parents[1]
CORPORA = ROOT.parent / "shared" / "data" / "5_chat_exports"
COLUMNS = ("file", "lines", "messages", "system", "media", "deleted", "unparsed", "speakers", "expected", "difference")
REASONS = {
    "android_us_12h_nnbsp.txt": "the authors keep `null` as a text and note that Android writes it for what could be "
    "viewed only once; here it is media",
}
BARE = re.compile(r"^\d\d/\d\d/\d{4}, \d\d:\d\d - ", re.M)


@dataclass
class Row:
    """What one export holds, as read."""

    file: str
    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    unparsed: int = 0
    speakers: int = 0
    expected: str = ""
    difference: str = ""

    def cells(self) -> list[str]:
        counts = [self.lines, self.kinds.total(), *(self.kinds[kind] for kind in ("system", "media", "deleted"))]
        return [self.file, *map(str, [*counts, self.unparsed, self.speakers]), self.expected, self.difference or "none"]


def exports(root: Path) -> Iterator[Path]:
    """The files of the corpora that are WhatsApp's."""
    for path in sorted([*root.glob("whatsapp_*/*"), *root.glob("multi_platform_chatpack/whatsapp_*")]):
        if path.suffix in (".txt", ".zip"):
            yield path


def read(file: Input) -> tuple[list[Item], str]:
    """The items, and the question where one was asked: it is answered as the file's authors do."""
    try:
        return list(whatsapp.read(file, whatsapp.Options())), ""
    except Undecided as question:
        assert file.name == "_chat 3.txt", question
        answer = "mdy"
        asked = f"asks for the order of the dates: {question.found}; the authors know that the month stands first"
        return list(whatsapp.read(file, whatsapp.Options(date_order=answer))), asked


def row(path: Path) -> Row:
    """An export as read, next to what is expected of it."""
    (file,) = (each for each in inputs(path) if whatsapp.sniff(each.head(), each.name) > 0.5)
    items, question = read(file)
    messages = [m for item in items if isinstance(item, Conversation) for m in item.messages]
    text = file.text()
    found = Row(f"{path.parent.name}/{path.name}", text.count("\n") + (not text.endswith("\n")))
    found.kinds = Counter(m.kind for m in messages)
    found.unparsed = sum(item.origin.lines for item in items if isinstance(item, Unparsed))
    found.speakers = len({m.speaker for m in messages if m.speaker})
    accounted = found.unparsed + sum(m.origin.lines for m in messages)
    compare(found, path, messages)
    notes = [
        found.difference,
        question,
        "" if accounted == found.lines else f"{found.lines - accounted} lines are lost",
    ]
    found.difference = "; ".join(filter(None, notes))
    return found


# --- What the authors of the files say ------------------------------------------------------------------------------


def compare(found: Row, path: Path, messages: list[Message]) -> None:
    """Fill in what is expected, and how that differs from what was read."""
    wanted = dict(claims(path))
    have = {
        "messages": len(messages),
        "said": len(messages) - found.kinds["system"],
        "system": found.kinds["system"],
        "media": found.kinds["media"],
        "deleted": found.kinds["deleted"],
        "speakers": found.speakers,
    }
    found.expected = ", ".join(f"{count} {what}" for what, count in wanted.items()) or "not told"
    differences = [f"{what}: {have[what]} instead of {n}" for what, n in wanted.items() if have[what] != n]
    found.difference = "; ".join(differences)
    if differences:
        found.difference += f" ({REASONS.get(path.name, 'not explained')})"


def claims(path: Path) -> Iterator[tuple[str, int]]:
    """The counts that a corpus gives for a file: of all messages, of what persons said, of notices and media."""
    told: Any = json.loads((path.parent / "expected.json").read_text(encoding="utf-8"))
    corpus, name = path.parent.name, path.name
    if corpus == "multi_platform_chatpack":
        yield "messages", told[name]["headers"]
        yield "system", told[name]["system_like"]
        yield "media", told[name].get("media_omitted", 0)
    elif corpus == "whatsapp_chatistics":
        yield "said", told["files"][name]["n_messages"]
    elif corpus == "whatsapp_chatminer":
        yield "said", len(told["messages_newest_first"])
        yield "speakers", len({each["author"] for each in told["messages_newest_first"]})
    elif corpus == "whatsapp_synthetic_edge_cases":
        said = [text for _, _, text, *_ in told["files"][name]["messages"]]
        yield "said", len(said)
        yield "system", told["files"][name]["system"]
        yield "deleted", sum(isinstance(text, dict) and "deleted" in text for text in said)
        yield "media", sum(isinstance(text, dict) and "deleted" not in text for text in said)
    elif name == "short_chat.txt":
        yield "messages", told[name]["messages"]
        yield "system", told[name]["system"]
    else:
        in_zip = json.loads((path.parent / "expected_zip.json").read_text(encoding="utf-8"))
        yield "messages", in_zip["_chat.txt_headers"]
        yield "system", in_zip["system_lines"]
        yield "speakers", len(in_zip["participants"])


# --- Speed ----------------------------------------------------------------------------------------------------------

WORDS = "the tram is late again so we cook without you and then meet near the bridge at nine maybe ten".split()  # noqa: SIM905
NAMES = ("Ida Kern", "Otto", "Maya Lund", "~ Fern", "+49 170 0000000")


def invented(count: int) -> Iterator[Message]:
    """So many messages of nobody, the same ones in each run."""
    r, at, origin = random.Random(1), datetime(2016, 1, 1), Origin("x", 1)
    rare: tuple[tuple[str, Kind], ...] = (("<Media omitted>", "media"), ("This message was deleted", "deleted"))
    for _ in range(count):
        at += timedelta(seconds=r.choice((5, 20, 40, 90, 600, 3000)))
        text, kind = r.choice(rare) if r.random() < 0.06 else (" ".join(r.choices(WORDS, k=r.randint(1, 13))), "text")
        if kind == "text" and r.random() < 0.15:
            text += r.choice(("\nand a second line", " https://example.org/a", " 🙈é"))
        yield Message(r.choice(NAMES), text, at, origin, kind)  # type: ignore[arg-type]


def speed(count: int) -> str:
    """The time that reading takes, the best of three, next to a search for heads of one known shape."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.txt"
        path.write_text(whatsapp.write(Conversation(tuple(invented(count)), Origin("x", 1))), encoding="utf-8")
        text = path.read_text(encoding="utf-8")
        bare = min(timed(lambda: sum(1 for _ in BARE.finditer(text))) for _ in range(3))
        full = min(timed(lambda: list(whatsapp.read(Input(path), whatsapp.Options()))) for _ in range(3))
        size = path.stat().st_size / 1e6
    return f"{count:,} messages, {size:.0f} MB: read in {full:.1f} s, {full / bare:.0f} times a bare regular expression"


def timed(work: Any) -> float:
    """How many seconds it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    arguments = sys.argv[1:]
    if "--speed" in arguments:
        print(speed(int(arguments[arguments.index("--speed") + 1])))
        return
    rows = [row(path) for path in exports(Path(arguments[0]) if arguments else CORPORA)]
    table = [COLUMNS, ["---"] * len(COLUMNS), *(each.cells() for each in rows)]
    lines = "".join(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n" for cells in table)
    print(lines)
    put("whatsapp.md", "whatsapp", lines.strip())


if __name__ == "__main__":
    main()
