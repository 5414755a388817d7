"""How fast near-duplicates are found among a million messages, and how many are missed.

    .venv/bin/python benchmarks/near_duplicates.py [MESSAGES] [SAMPLE]

Invented messages as long as chats have them, of words as often as languages have them; some are edited copies of
others. On a sample the result is held against all pairs, compared exactly by a product of sparse matrices. The time of
that grows with the square of the messages, so that of a million is known from the sample's. CPU seconds of one process.
The table goes into docs/benchmarks.md.
"""

from __future__ import annotations

import math
import resource
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from mynah.data.near_duplicates import clusters, jaccard
from mynah.data.near_identical import normal, sequences

SIMILARITIES = (0.8, 0.6)  # what is asked for unless one says otherwise; what finds edits of up to 15 %
LONG = 40  # characters from which a message is edited
PLANTED = 0.02  # share of the messages that are edited copies
EDITED = (0.05, 0.15)  # share of the words or characters that an edit changes
LETTERS = "aaabcdeeeefghiiijklmnooopqrssttuvwxyz"
BLOCK = 500  # rows of the product at a time


class Made(NamedTuple):
    """Invented messages, and which of them was made of which: (original, copy, share that was changed)."""

    texts: list[str]
    planted: list[tuple[int, int, float]]


def generate(count: int, seed: int) -> Made:
    """So many messages, the same ones for the same seed. Lengths are log-normal, the middle one is 30 characters."""
    rng = np.random.default_rng(seed)
    words = np.array(["".join(rng.choice(list(LETTERS), 1 + rng.poisson(3.5))) for _ in range(20_000)])
    often = 1 / (np.arange(len(words)) + 2.7)  # Zipf's law as Mandelbrot mended it
    sizes = np.clip(np.exp(rng.normal(1.8, 0.9, count)), 1, 300).astype(int)
    drawn = words[rng.choice(len(words), sizes.sum(), p=often / often.sum())].tolist()
    ends = np.cumsum(sizes).tolist()
    texts = [" ".join(drawn[end - size : end]) for end, size in zip(ends, sizes.tolist(), strict=True)]
    long = [index for index, text in enumerate(texts) if len(text) >= LONG]
    planted = []
    for number, original in enumerate(rng.choice(long, int(PLANTED * count), replace=False).tolist()):
        share = float(rng.uniform(*EDITED))
        edit = _words if number % 2 else _characters
        copy = int(rng.integers(count))
        while copy == original:
            copy = int(rng.integers(count))
        planted.append((original, copy, share, edit(texts[original], share, rng, words)))
    changed = {copy: text for _, copy, _, text in planted}
    kept = [(one, copy, share) for one, copy, share, text in planted if changed[copy] == text and one not in changed]
    return Made([changed.get(index, text) for index, text in enumerate(texts)], kept)


def _characters(text: str, share: float, rng: Any, words: Any) -> str:
    """A piece of the text replaced, as when a name or a number is another one."""
    size = max(1, round(share * len(text)))
    at = int(rng.integers(len(text) - size + 1))
    return text[:at] + "".join(rng.choice(list(LETTERS), size)) + text[at + size :]


def _words(text: str, share: float, rng: Any, words: Any) -> str:
    """Words here and there replaced."""
    said = text.split(" ")
    for at in rng.choice(len(said), max(1, round(share * len(said))), replace=False):
        said[at] = str(rng.choice(words))
    return " ".join(said)


def all_pairs(texts: Sequence[str], similarity: float) -> set[tuple[int, int]]:
    """Every pair of texts that are long enough to be compared and so much alike, by comparing all."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    held = {index: sequences(form) for index, text in enumerate(texts) if len(form := normal(text)) >= LONG}
    places, number = list(held), {each: i for i, each in enumerate(sorted(set().union(*held.values())))}
    sizes = np.array([len(found) for found in held.values()])
    columns = np.array([number[each] for found in held.values() for each in found])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    matrix = csr_matrix((np.ones(len(columns), np.int32), columns, starts), shape=(len(places), len(number)))
    found: set[tuple[int, int]] = set()
    for begin in range(0, len(places), BLOCK):
        shared = (matrix[begin : begin + BLOCK] @ matrix.T).toarray()
        alike = shared >= similarity * (sizes[begin : begin + BLOCK, None] + sizes[None, :] - shared) - 1e-9
        for row, column in zip(*np.nonzero(alike), strict=True):
            if begin + row < column:
                found.add((places[begin + row], places[column]))
    return found


def recall(groups: Sequence[Sequence[int]], pairs: Sequence[tuple[int, int]]) -> float:
    """The share of pairs that are in one cluster."""
    of = {index: number for number, group in enumerate(groups) for index in group}
    return sum(of.get(a, -1) == of.get(b, -2) for a, b in pairs) / len(pairs) if pairs else math.nan


def similar(made: Made, similarity: float) -> list[tuple[int, int]]:
    """The planted pairs that are as alike as is asked for: an edit of 15 % leaves a similarity of about 0.65."""
    sets = {index: sequences(normal(made.texts[index])) for one, copy, _ in made.planted for index in (one, copy)}
    return [(one, copy) for one, copy, _ in made.planted if jaccard(sets[one], sets[copy]) >= similarity]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and its CPU seconds."""
    begun = time.process_time()
    found = work()
    return found, time.process_time() - begun


def measure(count: int = 1_000_000, sample: int = 20_000, similarity: float = 0.8, seed: int = 1) -> dict[str, float]:
    """The figures of the docs, at one similarity."""
    small = generate(sample, seed)
    pairs, slow = timed(lambda: all_pairs(small.texts, similarity))
    exact = recall(clusters(small.texts, similarity), sorted(pairs))
    made = generate(count, seed + 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    groups, fast = timed(lambda: clusters(made.texts, similarity))
    alike = similar(made, similarity)
    extrapolated = slow * (count / sample) ** 2
    return {
        "similarity": similarity,
        "messages": count,
        "long enough": sum(len(text) >= LONG for text in made.texts),
        "CPU seconds": fast,
        "clusters": len(groups),
        "planted": len(made.planted),
        "recall of all planted": recall(groups, [(one, copy) for one, copy, _ in made.planted]),
        "planted and so much alike": len(alike),
        "recall of those": recall(groups, alike),
        "sample": sample,
        "pairs alike in the sample": len(pairs),
        "recall in the sample": exact,
        "CPU seconds of all pairs of the sample": slow,
        "of all pairs, extrapolated": extrapolated,
        "times as fast": extrapolated / fast,
        "peak MB of the process before the search": before,
        "peak MB of the process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }


def main() -> None:
    """Measure, and write the table."""
    from page import machine, put

    sizes = [int(word) for word in sys.argv[1:]]
    found = [measure(*sizes, similarity=similarity) for similarity in SIMILARITIES]
    rows = [f"| {name} | {' | '.join(_shown(each[name]) for each in found)} |" for name in found[0]]
    text = "\n".join(["| | as by default | for edits of up to 15 % |", "| --- | --- | --- |", *rows])
    print(text)
    put("benchmarks.md", "near_duplicates", f"{text}\n\nMeasured on {machine()}.")


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}" if value < 100 else f"{value:,.0f}"


if __name__ == "__main__":
    main()
