"""Near-duplicates: the texts that are almost the same as others, among a million.

Two texts are near-duplicates where, in the normal form of `near_identical` (without case, accents, punctuation, styles
of emoji), they share so much of their sequences of three characters: the Jaccard similarity of the two sets. Short
texts hold too little for that, and are in no cluster: an "ok" is a habit. So is a laugh of any length.

Equal texts are found by their hash. For the others, MinHash (Broder 1997, "On the resemblance and containment of
documents") makes of each text numbers that two texts share as often as they are alike; texts that share a band of these
numbers are candidates (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4). Most candidates that
are none are seen from a few bits of each number (Li and König 2010, "b-bit minwise hashing"); the rest is compared
exactly. So what is found is right, and of pairs that are just alike enough fewer than one in a hundred is missed, of
others fewer.

Besides the normal forms, a long text takes 160 bytes, however long it is. Where a machine wrote thousands of texts
after one pattern, not every candidate is looked at, and some texts may not be found.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mynah.core.groups import Groups
from mynah.data.near_identical import normal, sequences

SHORT = 30  # characters, as written and in normal form, below which a text is in no cluster
VARIED = 8  # different characters below which it is in none either: a laugh, a line of dashes
HASHES = 96  # minima of each text
MISSED = 0.01  # the most pairs of just the asked similarity that no band may show
WINDOW = 20  # texts that one is compared with in each band where many share one
TRIED = 100  # comparisons that came to nothing, after which a text is not compared any more
CHUNK = 1 << 18  # characters that are hashed, and pairs that are compared, at a time
SEED = 7
MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9))  # odd numbers that spread bits

Array = npt.NDArray[Any]


def clusters(texts: Sequence[str], similarity: float = 0.8) -> list[list[int]]:
    """The indices of texts that are near-duplicates, as clusters of two and more, in order.

    Each member has a Jaccard similarity of at least `similarity`, above 0 and up to 1, to some other member, not
    necessarily to all. Raises ValueError for another `similarity`.
    """
    if not 0 < similarity <= 1:
        raise ValueError(f"expected a similarity above 0 and up to 1, found {similarity}")
    same: defaultdict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        if len(text) >= SHORT and (form := _long(text)):
            same[form].append(index)
    groups = _grouped(list(same), similarity)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for place, indices in enumerate(same.values()):
        members[groups.of(place)] += indices
    return sorted(sorted(each) for each in members.values() if len(each) > 1)


def _long(text: str) -> str:
    """The normal form of a text that is long and varied enough; nothing for others."""
    form = normal(text)
    return form if len(form) >= SHORT and len(set(form)) >= VARIED else ""


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """The share of what two sets hold that both of them hold; 0 for empty ones."""
    shared = len(first & second)
    return shared / max(1, len(first) + len(second) - shared)


def _grouped(forms: Sequence[str], similarity: float) -> Groups:
    """The groups of different texts in normal form."""
    groups = Groups(len(forms))
    if similarity == 1 or len(forms) < 2:
        return groups
    tried = [0] * len(forms)
    for first, second in _candidates(forms, similarity):
        if groups.of(first) == groups.of(second) or max(tried[first], tried[second]) >= TRIED:
            continue
        # the sets are made again each time: those of a million texts would fill the memory
        if jaccard(sequences(forms[first]), sequences(forms[second])) >= similarity:
            groups.join(first, second)
        else:
            tried[first] += 1
            tried[second] += 1
    return groups


def _candidates(forms: Sequence[str], similarity: float) -> Iterator[tuple[int, int]]:
    """Pairs that share a band and look alike. A pair comes as often as it shares one."""
    keys, marks = _signatures(forms, _rows(similarity))
    deviation = math.sqrt(HASHES * similarity * (1 - similarity))
    least = HASHES * similarity - 4 * deviation  # one pair in 10,000 that is alike shows fewer equal marks
    for band in range(keys.shape[1]):
        for first, second in _neighbors(keys[:, band]):
            for start in range(0, len(first), CHUNK):
                one, other = first[start : start + CHUNK], second[start : start + CHUNK]
                alike = np.count_nonzero(marks[one] == marks[other], axis=1) >= least
                yield from zip(one[alike].tolist(), other[alike].tolist(), strict=True)


def _neighbors(keys: Array) -> Iterator[tuple[Array, Array]]:
    """The places of texts with equal keys, [pairs] twice: each text with the WINDOW that follow it, nearest first."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    for ahead in range(1, WINDOW + 1):
        at = np.flatnonzero(ordered[ahead:] == ordered[:-ahead])
        if not len(at):
            return
        yield order[at], order[at + ahead]


def _rows(similarity: float) -> int:
    """How many minima make a band: as many as leave no more than MISSED of the pairs without a common band."""
    even = (rows for rows in range(1, HASHES + 1) if HASHES % rows == 0)
    return max((rows for rows in even if (1 - similarity**rows) ** (HASHES // rows) <= MISSED), default=1)


def _signatures(forms: Sequence[str], rows: int) -> tuple[Array, Array]:
    """The bands of each text as hashes, uint32 [texts, HASHES / rows], and 8 bits of each minimum, [texts, HASHES]."""
    factors = np.random.default_rng(SEED).integers(0, 1 << 31, HASHES, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    keys = np.empty((len(forms), HASHES // rows), np.uint32)
    marks = np.empty((len(forms), HASHES), np.uint8)
    for begin, end in _chunks(forms):
        hashes, starts = _hashed(forms[begin:end])
        minima = np.stack([np.minimum.reduceat(hashes * factor, starts) for factor in factors], axis=1)
        marks[begin:end] = minima & np.uint32(255)
        bands = minima.reshape(end - begin, -1, rows).astype(np.uint64)
        mixed = np.zeros(bands.shape[:2], np.uint64)
        for row in range(rows):
            mixed = (mixed ^ bands[:, :, row]) * MIX[0]
            mixed ^= mixed >> np.uint64(29)
        keys[begin:end] = mixed >> np.uint64(32)
    return keys, marks


def _chunks(forms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where to cut the texts so that about CHUNK characters are hashed at a time."""
    begin, size = 0, 0
    for place, form in enumerate(forms, 1):
        size += len(form)
        if size >= CHUNK or place == len(forms):
            yield begin, place
            begin, size = place, 0


def _hashed(forms: Sequence[str]) -> tuple[Array, Array]:
    """A hash of each sequence of three characters, uint32 [sequences of all texts], and where those of each text
    begin."""
    points = np.frombuffer("".join(forms).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    codes = points[:-2] << np.uint64(42) | points[1:-1] << np.uint64(21) | points[2:]
    lengths = np.array([len(form) for form in forms])
    ends = np.cumsum(lengths)
    inside = np.ones(len(points), bool)
    inside[ends - 1] = inside[ends - 2] = False  # these would reach into the next text
    codes = codes[inside[:-2]] * MIX[0]
    codes = (codes ^ codes >> np.uint64(32)) * MIX[1]
    return (codes >> np.uint64(32)).astype(np.uint32), ends - lengths - 2 * np.arange(len(forms))
