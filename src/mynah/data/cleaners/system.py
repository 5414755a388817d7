"""What the messenger wrote, not a person: banners, group events, deleted messages.

dropped: (system) Messages and calls are end-to-end encrypted.
dropped: (deleted) This message was deleted
kept: who deleted this?
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mynah.core.types import Message


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of system lines and deleted messages."""
    return (i for i, m in enumerate(messages) if m.kind in ("system", "deleted"))
