"""The same message twice: same speaker, same text, same minute, as when two exports overlap.

dropped: (same) are you there
kept: are you there
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mynah.core.types import Message


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of messages that were already there. Messages without a time are never duplicates."""
    seen: set[tuple[str, str, str]] = set()
    for index, message in enumerate(messages):
        if message.at is None or message.kind == "system":
            continue
        key = (message.speaker, message.text, message.at.isoformat())
        if key in seen:
            yield index
        seen.add(key)
