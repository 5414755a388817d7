"""Pages for people: SVG pictures inside one HTML file that needs nothing but itself, and what all such pages share.

A picture stands with what it shows in words and its numbers as a table. It is colored by the page's own variables, so
that it follows its dark and light. No text of people is drawn: matplotlib puts the letters of right-to-left scripts in
the wrong order. Names and words stand in the page. `pages.html.jinja` holds the shared style and macros.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes

CODE = (Path(__file__), Path(__file__).with_name("pages.html.jinja"))
"""The files with a part in every page: what they hold belongs to the fingerprint of a stage that writes one."""


class Table(NamedTuple):
    """What stands above the columns, and the rows in groups, each under its name where it has one."""

    head: Sequence[str]
    groups: Mapping[str, Sequence[Sequence[str]]]


class Picture(NamedTuple):
    """An SVG for the page, what it shows in words, its numbers as a table, a word about what is left out, and what its
    colors stand for: (name of the color, its number in the picture or nothing, a name)."""

    svg: Markup
    alt: str
    numbers: Table
    note: str = ""
    legend: Sequence[tuple[str, str, str]] = ()


NAMES = (
    *("base", "prompted", "tuned", "train", "valid", "test", "ink", "muted", "line"),
    *("one", "two", "three", "four", "five", "six", "others"),
)
COLORS = {name: f"#0b00{place:02x}" for place, name in enumerate(NAMES, 1)}
"""Colors that stand for the page's variables of these names; `draw` puts the variables in their place."""
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


WIDE = 310
"""How wide most pictures are, in points: about as a phone, so that their text is never scaled down to nothing."""


def draw(name: str, width: float, height: float, plot: Callable[[Axes], None]) -> Markup:
    """What `plot` draws, in points, as SVG to stand inside the page. `name` keeps its ids apart from all others."""
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


def rendered(folder: Path, filters: Mapping[str, Callable[..., str]], **shown: object) -> str:
    """What `page.html.jinja` of `folder` makes of what is `shown`; the template can import `pages.html.jinja`.

    Text is escaped. A name that is not there is an error. What UTF-8 cannot hold, halves of emoji in cut-off exports,
    becomes '?'.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(count=count, pause=pause, words=spaced, **filters)
    page = templates.get_template("page.html.jinja").render(shown)
    return page.strip().encode("utf-8", "replace").decode("utf-8")


def count(value: object) -> str:
    """Whole numbers with commas; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def short(value: int) -> str:
    """A count for a narrow place: 999, 1.2k, 34k."""
    if value < 1000:
        return str(value)
    return f"{value / 1000:.1f}k" if value < 9950 else f"{value / 1000:,.0f}k"


def spaced(name: str) -> str:
    """A name of the code as words: 'too_short' as 'too short'."""
    return name.replace("_", " ")


def pause(seconds: float) -> str:
    """A time in one unit: `45 min`, `1.5 h`."""
    units = (("s", 1), ("min", 60), ("h", 3600), ("d", 86400))
    unit, length = [each for each in units if each[1] <= max(seconds, 1)][-1]
    return f"{seconds / length:.3g} {unit}"


def signed(value: float, places: int = 2, plus: bool = False) -> str:
    """A number with a true minus sign, a plus where asked, and no sign before zero."""
    text = f"{value:{'+' if plus else ''},.{places}f}"
    if not text.strip("+-0.,"):
        text = text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}")


def rows(*columns: Sequence[Any]) -> list[list[str]]:
    """Columns of equal length as the rows of a table."""
    return [[count(cell) for cell in row] for row in zip(*columns, strict=True)]


def bins(edges: Sequence[int]) -> list[str]:
    """What lies from each of the edges up to the next, in whole numbers: `1`, `2\N{EN DASH}3`, `4\N{EN DASH}7`."""
    return [count(low) if high - low == 1 else f"{low:,}\N{EN DASH}{high - 1:,}" for low, high in pairwise(edges)]


TICKS = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400)
"""Times that people know, in seconds."""


def silences(
    edges: Sequence[float], counts: Sequence[int], cut: float, meaning: str, line: str = "-"
) -> Picture | None:
    """How long nobody wrote: `counts` between `edges` in seconds, on an axis of powers, and the `cut` as a `line` of
    matplotlib's. `meaning` says what the cut is. None where nothing was counted."""
    if not any(counts):
        return None
    ends = [max(float(edge), 0.5) for edge in edges]  # 0 has no place on such an axis

    def plot(axes: Axes) -> None:
        widths = [high - low for low, high in pairwise(ends)]
        axes.bar(ends[:-1], counts, widths, align="edge", color=COLORS["train"], edgecolor="none")
        axes.axvline(cut, color=COLORS["tuned"], linewidth=2, linestyle=line)
        axes.annotate(pause(cut), (cut, 1), (5, -3), xycoords=("data", "axes fraction"), textcoords="offset points",
                      va="top", weight="bold", color=COLORS["tuned"])  # fmt: skip
        axes.set_xscale("log")
        shown = [tick for tick in TICKS if ends[0] <= tick <= ends[-1]]
        axes.set_xticks(shown, [pause(tick) for tick in shown], rotation=45)
        axes.minorticks_off()
        axes.set_ylabel("gaps")
        axes.grid(axis="y")

    spans = [[pause(low), pause(high)] for low, high in pairwise(edges)]
    spans[0][0], spans[-1][1] = "0 s", "more"  # shorter and longer gaps count in the first and the last bin
    shorter = sum(n for edge, n in zip(edges, counts, strict=False) if edge < cut)
    alt = f"Bars of the time between messages: {shorter:,} of {sum(counts):,} below {pause(cut)}, {meaning}."
    cells = [[*span, count(n)] for span, n in zip(spans, counts, strict=True)]
    return Picture(draw("silences", WIDE, 215, plot), alt, Table(["from", "to", "gaps"], {"": cells}))
