"""The last few exchanges only: quick, and forgetful.

user: i have a cat
assistant: what is it called?
user: biscuit
"""

from __future__ import annotations

from collections.abc import Sequence

from mynah.core.types import Turn

SIZE = 7  # turns: three exchanges and what was just said


def remember(state: list[Turn], turn: Turn) -> None:
    """Keep a turn and forget what is out of the window."""
    state.append(turn)
    del state[:-SIZE]


def recall(state: Sequence[Turn]) -> list[Turn]:
    """The last turns, the oldest first, beginning with the user."""
    held = list(state[-SIZE:])
    return held[1:] if len(held) > 1 and held[0].role == "assistant" else held
