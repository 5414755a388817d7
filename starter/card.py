"""Where measurements go: between two marks of the model card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

CARD = Path(__file__).parents[1] / "src/mynah/models/starter/MODEL_CARD.md"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def put(name: str, text: str) -> None:
    """Replace what starter/NAME.py wrote into the card before."""
    begin, end = f"<!-- begin: starter/{name}.py -->", f"<!-- end: starter/{name}.py -->"
    before, _, rest = CARD.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    CARD.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
