"""Personal data: how many phone numbers, addresses and the like stand in the messages, by kind. From the sample.

Only how many: the page shows none of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from mynah.data.analysis.chats import Chats

MOST = 50_000
"""Messages that are looked through."""


@dataclass(frozen=True)
class Personal:
    """How many of each kind were found in `looked_at` messages, and in how many of these is any."""

    looked_at: int
    kinds: dict[str, int]
    messages: int


def personal(chats: Chats, seed: int) -> Personal:
    """What personal data the messages hold."""
    from mynah.privacy import find

    texts = chats.texts
    if len(texts) > MOST:
        chosen = np.random.default_rng(seed).choice(len(texts), MOST, replace=False)
        texts = [texts[i] for i in np.sort(chosen)]
    kinds: Counter[str] = Counter()
    with_any = 0
    for text in texts:
        found = [each.kind for each in find.all(text)]
        kinds.update(found)
        with_any += bool(found)
    return Personal(len(texts), dict(kinds.most_common()), with_any)
