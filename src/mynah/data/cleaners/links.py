"""Bare links: an address without a word of one's own.

dropped: https://example.org/some/page?q=1
dropped: https://example.org/a https://example.org/b
kept: look https://example.org/a
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mynah.core.types import Message

BARE = re.compile(r"\s*(?:(?:https?://|www\.)\S+\s*)+")


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of messages that are nothing but links."""
    return (i for i, m in enumerate(messages) if BARE.fullmatch(m.text))
