"""Evaluate: a run comes in, scores of base, prompted base and tuned go out, on the test part.

    mynah evaluate

Likelihood metrics use every turn of the test part, text metrics the replies to at most `replies` prompts. `prompted`
is the untuned base that is shown `examples` of the persona's own replies. Each figure has a bootstrap interval, each
difference a paired one. A metric's parts (precisions, say) have theirs by the same resamples. The base's answers are
kept and never computed again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.statistics import conclusive, difference, parts, score
from mynah.core.tables import write_rows
from mynah.core.types import Score
from mynah.measure.answers import LABELS, Case, answers, columns, spread
from mynah.models.decoding import Options as Decoding

VERSION = 4
SYSTEMS = tuple(LABELS)
OTHERS = ("base", "prompted")
"""What the tuned run is compared with."""


class Options(core_options.Options):
    """What is measured."""

    replies: int = option(100, "prompts of the test part that are answered for the text metrics", ge=1)
    examples: int = option(20, "the persona's replies that the prompted base is shown", ge=1)
    run: str = option("", "the run to measure; the newest where none is named", flag=True)


SECTIONS: dict[str, type[core_options.Options]] = {"evaluate": Options, "decoding": Decoding}


def run(project: Project, evaluate: Options, decoding: Decoding) -> Account:
    """Score the run, the base and the prompted base of `PROJECT` into `PROJECT/evaluate`."""
    tuned, trained = project.tuned(evaluate.run)
    split = project.account("split")
    settings = {"evaluate": evaluate.model_dump(exclude={"run"}), "decoding": decoding.model_dump()}
    known = [f"{name} {plugins.load('metric', name).signature()}" for name in plugins.names("metric")]
    print_of = fingerprint("evaluate", VERSION, settings, [split.fingerprint, trained.fingerprint, *known])
    return run_stage(
        project.folder("evaluate"), print_of, lambda folder: _evaluate(project, folder, tuned, evaluate, decoding)
    )


def _evaluate(project: Project, folder: Path, tuned: Path, options: Options, decoding: Decoding) -> Account:
    trained = project.tuned(tuned.name)[1]
    cases = answers(project, tuned, trained, options.examples, options.replies, decoding)
    measured = {metric: _measured(plugins.load("metric", metric), cases) for metric in plugins.names("metric")}
    write_rows(folder / "exchanges.parquet", _exchanges(cases))
    metrics = {metric: found.pop("about") for metric, found in measured.items()}
    detail: dict[str, Any] = {"run": tuned.name, "metrics": metrics, **_by_system(measured)}
    detail["decoding"] = decoding.model_dump()
    turns, answered = len(cases["base"]), sum(case.reply is not None for case in cases["base"])
    notes = list(_unclear(detail, answered))
    scores = detail["scores"]
    went_out = {LABELS[name]: f"{scores[name]['bits_per_byte']['value']:.3f} bits per byte" for name in SYSTEMS}
    return Account("evaluate", {"test turns": turns, "answered": answered}, went_out, tuple(notes), detail)


def _measured(metric: ModuleType, cases: dict[str, list[Case]]) -> dict[str, Any]:
    """One metric: of each system the figure and its parts, and the tuned run's differences to the others."""
    rows = {name: metric.rows(columns(cases[name], metric.NEEDS_LIKELIHOOD)) for name in SYSTEMS}
    total, further, recipe = getattr(metric, "total", None), getattr(metric, "PARTS", {}), metric.signature()
    against = {f"tuned - {name}": difference(rows["tuned"], rows[name], total, recipe) for name in OTHERS}
    return {
        "about": {"label": metric.LABEL, "better": metric.BETTER},
        "scores": {name: asdict(score(rows[name], total, recipe)) for name in SYSTEMS},
        "parts": {name: {p: asdict(s) for p, s in parts(rows[name], further, recipe).items()} for name in SYSTEMS},
        "differences": {pair: asdict(found) for pair, found in against.items()},
    }


def _by_system(measured: dict[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """found[metric][kind][system], turned round: kind, system, metric."""
    turned: dict[str, dict[str, dict[str, Any]]] = {}
    for metric, kinds in measured.items():
        for kind, systems in kinds.items():
            for system, found in systems.items():
                turned.setdefault(kind, {}).setdefault(system, {})[metric] = found
    return turned


def _unclear(detail: dict[str, Any], answered: int) -> Iterator[str]:
    """A note for each other system that some metrics cannot tell from the tuned run."""
    for name in OTHERS:
        found = detail["differences"][f"tuned - {name}"]
        labels = [about["label"] for m, about in detail["metrics"].items() if not conclusive(Score(**found[m]))]
        if labels:
            yield f"too few cases ({answered}) to tell tuned from {LABELS[name]} by {', '.join(labels)}"


def _exchanges(cases: dict[str, list[Case]], most: int = 12) -> list[dict[str, Any]]:
    """The same prompts answered by each system, for people to compare."""
    answered = [i for i, case in enumerate(cases["base"]) if case.reply is not None and case.prompt.context]
    rows = []
    for i in (answered[j] for j in spread(len(answered), most)):
        prompt = cases["tuned"][i].prompt
        context = [{"speaker": t.speaker, "bubbles": list(t.bubbles)} for t in prompt.context[-3:]]
        replies = {name: list(cases[name][i].reply or ()) for name in SYSTEMS}
        rows.append({"context": context, "reference": list(prompt.reply.bubbles), **replies})
    return rows


def tell(account: Account) -> Iterator[str]:
    """Base, prompted base and tuned side by side, with intervals, for people."""
    scores, differences = account.detail["scores"], account.detail["differences"]
    yield f"  {'':<16}" + "".join(f"{LABELS[name]:>24}" for name in SYSTEMS) + "   is tuned better?"
    for metric, about in account.detail["metrics"].items():
        row = "".join(f"{_interval(scores[name][metric]):>24}" for name in SYSTEMS)
        found = [Score(**differences[f"tuned - {name}"][metric]) for name in OTHERS]
        yield f"  {about['label']:<16}{row}   {verdict(found, about['better'])}"


def verdict(differences: Sequence[Score], better: str) -> str:
    """What the paired intervals of the tuned bot's differences say."""
    if not all(conclusive(found) for found in differences):
        return "too few to tell"
    return "yes" if all((found.value > 0) == (better == "higher") for found in differences) else "no"


def _interval(found: dict[str, Any]) -> str:
    """A figure and its interval, to three digits of the figure and at most three places."""
    value = abs(found["value"])
    places = min(3, max(0, 2 - math.floor(math.log10(value)))) if value else 3
    middle, low, high = (f"{found[name]:,.{places}f}" for name in ("value", "low", "high"))
    return f"{middle} [{low}, {high}]"


def scores_of(account: Account) -> dict[str, dict[str, Score]]:
    """The scores of an evaluation, by system and metric."""
    return {name: {m: Score(**s) for m, s in found.items()} for name, found in account.detail["scores"].items()}
