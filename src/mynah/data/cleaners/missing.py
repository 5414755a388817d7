"""Missing values: what a program wrote where there was no text.

`NaN` and `[no content]` are always that. A lone "null" or "None" may be a word: it is one unless the file has it in
just this spelling again and again.

dropped: [no content]
dropped: NaN
dropped: <null>
dropped: [object Object]
dropped: (12 times) null
kept: null
kept: (12 times) no
kept: none of them
kept: (none)
kept: na?
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mynah.core.types import Message

THING = r"(?:content|text|message|body|value|data|caption|subject)"
CERTAIN = re.compile(
    rf"NaN|NaT|<NA>|\\N|#N/A|\[object \w+\]|\(null\)|"
    rf"[\[<](?i:null|nil|none|nan|n/?a|undefined|empty|blank|missing|no {THING}|(?:empty|missing|blank) {THING}|"
    rf"{THING} (?:missing|not available|unavailable))[\]>]|"
    rf"[(](?i:no {THING}|(?:empty|missing) {THING})[)]"
)
DOUBTFUL = re.compile(r"(?i:null|nil|none|nan|n/a|undefined|-+)")
OFTEN, SHARE = 10, 0.02  # times, and share of a file's messages, from which a doubtful word is none


def find(messages: Sequence[Message]) -> Iterator[int]:
    """The indices of messages that are placeholders for nothing."""
    written = {i: (m.origin.file, m.text.strip()) for i, m in enumerate(messages) if m.kind == "text"}
    sizes = Counter(file for file, _ in written.values())
    doubtful = Counter(each for each in written.values() if DOUBTFUL.fullmatch(each[1]))
    often = {each for each, count in doubtful.items() if count >= max(OFTEN, SHARE * sizes[each[0]])}
    return (i for i, each in written.items() if each in often or CERTAIN.fullmatch(each[1]))
