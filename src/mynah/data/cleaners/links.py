"""Bare links: an address without a word of one's own.

dropped: https://example.org/some/page?q=1
dropped: https://example.org/a https://example.org/b
kept: look https://example.org/a
kept: https://example.org/a is nice
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mynah.core.types import Message

URL = re.compile(r"(?:https?://|www\.)\S+")


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of messages that are nothing but links."""
    return (i for i, m in enumerate(messages) if _is_bare(m.text.split()))


def _is_bare(words: Sequence[str]) -> bool:
    return bool(words) and all(URL.fullmatch(word) for word in words)
