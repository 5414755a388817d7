"""Topics: which words come together. From the sample.

The pieces of the sample, each PIECE messages of one conversation at most, are documents; their words are weighted by
tf-idf and taken apart by non-negative matrix factorization (Lee and Seung 1999; scikit-learn). The number of topics is
the one of the best quality: coherence times diversity (Dieng, Ruiz and Blei 2020). Coherence is the mean NPMI, over the
documents, of all pairs of each topic's ten heaviest words (Bouma 2009; Lau, Newman and Baldwin 2014), diversity the
share of different words among these words of all topics. Stop words are the chat's own, in any
language: the most frequent words that together are half of all (`words.stop_words`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mynah.data.analysis.chats import Chats
from mynah.data.analysis.words import stop_words

ENOUGH = 60
"""Documents from which topics are told."""
MOST = 3_000
"""Documents that are looked at."""
WORDS = 8
"""Words of a document, stop words aside, from which it is one."""
TERMS = 1_500
"""Words that are looked at: the most frequent ones."""
NUMBERS = (3, 4, 5, 6, 7, 8)
"""The numbers of topics that are tried, as long as there are DOCUMENTS to each."""
DOCUMENTS = 15
HEAVIEST = 10
SHOWN = 6
"""Words of a topic in the heat map."""
LETTERS = 2
"""Letters that a word has at least."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Topic:
    """Its heaviest words, the heaviest first, and its share of the weight of all documents."""

    words: list[str]
    share: float


@dataclass(frozen=True)
class Topics:
    """The topics, the largest first, and of the `words` of the heat map their weight in each topic, as a share of the
    topic's heaviest: [words][topics]. `coherence` is theirs, `quality` that of each number of topics that was tried.
    `why` says why there are none."""

    why: str
    documents: int = 0
    topics: tuple[Topic, ...] = ()
    words: tuple[str, ...] = ()
    weights: tuple[tuple[float, ...], ...] = ()
    coherence: float = 0.0
    quality: dict[int, float] | None = None


def topics(chats: Chats, said: Sequence[Sequence[str]], seed: int) -> Topics:
    """The topics of the sample, by the words of each of its messages."""
    documents = _documents(chats, said, seed)
    if len(documents) < ENOUGH:
        stretch = "stretch" if len(documents) == 1 else "stretches"
        return Topics(f"{len(documents)} {stretch} of talk with enough words: too few to tell topics.", len(documents))
    terms, weighted, there = _weighted(documents)
    if len(terms) < 2 * HEAVIEST:
        return Topics(f"{len(terms)} words that come again and again: too few to tell topics.", len(documents))
    fits = {number: _fit(weighted, number, seed) for number in NUMBERS if number * DOCUMENTS <= len(documents)}
    coherence = {number: coherent(there, heavy) for number, (_, heavy) in fits.items()}
    quality = {number: round(_quality(coherence[number], fits[number][1]), 4) for number in fits}
    best = max(quality, key=lambda number: (quality[number], -number))
    shares, heavy = fits[best]
    order = np.argsort(-shares, kind="stable")
    shares, heavy = shares[order], heavy[order]
    found = tuple(Topic([terms[i] for i in _heaviest(row)], float(share))
                  for share, row in zip(shares, heavy, strict=True))  # fmt: skip
    shown = list(dict.fromkeys(int(i) for row in heavy for i in _heaviest(row)[:SHOWN]))
    relative = heavy / np.maximum(heavy.max(1, keepdims=True), 1e-12)
    weights = tuple(tuple(float(relative[topic, i]) for topic in range(best)) for i in shown)
    return Topics("", len(documents), found, tuple(terms[i] for i in shown), weights, coherence[best], quality)


def _documents(chats: Chats, said: Sequence[Sequence[str]], seed: int) -> list[list[str]]:
    """The words of each piece without the chat's stop words; pieces with too few are none."""
    stop = stop_words(Counter(word for message in said for word in message))
    pieces = chats.pieces
    if len(pieces) > MOST:
        chosen = np.random.default_rng(seed).choice(len(pieces), MOST, replace=False)
        pieces = [pieces[i] for i in np.sort(chosen)]
    found = ([w for i in piece for w in said[i] if w not in stop and len(w) >= LETTERS] for piece in pieces)
    return [document for document in found if len(document) >= WORDS]


def _weighted(documents: Sequence[Sequence[str]]) -> tuple[list[str], Any, Any]:
    """The words, the sparse tf-idf weights [documents, words], and which document holds which word, 0 or 1."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    least = max(3, len(documents) // 200)
    vectorizer = TfidfVectorizer(analyzer=list, min_df=least, max_df=0.5, max_features=TERMS, sublinear_tf=True)
    try:
        weighted = vectorizer.fit_transform(documents)
    except ValueError:  # no word is in so many documents
        return [], None, None
    return vectorizer.get_feature_names_out().tolist(), weighted, (weighted > 0).astype(np.float64)


def _fit(weighted: Any, number: int, seed: int) -> tuple[Floats, Floats]:
    """The share of each topic, [topics], and the weight of each word in each, [topics, words]."""
    import warnings

    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    model = NMF(number, init="nndsvd", random_state=seed, max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a picture needs no more digits
        documents = model.fit_transform(weighted)
    weights = documents.sum(0) * model.components_.sum(1)
    return weights / max(weights.sum(), 1e-12), model.components_


def _heaviest(weights: Floats) -> list[int]:
    """The places of the HEAVIEST words of a topic that weigh anything."""
    return [int(i) for i in np.argsort(-weights, kind="stable")[:HEAVIEST] if weights[i] > 0]


def coherent(there: Any, heavy: Floats) -> float:
    """The mean NPMI, from -1 to 1, of the pairs of each topic's heaviest words. `there`: which document holds which
    word, sparse [documents, words]; `heavy`: [topics, words]."""
    found = []
    for row in heavy:
        columns = there[:, _heaviest(row)]
        both = (columns.T @ columns).toarray() / there.shape[0]  # the diagonal: each word alone
        found += [npmi(both[i, i], both[j, j], both[i, j]) for i, j in combinations(range(len(both)), 2)]
    return float(np.mean(found)) if found else 0.0


def _quality(coherence: float, heavy: Floats) -> float:
    """Coherence times diversity; what does not hold together gets no better by repeating itself."""
    words = [i for row in heavy for i in _heaviest(row)]
    return coherence * len(set(words)) / len(words) if coherence > 0 and words else coherence


def npmi(first: float, second: float, both: float) -> float:
    """Normalized pointwise mutual information of two events by their probabilities: -1 never together, 0 as chance has
    it, 1 always together."""
    if both <= 0:
        return -1.0
    return float(np.log(both / (first * second)) / -np.log(both)) if both < 1 else 1.0
