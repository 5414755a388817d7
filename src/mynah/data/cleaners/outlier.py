"""Outliers: walls of text, far longer than what is written in this chat.

The logarithms of the lengths in one file are compared with their median, by the median deviation of those above it,
which a few walls do not move (Leys et al. 2013, "Detecting outliers"); many an "ok" says nothing of how long the long
ones are. Short messages are never outliers, and where there are few messages only what is longer than anybody types
is one.

dropped: (400 fold) the quarterly summary goes on.
dropped: (2000 fold) and so on.
kept: ok
kept: (20 fold) i have a lot to say about that night, and none of it is short.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from mynah.core import options as core_options
from mynah.core.options import option
from mynah.core.types import Message

FEW = 100  # messages of a file below which its distribution is not known
NORMAL = 1.4826  # what makes of the median absolute deviation the standard deviation of a normal distribution
# The least and the most deviation of the logarithms. In a chat of equal lengths anything else would be far off, in one
# of many an "ok" among sentences nothing. Real chats have about 0.8.
NARROW, WIDE = 0.5, 1.2


class Options(core_options.Options):
    """How long is too long, in characters."""

    deviations: float = option(5, "robust deviations of the log length above the median that make an outlier", gt=0)
    shortest: int = option(3000, "characters up to which no message is one", ge=500)
    longest: int = option(20_000, "characters from which every message is one", ge=500)


DEFAULTS = Options()


def find(messages: Sequence[Message], options: Options = DEFAULTS) -> Iterator[int]:
    """The indices of messages that are far too long."""
    lengths: defaultdict[str, list[int]] = defaultdict(list)
    for message in messages:
        if message.kind == "text" and message.text:
            lengths[message.origin.file].append(len(message.text))
    bounds = {file: bound(found, options) for file, found in lengths.items()}
    return (i for i, m in enumerate(messages) if m.kind == "text" and len(m.text) > bounds.get(m.origin.file, math.inf))


def bound(lengths: Sequence[int], options: Options = DEFAULTS) -> float:
    """The characters that a message may have in a file of messages of these lengths, all above 0."""
    if len(lengths) < FEW:
        return options.longest
    logs = [math.log(length) for length in lengths]
    middle = median(logs)
    deviation = NORMAL * median(log - middle for log in logs if log >= middle)
    far = middle + options.deviations * max(NARROW, min(WIDE, deviation))
    return max(options.shortest, min(options.longest, math.exp(min(far, 50))))  # e to the 50 is far enough
