"""What is written again and again: equal texts, counted over all messages, and nearly equal ones, over the sample."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from mynah.data.analysis.chats import Chats
from mynah.data.near_duplicates import clusters

LONG = 40
"""Characters from which an equal text is rather a copy than a habit."""
SHOWN = 10
MEMBERS = 3
"""Texts of a group that are shown."""
LETTERS = 200
"""Characters of an example."""


@dataclass(frozen=True)
class Copies:
    """`long` messages of LONG characters and more; `again` of them repeat a text that stood before. `habits` and
    `texts` are the short and the long texts that come most often, of those in the sample, with how often they come in
    all. `near` of the sample's `looked_at` different long texts are nearly equal to another; `groups` are some of the
    largest groups of such texts."""

    long: int
    again: int
    habits: dict[str, int]
    texts: dict[str, int]
    looked_at: int
    near: int
    groups: list[list[str]]


def copies(chats: Chats) -> Copies:
    """What is written more than once."""
    prints, first, counts = np.unique(chats.fingerprint, return_index=True, return_counts=True)
    long = chats.length[first] >= LONG
    again = int((counts[long] - 1).sum())
    often = dict(zip(prints[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True))
    sampled = chats.fingerprint[chats.sampled].tolist()
    found = {text: often[key] for text, key in zip(chats.texts, sampled, strict=True) if key in often}
    looked_at = list(dict.fromkeys(text for text in chats.texts if len(text) >= LONG))
    groups = sorted(clusters(looked_at), key=len, reverse=True)
    return Copies(
        int(np.sum(chats.length >= LONG)),
        again,
        _most({text.strip(): n for text, n in found.items() if len(text) < LONG}),
        _most({text[:LETTERS]: n for text, n in found.items() if len(text) >= LONG}),
        len(looked_at),
        sum(map(len, groups)),
        [[looked_at[i][:LETTERS] for i in group[:MEMBERS]] for group in groups[:SHOWN]],
    )


def _most(counts: dict[str, int]) -> dict[str, int]:
    return dict(Counter(counts).most_common(SHOWN))
