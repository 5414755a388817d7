"""What the report's figures say, in words and as text: as good as they are, and no better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mynah.core.folder import megabytes
from mynah.core.pages import count, signed
from mynah.core.statistics import conclusive
from mynah.core.types import Score
from mynah.measure.contents import SYSTEMS, Report

if TYPE_CHECKING:
    from markupsafe import Markup

AGAINST = {"base": "the base", "prompted": "a prompt", "tuned": "training"}
"""The systems, after 'against'."""
HEADLINES = ("bits_per_byte", "perplexity")
"""The metrics that the headline takes, the first that was measured; else the first of all."""
MEANINGS = {
    "bits_per_byte": "Bits a byte: how surprised it is by each byte of what was really said. Lower is better.",
    "perplexity": "Perplexity: among how many tokens it hesitates at each that was really said. Lower is better.",
}
"""The headline's figures for people who never heard of them."""
TOO_CLOSE = "too close to tell"


class Figure(NamedTuple):
    """A score as text."""

    value: str
    low: str
    high: str
    n: int


class Headline(NamedTuple):
    """Did it get better ('better', 'worse' or neither, and in words)? The first sentence, what to make of it, and the
    figures it rests on by system."""

    verdict: str
    result: str
    sentence: Markup
    conclusion: str
    meaning: str
    figures: dict[str, Figure]


class Comparison(NamedTuple):
    """One system against another. The verdict is 'better', 'worse' or 'too close to tell'."""

    text: str
    figure: Figure
    verdict: str


def measured(report: Report) -> list[str]:
    """The metrics that any system has a score in, in the order of the scores, those of the headline first."""
    found = dict.fromkeys(name for scores in report.scores.values() for name in scores)
    return sorted(found, key=lambda name: HEADLINES.index(name) if name in HEADLINES else len(HEADLINES))


def comparisons(report: Report, name: str) -> list[Comparison]:
    """What the differences in one metric say, in the order of the report."""
    found = []
    for first, others in report.differences.items():
        for second, scores in others.items():
            if name in scores:
                text = f"{SYSTEMS.get(first, first)} against {AGAINST.get(second, second)}"
                figure = as_text({"": scores[name]}, plus=True)[""]
                found.append(Comparison(text, figure, verdict_on(scores[name], report.better.get(name, "higher"))))
    return found


def verdict_on(difference: Score, better: str) -> str:
    if not conclusive(difference):
        return TOO_CLOSE
    return "better" if (difference.value > 0) == (better == "higher") else "worse"


def headline(report: Report) -> Headline:
    """The sentence at the top: as good as the figures are, and no better."""
    name = next(iter(measured(report)), "")
    scores = {system: report.scores[system][name] for system in SYSTEMS if name in report.scores.get(system, {})}
    figures, unit = as_text(scores), report.labels.get(name, name)
    sentence = _sentence(report, name, {system: figure.value for system, figure in figures.items()}, unit)
    meaning = MEANINGS.get(name, f"{unit}: {report.better.get(name, 'higher')} is better.")
    verdict, result = _result(report, name)
    return Headline(verdict, result, sentence, _conclusion(report, name, scores, figures), meaning, figures)


def _result(report: Report, name: str) -> tuple[str, str]:
    """Did training make it better, in a word for the page and in a few for people?"""
    tuned, better = report.differences.get("tuned", {}), report.better.get(name, "higher")
    found = {other: verdict_on(scores[name], better) for other, scores in tuned.items() if name in scores}
    against_base = found.get("base", "")
    if against_base == "better" and found.get("prompted") == "worse":
        return "", "It got better, but a prompt alone does it more"
    told = {"better": "It got better", "worse": "It got worse", TOO_CLOSE: "Too close to tell whether it got better"}
    return against_base if against_base != TOO_CLOSE else "", told.get(against_base, "")


def _sentence(report: Report, name: str, values: Mapping[str, str], unit: str) -> Markup:
    from markupsafe import Markup

    who = Markup("<bdi>{}</bdi>").format(report.persona or "the persona")
    turns = Markup("{} of {}\N{RIGHT SINGLE QUOTATION MARK}s turns").format(
        count(len(report.lengths.get("train", ()))), who
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
        said.append(_over_base(verdict_on(against_base, better), against_base))
    if against_prompt and "prompted" in scores:
        told = {"better": "which training beats", "worse": "which beats the training"}
        verdict = told.get(verdict_on(against_prompt, better), "too close to the training to tell them apart")
        said.append(f"A prompt alone gets to {figures['prompted'].value}, {verdict}.")
    return " ".join(said)


def _over_base(verdict: str, difference: Score) -> str:
    cases = f"{count(difference.n)} test turn{'s' if difference.n != 1 else ''}"
    figure = as_text({"": difference}, plus=True)[""]
    if verdict == TOO_CLOSE:
        return f"On {cases} that may still be chance: the difference lies between {figure.low} and {figure.high}."
    told = {"better": "That is better, and not by chance", "worse": "That is worse, and not by chance"}[verdict]
    return f"{told}: on {cases} the difference is {figure.value}, between {figure.low} and {figure.high}."


def as_text(scores: Mapping[str, Score], plus: bool = False) -> dict[str, Figure]:
    """Scores as text, all with as many decimal places as the narrowest of their intervals bears out; `plus` gives
    differences above zero their sign."""
    widths = [width for s in scores.values() if (width := s.high - s.low) > 0]
    largest = max((abs(s.value) for s in scores.values()), default=0.0)
    unit = min(widths) if widths else (largest or 1.0) / 10
    places = min(4, max(0, 1 - math.floor(math.log10(unit))))
    said = partial(signed, places=places, plus=plus)
    return {key: Figure(said(s.value), said(s.low), said(s.high), s.n) for key, s in scores.items()}


def ranges(groups: Mapping[str, Mapping[str, Score]]) -> dict[str, dict[str, Figure]]:
    """Figures of several things by group, each thing with the same decimal places in all groups."""
    things = dict.fromkeys(thing for found in groups.values() for thing in found)
    texts = {thing: as_text({g: found[thing] for g, found in groups.items() if thing in found}) for thing in things}
    return {group: {thing: texts[thing][group] for thing in found} for group, found in groups.items()}


def plain(value: object) -> str:
    """The value of an option, without the brackets and quotes of a list."""
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def duration(seconds: float) -> str:
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


def size(bytes_: int) -> str:
    """Memory for people; nothing where none was measured."""
    return megabytes(bytes_) if bytes_ > 0 else ""
