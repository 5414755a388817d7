"""How long messages are, in characters. From every message."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mynah.data.analysis.chats import Chats, Ints, apart

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
ENOUGH = 20
"""Messages of a speaker from which a box is drawn."""


@dataclass(frozen=True)
class Lengths:
    """`counts` of messages of a length from one of `edges` up to the next; the `boxes` of all and of those who write
    most are (5 %, 25 %, 50 %, 75 %, 95 %) quantiles."""

    edges: list[int]
    counts: list[int]
    all: list[float]
    longest: int
    boxes: dict[str, list[float]]


def lengths(chats: Chats) -> Lengths:
    """How long messages are."""
    edges = [0, *(2**power for power in range(int(chats.length.max()).bit_length() + 1))]
    while len(edges) > 2 and not np.any(chats.length < edges[1]):
        del edges[0]  # no bins below the shortest
    counts = [int(np.sum((chats.length >= low) & (chats.length < high))) for low, high in pairwise(edges)]
    boxes = {
        name: box(chats.length[chats.speaker == place])
        for place, name in enumerate(apart(chats))
        if chats.counts[place] >= ENOUGH
    }
    return Lengths(edges, counts, box(chats.length), int(chats.length.max()), boxes)


def box(values: Ints) -> list[float]:
    """The QUANTILES."""
    return [float(value) for value in np.quantile(values, QUANTILES)]
