"""Evaluate: a run comes in, scores of base, prompted base and tuned go out, on the test part.

    mynah evaluate

Likelihood metrics use every turn of the test part, text metrics the replies to at most `replies` prompts. `prompted`
is the untuned base that is shown `examples` of the persona's own replies. Each figure has a bootstrap interval, each
difference a paired one. The base's answers are kept and never computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core import plugins
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.progress import bar
from mynah.core.statistics import conclusive, difference, score
from mynah.core.tables import read_examples, read_rows, write_rows
from mynah.core.types import Answers, Example, Prompt, Score
from mynah.models.decoding import Options as Decoding
from mynah.models.load import identity

VERSION = 1
SYSTEMS = ("base", "prompted", "tuned")
LABELS = {"base": "base", "prompted": "prompted base", "tuned": "tuned"}


class Options(core_options.Options):
    """What is measured."""

    replies: int = option(100, "prompts of the test part that are answered for the text metrics", ge=1)
    examples: int = option(20, "the persona's replies that the prompted base is shown", ge=1)
    run: str = option("", "the run to measure; the newest where none is named", flag=True)


SECTIONS: dict[str, type[core_options.Options]] = {"evaluate": Options, "decoding": Decoding}


@dataclass(frozen=True, slots=True)
class Case:
    """One learned turn of the test part under one system; `reply` is None where none was generated."""

    prompt: Prompt
    nll: float
    tokens: int
    reply: tuple[str, ...] | None


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


# --- answers, by system ---


def persona_prompt(persona: str, examples: Sequence[Example], count: int) -> str:
    """A system text that shows `count` of the persona's own replies, spread over the training part."""
    replies = [t.text.replace("\n", " / ") for e in examples for t in e.turns if t.learn and len(t.text) > 8]
    step = max(1, len(replies) // count)
    shown = "\n".join(f"- {reply[:200]}" for reply in replies[::step][:count])
    return f"You are {persona}. You write exactly as {persona} does. Some things {persona} wrote:\n{shown}"


def _answers(
    project: Project, tuned: Path, options: Options, decoding: Decoding, test: Sequence[Example]
) -> dict[str, list[Case]]:
    """The cases of each system. What was answered before, with the same settings, is read again."""
    _, trained = project.tuned(tuned.name)
    train = read_examples(project.folder("split") / "train.parquet")
    persona = project.account("pair").detail["persona"]
    shown = persona_prompt(persona, train, options.examples)
    systems = {"base": "", "prompted": shown, "tuned": ""}
    engines: list[Any] = []

    def engine() -> Any:
        if not engines:
            from mynah.models.engines.transformers import Engine

            engines.append(Engine(trained.detail["base"], tuned / "adapter"))
        return engines[0]

    found = {}
    base_print = fingerprint("base", VERSION, {}, [identity(trained.detail["base"])])
    for name, system in systems.items():
        seen = [replace(example, system=system) if system else example for example in test]
        folder = tuned if name == "tuned" else project.folder("runs", f"{name}-{base_print[:6]}")
        if name != "tuned":
            _base_run(folder, name, base_print, trained.detail["base"])
        print_of = fingerprint(
            "answers", VERSION, {"replies": options.replies, "decoding": decoding.model_dump(), "system": system},
            [project.account("split").fingerprint, trained.fingerprint if name == "tuned" else base_print],
        )  # fmt: skip
        work = _answering(engine, name, seen, options.replies, decoding)
        run_stage(folder / "answers", print_of, work)
        found[name] = _cases(folder / "answers", seen)
    return found


def _base_run(folder: Path, kind: str, print_of: str, base: str) -> None:
    """The untuned base is a run without an adapter, so that `before` is nothing special."""
    detail = {"run": folder.name, "kind": kind, "base": base}
    run_stage(folder, print_of, lambda _: Account("train", {}, {}, detail=detail), keep=True)


def _answering(
    engine: Callable[[], Any], name: str, examples: Sequence[Example], most: int, decoding: Decoding
) -> Callable[[Path], Account]:
    def work(folder: Path) -> Account:
        prompts = [prompt for example in examples for prompt in example.prompts()]
        chosen = spread(len(prompts), most)
        model = engine()
        with nullcontext() if name == "tuned" else model.untuned():
            with bar(f"{LABELS[name]}: likelihoods", len(examples)) as progress:
                likelihoods = model.likelihoods(examples, progress.advance)
            with bar(f"{LABELS[name]}: replies", len(chosen)) as progress:
                replies = model.replies([prompts[i] for i in chosen], decoding, progress.advance)
        by_index = dict(zip(chosen, replies, strict=True))
        rows = [
            {"example": p.example, "turn": p.turn, "nll": found.nll, "tokens": found.tokens, "reply": by_index.get(i)}
            for i, (p, found) in enumerate(zip(prompts, likelihoods, strict=True))
        ]
        write_rows(folder / "answers.parquet", rows)
        return Account("answers", {"prompts": len(prompts)}, {"replies": len(chosen)})

    return work


def spread(count: int, most: int) -> list[int]:
    """At most `most` of `count` indices, evenly spread."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / max(1, most - 1)) for i in range(most)})


def _cases(folder: Path, examples: Sequence[Example]) -> list[Case]:
    prompts = [prompt for example in examples for prompt in example.prompts()]
    rows = read_rows(folder / "answers.parquet")
    return [
        Case(prompt, row["nll"], row["tokens"], None if row["reply"] is None else tuple(row["reply"]))
        for prompt, row in zip(prompts, rows, strict=True)
    ]


# --- scores ---


def answers_of(cases: Sequence[Case], likelihood: bool) -> Answers:
    """The columns that metrics see: all cases for likelihood metrics, the answered ones for the others."""
    used = [case for case in cases if likelihood or case.reply is not None]
    return Answers(
        prompts=tuple(case.prompt.context[-1].text if case.prompt.context else "" for case in used),
        replies=tuple("\n".join(case.reply or ()) for case in used),
        references=tuple(case.prompt.reply.text for case in used),
        nll=tuple(case.nll for case in used),
        tokens=tuple(case.tokens for case in used),
    )


def _evaluate(project: Project, folder: Path, tuned: Path, options: Options, decoding: Decoding) -> Account:
    test = read_examples(project.folder("split") / "test.parquet")
    cases = _answers(project, tuned, options, decoding, test)
    scores: dict[str, dict[str, Any]] = {name: {} for name in SYSTEMS}
    differences: dict[str, dict[str, Any]] = {"tuned - base": {}, "tuned - prompted": {}}
    unclear: dict[str, list[str]] = {"base": [], "prompted": []}
    metrics: dict[str, dict[str, str]] = {}
    for metric in plugins.names("metric"):
        module = plugins.load("metric", metric)
        rows = {name: module.rows(answers_of(cases[name], module.NEEDS_LIKELIHOOD)) for name in SYSTEMS}
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
