"""Answers: what base, prompted base and tuned say to the test part, each kept with its run and never computed again.

A system's answers are made piece by piece and each piece is kept at once, so that an interrupted evaluation goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from mynah.core.folder import MODEL, Account, Project, fingerprint, run_stage
from mynah.core.journal import Journal
from mynah.core.progress import bar
from mynah.core.tables import read_examples, read_rows, write_rows
from mynah.core.types import Answers, Example, Prompt
from mynah.models.decoding import Options as Decoding
from mynah.models.load import identity

VERSION = 2
LABELS = {"base": "base", "prompted": "prompted base", "tuned": "tuned"}
"""The systems, and what people call them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One learned turn of the test part under one system; `reply` is None where none was generated."""

    prompt: Prompt
    nll: float
    tokens: int
    reply: tuple[str, ...] | None


def persona_prompt(persona: str, examples: Sequence[Example], count: int) -> str:
    """A system text that shows `count` of the persona's own replies, spread over the training part."""
    replies = [t.text.replace("\n", " / ") for e in examples for t in e.turns if t.learn and len(t.text) > 8]
    step = max(1, len(replies) // count)
    shown = "\n".join(f"- {reply[:200]}" for reply in replies[::step][:count])
    return f"You are {persona}. You write exactly as {persona} does. Some things {persona} wrote:\n{shown}"


def answers(
    project: Project, tuned: Path, trained: Account, examples: int, replies: int, decoding: Decoding
) -> dict[str, list[Case]]:
    """The cases of each system on the test part. The prompted base is shown `examples` of the persona's replies; at
    most `replies` prompts are answered. What was answered before with the same settings is read again."""
    test = read_examples(project.folder("split") / "test.parquet")
    train = read_examples(project.folder("split") / "train.parquet")
    shown = persona_prompt(project.account("pair").detail["persona"], train, examples)
    model = trained.detail["options"]["model"]
    engine = cache(lambda: _engine(model, tuned))
    base_print = fingerprint("base", VERSION, {"quant": model["quant"]}, [identity(model["base"])])
    found = {}
    for name, system in {"base": "", "prompted": shown, "tuned": ""}.items():
        seen = [replace(example, system=system) for example in test] if system else test
        folder = tuned if name == "tuned" else _base_run(project, name, base_print, model["base"])
        print_of = fingerprint(
            "answers", VERSION, {"replies": replies, "decoding": decoding.model_dump(), "system": system},
            [project.account("split").fingerprint, trained.fingerprint if name == "tuned" else base_print],
        )  # fmt: skip
        run_stage(folder / "answers", print_of, partial(_answer, engine, name, seen, replies, decoding))
        found[name] = _cases(folder / "answers", seen)
    return found


def _engine(model: dict[str, Any], tuned: Path) -> Any:
    from mynah.models.engines.transformers import Engine

    return Engine(model["base"], tuned / MODEL, quant=model["quant"])


def _base_run(project: Project, kind: str, print_of: str, base: str) -> Path:
    """The untuned base is a run that trained nothing, so that `before` is nothing special."""
    folder = project.folder("runs", f"{kind}-{print_of[:6]}")
    detail = {"run": folder.name, "kind": kind, "base": base}
    run_stage(folder, print_of, lambda _: Account("train", {}, {}, detail=detail))
    return folder


def _answer(
    engine: Callable[[], Any], name: str, examples: Sequence[Example], most: int, decoding: Decoding, folder: Path
) -> Account:
    """Score and answer the prompts of the examples into `folder`; what an interrupted attempt found is taken over."""
    prompts = [prompt for example in examples for prompt in example.prompts()]
    chosen = spread(len(prompts), most)
    model = engine()
    with nullcontext() if name == "tuned" else model.untuned():
        with bar(f"{LABELS[name]}: likelihoods", len(examples)) as progress:
            scored = model.likelihoods(examples, Journal(folder / "likelihoods.jsonl", progress.advance))
        with bar(f"{LABELS[name]}: replies", len(chosen)) as progress:
            asked = [prompts[i] for i in chosen]
            replies = model.replies(asked, decoding, Journal(folder / "replies.jsonl", progress.advance))
    by_index = dict(zip(chosen, replies, strict=True))
    rows = [
        {"example": p.example, "turn": p.turn, "nll": found.nll, "tokens": found.tokens, "reply": by_index.get(i)}
        for i, (p, found) in enumerate(zip(prompts, scored, strict=True))
    ]
    write_rows(folder / "answers.parquet", rows)
    return Account("answers", {"prompts": len(prompts)}, {"replies": len(chosen)})


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


def columns(cases: Sequence[Case], likelihood: bool) -> Answers:
    """The columns that metrics see: all cases for likelihood metrics, the answered ones for the others."""
    used = [case for case in cases if likelihood or case.reply is not None]
    return Answers(
        prompts=tuple(case.prompt.context[-1].text if case.prompt.context else "" for case in used),
        replies=tuple("\n".join(case.reply or ()) for case in used),
        references=tuple(case.prompt.reply.text for case in used),
        nll=tuple(case.nll for case in used),
        tokens=tuple(case.tokens for case in used),
    )
