"""Near-duplicates: the same long text again and again, by whomever, as pasted notices and filled-in templates are.

The first of them stays. Numbers count as equal. What is short is never one: an "ok" a thousand times is a habit, and so
is a good morning. `data/near_duplicates.py` says what alike is.

dropped: (9 times) Reminder no. #: the laundry room on the second floor stays closed today, please use the one in the
dropped: (9 times, by Ida|Otto|Mo) house no. 12 has a new lock, the key is with the neighbors until Sunday, ring twice!
kept: (9 times) good morning sunshine
kept: (2 times) the laundry room on the second floor stays closed again, who of you broke the big machine this time?
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mynah.core import options as core_options
from mynah.core.options import option
from mynah.core.types import Message
from mynah.data.near_duplicates import SHORT, clusters

NUMBER = re.compile(r"\d+")


class Options(core_options.Options):
    """What counts as the same text."""

    similarity: float = option(0.8, "share of the three-character sequences that texts have in common", ge=0.5, le=1)
    times: int = option(3, "texts that are alike, from which all but the first are dropped", ge=2)
    shortest: int = option(80, "characters below which a text is never dropped", ge=SHORT)


DEFAULTS = Options()


def find(messages: Sequence[Message], options: Options = DEFAULTS) -> Iterator[int]:
    """The indices of messages that repeat an earlier one."""
    long = [i for i, m in enumerate(messages) if m.kind == "text" and len(m.text) >= options.shortest]
    texts = [NUMBER.sub("0", messages[i].text) for i in long]
    groups = (group for group in clusters(texts, options.similarity) if len(group) >= options.times)
    return iter(sorted(long[place] for group in groups for place in group[1:]))
