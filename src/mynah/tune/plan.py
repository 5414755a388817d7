"""Plan: what a base is made of, what its training takes, and which machine has it; no weights are loaded.

    mynah plan --base meta-llama/Llama-2-7b-hf --quant nf4 --machine t4

The model is built on the meta device, with its adapter, from the figures of its config.json; the libraries count its
parameters there. A base is a folder, a config.json, or a name: many published ones come along, without a network. What
is not named is decided as `mynah train` does: the fastest way that fits. With --probe a few steps are made on this
machine, and timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mynah.core import options as core_options
from mynah.core.command import Call
from mynah.core.errors import UserError
from mynah.core.options import option
from mynah.models.load import Options as ModelOptions
from mynah.tune import pick
from mynah.tune.planning import bases, machines, memory, meta
from mynah.tune.planning.bases import Base
from mynah.tune.planning.estimate import HEADROOM, TOKENS, Estimate, Model, Work, inspect, nominal
from mynah.tune.planning.memory import Setup, gib
from mynah.tune.planning.meta import Layer
from mynah.tune.rows import ENOUGH_STEPS
from mynah.tune.train import Options as TrainOptions


class Options(core_options.Options):
    """What is planned for."""

    machine: str = option(
        "this", "this, t4, 4090, a100-40, h100, m3-max and others, or gpu:24, mac:36, cpu:24", flag=True
    )
    structure: bool = option(False, "show the model before and after the adapter", flag=True)
    probe: bool = option(False, "make a few steps on this machine, and say how long a training takes", flag=True)
    tokens: int = option(TOKENS, "tokens of a row, in training and in the cache while it replies", ge=8, flag=True)
    compare: tuple[str, ...] = option((), "other bases to show beside it", flag=True)
    learned: float = option(1.0, "share of the tokens that the loss sees, and that logits are made of", gt=0, le=1)
    headroom: float = option(
        HEADROOM, "share of the memory that is left to what is not counted: the driver, gaps", ge=0, lt=1
    )


SECTIONS: dict[str, type[core_options.Options]] = {"plan": Options, "train": TrainOptions, "model": ModelOptions}
FLAGS: dict[str, type[core_options.Options]] = {"plan": Options, "model": ModelOptions}
IN_HELP = ("--machine", "--structure", "--probe", "--compare", "--tokens", "--base", "--adapter", "--quant")
NOT_YET = "a plan for an Apple GPU, as far as memory goes: on a Mac the CPU computes until Mynah uses its GPU"
NOTHING_COUNTED = "the activations of this architecture could not be counted: its memory is what it takes without them"
__all__ = ["FLAGS", "SECTIONS", "Options", "inspect", "main", "run", "tell"]


def main(call: Call) -> None:
    """`mynah plan`."""
    options = call.options(SECTIONS)
    plan, train, model = options["plan"], options["train"], options["model"]
    assert isinstance(plan, Options) and isinstance(train, TrainOptions) and isinstance(model, ModelOptions)
    facts = run(plan, train, model)
    for line in tell(facts):
        call.say(line)
    call.say.result(facts)


def run(plan: Options, train: TrainOptions, model: ModelOptions) -> dict[str, Any]:
    """Everything that can be said of a set-up, as one document. Raises UserError for a base or a machine that is not
    known, and for layers that the base does not have."""
    machine, why = machines.find(plan.machine), ""
    if plan.probe and not machine.is_this:
        raise UserError("steps on this machine for --probe", f"--machine {plan.machine}", "Leave out one of the two.")
    if model.base == pick.AUTO:
        model, why = pick.planned(train, model, machine)
    base = bases.find(model.base)
    others = [bases.find(name) for name in plan.compare]
    context = meta.architecture(base, meta.build(base))["context"]
    estimate = Estimate(base, machine, train, model, nominal(train, context, plan.tokens, plan.learned))
    found, work, usable = estimate.found, estimate.work, estimate.usable(plan.headroom)
    mine, setup = estimate.chosen(plan.headroom)
    rows = [estimate.row(each, plan.headroom) for each in estimate.every()]
    rows = rows if any(row["setup"] == mine["setup"] for row in rows) else [mine, *rows]
    settings, _ = estimate.settled(setup)
    first = mine["setup"] if mine["fits"] else next((row["setup"] for row in rows if row["fits"]), None)
    shown = {"structure": {"before": found.before, "after": found.after}} if plan.structure else {}
    if plan.probe:
        shown["time"] = _time(estimate, setup)
    return {
        "base": base.name,
        "source": base.source,
        "architecture": found.architecture,
        "compared": [{"base": base.name, **found.architecture}, *map(_architecture, others)] if others else [],
        "table": [_layer(layer) for layer in found.layers],
        "parameters": found.parameters,
        "trainable": found.trained,
        "percent": 100 * found.trained / found.parameters,
        "weights_bytes": mine["memory"]["weights"],
        "weights_bytes_by_precision": found.weights.as_json(),
        "plan": {
            **mine,
            "rows": work.rows,
            "tokens": work.tokens,
            "accumulation": settings.accumulation,
            "pieces": setup.pieces,
            "checkpointing": setup.checkpointing,
            "precision": settings.precision,
            "optimizer": setup.optimizer,
            "learning_rate": settings.lr,
            "reply_bytes": _reply(setup, estimate.loaded(setup), found, work),
            "machine": {"name": machine.name, "device": machine.device, "bytes": machine.memory, "usable": usable},
            "setups": rows,
            "first_that_fits": first,
        },
        **shown,
        "notes": [*filter(None, [why, NOT_YET if machine.device == "mps" else ""]), *_notes(mine, first)],
    }


def _time(estimate: Estimate, setup: Setup) -> dict[str, Any]:
    """What a step takes on this machine, and the steps that even a short chat needs."""
    from mynah.tune.planning import probe

    found = probe.of(estimate, setup)
    steps = ENOUGH_STEPS * estimate.train.accumulation
    return {"seconds_a_step": found.seconds, "how": found.how, "steps": steps, "seconds": found.seconds * steps}


def _architecture(base: Base) -> dict[str, Any]:
    return {"base": base.name, **meta.architecture(base, meta.build(base))}


def _layer(layer: Layer) -> dict[str, Any]:
    return {"layer": layer.name, "shape": list(layer.shape), "parameters": layer.parameters, "count": layer.count}


def _reply(setup: Setup, width: int, found: Model, work: Work) -> dict[str, int]:
    """What it takes to reply with a full cache, one conversation at a time, in numbers of `width` bytes."""
    weights = found.weights.stored(setup.quant, width)
    cache = memory.cache(found.config, found.head_size, 1, work.tokens, width) if found.head_size else 0
    return {"weights": weights, "cache": cache}


def _notes(mine: dict[str, Any], first: str | None) -> list[str]:
    """What the user should know."""
    notes = [] if mine["counted"] else [NOTHING_COUNTED]
    if not mine["fits"]:
        other = f"{first} would fit" if first else "no set-up fits: take a smaller base, or fewer tokens a step"
        notes.append(f"{mine['setup']} does not fit this machine: {other}")
    return notes


def tell(facts: dict[str, Any]) -> Iterator[str]:
    """The document as lines for people."""
    yield f"{facts['base']}  ({facts['source']})"
    yield from _columns(
        [_compared(row) for row in facts["compared"] or [{"base": facts["base"], **facts["architecture"]}]]
    )
    yield ""
    yield from _columns([_table_row(row) for row in facts["table"]])
    yield ""
    share = f"{facts['trainable']:,} of {facts['parameters']:,} parameters are trained ({facts['percent']:.4f} %)"
    yield f"{share}; weights: {_parts(facts['weights_bytes_by_precision'])}"
    yield from _tell_plan(facts["plan"])
    if "time" in facts:
        time = facts["time"]
        each = f"{time['seconds_a_step']:.2g} s a step ({time['how']})"
        yield f"time: {each}; {duration(time['seconds'])} for {time['steps']} steps, about what a short chat needs"
    for side in ("before", "after") if "structure" in facts else ():
        yield ""
        yield f"The model {side} the adapter"
        yield from (f"  {line}" for line in facts["structure"][side])
    for note in facts["notes"]:
        yield f"! {note}"


def _tell_plan(plan: dict[str, Any]) -> Iterator[str]:
    machine = plan["machine"]
    batches = f"{plan['accumulation']} batches of " if plan["accumulation"] > 1 else ""
    step = f"a step of {batches}{plan['rows']} rows of {plan['tokens']} tokens"
    how = f"{plan['precision']}, {plan['optimizer']}, learning rate {plan['learning_rate']:g}"
    yield f"{plan['setup']}, {step}, {how}: {gib(plan['peak_bytes'])}"
    yield f"  {_parts(plan['memory'])}"
    yield f"  to reply: {_parts(plan['reply_bytes'])}"
    usable = f"{gib(machine['bytes'])}, of which {gib(machine['usable'])} are planned with"
    yield f"{machine['name']} ({machine['device']}): {usable}"
    yield from _columns(
        [
            {
                "": "->" if r["setup"] == plan["setup"] else "",
                "set-up": r["setup"],
                "takes": gib(r["peak_bytes"]),
                "fits": "yes" if r["fits"] else "no",
            }
            for r in plan["setups"]
        ]
    )


def _compared(row: dict[str, Any]) -> dict[str, str]:
    """A base in the table of bases."""
    return {name.replace("_", " "): _figure(value) for name, value in row.items()}


def _table_row(row: dict[str, Any]) -> dict[str, str]:
    shape = " × ".join(f"{size:,}" for size in row["shape"])
    return {
        "layer": row["layer"],
        "shape": shape,
        "parameters": f"{row['parameters']:,}",
        "how many": str(row["count"]),
    }


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "-" if value is None else str(value)


def _columns(rows: Sequence[dict[str, str]]) -> Iterator[str]:
    """Rows under their names, in columns."""
    names = list(rows[0])
    widths = [max(len(name), *(len(row[name]) for row in rows)) for name in names]
    for row in ({name: name for name in names}, *rows):
        yield "  ".join(row[name].ljust(width) for name, width in zip(names, widths, strict=True)).rstrip()


def _parts(sizes: dict[str, int]) -> str:
    """What takes memory; what does not, as it is never there together, is less than nothing."""
    return ", ".join(
        f"{name} {gib(size)}" if size >= 0 else f"less {gib(-size)} {name}" for name, size in sizes.items()
    )


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
