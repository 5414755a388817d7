"""Split: examples come in, the parts train, valid and test go out.

    mynah split --split length

Without a word the bot is measured on the latest conversations, of which it has seen nothing; `data/parts.py` has the
other ways. Conversations are whole in all of them, and near-identical ones stay together. Turns of the test part that
are near-identical to turns of the training part are counted and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import read_examples, write_examples
from mynah.core.types import Example
from mynah.data.near_identical import cases, near_identical
from mynah.data.parts import PARTS, WAYS, combined, learned, units

VERSION = 4
PIECES = 10  # so many at least, so that a share of a tenth can be cut
LARGEST = 0.2  # of the turns; a longer piece could fill the test part and more
SEEN = 0.01  # share of the test turns that may be near-identical to training turns without a word about it
SHOWN = 20  # of those, at most, and so many of their characters
LETTERS = 200
TELLING = 30  # turns in the test part below which differences rarely exceed chance


class Options(core_options.Options):
    """How the parts are made, and their shares, counted in turns of the persona."""

    by: Literal["time", "conversation", "length", "source", "group"] = option(
        "time",
        "what decides the part: time (the latest are the test), conversation (chance), length (all parts alike in it), "
        "source (each export in all parts), group (whole chats)",
        flag="split",
    )
    seed: int = option(1, "of the ways that draw lots", ge=0)
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
    kept, scattered = units(pieces, LARGEST)
    parts = WAYS[options.by](kept, options.valid, options.test, options.seed)
    for name, part in parts.items():
        write_examples(folder / f"{name}.parquet", part)
    counts = {name: sum(map(learned, part)) for name, part in parts.items()}
    seen = nearly_seen(parts["test"], parts["train"])
    cut = len({e.id for e in examples} - {e.id for e in pieces})
    notes = list(_notes(options, examples, cut, scattered, counts["test"], seen))
    went_out = {f"{name} turns": count for name, count in counts.items()}
    conversations = {name: len(part) for name, part in parts.items()}
    together = {"groups": sum(len(unit) > 1 for unit in kept), "conversations": len(pieces) - len(kept)}
    detail = {
        "by": options.by, "turns": counts, "conversations": conversations, "near_identical": seen,
        "kept_together": together, "lengths": {name: lengths(part) for name, part in parts.items()},
    }  # fmt: skip
    return Account("split", {"examples": len(examples)}, went_out, tuple(notes), detail)


def _notes(
    options: Options, examples: Sequence[Example], cut: int, scattered: int, tested: int, seen: dict[str, Any]
) -> Iterator[str]:
    if cut:
        yield f"{cut} of {len(examples)} conversations were cut between turns to make three parts"
    if examples[0].at is None and options.by == "time":
        yield "the messages have no times: split in the order of the file"
    if scattered:
        yield f"{scattered} conversations are near-identical to one another, too many to keep in one part"
    if tested < TELLING:
        yield f"{tested} turns in the test part: too few to tell small differences; a longer chat tells more"
    if seen["count"] > SEEN * seen["turns"]:
        yield _flattered(seen["count"], seen["turns"])


def lengths(part: Sequence[Example]) -> dict[str, float]:
    """Quartiles and mean of the combined length, prompts and replies, in characters."""
    sizes = np.array([combined(example) for example in part])
    low, middle, high = np.quantile(sizes, (0.25, 0.5, 0.75))
    return {"n": len(sizes), "mean": round(float(sizes.mean()), 1), "25 %": low, "50 %": middle, "75 %": high}


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
