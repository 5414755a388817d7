"""How much planted personal data is found, and how much of what is found is none: recall and precision by kind.

    python benchmarks/privacy.py [SEED] [--list]

The planted set is made by `tests/privacy/planted.py`: invented sentences in ten languages. A secret is found where one
place that was found covers all of it. A place is wrong where it covers no secret, or more than three characters besides
one. `--list` shows what was missed and what was wrong. The table goes into docs/benchmarks.md.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from mynah.privacy import find
from mynah.privacy.kinds import phone
from mynah.privacy.people import People
from tests.privacy.planted import Case, planted

MORE = 3  # characters beside a secret that may be found with it


@dataclass
class Result:
    """Counts by kind: of look-alikes by what they are like, of wrong places by what they were taken for."""

    secrets: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    alike: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    mistaken: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of the secrets that were found."""
        return sum(self.hits.values()) / sum(self.secrets.values())

    @property
    def precision(self) -> float:
        """The share of the places found that are secrets."""
        return sum(self.right.values()) / (sum(self.right.values()) + sum(self.wrong.values()))


def measured(seed: int = 0) -> Result:
    """What is found in the planted chats of a seed; each chat knows its own people and countries."""
    result = Result()
    for chat in planted(seed):
        texts = [case.text for case in chat.cases]
        people, regions = People.of(chat.speakers, texts), phone.regions([*chat.speakers, *texts])
        for case in chat.cases:
            _count(result, case, list(find.all(case.text, regions, people)))
    return result


def _count(result: Result, case: Case, found: list[find.Found]) -> None:
    result.secrets[case.kind] += len(case.secrets)
    result.alike[case.kind] += not case.secrets
    for start, end in case.secrets:
        if any(f.start <= start and end <= f.end for f in found):
            result.hits[case.kind] += 1
        else:
            result.missed.append(f"{case.kind}: {case.text[start:end]!r} in {case.text!r}")
    for f in found:
        if any(
            f.start < end and start < f.end and (f.end - f.start) - (end - start) <= MORE for start, end in case.secrets
        ):
            result.right[f.kind] += 1
        else:
            result.wrong[f.kind] += 1
            result.mistaken.append(f"{f.kind}: {case.text[f.start : f.end]!r} in {case.text!r}")


def table(result: Result) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| kind | secrets | found | recall | look-alikes | wrong | precision |\n|---|--:|--:|--:|--:|--:|--:|"
    for kind in sorted(result.secrets):
        right, wrong = result.right[kind], result.wrong[kind]
        recall = result.hits[kind] / result.secrets[kind]
        counts = f"{result.secrets[kind]} | {result.hits[kind]} | {recall:.3f} | {result.alike[kind]} | {wrong}"
        yield f"| {kind} | {counts} | {right / max(1, right + wrong):.3f} |"
    counts = f"{sum(result.secrets.values())} | {sum(result.hits.values())} | {result.recall:.3f}"
    yield f"| all | {counts} | {sum(result.alike.values())} | {sum(result.wrong.values())} | {result.precision:.3f} |"


def main() -> None:
    """Print the table, and write it."""
    from page import put

    started = time.process_time()
    result = measured(next((int(word) for word in sys.argv[1:] if word.isdecimal()), 0))
    text = "\n".join(table(result))
    print(f"{text}\n\n{time.process_time() - started:.1f} s of CPU")
    if "--list" in sys.argv:
        print("\nmissed\n " + "\n ".join(result.missed) + "\nwrong\n " + "\n ".join(result.mistaken))
    put("benchmarks.md", "privacy", text)


if __name__ == "__main__":
    main()
