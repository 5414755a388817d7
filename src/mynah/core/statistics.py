"""Intervals and paired tests for every metric, by resampling the cases (Efron 1979; Koehn 2004 for the paired one).

A metric gives one row of sufficient statistics a case, which add up, and a `total` that turns their sum into the
figure. So a resample costs one line of a matrix product, whatever the metric: counts [B, n] @ rows [n, k] -> [B, k].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mynah.core.types import Score

Rows = NDArray[np.float64]
"""Sufficient statistics, [n, k]: one row a case."""
Total = Callable[[Rows], float]
"""From the sum of rows, [k], to the figure."""
Part = Callable[[Rows, int], float]
"""From the sum of rows, [k], and their number to a further figure: a precision, say."""

LEVEL = 95.0
"""Percent of the resamples that an interval covers."""
FEWEST = 6
"""Rows below which nothing is conclusive: even if all of n cases agree, chance alone does that in 2 of 2**n tries, and
2 / 2**5 is still more than 1 in 20. The bootstrap does not know this: of three equal cases it makes no interval at all.
"""
CELLS = 4_000_000
"""Resampling counts held in memory at a time (32 MB)."""


def score(rows: Rows, total: Total | None, signature: str, resamples: int = 2000, seed: int = 0) -> Score:
    """The figure of `rows` [n, k] with its 95 % percentile interval. `total` is None for the mean of column 0.

    One row says nothing about the spread: then low and high are the value. Raises ValueError where there are no rows
    or the figure is not a number. Resamples that have no figure (all their references empty, say) are left out, and
    the signature counts them.
    """
    sums, counts = _sums(rows)
    value = _figures(sums, counts, total)[0]
    draws = [_figures(weights @ rows, counts, total) for weights in _resample(len(rows), resamples, seed)]
    return _score(value, draws, len(rows), signature, seed)


def parts(
    rows: Rows, figures: Mapping[str, Part], signature: str, resamples: int = 2000, seed: int = 0
) -> dict[str, Score]:
    """Further figures of the same `rows`, each with its interval over the resamples that `score` draws: a part that
    is computed like the whole has the whole's interval. Raises ValueError as `score` does.
    """
    sums, counts = _sums(rows)
    drawn = [sums, *(weights @ rows for weights in _resample(len(rows), resamples, seed))]
    found = {}
    for name, figure in figures.items():
        value, *draws = (_figures(each, counts, partial(_of, figure, counts)) for each in drawn)
        found[name] = _score(value[0], draws, counts, f"{signature}|part:{name}", seed)
    return found


def difference(
    rows_a: Rows, rows_b: Rows, total: Total | None, signature: str, resamples: int = 2000, seed: int = 0
) -> Score:
    """total(a) - total(b) with its 95 % interval, paired: both [n, k] see the same resampled cases, so what makes a
    case hard for both does not widen the interval. Raises ValueError as `score` does, and for unequal n.
    """
    if len(rows_a) != len(rows_b):
        raise ValueError(f"paired rows must be as many: {len(rows_a)} and {len(rows_b)}")
    sums_a, counts = _sums(rows_a)
    sums_b, _ = _sums(rows_b)
    value = _figures(sums_a, counts, total)[0] - _figures(sums_b, counts, total)[0]
    draws = [
        _figures(weights @ rows_a, counts, total) - _figures(weights @ rows_b, counts, total)
        for weights in _resample(len(rows_a), resamples, seed)
    ]
    return _score(value, draws, len(rows_a), signature, seed)


def conclusive(difference: Score) -> bool:
    """Does the interval of a difference exclude zero, on enough rows for that to mean something?"""
    return difference.n >= FEWEST and (difference.low > 0 or difference.high < 0)


def _sums(rows: Rows) -> tuple[Rows, int]:
    """The sum of the rows as [1, k], and how many they are. Raises ValueError for no rows or values not finite."""
    if rows.ndim != 2 or not len(rows):
        raise ValueError(f"expected rows of statistics [n, k] with n of at least 1, found shape {list(rows.shape)}")
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise ValueError(f"row {bad[0]} is not finite (and {len(bad) - 1} more): {rows[bad[0]].tolist()}")
    return rows.sum(axis=0, keepdims=True), len(rows)


def _resample(n: int, resamples: int, seed: int) -> Iterator[Rows]:
    """How often each of n rows is drawn in each resample, [b, n], in blocks that fit in memory."""
    if n < 2:
        return
    draw = np.random.default_rng(seed)
    block = max(1, CELLS // n)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        yield draw.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


def _figures(sums: Rows, n: int, total: Total | None) -> Rows:
    """The figure of each line of sums [b, k], as [b]; NaN where it has none."""
    with np.errstate(all="ignore"):
        figures = sums[:, 0] / n if total is None else np.array([total(line) for line in sums], dtype=np.float64)
    return np.where(np.isfinite(figures), figures, np.nan)


def _of(part: Part, n: int, sums: Rows) -> float:
    return part(sums, n)


def _score(value: float, draws: list[Rows], n: int, signature: str, seed: int) -> Score:
    if not np.isfinite(value):
        raise ValueError(f"{signature}: the {n} rows have no figure (are all references empty?)")
    drawn = np.concatenate(draws) if draws else np.array([])
    kept = drawn[np.isfinite(drawn)]
    if not len(kept):
        return Score(float(value), float(value), float(value), n, signature)
    low, high = np.percentile(kept, [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    recipe = f"{signature}|bootstrap:{len(drawn)}|seed:{seed}"
    if len(kept) < len(drawn):
        recipe += f"|undefined:{len(drawn) - len(kept)}"
    return Score(float(value), float(low), float(high), n, recipe)
