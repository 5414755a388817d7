"""The report's pictures: SVG inside the page, each with what it shows in words and its numbers as a table.

They are colored by the page's own variables, so they follow its dark and light. No text of people is drawn: matplotlib
puts the letters of right-to-left scripts in the wrong order. Names stand in the page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from mynah.core.types import Score
from mynah.measure.contents import PARTS, SYSTEMS, Gaps, Point
from mynah.measure.words import Figure, count, pause

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes


class Table(NamedTuple):
    """What stands above the columns, and the rows in groups, each under its name where it has one."""

    head: Sequence[str]
    groups: Mapping[str, Sequence[Sequence[str]]]


class Picture(NamedTuple):
    """An SVG for the page, what it shows in words, its numbers as a table, and a word about what is left out."""

    svg: Markup
    alt: str
    numbers: Table
    note: str = ""


DRAWN = 200
"""Points of a curve that are drawn and listed, about."""


COLORS = {
    "base": "#0b0001",
    "prompted": "#0b0002",
    "tuned": "#0b0003",
    "train": "#0b0004",
    "valid": "#0b0005",
    "test": "#0b0006",
    "ink": "#0b0007",
    "muted": "#0b0008",
    "line": "#0b0009",
}
"""Colors that stand for the page's variables of these names; `_draw` puts the variables in their place."""
STYLE = {
    "svg.fonttype": "none",
    "font.size": 11,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLORS["line"],
    "axes.labelcolor": COLORS["muted"],
    "axes.axisbelow": True,
    "grid.color": COLORS["line"],
    "grid.linewidth": 0.7,
    "text.color": COLORS["ink"],
    "xtick.color": COLORS["muted"],
    "ytick.color": COLORS["muted"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.handlelength": 1.0,
}


def _draw(name: str, width: float, height: float, plot: Callable[[Axes], None]) -> Markup:
    """What `plot` draws, in points, as SVG to stand inside the page. `name` keeps its ids apart from other pictures'.
    Pictures are about as wide as a phone, so that their text is never scaled down to nothing.
    """
    import matplotlib
    from markupsafe import Markup
    from matplotlib.figure import Figure as Canvas

    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        canvas = Canvas(figsize=(width / 72, height / 72), layout="constrained")
        plot(canvas.add_subplot())
        drawn = StringIO()
        canvas.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    return Markup(_inline(name, drawn.getvalue()))


def _inline(name: str, svg: str) -> str:
    """The SVG element alone, with ids of its own, the page's colors, and its size left to the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (xmlns(:\w+)?|version)="[^"]*"', "", svg)
    svg = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg \1 aria-hidden="true">', svg, count=1, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    for variable, color in COLORS.items():
        svg = svg.replace(color, f"var(--{variable})")
    return svg


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
    svg = _draw(f"bars-{_identifier(name)}", 270, 40 + 34 * len(scores), plot)
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
    rows = [[format(p[key], form) if key in p else "" for key, _, form in kept] for p in map(dict, kept_points)]
    left = f"Drawn and listed are {len(kept_points):,} of {len(points):,} points, all of validation among them."
    note = f"{left} The others are in the run's curves.json." if len(kept_points) < len(points) else ""
    numbers = Table([head for _, head, _ in kept], {"": rows})
    return Picture(_draw("curves", 310, 215, plot), f"Lines of the loss {said}.", numbers, note)


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
    everything = [value for values in parts.values() for value in values]
    bins = [(low, high) for low, high in _bins(max(everything)) if high > min(everything)]
    counts = {part: [sum(low <= v < high for v in values) for low, high in bins] for part, values in parts.items()}
    names = [str(low) if high - low == 1 else f"{low}\N{EN DASH}{high - 1}" for low, high in bins]

    def plot(axes: Axes) -> None:
        width = 0.84 / len(parts)
        for index, (part, found) in enumerate(counts.items()):
            places = [bin + (index - (len(parts) - 1) / 2) * width for bin in range(len(bins))]
            shares = [100 * count / len(parts[part]) for count in found]
            axes.bar(places, shares, width=width * 0.9, color=COLORS[part], label=part)
        axes.set_xticks(range(len(bins)), [str(low) for low, _ in bins])
        axes.set_xlabel("characters, from")
        axes.set_ylabel("% of replies")
        axes.grid(axis="y")
        axes.legend()

    middles = ", ".join(f"{sorted(v)[len(v) // 2]} in {part}" for part, v in parts.items())
    rows = [[name, *(count(counts[part][bin]) for part in parts)] for bin, name in enumerate(names)]
    alt = f"Bars of the lengths of the replies; the middle one has {middles} characters."
    return Picture(_draw("lengths", 310, 215, plot), alt, Table(["characters", *parts], {"": rows}))


def _bins(largest: int) -> list[tuple[int, int]]:
    """From and up to, doubling: 0, 1, 2-3, 4-7, ..."""
    return list(pairwise((0, *(2**power for power in range(max(largest, 1).bit_length() + 1)))))


TICKS = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400)
"""Times that people know, in seconds."""


def gaps_of(gaps: Gaps | None) -> Picture | None:
    """How long nobody wrote, on an axis of powers, and where a conversation ends. None where no gap was counted."""
    if not gaps or not any(gaps["counts"]):
        return None
    edges = [max(edge, 0.5) for edge in gaps["edges"]]  # 0 has no place on such an axis

    def plot(axes: Axes) -> None:
        widths = [high - low for low, high in pairwise(edges)]
        axes.bar(edges[:-1], gaps["counts"], widths, align="edge", color=COLORS["train"], edgecolor="none")
        axes.axvline(gaps["cut"], color=COLORS["tuned"], linewidth=2)
        axes.annotate(pause(gaps["cut"]), (gaps["cut"], 1), (5, -3), xycoords=("data", "axes fraction"),
                      textcoords="offset points", va="top", weight="bold", color=COLORS["tuned"])  # fmt: skip
        axes.set_xscale("log")
        shown = [tick for tick in TICKS if edges[0] <= tick <= edges[-1]]
        axes.set_xticks(shown, [pause(tick) for tick in shown], rotation=45)
        axes.minorticks_off()
        axes.set_ylabel("gaps")
        axes.grid(axis="y")

    names = [[pause(low), pause(high)] for low, high in pairwise(gaps["edges"])]
    names[0][0], names[-1][1] = "0 s", "more"  # shorter and longer gaps count in the first and the last bin
    rows = [[*name, count(found)] for name, found in zip(names, gaps["counts"], strict=True)]
    shorter = sum(n for edge, n in zip(gaps["edges"], gaps["counts"], strict=False) if edge < gaps["cut"])
    total, cut = count(sum(gaps["counts"])), pause(gaps["cut"])
    alt = f"Bars of the time between messages: {count(shorter)} of {total} below {cut}, where a conversation ends."
    return Picture(_draw("gaps", 310, 215, plot), alt, Table(["from", "to", "gaps"], {"": rows}))
