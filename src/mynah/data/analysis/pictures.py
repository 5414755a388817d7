"""The analysis in pictures: SVG without any text of people; see `core/pages.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from mynah.core import pages
from mynah.core.pages import COLORS, WIDE, Picture, Table, bins, count, draw, rows, signed
from mynah.data.analysis.contents import Analysis
from mynah.data.analysis.sentiment import Mean
from mynah.data.analysis.times import OTHERS, WEEKDAYS
from mynah.data.analysis.words import Mark, Marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPEAKERS = ("one", "two", "three", "four", "five", "six")
"""The colors of those who write most, in this order on the whole page."""
HIGH = 200
"""Of most pictures, in points."""
FEW = 60
"""Periods up to which each has a bar."""


def color(found: Analysis, name: str) -> str:
    """The name of the color of a speaker."""
    places = {each.name: place for place, each in enumerate(found.speakers[: len(SPEAKERS)])}
    return SPEAKERS[places[name]] if name in places and name != OTHERS else "others"


def over_time(found: Analysis) -> Picture | None:
    """Messages of each speaker by period, one on the other."""
    times = found.times
    if not times or len(times.periods) < 2:
        return None
    shown = times.by_speaker
    colors = [color(found, name) for name in shown]

    def plot(axes: Axes) -> None:
        below = [0] * len(times.periods)
        for name, values in zip(colors, shown.values(), strict=True):
            above = [a + b for a, b in zip(below, values, strict=True)]
            _columns(axes, below, above, COLORS[name])
            below = above
        _periods(axes, times.periods)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(f"messages a {times.unit}")
        axes.grid(axis="y")

    most = max(range(len(times.messages)), key=lambda place: times.messages[place])
    alt = (
        f"Bars of the messages by {times.unit}, from {times.periods[0]} to {times.periods[-1]}; the most, "
        f"{times.messages[most]:,}, in that of {times.periods[most]}."
    )
    numbers = Table([times.unit, "all", *shown], {"": rows(times.periods, times.messages, *shown.values())})
    legend = [(each, "", name) for each, name in zip(colors, shown, strict=True)] if len(shown) > 1 else []
    return Picture(draw("over-time", WIDE, HIGH, plot), alt, numbers, legend=legend)


def conversations(found: Analysis) -> Picture | None:
    """Conversations that begin, by period."""
    times = found.times
    if not times or len(times.periods) < 2:
        return None

    def plot(axes: Axes) -> None:
        _columns(axes, [0] * len(times.periods), times.conversations, COLORS["train"])
        _periods(axes, times.periods)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(f"conversations a {times.unit}")
        axes.grid(axis="y")

    alt = f"Bars of the conversations that begin, by {times.unit}: {sum(times.conversations):,} in all."
    numbers = Table([times.unit, "conversations"], {"": rows(times.periods, times.conversations)})
    return Picture(draw("conversations", WIDE, HIGH, plot), alt, numbers)


def _columns(axes: Axes, below: Sequence[int], above: Sequence[int], color: str) -> None:
    """A bar for each period; many as one shape, which is small and does not shimmer."""
    if len(below) <= FEW:
        heights = [b - a for a, b in zip(below, above, strict=True)]
        axes.bar(range(len(below)), heights, width=0.86, bottom=below, color=color, edgecolor="none")
        return
    edges = [place - 0.5 for place in range(len(below) + 1)]
    axes.fill_between(edges, [*below, below[-1]], [*above, above[-1]], step="post", color=color, linewidth=0)


def _periods(axes: Axes, names: Sequence[str]) -> None:
    """A few dates below the bars; each begins where its bar is."""
    step = max(1, -(-len(names) // (3 if len(names[0]) > 7 else 5)))
    places = range(0, len(names), step)
    axes.set_xticks(list(places), [names[place] for place in places], ha="left")
    axes.tick_params(axis="x", pad=5)
    axes.set_xlim(-0.6, len(names) - 0.4)


def week(found: Analysis) -> Picture | None:
    """The heat map of weekdays and hours."""
    if not found.times:
        return None
    counts = found.times.week
    most = max(max(day) for day in counts)

    def plot(axes: Axes) -> None:
        from matplotlib.patches import Rectangle

        for day, hours in enumerate(counts):
            for hour, n in enumerate(hours):
                place = (hour + 0.05, day + 0.06)
                axes.add_patch(Rectangle(place, 0.9, 0.88, color=COLORS["line"], alpha=0.5, linewidth=0))
                if n:
                    alpha = min(1.0, 0.1 + 0.9 * (n / most))
                    axes.add_patch(Rectangle(place, 0.9, 0.88, color=COLORS["one"], alpha=alpha, linewidth=0))
        axes.set_xlim(0, 24)
        axes.set_ylim(7, 0)
        axes.set_xticks(range(0, 25, 3))
        axes.set_yticks([day + 0.5 for day in range(7)], [day[:3] for day in WEEKDAYS])
        axes.set_xlabel("hour")
        for side in axes.spines.values():
            side.set_visible(False)

    day, hour = divmod(max(range(168), key=lambda place: counts[place // 24][place % 24]), 24)
    alt = f"A heat map of weekdays and hours; the most messages, {most:,}, on {WEEKDAYS[day]} from {hour}:00 on."
    numbers = Table(["hour", *(day[:3] for day in WEEKDAYS)], {"": rows([f"{hour:02}" for hour in range(24)], *counts)})
    return Picture(draw("week", WIDE, 165, plot), alt, numbers)


def hours(found: Analysis) -> Picture | None:
    """Messages by hour of the day."""
    if not found.times:
        return None
    sums = [sum(day[hour] for day in found.times.week) for hour in range(24)]
    shares = [100 * n / found.times.timed for n in sums]

    def plot(axes: Axes) -> None:
        axes.bar([hour + 0.5 for hour in range(24)], shares, width=0.86, color=COLORS["one"], edgecolor="none")
        axes.set_xticks(range(0, 25, 3))
        axes.set_xlim(0, 24)
        axes.set_xlabel("hour")
        axes.set_ylabel("% of messages")
        axes.grid(axis="y")

    most = max(range(24), key=lambda hour: sums[hour])
    alt = f"Bars of the messages by hour; the most, {shares[most]:.1f} %, from {most}:00 on."
    numbers = Table(["hour", "messages", "%"], {"": rows([f"{h:02}" for h in range(24)], sums, _places(shares))})
    return Picture(draw("hours", WIDE, 165, plot), alt, numbers)


def _places(values: Sequence[float], places: int = 1) -> list[str]:
    return [signed(value, places) for value in values]


def answers(found: Analysis) -> Table | None:
    """The numbers of who answers whom: a row is who answers."""
    told = found.answers
    return Table(["", *told.names], {"": rows(told.names, *zip(*told.counts, strict=True))}) if told else None


def silences(found: Analysis) -> Picture | None:
    """How long nobody wrote, and the cut that this suggests; where it suggests none, the usual one is dotted."""
    silence = found.silences
    line = "-" if silence["how"] == "auto" else ":"
    return pages.silences(silence["edges"], silence["counts"], silence["cut"], "the cut", line)


def lengths(found: Analysis) -> Picture:
    """How long messages are, in bins that double."""
    edges, counts = found.lengths.edges, found.lengths.counts
    shares = [100 * n / found.messages for n in counts]

    def plot(axes: Axes) -> None:
        axes.bar(range(len(counts)), shares, width=0.86, color=COLORS["train"], edgecolor="none")
        step = max(1, -(-len(counts) // 8))
        axes.set_xticks(list(range(0, len(counts), step)), [f"{edges[i]:,}" for i in range(0, len(counts), step)])
        axes.set_xlabel("characters, from")
        axes.set_ylabel("% of messages")
        axes.grid(axis="y")

    alt = f"Bars of the lengths; the middle message has {found.lengths.all[2]:,.0f} characters."
    numbers = Table(["characters", "messages", "%"], {"": rows(bins(edges), counts, _places(shares))})
    return Picture(draw("lengths", WIDE, HIGH, plot), alt, numbers)


def boxes(found: Analysis) -> Picture | None:
    """The lengths of each speaker: half of the messages in the box, nine of ten between the whiskers."""
    shown = found.lengths.boxes
    if not shown:
        return None
    colors = [color(found, name) for name in shown]

    def plot(axes: Axes) -> None:
        for place, (each, quantiles) in enumerate(zip(colors, shown.values(), strict=True)):
            low, first, middle, third, high = (max(value, 0.7) for value in quantiles)  # 0 has no place on such an axis
            axes.plot([low, high], [place, place], color=COLORS[each], linewidth=1.4)
            axes.barh(place, third - first, left=first, height=0.55, color=COLORS[each], edgecolor="none")
            axes.plot([middle, middle], [place - 0.36, place + 0.36], color=COLORS["ink"], linewidth=2.4)
        axes.set_xscale("log")
        ends = [max(value, 0.7) for quantiles in shown.values() for value in quantiles]
        ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000) if min(ends) <= tick <= max(ends)]
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        axes.set_yticks(range(len(shown)), [str(place + 1) for place in range(len(shown))], weight="bold")
        axes.invert_yaxis()
        axes.set_xlabel("characters")
        axes.grid(axis="x")

    cells = [[name, *_places(box, 0)] for name, box in zip(shown, shown.values(), strict=True)]
    said = "; ".join(f"{name} {box[2]:,.0f}" for name, box in shown.items())
    note = "Half of the messages lie in the box, nine of ten on the line; the mark is the middle one."
    return Picture(
        draw("boxes", WIDE, 52 + 26 * len(shown), plot),
        f"Box plots of the lengths by speaker; in the middle: {said} characters.",
        Table(["", "5 %", "25 %", "middle", "75 %", "95 %"], {"": cells}),
        note,
        _numbered(colors, shown),
    )


def marks(found: Marks) -> Table:
    """The numbers of the words that mark each speaker."""

    def cells(mark: Mark) -> list[str]:
        rates = _places([mark.per_1000, mark.others_per_1000, mark.z])
        return [mark.word, count(mark.here), count(mark.elsewhere), *rates]

    head = ["", "messages", "of others", "in 1,000", "of others", "z"]
    return Table(head, {who: [cells(mark) for mark in theirs] for who, theirs in found.by_speaker.items() if theirs})


def sentiment(found: Analysis) -> Picture | None:
    """The distribution of the scores."""
    felt = found.sentiment
    if not felt.scored:
        return None
    shares = [100 * n / felt.scored for n in felt.counts]

    def plot(axes: Axes) -> None:
        for low, high, share in zip(felt.edges, felt.edges[1:], shares, strict=False):
            side = "two" if high < 0 else "three" if low > 0 else "others"
            axes.bar((low + high) / 2, share, width=(high - low) * 0.88, color=COLORS[side], edgecolor="none")
        axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["\N{MINUS SIGN}1", "\N{MINUS SIGN}0.5", "0", "0.5", "1"])
        axes.set_xlabel("unfriendly \N{LEFTWARDS ARROW} score \N{RIGHTWARDS ARROW} friendly")
        axes.set_ylabel("% of messages")
        axes.grid(axis="y")

    names = [signed((low + high) / 2, 1) for low, high in pairwise(felt.edges)]
    alt = (
        f"Bars of the sentiment scores from minus 1 to 1: {felt.positive:,} of {felt.scored:,} positive, "
        f"{felt.negative:,} negative, {felt.unknown:,} exactly 0."
    )
    numbers = Table(["score, about", "messages", "%"], {"": rows(names, felt.counts, _places(shares))})
    return Picture(draw("sentiment", WIDE, HIGH, plot), alt, numbers)


def sentiment_over_time(found: Analysis) -> Picture | None:
    """The mean score by period, with its interval."""
    felt = found.sentiment
    means = felt.by_period or {}
    if len(means) < 3:
        return None

    def plot(axes: Axes) -> None:
        places = range(len(means))
        axes.fill_between(places, [m.low for m in means.values()], [m.high for m in means.values()],
                          color=COLORS["three"], alpha=0.3, linewidth=0)  # fmt: skip
        axes.plot(places, [m.value for m in means.values()], color=COLORS["three"], linewidth=1.8)
        _periods(axes, list(means))
        axes.axhline(0, color=COLORS["muted"], linewidth=0.8)
        axes.set_ylabel("mean score")
        axes.grid(axis="y")

    alt = f"A line of the mean score by {felt.unit}, with its 95 % interval as a band."
    note = f"The band is the 95 % interval. A {felt.unit} with fewer than 30 scored messages is left out."
    return Picture(draw("sentiment-time", WIDE, HIGH, plot), alt, _means(felt.unit, means), note)


def sentiment_by_speaker(found: Analysis) -> Picture | None:
    """The mean score of each speaker, with its interval."""
    means = found.sentiment.by_speaker or {}
    if len(means) < 2:
        return None
    colors = [color(found, name) for name in means]

    def plot(axes: Axes) -> None:
        for place, (each, mean) in enumerate(zip(colors, means.values(), strict=True)):
            axes.plot([mean.low, mean.high], [place, place], color=COLORS[each], linewidth=2)
            axes.plot(mean.value, place, "o", color=COLORS[each], markersize=7)
        axes.axvline(0, color=COLORS["muted"], linewidth=0.8)
        axes.set_yticks(range(len(means)), [str(place + 1) for place in range(len(means))], weight="bold")
        axes.set_ylim(len(means) - 0.4, -0.6)
        axes.locator_params(axis="x", nbins=5)
        axes.set_xlabel("mean score")
        axes.grid(axis="x")

    said = ", ".join(f"{name} {signed(mean.value)}" for name, mean in means.items())
    return Picture(
        draw("sentiment-speakers", WIDE, 52 + 26 * len(means), plot),
        f"Dots of the mean score by speaker, with 95 % intervals: {said}.",
        _means("", means),
        "The lines are 95 % intervals.",
        _numbered(colors, means),
    )


def _numbered(colors: Iterable[str], names: Iterable[str]) -> list[tuple[str, str, str]]:
    """The legend of a picture that has numbers for names."""
    return [(each, f"{i}.", name) for i, (each, name) in enumerate(zip(colors, names, strict=True), 1)]


def _means(head: str, means: dict[str, Mean]) -> Table:
    cells = [[name, *_places([m.low, m.value, m.high], 3), count(m.n)] for name, m in means.items()]
    return Table([head, "low", "mean", "high", "messages"], {"": cells})
