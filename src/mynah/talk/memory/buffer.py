"""The whole conversation, as long as the model's context holds it.

user: i have a cat
assistant: what is it called?
user: biscuit
"""

from __future__ import annotations

from collections.abc import Sequence

from mynah.core.types import Turn


def remember(state: list[Turn], turn: Turn) -> None:
    """Keep a turn."""
    state.append(turn)


def recall(state: Sequence[Turn]) -> list[Turn]:
    """All turns, the oldest first."""
    return list(state)
