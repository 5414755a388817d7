"""Errors that a user can mend: what was expected, what was found, what to do next. Caught once, in the CLI."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

MOST = 20  # names that one error lists


class UserError(Exception):
    """A problem that the user can mend. No traceback is shown for it, and the exit status is 1."""

    def __init__(self, expected: str, found: str, todo: str) -> None:
        super().__init__(f"Expected {expected}, found {found}. {todo}")
        self.expected, self.found, self.todo = expected, found, todo


class Undecided(UserError):
    """A question that the input leaves open: `section.option` decides it, `choices` are its values in words. A person
    at a terminal is asked; anybody else reads the error."""

    def __init__(
        self, expected: str, found: str, todo: str, *, section: str, option: str, choices: Mapping[str, str]
    ) -> None:
        super().__init__(expected, found, todo)
        self.section, self.option, self.choices = section, option, choices


def first_line(error: BaseException) -> str:
    """What a library says of an error, cut to what fits into a sentence; where it says nothing, what kind it is."""
    said = str(error).strip()
    return said.splitlines()[0][:120] if said else type(error).__name__


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, or None."""
    lowered = {k.lower(): k for k in known}
    inside = [k for low, k in lowered.items() if word.lower() in low]
    if len(inside) == 1:
        return inside[0]
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known word, or all of them."""
    known = list(known)
    near = nearest(word, known)
    more = f" and {len(known) - MOST} more" if len(known) > MOST else ""
    return f"Did you mean {near!r}?" if near else f"Known: {', '.join(known[:MOST])}{more}."
