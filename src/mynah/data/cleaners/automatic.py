"""What a program wrote by itself: bots in a group, automatic replies, service messages.

dropped: (automatic) Reminder: the gate closes at nine.
kept: i set a reminder
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mynah.core.types import Message


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of what programs wrote."""
    return (i for i, m in enumerate(messages) if m.kind == "automatic")
