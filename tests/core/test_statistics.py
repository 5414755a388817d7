"""The laws of intervals and paired tests."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mynah.core import statistics
from mynah.core.statistics import Rows, conclusive, difference, parts, score
from mynah.core.types import Score

DRAWN = np.random.default_rng(1)


def ratio(sums: Rows) -> float:
    return float(sums[0] / sums[1])


def test_the_interval_of_a_mean_is_the_normal_one() -> None:
    rows = DRAWN.normal(5, 2, (400, 1))
    found = score(rows, None, "mean")
    half = 1.96 * rows.std() / math.sqrt(400)
    assert found.value == pytest.approx(rows.mean()) and found.n == 400
    assert [found.low, found.high] == pytest.approx([rows.mean() - half, rows.mean() + half], abs=0.03)


def test_a_total_sees_the_sums() -> None:
    rows = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 14.0]])
    found = score(rows, ratio, "ratio")
    assert found.value == 9 / 20 and 5 / 14 <= found.low < found.value < found.high <= 3 / 4


def test_a_part_that_is_computed_like_the_whole_has_its_interval() -> None:
    rows = DRAWN.random((40, 2))
    figures = {"ratio": lambda sums, n: ratio(sums), "mean": lambda sums, n: float(sums[0] / n)}
    found = parts(rows, figures, "x")
    for name, whole in {"ratio": score(rows, ratio, "x"), "mean": score(rows, None, "x")}.items():
        part = found[name]
        assert (part.value, part.low, part.high, part.n) == pytest.approx((whole.value, whole.low, whole.high, 40))
        assert part.signature == f"x|part:{name}|bootstrap:2000|seed:0"
    assert parts(rows, {}, "x") == {} and parts(rows[:1], figures, "x")["mean"].low == rows[0, 0]
    with pytest.raises(ValueError, match=r"part:none.*no figure"):
        parts(rows, {"none": lambda sums, n: math.nan}, "x")


def test_the_same_seed_gives_the_same_score_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = DRAWN.random((50, 2))
    whole = score(rows, ratio, "x", resamples=100)
    monkeypatch.setattr(statistics, "CELLS", 50 * 7)
    assert score(rows, ratio, "x", resamples=100) == whole != score(rows, ratio, "x", resamples=100, seed=1)
    assert whole.signature == "x|bootstrap:100|seed:0"


def test_equal_rows_differ_by_exactly_nothing() -> None:
    rows = DRAWN.random((300, 2))
    found = difference(rows, rows.copy(), ratio, "x")
    assert (found.value, found.low, found.high) == (0, 0, 0) and not conclusive(found)


def test_pairing_finds_what_the_spread_of_the_cases_hides() -> None:
    hard = DRAWN.normal(0, 10, (200, 1))
    found = difference(hard + 0.5 + DRAWN.normal(0, 0.5, (200, 1)), hard, None, "x")
    assert conclusive(found) and found.low < 0.5 < found.high and found.high - found.low < 0.2
    back = difference(hard, hard + 0.5, None, "x")
    assert back.value == pytest.approx(-0.5) and conclusive(back)


def test_chance_is_rarely_conclusive() -> None:
    draws = (DRAWN.normal(0, 1, (2, 100, 1)) for _ in range(200))
    false = sum(conclusive(difference(a, b, None, "x", resamples=400)) for a, b in draws)
    assert false <= 24  # 10 are expected of 200; more than 24 in one of 20,000 runs


@pytest.mark.parametrize("n", range(1, 6))
def test_too_few_to_tell(n: int) -> None:
    found = difference(np.full((n, 1), 3.0), np.zeros((n, 1)), None, "x")
    assert found.value == 3 and not conclusive(found)
    assert conclusive(Score(3, 3, 3, 6, "x")) and not conclusive(Score(1, -0.1, 2, 600, "x"))


def test_one_row_has_no_spread() -> None:
    assert score(np.array([[4.0]]), None, "x") == Score(4, 4, 4, 1, "x")


@pytest.mark.parametrize(
    "rows", [np.zeros((0, 1)), np.zeros(3), np.array([[1.0], [np.nan]]), np.array([[np.inf]])], ids=str
)
def test_no_figure_comes_out_of_nothing(rows: Rows) -> None:
    with pytest.raises(ValueError):
        score(rows, None, "x")
    with pytest.raises(ValueError):
        difference(rows, rows, None, "x")


def test_an_undefined_figure_is_an_error_and_an_undefined_resample_is_counted() -> None:
    with pytest.raises(ValueError, match="no figure"):
        score(np.zeros((9, 2)), ratio, "x")
    found = score(np.array([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]), ratio, "x")
    assert (found.low, found.high) == (1, 1)
    assert 0.2 < int(found.signature.rpartition("undefined:")[2]) / 2000 < 0.4  # (2/3)**3


def test_pairs_must_match() -> None:
    with pytest.raises(ValueError, match="3 and 2"):
        difference(np.ones((3, 1)), np.ones((2, 1)), None, "x")
