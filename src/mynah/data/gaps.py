"""Gaps: how long nobody wrote, and after how long a conversation is over.

The gaps between messages fall into two groups: within a conversation and between two. Their logarithms are fitted by a
mixture of two normal distributions, and the cut is where a gap is more likely to be of the second (Halfaker et al.,
"User Session Identification Based on Strong Regularities in Inter-activity Time", WWW 2015, arXiv:1411.2878).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mynah.core.columns import times
from mynah.core.types import Conversation

Floats = NDArray[np.float64]

MINUTE, HOUR, DAY = 60, 3600, 86400
USUAL = HOUR  # the cut where nothing can be measured
FEW = 100  # gaps below which nothing can be measured
MOST = 50_000  # gaps that are fitted; of more, as many quantiles
VALLEY = 0.5  # how high the place where two groups meet may be, compared with the lower of their hills
NARROW = 0.3  # deviation of a group at least: next to one that is a spike (every evening at nine) no cut is safe
SHORTEST, LONGEST = 10 * MINUTE, DAY  # what a cut can be
# Plain durations, each about twice the one before; shorter and longer gaps count in the first and the last bin.
EDGES = (
    *(1, 2, 4, 8, 15, 30),
    *(m * MINUTE for m in (1, 2, 4, 8, 15, 30)),
    *(h * HOUR for h in (1, 2, 3, 6, 12)),
    *(d * DAY for d in (1, 2, 4, 8, 15, 30)),
)
ROWS = (0, 30, *EDGES[6:14], 6 * HOUR, DAY)  # where the rows of the picture begin; all but 0 are edges, too
CUTS = tuple(MINUTE * m for m in (10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1080, 1440))
WIDTH = 40  # of the longest bar


@dataclass(frozen=True, slots=True)
class Silence:
    """How long the gaps are, counted between `edges` in seconds, after how many seconds a conversation is over, and why
    then: `how` is "as set", "auto" or "fallback"."""

    edges: list[int]
    counts: list[int]
    cut: float
    how: str
    why: str

    def as_json(self) -> dict[str, Any]:
        """For the account."""
        return asdict(self)


def as_set(chats: Iterable[Conversation], seconds: float) -> Silence:
    """The cut that was asked for."""
    return _silence(between(chats), seconds, "as set", f"a silence of more than {spoken(seconds)}, as was set")


def measured(chats: Iterable[Conversation]) -> Silence:
    """The cut that the chats' own gaps show, or the usual one where they show none."""
    gaps = between(chats)
    if len(gaps) < FEW:
        found = f"{len(gaps)} gaps between messages with a time" if len(gaps) else "no times"
        return _silence(gaps, USUAL, "fallback", f"{found}: at least {FEW} are needed to measure a cut")
    fitted = _fit(np.log(spread(gaps)))
    if fitted is None:
        return _silence(gaps, USUAL, "fallback", "the gaps do not fall into two clear groups, a short and a long one")
    within, between_, crossing = (float(np.exp(each)) for each in fitted)
    cut = min(CUTS, key=lambda each: abs(np.log(each / crossing)))
    groups = f"{len(gaps):,} gaps fall into two groups, around {spoken(within)} and {spoken(between_)}"
    bounds = f", kept within {spoken(SHORTEST)} and {spoken(LONGEST)}" if not SHORTEST <= crossing <= LONGEST else ""
    return _silence(gaps, cut, "auto", f"{groups}; they meet at {spoken(crossing)}{bounds}")


def between(chats: Iterable[Conversation]) -> Floats:
    """The seconds between each message and the next of its chat. Where time runs backward they are 0."""
    every = [times(chat.messages) for chat in chats]
    at = np.concatenate([*every, np.zeros(0, "datetime64[us]")])
    last = np.cumsum([len(each) for each in every], dtype=np.int64) - 1  # of each chat
    gaps = np.delete(at[1:] - at[:-1], last[(last >= 0) & (last < len(at) - 1)])
    found: Floats = np.maximum(gaps[~np.isnat(gaps)].astype(np.int64), 0) / 1e6
    return found


def spread(gaps: Floats) -> Floats:
    """The gaps as they may have been before a clock rounded them: equal ones are laid out evenly over what the clock
    cannot tell apart, so that a chat whose times are in minutes has no spikes. At least a second each."""
    step = 60.0 if not np.any(gaps % 60) else 1.0
    values, counts = np.unique(gaps, return_counts=True)
    low, high = np.maximum(values - step / 2, 0), values + step / 2
    parts = [a + (b - a) * (np.arange(n) + 0.5) / n for a, b, n in zip(low, high, counts, strict=True)]
    spaced: Floats = np.maximum(np.concatenate(parts), 1.0)
    return spaced


def _fit(logs: Floats) -> tuple[float, float, float] | None:
    """The middle of both groups and where they meet, or None where there are no two with a valley between them."""
    from sklearn.mixture import GaussianMixture  # takes a second to import

    if len(logs) > MOST:
        logs = np.quantile(logs, (np.arange(MOST) + 0.5) / MOST)
    if np.ptp(logs) < 1e-6:
        return None
    mixture = GaussianMixture(2, reg_covar=NARROW**2, random_state=0).fit(logs[:, None])
    means = mixture.means_[:, 0]
    first, second = np.argsort(means)
    places = np.linspace(means[first], means[second], 1001)
    later = mixture.predict_proba(places[:, None])[:, second] > 0.5
    if later[0] or not later[-1]:
        return None  # one group lies within the other
    meet = int(np.argmax(later))
    density = np.exp(mixture.score_samples(places[:, None]))
    if density[meet] > VALLEY * min(density[0], density[-1]):
        return None  # one hill, or none: of gaps of all lengths alike a mixture makes two with a shallow valley
    return float(means[first]), float(means[second]), float(places[meet])


def _silence(gaps: Floats, cut: float, how: str, why: str) -> Silence:
    counts, _ = np.histogram(np.clip(gaps, EDGES[0], EDGES[-1]), EDGES)
    return Silence(list(EDGES), [int(count) for count in counts], cut, how, why)


# --- For people -----------------------------------------------------------------------------------------------------


def bars(edges: Sequence[float], counts: Sequence[int], cut: float) -> Iterator[str]:
    """The histogram in a dozen rows, and where the cut is."""
    sums = [0] * len(ROWS)
    for edge, count in zip(edges, counts, strict=False):
        sums[sum(edge >= row for row in ROWS) - 1] += count
    most = max(*sums, 1)
    here = sum(cut >= row for row in ROWS) - 1
    for index, count in enumerate(sums):
        bar = "█" * max(round(WIDTH * count / most), count > 0)
        mark = f"   ← a conversation ends after {spoken(cut)}" if index == here else ""
        yield f"{_label(index):>10}  {bar}{' ' if bar else ''}{count:,}{mark}"


def _label(row: int) -> str:
    if row == 0:
        return f"under {spoken(ROWS[1])}"
    if row == len(ROWS) - 1:
        return f"over {spoken(ROWS[row])}"
    low, high = spoken(ROWS[row]).split(" "), spoken(ROWS[row + 1]).split(" ")
    return f"{low[0]}-{' '.join(high)}" if low[1] == high[1] else f"{' '.join(low)}-{' '.join(high)}"


def spoken(seconds: float) -> str:
    """A duration as people say it: `45 min`, `1.5 h`."""
    units = (("min", MINUTE), ("h", HOUR), ("days", 1.5 * DAY))
    unit, size = ([("s", 1)] + [each for each in units if seconds >= each[1]])[-1]
    number = seconds / min(size, DAY)
    return f"{round(number, 1 if number < 10 else None):g} {unit}"
