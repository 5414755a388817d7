"""The report: one HTML file that says what came in, what was learned, and whether the bot got any better.

What comes in is plain data (`Report`); what goes out is a page that needs nothing but itself: no script, no font, no
address. Its pictures are SVG inside the page, colored by the page's own variables, so they follow its dark and light.
What people wrote is shown as text, never as HTML.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from mynah.core.statistics import conclusive
from mynah.core.types import Score

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes

SYSTEMS = {"base": "Out of the box", "prompted": "With a prompt", "tuned": "Trained"}
"""The systems of a report, and what people call them, from before to after."""
AGAINST = {"base": "the base", "prompted": "a prompt", "tuned": "training"}
"""The same, after 'against'."""
HEADLINES = ("bits_per_byte", "perplexity")
"""The metrics that the headline takes, the first that was measured; else the first of all."""
MEANINGS = {
    "bits_per_byte": "Bits a byte: how surprised it is by each byte of what was really said. Lower is better.",
    "perplexity": "Perplexity: among how many tokens it hesitates at each that was really said. Lower is better.",
}
"""The headline's figures for people who never heard of them."""
PARTS = ("train", "valid", "test")


class Account(TypedDict):
    """What one stage did: how many of what came in and went out, notes for people, and its time in seconds."""

    stage: str
    came_in: Mapping[str, Any]
    went_out: Mapping[str, Any]
    notes: Sequence[str]
    seconds: float


class UnparsedLine(TypedDict):
    """A line that no rule could read, counted from 1."""

    file: str
    line: int
    text: str
    reason: str


class Ingest(TypedDict, total=False):
    """What was understood of the input. `speakers` maps each to a share of the messages, 0 to 1."""

    source: str
    date_order: str
    first: str
    last: str
    messages: int
    conversations: int
    speakers: Mapping[str, float]
    unparsed: Sequence[UnparsedLine]


class Point(TypedDict, total=False):
    """One line of the training log. Losses are in nats a token."""

    step: int
    epoch: float
    loss: float
    eval_loss: float
    learning_rate: float


class Exchange(TypedDict, total=False):
    """One test case: what stood before, what was really said, and what each system said instead, all as bubbles."""

    context: Sequence[tuple[str, Sequence[str]]]
    reference: Sequence[str]
    base: Sequence[str]
    prompted: Sequence[str]
    tuned: Sequence[str]


@dataclass(frozen=True)
class Report:
    """All that the page shows, as plain data. What is empty is left out of the page."""

    title: str
    persona: str
    made_at: str
    accounts: Sequence[Account] = ()
    ingest: Ingest = field(default_factory=lambda: Ingest())
    drops: Mapping[str, int] = field(default_factory=dict)
    """How many rows cleaning dropped, by reason."""
    lengths: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Characters of each reply of the persona, by part: train, valid, test."""
    curves: Sequence[Point] = ()
    scores: Mapping[str, Mapping[str, Score]] = field(default_factory=dict)
    """By system (`SYSTEMS`) and metric."""
    differences: Mapping[str, Mapping[str, Mapping[str, Score]]] = field(default_factory=dict)
    """differences["tuned"]["base"]["bleu"] is what the tuned has over the base."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What people call each metric."""
    better: Mapping[str, str] = field(default_factory=dict)
    """"higher" or "lower", by metric."""
    exchanges: Sequence[Exchange] = ()
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a system that the page would leave out."""
        if unknown := self.scores.keys() - SYSTEMS:
            raise ValueError(f"unknown systems {sorted(unknown)}; known: {list(SYSTEMS)}")


def render(report: Report) -> str:
    """The page. It holds nothing that UTF-8 cannot: halves of emoji, which cut-off exports contain, become '?'."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(count=_count, duration=_duration, words=_words, plain=_plain)
    page = pages.get_template("page.html.jinja").render(
        report=report,
        systems=SYSTEMS,
        headline=_headline(report),
        metrics=[_metric(report, name) for name in _metrics(report)],
        curves=_curves(report.curves),
        lengths=_lengths(report.lengths),
        drops=[(_words(why), _count(rows)) for why, rows in sorted(report.drops.items(), key=lambda d: -d[1])],
    )
    return page.strip().encode("utf-8", "replace").decode("utf-8")


# What the figures say, in words -------------------------------------------------------------------------------------


class Figure(NamedTuple):
    """A score as text."""

    value: str
    low: str
    high: str
    n: int


