"""How well it is concluded who answers whom in IRC logs, against links that people drew.

    .venv/bin/python benchmarks/replies.py [FOLDER ...]

Reads every `X.raw.txt` of the folders with the links in `X.annotation.txt`: a line `1002 1003 -` links the message in
line 1003, counted from 0, to the one that it answers, and a message linked to itself begins a conversation. Only the
lines that people looked at count. Writes precision, recall and F1, without the links to itself and with them, into
docs/sources.md.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

from page import put

from mynah.core.types import Conversation, Message
from mynah.data.files import inputs
from mynah.data.sources import irc

ROOT = Path(__file__).parents[1]
LOGS = sorted((ROOT.parent / "shared" / "data" / "1_ubuntu_irc").glob("irc_disentanglement_*"))
Links = dict[int, set[int]]


def concluded(log: Path) -> dict[int, int]:
    """For each line with a message, counted from 0, the line that it answers or itself."""
    (file,) = inputs(log)
    found: list[Message] = []
    for item in irc.read(file, irc.Options()):
        found += item.messages if isinstance(item, Conversation) else ()
    lines = {m.id: m.origin.line - 1 for m in found if m.id}
    return {m.origin.line - 1: lines.get(m.reply_to or "", m.origin.line - 1) for m in found}


def drawn(annotation: Path) -> Links:
    """For each line that people looked at, the lines that it answers: of two that are linked the later one does."""
    links: Links = defaultdict(set)
    for row in annotation.read_text(encoding="utf-8").split("\n"):
        if row.strip():
            first, last = sorted(map(int, row.split()[:2]))
            links[last].add(first)
    return links


def counted(concluded_links: dict[int, int], links: Links) -> Counter[str]:
    """How many links were concluded, drawn, and both; the links of a line to itself apart."""
    found: Counter[str] = Counter()
    for line, answers in links.items():
        answer = concluded_links.get(line, line)
        which = "self" if answer == line else "others"
        found[f"{which} concluded"] += 1
        found[f"{which} right"] += answer in answers
        found["self drawn"] += line in answers
        found["others drawn"] += len(answers - {line})
    return found


def measured(found: Counter[str], *which: str) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    right, made, wanted = (sum(found[f"{each} {what}"] for each in which) for what in ("right", "concluded", "drawn"))
    precision, recall = right / max(made, 1), right / max(wanted, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def total(folder: Path) -> Counter[str]:
    """The counts over all logs of a folder."""
    found: Counter[str] = Counter()
    for log in sorted(folder.glob("*.raw.txt")):
        found += counted(concluded(log), drawn(log.with_name(log.name.replace(".raw.", ".annotation."))))
    return found


def main() -> None:
    lines = ["| logs | links | drawn by people | precision | recall | F1 |", "|---|---|--:|--:|--:|--:|"]
    for folder in [Path(given) for given in sys.argv[1:]] or LOGS:
        found = total(folder)
        for name, which in (("to others", ("others",)), ("all", ("others", "self"))):
            figures = " | ".join(f"{each:.1%}" for each in measured(found, *which))
            count = sum(found[f"{each} drawn"] for each in which)
            lines.append(f"| {folder.name} | {name} | {count:,} | {figures} |")
    print("\n".join(lines))
    put("sources.md", "replies", "\n".join(lines))


if __name__ == "__main__":
    main()
