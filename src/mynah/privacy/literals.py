"""Many strings at once in a text: each is looked for only where the text has its longest word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

WORD = re.compile(r"\w+")


class Literals:
    """Strings to be found as they are, where they are no part of a longer word. What holds no word is left out."""

    def __init__(self, strings: Iterable[str] = ()) -> None:
        self._places: dict[str, list[tuple[str, int]]] = {}  # by the longest word: the string, and where the word is
        for string in strings:
            self.add(string)

    def __bool__(self) -> bool:
        return bool(self._places)

    def add(self, string: str) -> None:
        """Look for this one, too."""
        word = max(WORD.finditer(string), key=lambda match: len(match[0]), default=None)
        if word:
            self._places.setdefault(word[0], []).append((string, word.start()))

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where each begins and ends, and which it is; they may overlap."""
        if not self._places or self._places.keys().isdisjoint(WORD.findall(text)):
            return
        for word in WORD.finditer(text):
            for string, offset in self._places.get(word[0], ()):
                start = word.start() - offset
                if start >= 0 and text.startswith(string, start) and _alone(text, start, start + len(string)):
                    yield start, start + len(string), string


def _alone(text: str, start: int, end: int) -> bool:
    """Is what is there no part of a longer word?"""
    before = start > 0 and _in_word(text[start]) and _in_word(text[start - 1])
    behind = end < len(text) and _in_word(text[end - 1]) and _in_word(text[end])
    return not before and not behind


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
