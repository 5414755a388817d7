"""Pasted code and logs: blocks that a person did not write as speech.

dropped: ```print("hello")```
dropped: for (int i = 0; i < 10; i++) {\\n  run(i);\\n}
kept: try sudo apt update, then reboot
kept: {not really} code; just; punctuation
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mynah.core.types import Message

FENCED = re.compile(r"\s*```.*```\s*", re.DOTALL)
WORDS = r"(?:def|class|import|from|return|function|const|let|var|#include)"
LINE = re.compile(rf"\s*(?:.*[;{{}}]\s*|{WORDS}\b.*[(:;{{'\"<].*|<[^>]+>.*|[$#>] .*)")


def is_code(text: str) -> bool:
    """A fenced block, or several lines most of which are code."""
    if FENCED.fullmatch(text):
        return True
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) > 2 and sum(bool(LINE.fullmatch(line)) for line in lines) > 0.6 * len(lines)


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of messages that are code."""
    return (i for i, m in enumerate(messages) if m.kind == "text" and is_code(m.text))