class Headline(NamedTuple):
    """The first sentence, what to make of it, and the figures it rests on by system."""

    sentence: Markup
    verdict: str
    meaning: str
    figures: dict[str, Figure]


class Comparison(NamedTuple):
    """One system against another. The verdict is 'better', 'worse' or 'too close to tell'."""

    text: str
    figure: Figure
    verdict: str


class Metric(NamedTuple):
    """All about one metric."""

    label: str
    better: str
    figures: dict[str, Figure]
    best: str
    comparisons: list[Comparison]
    signature: str
    picture: Picture


def _metrics(report: Report) -> list[str]:
    """The metrics that any system has a score in, in the order of the scores, those of the headline first."""
    found = dict.fromkeys(name for scores in report.scores.values() for name in scores)
    return sorted(found, key=lambda name: HEADLINES.index(name) if name in HEADLINES else len(HEADLINES))


def _metric(report: Report, name: str) -> Metric:
    scores = {system: report.scores[system][name] for system in SYSTEMS if name in report.scores.get(system, {})}
    label, better = report.labels.get(name, name), report.better.get(name, "higher")
    figures = _figures(scores)
    best = (min if better == "lower" else max)(scores, key=lambda system: scores[system].value)
    picture = _bars(name, label, better, scores, figures)
    signature = next(iter(scores.values())).signature
    return Metric(label, better, figures, best, _comparisons(report, name), signature, picture)


def _comparisons(report: Report, name: str) -> list[Comparison]:
    """What the differences in one metric say, in the order of the report."""
    found = []
    for first, others in report.differences.items():
        for second, scores in others.items():
            if name in scores:
                text = f"{SYSTEMS.get(first, first)} against {AGAINST.get(second, second)}"
                figure = _figures({"": scores[name]}, signed=True)[""]
                found.append(Comparison(text, figure, _verdict(scores[name], report.better.get(name, "higher"))))
    return found


def _verdict(difference: Score, better: str) -> str:
    if not conclusive(difference):
        return "too close to tell"
    return "better" if (difference.value > 0) == (better == "higher") else "worse"


def _headline(report: Report) -> Headline:
    """The sentence at the top: as good as the figures are, and no better."""
    name = next(iter(_metrics(report)), "")
    scores = {system: report.scores[system][name] for system in SYSTEMS if name in report.scores.get(system, {})}
    figures, unit = _figures(scores), report.labels.get(name, name)
    sentence = _sentence(report, name, {system: figure.value for system, figure in figures.items()}, unit)
    meaning = MEANINGS.get(name, f"{unit}: {report.better.get(name, 'higher')} is better.")
    return Headline(sentence, _conclusion(report, name, scores, figures), meaning, figures)


def _sentence(report: Report, name: str, values: Mapping[str, str], unit: str) -> Markup:
    from markupsafe import Markup

    who = Markup("<bdi>{}</bdi>").format(report.persona or "the persona")
    turns = Markup("{} of {}\N{RIGHT SINGLE QUOTATION MARK}s turns").format(
        _count(len(report.lengths.get("train", ()))), who
    )
    before, after = values.get("base"), values.get("tuned")
    if not values:
        return Markup("The bot learned to talk like {}. Nothing has been measured yet.").format(who)
    system = "tuned" if after else next(iter(values))
    claim = Markup(_claim(name)).format(value=values[system], unit=unit)
    instead = Markup(" instead of {}").format(before) if after and before else ""
    subject = Markup("Trained on {}, the bot").format(turns) if after else Markup("Before any training, the base")
    return Markup("{} {}{}{}.").format(subject, claim, instead, Markup(_aim(name)).format(who=who))


def _claim(name: str) -> str:
    known = {"bits_per_byte": "needs {value} bits a byte", "perplexity": "has a perplexity of {value}"}
    return known.get(name, "scores {value} in {unit}")


def _aim(name: str) -> str:
    known = {"bits_per_byte": " to say what {who} really said", "perplexity": " on what {who} really said"}
    return known.get(name, " against what {who} really said")


def _conclusion(report: Report, name: str, scores: Mapping[str, Score], figures: Mapping[str, Figure]) -> str:
    """What to make of the headline's figures: chance or not, and whether a prompt would have done as well."""
    if "tuned" not in scores:
        return ""
    better, said = report.better.get(name, "higher"), []
    tuned = report.differences.get("tuned", {})
    against_base, against_prompt = tuned.get("base", {}).get(name), tuned.get("prompted", {}).get(name)
    if against_base:
        said.append(_over_base(_verdict(against_base, better), against_base))
    if against_prompt and "prompted" in scores:
        told = {"better": "which training beats", "worse": "which beats the training"}
        verdict = told.get(_verdict(against_prompt, better), "too close to the training to tell them apart")
        said.append(f"A prompt alone gets to {figures['prompted'].value}, {verdict}.")
    return " ".join(said)


