"""Times as programs write them: every way of counting gives the same time, and what is none is none."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core.types import Message, Origin
from mynah.data.sources._shared import times
from mynah.data.sources._shared.times import APPLE, EPOCH, WINDOWS, When

NEW_YEAR = datetime(2024, 1, 1)  # 1,704,067,200 seconds after the beginning of 1970
EVENING = datetime(2024, 1, 31, 21, 5, 7)
KNOWN = st.datetimes(datetime(1975, 1, 1), datetime(2100, 1, 1))
# As 2024-01-01 00:00 UTC is written by whom.
WRITTEN = {
    "seconds": 1_704_067_200,
    "milliseconds": 1_704_067_200_000,
    "microseconds": 1_704_067_200_000_000,
    "nanoseconds": 1_704_067_200_000_000_000,
    "Apple": 725_760_000_000_000_000,  # nanoseconds after 2001
    "Chrome": 13_348_540_800_000_000,  # microseconds after 1601
    "Windows": 133_485_408_000_000_000,  # 100 nanoseconds after 1601
}


@pytest.mark.parametrize("number", WRITTEN.values(), ids=WRITTEN)
def test_the_size_of_a_number_tells_what_it_counts(number: int) -> None:
    assert times.counted(number) == times.counted(str(number)) == NEW_YEAR
    assert times.counted(f" {number}.0 ") == NEW_YEAR


@given(KNOWN, st.sampled_from([(EPOCH, 1), (EPOCH, 10**3), (EPOCH, 10**6), (WINDOWS, 10**6), (WINDOWS, 10**7)]))
def test_no_size_is_that_of_two_units(at: datetime, counts: tuple[datetime, int]) -> None:
    start, unit = counts
    at = at.replace(microsecond=0)
    assert times.counted((at - start) // timedelta(seconds=1) * unit) == at


def test_sizes_do_not_overlap() -> None:
    borders = [border for least, most, _, _ in times.SIZES for border in (least, most)]
    assert borders == sorted(borders)
    assert times.counted(7) is None and times.counted(10**30) is None and times.counted(-(10**9)) is None


@given(st.datetimes(datetime(1900, 1, 1)))
def test_a_text_is_exact_to_the_microsecond(at: datetime) -> None:
    micros = (at - EPOCH) // timedelta(microseconds=1)
    sign = "-" if micros < 0 else ""
    assert times.seconds(f"{sign}{abs(micros) // 10**6}.{abs(micros) % 10**6:06}") == at
    assert times.milliseconds(micros // 1000) == at - timedelta(microseconds=at.microsecond % 1000)
    assert times.seconds(micros // 10**6) == at.replace(microsecond=0)


def test_old_and_new_systems_of_apple() -> None:
    assert times.apple(725_760_000) == times.apple(WRITTEN["Apple"]) == NEW_YEAR
    assert times.apple(1) == APPLE + timedelta(seconds=1)
    assert times.apple(0) is None and times.apple(10**30) is None


@pytest.mark.parametrize(
    "value", [None, "", "soon", "1e9", "9" * 30, "1,5", True, [], {}, b"1", float("nan"), float("inf"), 1e300, 10**400]
)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert times.seconds(value) is times.milliseconds(value) is times.counted(value) is times.iso(value) is None


def test_a_float_has_decimals() -> None:
    assert times.seconds(1706731507.5) == datetime(2024, 1, 31, 20, 5, 7, 500_000)
    assert times.seconds(-1) == datetime(1969, 12, 31, 23, 59, 59)
    assert times.serial(45322.5) == datetime(2024, 1, 31, 12)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2024-01-31T21:05:07", When(EVENING, EVENING)),
        ("2024-01-31 21:05:07", When(EVENING, EVENING)),
        ("2024-01-31T21:05:07Z", When(EVENING, EVENING, True)),
        ("2024-01-31T21:05:07+01:00", When(EVENING, EVENING - timedelta(hours=1), True)),
        ("2024-01-31T21:05:07.5", When(EVENING.replace(microsecond=500_000), EVENING.replace(microsecond=500_000))),
        ("2024-01-31 21:05:07,123456789Z", When(*[EVENING.replace(microsecond=123_456)] * 2, True)),
        ("2024-01-31", When(datetime(2024, 1, 31), datetime(2024, 1, 31))),
        ("20240131", None), ("2024-13-31T21:05:07", None), ("0001-01-01T00:00:00+10:00", None),
        ("２０２４-01-31", None), ("2024-01-31\ud800", None),
    ],
)  # fmt: skip
def test_dates_of_iso(text: str, when: When | None) -> None:
    assert times.iso(text) == when


def test_patterns_are_tried_in_their_order() -> None:
    assert times.by_pattern(" 2024/01/31 21:05 ", "%Y-%m-%d", "%Y/%m/%d %H:%M") == datetime(2024, 1, 31, 21, 5)
    assert times.by_pattern("soon", "%Y-%m-%d") is times.by_pattern("2024-01-31") is None


@given(st.lists(st.none() | st.integers(0, 5), max_size=8))
def test_what_has_no_time_stays_behind_what_it_follows(clock: list[int | None]) -> None:
    at = [None if hour is None else EPOCH.replace(hour=hour) for hour in clock]
    messages = [Message("Ida", str(n), time, Origin("chat", n)) for n, time in enumerate(at)]
    ordered = times.in_order(messages)
    assert sorted(ordered, key=messages.index) == messages
    timed = [message.at for message in ordered if message.at]
    assert timed == sorted(timed)
    for before, after in pairwise(ordered):
        assert after.at or after is messages[messages.index(before) + 1], "it follows what it followed"
    without = [Message("Ida", m.text, None, m.origin) for m in messages]
    assert [m.text for m in times.in_order(without, at)] == [m.text for m in ordered]
