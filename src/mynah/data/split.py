"""Split: examples come in, the parts train, valid and test go out.

    mynah split

By time and by whole conversations: the bot is measured on the latest conversations, of which it has seen nothing. Turns
of the test part that are near-identical to turns of the training part are counted and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import read_examples, write_examples
from mynah.core.types import Example
from mynah.data.near_identical import cases, near_identical

VERSION = 3
PARTS = ("train", "valid", "test")
PIECES = 10  # so many at least, so that a share of a tenth can be cut
LARGEST = 0.2  # of the turns; a longer piece could fill the test part and more
SEEN = 0.01  # share of the test turns that may be near-identical to training turns without a word about it
SHOWN = 20  # of those, at most, and so many of their characters
LETTERS = 200
TELLING = 30  # turns in the test part below which differences rarely exceed chance


class Options(core_options.Options):
    """The shares of the parts, counted in turns of the persona."""

    valid: float = option(0.1, "share of the turns for validation", gt=0, lt=0.5)
    test: float = option(0.1, "share of the turns for the test", gt=0, lt=0.5)


SECTIONS: dict[str, type[core_options.Options]] = {"split": Options}


def run(project: Project, options: Options) -> Account:
    """Split `PROJECT/pair` into `PROJECT/split`."""
    before = project.account("pair")
    print_of = fingerprint("split", VERSION, options.model_dump(), [before.fingerprint])
    return run_stage(project.folder("split"), print_of, lambda folder: _split(project, folder, options))


def _split(project: Project, folder: Path, options: Options) -> Account:
    examples = read_examples(project.folder("pair") / "examples.parquet")
    pieces = enough(in_order(examples))
    parts = by_time(pieces, options.valid, options.test)
    for name, part in parts.items():
        write_examples(folder / f"{name}.parquet", part)
    counts = {name: sum(map(learned, part)) for name, part in parts.items()}
    notes = []
    cut = len({e.id for e in examples} - {e.id for e in pieces})
    if cut:
        notes.append(f"{cut} of {len(examples)} conversations were cut between turns to make three parts")
    if examples[0].at is None:
        notes.append("the messages have no times: split in the order of the file")
    if counts["test"] < TELLING:
        few = f"{counts['test']} turns in the test part: too few to tell small differences; a longer chat tells more"
        notes.append(few)
    seen = nearly_seen(parts["test"], parts["train"])
    if seen["count"] > SEEN * seen["turns"]:
        notes.append(_flattered(seen["count"], seen["turns"]))
    went_out = {f"{name} turns": count for name, count in counts.items()}
    conversations = {name: len(part) for name, part in parts.items()}
    detail = {"turns": counts, "conversations": conversations, "near_identical": seen}
    return Account("split", {"examples": len(examples)}, went_out, tuple(notes), detail)


def nearly_seen(test: Sequence[Example], train: Sequence[Example]) -> dict[str, Any]:
    """How many turns of the test part are near-identical to one of the training part, and the first of them."""
    asked = cases(test)
    found = near_identical(asked, cases(train))
    examples = [
        {
            "test": each.test.said[:LETTERS],
            "test_context": each.test.before[:LETTERS],
            "train": each.train.said[:LETTERS],
            "train_context": each.train.before[:LETTERS],
            "similarity": round(each.similarity, 3),
        }
        for each in found[:SHOWN]
    ]
    return {"count": len(found), "turns": len(asked), "examples": examples}


def _flattered(count: int, turns: int) -> str:
    several = "turns are near-identical to training turns" if count > 1 else "turn is near-identical to a training turn"
    return f"{count} of {turns} test {several}: scores flatter the bot a little"


def in_order(examples: Sequence[Example]) -> list[Example]:
    """By time; those without a time keep the order of the file, at the front."""
    return sorted(examples, key=lambda example: example.at or datetime.min)


def learned(example: Example) -> int:
    """How many turns the loss sees."""
    return sum(turn.learn for turn in example.turns)


def enough(examples: Sequence[Example]) -> list[Example]:
    """At least PIECES, none of them above LARGEST: too few or too long conversations are cut between turns."""
    pieces = list(examples)
    most = LARGEST * sum(map(learned, pieces))
    while True:
        longest = max(range(len(pieces)), key=lambda i: learned(pieces[i]))
        if len(pieces) >= PIECES and learned(pieces[longest]) <= most:
            break
        halves = halve(pieces[longest])
        if halves is None:
            break
        pieces[longest : longest + 1] = halves
    if len(pieces) < len(PARTS):
        found = f"{len(pieces)} that cannot be cut"
        raise UserError("at least 3 conversations", found, "Use a longer export or a shorter --gap.")
    return pieces


def halve(example: Example) -> list[Example] | None:
    """Two examples with half of the learned turns each, or None where there is only one."""
    places = [index for index, turn in enumerate(example.turns) if turn.learn]
    if len(places) < 2:
        return None
    middle = places[(len(places) - 1) // 2] + 1
    first = replace(example, id=example.id + "a", turns=example.turns[:middle])
    return [first, replace(example, id=example.id + "b", turns=example.turns[middle:])]


def by_time(examples: Sequence[Example], valid: float, test: float) -> dict[str, list[Example]]:
    """Consecutive whole examples; the borders fall where the shares of learned turns are nearest to what was asked."""
    sizes = [learned(example) for example in examples]
    total = sum(sizes)
    ends = [sum(sizes[: i + 1]) / total for i in range(len(sizes))]
    last = len(examples) - 1
    first_cut = min(range(last - 1), key=lambda i: abs(ends[i] - (1 - valid - test))) + 1
    second_cut = min(range(first_cut, last), key=lambda i: abs(ends[i] - (1 - test))) + 1
    cuts = (0, first_cut, second_cut, len(examples))
    return {name: list(examples[cuts[i] : cuts[i + 1]]) for i, name in enumerate(PARTS)}
