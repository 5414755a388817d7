"""What somebody passed on but did not write, where the messenger says so.

dropped: (forwarded) Ten facts about owls that nobody tells you
kept: did you read about the owls?
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mynah.core.types import Message


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of messages that were passed on."""
    return (i for i, m in enumerate(messages) if m.kind == "forwarded")
