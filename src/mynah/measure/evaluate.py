"""Evaluate: a run comes in, scores of base, prompted base and tuned go out, on the test part.

    mynah evaluate

Likelihood metrics use every turn of the test part, text metrics the replies to at most `replies` prompts. `prompted`
is the untuned base that is shown `examples` of the persona's own replies. Each figure has a bootstrap interval, each
difference a paired one. The base's answers are kept and never computed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.statistics import conclusive, difference, score
from mynah.core.tables import write_rows
from mynah.core.types import Score
from mynah.measure.answers import LABELS, Case, answers, columns, spread
from mynah.models.decoding import Options as Decoding

VERSION = 2
SYSTEMS = tuple(LABELS)


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
    scores: dict[str, dict[str, Any]] = {name: {} for name in SYSTEMS}
    differences: dict[str, dict[str, Any]] = {"tuned - base": {}, "tuned - prompted": {}}
    unclear: dict[str, list[str]] = {"base": [], "prompted": []}
    metrics: dict[str, dict[str, str]] = {}
    for metric in plugins.names("metric"):
        module = plugins.load("metric", metric)
        rows = {name: module.rows(columns(cases[name], module.NEEDS_LIKELIHOOD)) for name in SYSTEMS}
        total = getattr(module, "total", None)
        metrics[metric] = {"label": module.LABEL, "better": module.BETTER}
        for name in SYSTEMS:
            scores[name][metric] = asdict(score(rows[name], total, module.signature()))
        for name in ("base", "prompted"):
            found = difference(rows["tuned"], rows[name], total, module.signature())
            differences[f"tuned - {name}"][metric] = asdict(found)
            if not conclusive(found):
                unclear[name].append(module.LABEL)
    write_rows(folder / "exchanges.parquet", _exchanges(cases))
    detail = {
        "run": tuned.name, "metrics": metrics, "scores": scores, "differences": differences,
        "decoding": decoding.model_dump(),
    }  # fmt: skip
    turns, answered = len(cases["base"]), sum(case.reply is not None for case in cases["base"])
    notes = [
        f"too few cases ({answered}) to tell tuned from {LABELS[name]} by {', '.join(labels)}"
        for name, labels in unclear.items()
        if labels
    ]
    went_out = {LABELS[name]: f"{scores[name]['bits_per_byte']['value']:.3f} bits per byte" for name in SYSTEMS}
    return Account("evaluate", {"test turns": turns, "answered": answered}, went_out, tuple(notes), detail)


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
        found = [Score(**differences[f"tuned - {name}"][metric]) for name in SYSTEMS[:2]]
        yield f"  {about['label']:<16}{row}   {verdict(found, about['better'])}"


def verdict(differences: Sequence[Score], better: str) -> str:
    """What the paired intervals of the tuned bot's differences say."""
    if not all(conclusive(found) for found in differences):
        return "too few to tell"
    return "yes" if all((found.value > 0) == (better == "higher") for found in differences) else "no"


def _interval(found: dict[str, Any]) -> str:
    return f"{found['value']:.3g} [{found['low']:.3g}, {found['high']:.3g}]"


def scores_of(account: Account) -> dict[str, dict[str, Score]]:
    """The scores of an evaluation, by system and metric."""
    return {name: {m: Score(**s) for m, s in found.items()} for name, found in account.detail["scores"].items()}
