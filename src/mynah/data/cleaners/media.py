"""Pictures, voice notes, files: their placeholder says nothing that a bot could learn.

dropped: (media) <Media omitted>
kept: look at this picture
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mynah.core.types import Message


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of messages that are media without a caption."""
    return (i for i, m in enumerate(messages) if m.kind == "media")