def _over_base(verdict: str, difference: Score) -> str:
    cases = f"{_count(difference.n)} test turn{'s' if difference.n != 1 else ''}"
    figure = _figures({"": difference}, signed=True)[""]
    if verdict == "too close to tell":
        return f"On {cases} that may still be chance: the difference lies between {figure.low} and {figure.high}."
    told = {"better": "That is better, and not by chance", "worse": "That is worse, and not by chance"}[verdict]
    return f"{told}: on {cases} the difference is {figure.value}, between {figure.low} and {figure.high}."


def _figures(scores: Mapping[str, Score], signed: bool = False) -> dict[str, Figure]:
    """Scores as text, all with as many decimal places as the narrowest of their intervals bears out."""
    widths = [width for s in scores.values() if (width := s.high - s.low) > 0]
    largest = max((abs(s.value) for s in scores.values()), default=0.0)
    unit = min(widths) if widths else (largest or 1.0) / 10
    places = min(4, max(0, 1 - math.floor(math.log10(unit))))
    said = partial(_number, places=places, signed=signed)
    return {key: Figure(said(s.value), said(s.low), said(s.high), s.n) for key, s in scores.items()}


def _number(value: float, places: int, signed: bool = False) -> str:
    """With a true minus sign, no minus before zero, and a plus where asked."""
    text = f"{value:{'+' if signed else ''},.{places}f}"
    if not text.strip("+-0.,"):
        text = text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}")


def _count(value: object) -> str:
    """Whole numbers with commas; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _plain(value: object) -> str:
    """The value of an option, without the brackets and quotes of a list."""
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _words(name: str) -> str:
    """A name of the code as words: 'too_short' as 'too short'."""
    return name.replace("_", " ")


def _duration(seconds: float) -> str:
    """Time for people: two units at most."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    minutes, rest = divmod(total, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


# Pictures -----------------------------------------------------------------------------------------------------------


class Picture(NamedTuple):
    """An SVG for the page, what it shows in words, and its numbers as a table."""

    svg: Markup
    alt: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


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


def _bars(name: str, label: str, better: str, scores: Mapping[str, Score], figures: Mapping[str, Figure]) -> Picture:
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
    rows = [[SYSTEMS[s], f.value, f.low, f.high, _count(f.n)] for s, f in figures.items()]
    svg = _draw(f"bars-{_identifier(name)}", 270, 40 + 34 * len(scores), plot)
    return Picture(svg, f"Bars of {label}, {better} is better: {said}.", ["", label, "from", "to", "test turns"], rows)


def _identifier(name: str) -> str:
    """A name that can stand in an id."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name)


def _curves(points: Sequence[Point]) -> Picture | None:
    """Training and validation loss by step. None where no loss was logged."""
    lines = {"loss": _line(points, "loss"), "eval_loss": _line(points, "eval_loss")}
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
    kept = [column for column in columns if any(column[0] in point for point in points)]
    rows = [[format(p[key], form) if key in p else "" for key, _, form in kept] for p in map(dict, points)]
    return Picture(_draw("curves", 310, 215, plot), f"Lines of the loss {said}.", [head for _, head, _ in kept], rows)


def _line(points: Sequence[Point], key: str) -> list[tuple[int, float]]:
    """(step, loss) of the points that have this loss as a number."""
    found = ((point.get("step", 0), dict(point).get(key)) for point in points)
    return [(step, value) for step, value in found if isinstance(value, (int, float)) and math.isfinite(value)]


def _lengths(lengths: Mapping[str, Sequence[int]]) -> Picture | None:
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
    rows = [[name, *(_count(counts[part][bin]) for part in parts)] for bin, name in enumerate(names)]
    alt = f"Bars of the lengths of the replies; the middle one has {middles} characters."
    return Picture(_draw("lengths", 310, 215, plot), alt, ["characters", *parts], rows)


def _bins(largest: int) -> list[tuple[int, int]]:
    """From and up to, doubling: 0, 1, 2-3, 4-7, ..."""
    return list(pairwise((0, *(2**power for power in range(max(largest, 1).bit_length() + 1)))))
