"""Traces of a person in a text: their name, and words of theirs.

The words of the name are looked for as `people` does, so that a name that is an ordinary word is no trace where it is a
word; a word that somebody else's name has, too, is none by itself. Of what they wrote, every message of more than a few
words is looked for, whatever its punctuation and case.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from mynah.privacy._names import ORDINARY, UNSPACED
from mynah.privacy.kinds._shape import digits
from mynah.privacy.literals import WORD
from mynah.privacy.people import People, fold, script, words_of

FEW = 4  # words: a message of so many could be anybody's
SHORT = 15  # letters, likewise
OWN_LETTERS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts without spaces: a letter is a word
PIECES = re.compile(rf"[{OWN_LETTERS}]|[^\W{OWN_LETTERS}]+")
FORGOTTEN = "(forgotten)"


class Trace:
    """What is left of somebody: `names` are all they are called, `others` the names of those who stay, `texts` what
    they
    wrote."""

    def __init__(self, names: Iterable[str], others: Iterable[str] = (), texts: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        shared = {word for other in others for word in words_of(other)}
        words = {word for name in self.names for word in words_of(name)} - shared
        odd = {word for word in words if not WORD.fullmatch(word) or script(word) in UNSPACED}
        ordinary = {word for word in words - odd if word in ORDINARY or len(word) < 3}
        self._people = People(words - ordinary - odd, ordinary, odd)
        whole = [_whole(name) for name in sorted(self.names, key=len, reverse=True) if _alone(name)]
        self._whole = re.compile("|".join(whole), re.IGNORECASE) if whole else None
        self._starts: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        for text in texts:
            pieces = tuple(PIECES.findall(fold(text)))
            if telling(pieces):
                self._starts[pieces[: FEW + 1]].append(pieces)

    def __call__(self, text: str) -> bool:
        """Is the person in this text?"""
        return self.named(text) or self.quoted(text)

    def named(self, text: str) -> bool:
        """Does it name them?"""
        return any(True for _ in self.spans(text))

    def spans(self, text: str) -> Iterable[tuple[int, int]]:
        """Where it names them."""
        whole = (m.span() for m in self._whole.finditer(text)) if self._whole else ()
        return chain(whole, self._people.called(text))

    def quoted(self, text: str) -> bool:
        """Does it hold words of theirs?"""
        if not self._starts:
            return False
        pieces = tuple(PIECES.findall(fold(text)))
        return any(
            pieces[i : i + len(each)] == each
            for i in range(len(pieces) - FEW)
            for each in self._starts.get(pieces[i : i + FEW + 1], ())
        )

    def scrubbed(self, text: str) -> str:
        """The text with something in the place of the name; nothing where it holds words of theirs."""
        if self.quoted(text):
            return FORGOTTEN
        made, last = "", 0
        for start, end in sorted(self.spans(text)):
            if start >= last:
                made, last = made + text[last:start] + FORGOTTEN, end
        return made + text[last:]


def telling(pieces: tuple[str, ...]) -> bool:
    """Are these words enough to know who wrote them?"""
    return len(pieces) > FEW and sum(map(len, pieces)) >= SHORT


def _alone(name: str) -> bool:
    """Is the whole name looked for as it is? A single word is, as a word."""
    return not WORD.fullmatch(name) and len(name) > 1


def _whole(name: str) -> str:
    """A pattern for exactly this name; a number may be written with its country's code or without, in any groups."""
    if len(digits(name)) >= 7 and not any(c.isalpha() for c in name):
        return r"(?<!\d)\+?(?:\d[\s()./-]*){0,5}" + r"[\s()./-]*".join(digits(name)[-8:]) + r"(?!\d)"
    before, behind = r"(?<!\w)" if name[0].isalnum() else "", r"(?!\w)" if name[-1].isalnum() else ""
    return before + r"\s+".join(map(re.escape, name.split())) + behind
