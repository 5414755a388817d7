"""What the starter learned from, as a table of the model card.

    python starter/data.py OUT

OUT is the folder that `prepare.py` wrote.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from batches import BROAD, REPLIES, TALK
from card import put, table
from corpora import CORPORA

HEAD = (
    "corpus",
    "licence",
    "documents",
    "tokens",
    "share of the broad text",
    "of the chat stage",
    "of the last rounds",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    counts = json.loads((options.out / "corpora.json").read_text())
    rows = []
    for name, corpus in CORPORA.items():
        found = counts[name]["train"]
        shares = (mixture.get(name, 0) / sum(mixture.values()) for mixture in (BROAD, TALK, REPLIES))
        rows.append([
            f"{name}: {corpus.origin}", corpus.licence, f"{found['documents']:,}", f"{found['tokens']:,}",
            *(f"{share:.1%}" if share else "" for share in shares),
        ])  # fmt: skip
    text = table(HEAD, rows)
    print(text)
    put("data", text)


if __name__ == "__main__":
    main()
