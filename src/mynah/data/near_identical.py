"""Near-identical turns: what the test part asks and the training part had already answered, almost word for word.

Two turns are near-identical where their replies, without case, accents, punctuation and styles of emoji, share at least
four fifths of their sequences of three characters. Short replies hold too little for that: an "ok" is a habit, not a
leak. They must be equal, and what was said before them near-identical.

Candidates come from an index of each text's rarest sequences. Texts that are so much alike share some of those
(Bayardo et al. 2007, "Scaling up all pairs similarity search"; Wang et al. 2012, "Can we beat the prefix filtering?"),
so that few pairs of a large chat are ever compared. Where a machine wrote thousands of turns after one pattern, not
every candidate is looked at, and some turns may not be found.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from mynah.core.types import Example, Turn

ALIKE = 0.8  # Jaccard similarity of the sequences from which two texts are near-identical
LONG = 15  # characters from which a text is long enough to be compared by its sequences
VARIED = 8  # different sequences below which it is short all the same: a laugh of any length
SHARED = 3  # rare sequences that two texts must share to be compared
COMPARED = 200  # texts that one text is compared with at most, those that share the most
HELD = 1000  # texts that are looked up for one sequence at most
MARKS = {0, 7, 8, 9}  # combining classes that make another letter: vowel signs, nukta, voicing, virama


class Near(NamedTuple):
    """A turn of the test part, the turn of the training part that it is near-identical to, and how much, 0 to 1: that
    of the replies, or, where they are short and equal, of what was said before them."""

    test: Case
    train: Case
    similarity: float


@dataclass(frozen=True)
class Case:
    """A learned turn with its last context turn, as written and in normal form."""

    said: str
    before: str

    @cached_property
    def reply(self) -> str:
        """The normal form of the turn."""
        return normal(self.said)

    @cached_property
    def context(self) -> str:
        """The normal form of what was said before."""
        return normal(self.before)


class _Table(dict[int, str | None]):
    """What becomes of each character, found out when it is first seen."""

    def __missing__(self, code: int) -> str | None:
        self[code] = found = _become(chr(code))
        return found


def _become(character: str) -> str | None:
    category = unicodedata.category(character)
    if character in "'’‘`´" or category in ("Cf", "Sk") or "\ufe00" <= character <= "\ufe0f":
        return None  # inside words; direction and joiners; skin tones; styles of emoji
    if category == "Mn" and unicodedata.combining(character) not in MARKS:
        return None
    return " " if category[0] in "PZ" or category == "Cc" else character


TABLE = _Table()


def normal(text: str) -> str:
    """A text without what people vary without meaning anything: case, accents, punctuation, space, styles of emoji.
    A text of nothing else stays as it is."""
    plain = " ".join(unicodedata.normalize("NFKD", text).casefold().translate(TABLE).split())
    return plain or text.strip()


def sequences(text: str) -> frozenset[str]:
    """The different sequences of three characters of a text in normal form; none where it is short."""
    if len(text) < LONG:
        return frozenset()
    found = frozenset(text[i : i + 3] for i in range(len(text) - 2))
    return found if len(found) >= VARIED else frozenset()


class Index:
    """Texts in normal form, to be asked for the one that is most like another."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.places = {text: place for place, text in reversed(list(enumerate(texts)))}  # equal texts once
        self.often = Counter(each for text in self.places for each in sequences(text))
        self.sizes: dict[int, int] = {}
        self.holders: defaultdict[str, list[int]] = defaultdict(list)
        for text, place in self.places.items():
            found = sequences(text)  # made again and not kept: the sets of a large chat would fill the memory
            self.sizes[place] = len(found)
            for each in self._rarest(found):
                self.holders[each].append(place)

    def _rarest(self, found: frozenset[str]) -> list[str]:
        """So many of the rarest that a near-identical set shares SHARED of them."""
        few = len(found) - math.ceil(ALIKE * len(found) - 1e-9) + SHARED
        return sorted(found, key=lambda each: (self.often[each], each))[:few]

    def nearest(self, text: str) -> tuple[int, float] | None:
        """The place of the text that is most like this one, and how much; None where none is near-identical."""
        if text in self.places:
            return self.places[text], 1.0
        wanted = sequences(text)
        alike = ((_jaccard(wanted, sequences(self.texts[place])), -place) for place in self._candidates(wanted))
        similarity, place = max(alike, default=(0.0, 0))
        return (-place, similarity) if similarity >= ALIKE else None

    def _candidates(self, wanted: frozenset[str]) -> Iterator[int]:
        """The places of the texts that may be alike: that share rare sequences, and are of about the same size."""
        least, most = ALIKE * len(wanted) - 1e-9, len(wanted) / ALIKE + 1e-9
        holders = (self.holders.get(each, [])[:HELD] for each in self._rarest(wanted))
        for place, shared in Counter(chain.from_iterable(holders)).most_common(COMPARED):
            if shared >= SHARED and least <= self.sizes[place] <= most:
                yield place


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def near_identical(test: Sequence[Case], train: Sequence[Case]) -> list[Near]:
    """The cases of `test` that are near-identical to one of `train`, in order, each with the one it is most like."""
    replies = Index([case.reply for case in train])
    same: defaultdict[str, list[Case]] = defaultdict(list)
    for case in train:
        if case.before and not sequences(case.reply):
            same[case.reply].append(case)
    contexts: dict[str, Index] = {}
    near = []
    for case in test:
        if sequences(case.reply):
            among, found = train, replies.nearest(case.reply)
        else:
            among = same.get(case.reply, [])
            if case.reply not in contexts:
                contexts[case.reply] = Index([each.context for each in among])
            found = contexts[case.reply].nearest(case.context)
        if found:
            near.append(Near(case, among[found[0]], found[1]))
    return near


def cases(examples: Sequence[Example]) -> list[Case]:
    """Each learned turn of the examples, with the turn before it."""
    found = []
    for example in examples:
        before: Turn | None = None
        for turn in example.turns:
            if turn.learn:
                found.append(Case(turn.text, before.text if before else ""))
            before = turn
    return found
