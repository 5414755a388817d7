"""The report's pictures, without any text of people; see `core/pages.py`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mynah.core import pages
from mynah.core.pages import COLORS, WIDE, Picture, Table, bins, draw, rows
from mynah.core.types import Score
from mynah.measure.contents import PARTS, SYSTEMS, Gaps, Point
from mynah.measure.words import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HIGH = 215
"""Of most pictures, in points."""
DRAWN = 200
"""Points of a curve that are drawn and listed, about."""


def bars(
    name: str, label: str, better: str, scores: Mapping[str, Score], figures: Mapping[str, Figure], numbers: Table
) -> Picture:
    """A bar for each system, with its interval."""

    def plot(axes: Axes) -> None:
        ends = [0.0, *(end for score in scores.values() for end in (score.value, score.low, score.high))]
        for place, (system, score) in enumerate(scores.items()):
            axes.barh(place, score.value, height=0.56, color=COLORS[system])
            # Not errorbar: a bootstrap interval need not hold its value, and errorbar takes no negative lengths.
            axes.plot([score.low, score.high], [place, place], color=COLORS["ink"], linewidth=1.2, marker="|")
            end = max(score.high, score.value)
            axes.annotate(figures[system].value, (end, place), (7, 0), textcoords="offset points", va="center",
                          weight="bold")  # fmt: skip
        axes.set_yticks(range(len(scores)), [SYSTEMS[system] for system in scores])
        axes.tick_params(axis="y", labelcolor=COLORS["ink"])
        axes.set_xlim(min(ends), (max(ends) or 1.0) * 1.22)
        axes.locator_params(axis="x", nbins=5)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.invert_yaxis()

    said = ", ".join(f"{SYSTEMS[s].lower()} {f.value} ({f.low} to {f.high})" for s, f in figures.items())
    svg = draw(f"bars-{_identifier(name)}", 270, 40 + 34 * len(scores), plot)
    return Picture(svg, f"Bars of {label}, {better} is better: {said}.", numbers)


def _identifier(name: str) -> str:
    """A name that can stand in an id."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name)


def curves(points: Sequence[Point]) -> Picture | None:
    """Training and validation loss by step. None where no loss was logged."""
    kept_points = thin(points)
    lines = {"loss": _line(kept_points, "loss"), "eval_loss": _line(kept_points, "eval_loss")}
    names = {"loss": "in training", "eval_loss": "on the validation part"}
    drawn = {key: line for key, line in lines.items() if line}
    if not drawn:
        return None

    def plot(axes: Axes) -> None:
        looks: dict[str, dict[str, Any]] = {
            "loss": {"color": COLORS["train"], "linewidth": 1.6},
            "eval_loss": {"color": COLORS["tuned"], "linewidth": 2.2, "marker": "o", "markersize": 4},
        }
        for key, line in drawn.items():
            marker = {} if len(line) > 1 else {"marker": "o"}
            axes.plot(*zip(*line, strict=True), label=names[key], **{**looks[key], **marker})
        axes.set_xlabel("step")
        axes.set_ylabel("nats a token")
        axes.locator_params(nbins=6)
        axes.grid(axis="y")
        axes.legend()

    said = "; ".join(f"{names[key]} from {line[0][1]:.3f} to {line[-1][1]:.3f}" for key, line in drawn.items())
    columns: tuple[tuple[str, str, str], ...] = (
        ("step", "step", ","), ("epoch", "epoch", ".2f"), ("loss", "training loss", ".4f"),
        ("eval_loss", "validation loss", ".4f"), ("learning_rate", "learning rate", ".2e"),
    )  # fmt: skip
    kept = [column for column in columns if any(column[0] in point for point in kept_points)]
    cells = [[format(p[key], form) if key in p else "" for key, _, form in kept] for p in map(dict, kept_points)]
    left = f"Drawn and listed are {len(kept_points):,} of {len(points):,} points, all of validation among them."
    note = f"{left} The others are in the run's curves.json." if len(kept_points) < len(points) else ""
    numbers = Table([head for _, head, _ in kept], {"": cells})
    return Picture(draw("curves", WIDE, HIGH, plot), f"Lines of the loss {said}.", numbers, note)


def thin(points: Sequence[Point]) -> Sequence[Point]:
    """About DRAWN points: all with a validation loss, the last, and of the others one every so many."""
    validated = [index for index, point in enumerate(points) if "eval_loss" in point]
    others = [index for index, point in enumerate(points) if "eval_loss" not in point]
    step = math.ceil(len(others) / max(1, DRAWN - len(validated)))
    kept = {*validated, *others[:: max(1, step)], *others[-1:]}
    return [points[index] for index in sorted(kept)]


def _line(points: Sequence[Point], key: str) -> list[tuple[int, float]]:
    """(step, loss) of the points that have this loss as a number."""
    found = ((point.get("step", 0), dict(point).get(key)) for point in points)
    return [(step, value) for step, value in found if isinstance(value, (int, float)) and math.isfinite(value)]


def lengths_of(lengths: Mapping[str, Sequence[int]]) -> Picture | None:
    """How long the replies are, as a share of each part, in bins that double. None where there are none."""
    parts = {part: lengths[part] for part in PARTS if lengths.get(part)}
    if not parts:
        return None
    edges = _doubling(min(map(min, parts.values())), max(map(max, parts.values())))
    counts = {
        part: [sum(low <= v < high for v in values) for low, high in pairwise(edges)] for part, values in parts.items()
    }

    def plot(axes: Axes) -> None:
        width = 0.84 / len(parts)
        for index, (part, found) in enumerate(counts.items()):
            places = [bin + (index - (len(parts) - 1) / 2) * width for bin in range(len(found))]
            shares = [100 * n / len(parts[part]) for n in found]
            axes.bar(places, shares, width=width * 0.9, color=COLORS[part], label=part)
        axes.set_xticks(range(len(edges) - 1), [str(low) for low in edges[:-1]])
        axes.set_xlabel("characters, from")
        axes.set_ylabel("% of replies")
        axes.grid(axis="y")
        axes.legend()

    middles = ", ".join(f"{sorted(v)[len(v) // 2]} in {part}" for part, v in parts.items())
    alt = f"Bars of the lengths of the replies; the middle one has {middles} characters."
    numbers = Table(["characters", *parts], {"": rows(bins(edges), *counts.values())})
    return Picture(draw("lengths", WIDE, HIGH, plot), alt, numbers)


def _doubling(smallest: int, largest: int) -> list[int]:
    """Those of 0, 1, 2, 4, 8, ... between which both lie."""
    edges = [0, *(2**power for power in range(max(largest, 1).bit_length() + 1))]
    return edges[sum(edge <= smallest for edge in edges) - 1 :]


def silences_of(gaps: Gaps | None) -> Picture | None:
    """How long nobody wrote, and where a conversation ends. None where no gap was counted."""
    if not gaps:
        return None
    return pages.silences(gaps["edges"], gaps["counts"], gaps["cut"], "where a conversation ends")
