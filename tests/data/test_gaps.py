"""Where a conversation ends: measured from the gaps, within its bounds, and said when there is nothing to measure."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynah.core.types import Conversation, Message, Origin
from mynah.data import gaps, ingest

MINUTE, HOUR, DAY = 60, 3600, 86400


def chat(seconds: Sequence[float], minutes: bool = False) -> Conversation:
    """Messages with these gaps between them, by a clock that shows seconds, or only minutes."""
    at, messages = datetime(2024, 1, 1), []
    for line, gap in enumerate([0.0, *seconds], 1):
        at += timedelta(seconds=gap)
        shown = at.replace(microsecond=0, **({"second": 0} if minutes else {}))
        messages.append(Message("Ida", "x", shown, Origin("chat.txt", line)))
    return Conversation(tuple(messages), Origin("chat.txt", 1, len(messages)))


def mixture(within: float, between: float, share: float, size: int = 2000, seed: int = 0) -> list[float]:
    """Gaps of two log-normal groups with these middles; `share` of them are between conversations."""
    random = np.random.default_rng(seed)
    is_later = random.random(size) < share
    middles = np.where(is_later, between, within)
    return [float(gap) for gap in np.exp(np.log(middles) + random.normal(0, 1.1, size))]


def meeting(within: float, between: float, share: float) -> float:
    """Where the two groups are equally likely, by their own formula."""
    places = np.linspace(np.log(within), np.log(between), 10_000)
    early = np.log(1 - share) - (places - np.log(within)) ** 2 / (2 * 1.1**2)
    late = np.log(share) - (places - np.log(between)) ** 2 / (2 * 1.1**2)
    return float(np.exp(places[np.argmax(late > early)]))


@pytest.mark.parametrize("minutes", [False, True])
@pytest.mark.parametrize(("within", "between", "share"), [(20, 10 * HOUR, 0.1), (60, 8 * HOUR, 0.2), (90, DAY, 0.3)])
def test_the_cut_of_a_known_mixture_is_found(within: float, between: float, share: float, minutes: bool) -> None:
    found = gaps.measured([chat(mixture(within, between, share), minutes)])
    true = min(max(meeting(within, between, share), gaps.SHORTEST), gaps.LONGEST)
    assert found.how == "auto" and 0.6 < found.cut / true < 1.7
    assert found.cut in gaps.CUTS and "2,000 gaps fall into two groups, around" in found.why
    assert gaps.measured([chat(mixture(within, between, share), minutes)]) == found, "the same every time"


def test_a_group_that_is_a_spike_is_not_cut_off_at_its_edge() -> None:
    found = gaps.measured([chat(([60.0] * 5 + [86_100.0]) * 50)])
    assert found.how == "auto" and 10 * MINUTE <= found.cut <= 6 * HOUR


def test_gaps_are_measured_inside_chats_only() -> None:
    one, other = chat([60.0] * 60), chat([HOUR * 9.0] * 50)
    assert list(gaps.between([one, other])) == [60.0] * 60 + [HOUR * 9.0] * 50
    backward = Conversation(one.messages[:3][::-1], one.origin)
    assert list(gaps.between([backward])) == [0.0, 0.0]
    timeless = Conversation((one.messages[0], Message("Ida", "x", None, one.origin), one.messages[2]), one.origin)
    assert list(gaps.between([timeless])) == []


ONE_GROUP = {
    "log-normal": lambda random, size: random.lognormal(np.log(300), 1.0, size),
    "exponential": lambda random, size: random.exponential(600, size),
    "power law": lambda random, size: 30 * (random.pareto(0.7, size) + 1),
    "daily": lambda random, size: random.normal(DAY, 600, size),
    "all lengths alike": lambda random, size: np.exp(random.uniform(0, 14, size)),
    "always the same": lambda random, size: np.full(size, 60.0),
    "always at once": lambda random, size: np.zeros(size),
}


@pytest.mark.parametrize("minutes", [False, True])
@pytest.mark.parametrize("shape", ONE_GROUP)
def test_one_group_is_not_cut_in_two(shape: str, minutes: bool) -> None:
    made = ONE_GROUP[shape](np.random.default_rng(0), 3000)
    found = gaps.measured([chat([float(gap) for gap in made], minutes)])
    assert (found.how, found.cut) == ("fallback", HOUR) and "two clear groups" in found.why


def test_too_few_gaps_are_not_measured() -> None:
    few = gaps.measured([chat(mixture(60, 8 * HOUR, 0.3, 99))])
    assert (few.how, few.cut) == ("fallback", HOUR) and "99 gaps" in few.why and "100" in few.why
    assert gaps.measured([chat(mixture(60, 8 * HOUR, 0.3, 100))]).how == "auto"
    assert "no times" in gaps.measured([]).why


def test_the_cut_is_kept_within_its_bounds_and_that_is_said() -> None:
    short = gaps.measured([chat(mixture(3, 20 * MINUTE, 0.3))])
    assert (short.how, short.cut) == ("auto", gaps.SHORTEST) and "kept within 10 min and 24 h" in short.why
    long = gaps.measured([chat(mixture(4 * HOUR, 40 * DAY, 0.3))])
    assert (long.how, long.cut) == ("auto", gaps.LONGEST) and "kept within" in long.why


SECONDS = st.floats(0, 60 * DAY) | st.sampled_from([0.0, 1.0, 60.0, HOUR, 30.0 * DAY]) | st.floats(0, 300)


@settings(max_examples=60)
@given(st.lists(SECONDS, max_size=40), st.integers(1, 6), st.booleans())
def test_the_cut_lies_in_its_bounds_and_no_conversation_holds_a_longer_gap(
    some: list[float], times: int, minutes: bool
) -> None:
    whole = chat(some * times, minutes)
    found = gaps.measured([whole])
    assert gaps.SHORTEST <= found.cut <= gaps.LONGEST and found.how in ("auto", "fallback") and found.why
    assert sum(found.counts) == len(some) * times and len(found.edges) == len(found.counts) + 1
    parts = list(ingest.cut(whole, timedelta(seconds=found.cut)))
    assert [m for part in parts for m in part.messages] == list(whole.messages)
    inside = gaps.between(parts)
    assert not len(inside) or inside.max() <= found.cut
    assert len(inside) + len(parts) - 1 == len(some) * times
    spread = gaps.spread(gaps.between([whole])) if some else np.ones(0)
    assert len(spread) == len(some) * times and bool((spread >= 1).all())


def test_edges_are_plain_and_grow_evenly() -> None:
    steps = np.diff(np.log(gaps.EDGES))
    assert (gaps.EDGES[0], gaps.EDGES[-1]) == (1, 30 * DAY) and steps.min() > 0.4 and steps.max() < 0.8
    assert set(gaps.ROWS[1:]) <= set(gaps.EDGES) and len(gaps.ROWS) <= 12


def test_the_cut_that_was_asked_for_is_in_the_account_with_the_histogram() -> None:
    found = gaps.as_set([chat([0, 45, 60, 90, 7 * HOUR, 90 * DAY])], 5400).as_json()
    assert (found["cut"], found["how"]) == (5400, "as set") and "1.5 h" in found["why"]
    assert {edge: n for edge, n in zip(found["edges"], found["counts"], strict=False) if n} == {
        1: 1, 30: 1, 60: 2, 6 * HOUR: 1, 15 * DAY: 1
    }  # fmt: skip


def test_the_histogram_is_shown_in_a_dozen_rows() -> None:
    found = gaps.as_set([chat([10.0] * 80 + [70.0] * 40 + [300.0] + [9.0 * HOUR] * 20)], 45 * MINUTE)
    rows = list(gaps.bars(found.edges, found.counts, found.cut))
    assert [row[:10].strip() for row in rows] == [
        "under 30 s", "30 s-1 min", "1-2 min", "2-4 min", "4-8 min", "8-15 min", "15-30 min", "30 min-1 h", "1-2 h",
        "2-6 h", "6-24 h", "over 24 h",
    ]  # fmt: skip
    assert [row.count("█") for row in rows] == [40, 0, 20, 0, 1, 0, 0, 0, 0, 0, 10, 0]
    assert rows[0].endswith(" 80") and rows[1].endswith("  0")
    assert [n for n, row in enumerate(rows) if "ends" in row] == [7] and "after 45 min" in rows[7]
    assert "after 24 h" in list(gaps.bars([1, 2], [0], DAY))[-1], "also where there is nothing"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(1, "1 s"), (59.4, "59 s"), (60, "1 min"), (90, "1.5 min"), (2700, "45 min"), (HOUR, "1 h"), (DAY, "24 h"),
     (100_000, "28 h"), (2 * DAY, "2 days"), (100 * DAY, "100 days")],
)  # fmt: skip
def test_durations_are_told_as_people_say_them(seconds: float, told: str) -> None:
    assert gaps.spoken(seconds) == told


def test_nothing_heavy_is_imported_before_it_is_measured() -> None:
    code = "import sys, mynah.data.ingest; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
