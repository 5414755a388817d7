"""Messages without a single visible character.

dropped: \\u200e
kept: 🙈
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from mynah.core.types import Message

INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of messages that show nothing."""
    return (i for i, m in enumerate(messages) if all(unicodedata.category(c) in INVISIBLE for c in m.text))
