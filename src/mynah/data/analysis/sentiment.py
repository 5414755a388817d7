"""Sentiment: how friendly or unfriendly messages sound, from -1 to 1, where they are in English. From the sample.

By VADER (Hutto and Gilbert 2014, "VADER: A parsimonious rule-based model for sentiment analysis of social media text"):
a list of words with what people think of them, and rules for negation, emphasis and emoji. A message without any of its
words is 0. It knows English only, and no irony.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mynah.data.analysis.chats import Chats, Ints, apart
from mynah.data.analysis.times import periods

MOST = 20_000
"""Messages that are scored."""
ENOUGH = 100
"""Messages from which anything is told."""
FEW = 30
"""Messages of a speaker or a period from which a mean is told."""
EDGES = tuple(round(-1.05 + 0.1 * place, 2) for place in range(22))
"""The middle bin holds what is neither positive nor negative by VADER's own bounds."""
CLEAR = 0.05
"""From here on a message counts as positive, and below its negative as negative: VADER's own bounds."""


@dataclass(frozen=True)
class Mean:
    """The mean of n scores and its 95 % interval, by the normal approximation."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Sentiment:
    """`scored` messages, how many between each two of `edges`, how many are exactly 0 because no word is known, the
    mean of all, of each of those who write most, and of each period. `why` says why there is nothing."""

    why: str
    scored: int = 0
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    unknown: int = 0
    positive: int = 0
    negative: int = 0
    all: Mean | None = None
    by_speaker: dict[str, Mean] | None = None
    unit: str = ""
    by_period: dict[str, Mean] | None = None


def sentiment(chats: Chats, language: Sequence[str | None], seed: int) -> Sentiment:
    """How the messages of the sample sound whose `language` is English."""
    english = np.array([i for i, code in enumerate(language) if code == "en"], dtype=np.int64)
    known = sum(code is not None for code in language)
    if len(english) < ENOUGH:
        said = f"{len(english):,} of {known:,} messages whose language was looked at are in English"
        return Sentiment(f"Not available: it can be told of English only, and {said}, too few to tell.")
    if len(english) > MOST:
        english = np.sort(np.random.default_rng(seed).choice(english, MOST, replace=False))
    scores = score([chats.spoken[i] for i in english])
    speaker = chats.speaker[chats.sampled[english]]
    by_speaker = {name: scores[speaker == place] for place, name in enumerate(apart(chats))}
    unit, by_period = _by_period(chats.at[chats.sampled[english]], scores)
    return Sentiment(
        "",
        len(scores),
        EDGES,
        tuple(np.histogram(scores, EDGES)[0].tolist()),
        int(np.sum(scores == 0)),
        int(np.sum(scores >= CLEAR)),
        int(np.sum(scores <= -CLEAR)),
        mean(scores),
        {name: mean(found) for name, found in by_speaker.items() if len(found) >= FEW},
        unit,
        by_period,
    )


def score(texts: Sequence[str]) -> NDArray[np.float64]:
    """VADER's compound score of each text, from -1 to 1."""
    from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]
        SentimentIntensityAnalyzer,
    )

    analyzer = SentimentIntensityAnalyzer()
    return np.array([analyzer.polarity_scores(text)["compound"] for text in texts], dtype=np.float64)


def mean(scores: NDArray[np.float64]) -> Mean:
    """The mean with its interval, which is nothing but the value where there is one score only."""
    value = float(scores.mean())
    half = 1.96 * float(scores.std(ddof=1)) / len(scores) ** 0.5 if len(scores) > 1 else 0.0
    return Mean(value, value - half, value + half, len(scores))


def _by_period(at: NDArray[np.datetime64], scores: NDArray[np.float64]) -> tuple[str, dict[str, Mean]]:
    known = ~np.isnat(at)
    if not known.any():
        return "", {}
    place, names, unit = periods(at[known])
    found = scores[known]
    counts: Ints = np.bincount(place, minlength=len(names))
    return unit, {names[i]: mean(found[place == i]) for i in np.flatnonzero(counts >= FEW)}
