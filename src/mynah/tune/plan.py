"""Plan: what a base is made of, what its training takes, and which machine has it; no weights are loaded.

    mynah plan --base meta-llama/Llama-2-7b-hf --quant nf4 --machine t4

The model is built on the meta device, with its adapter, from the figures of its config.json; the libraries count its
parameters there. A base is a folder, a config.json, or a name: many published ones come along, without a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mynah.core import options as core_options
from mynah.core.command import Call
from mynah.core.options import option
from mynah.models.attention import ALIKE, MOST_HEADS
from mynah.models.load import SMALL
from mynah.models.load import Options as ModelOptions
from mynah.tune.planning import activations, bases, machines, memory, meta, structure
from mynah.tune.planning.activations import Activations
from mynah.tune.planning.bases import Base
from mynah.tune.planning.machines import GIB, Machine
from mynah.tune.planning.memory import WIDTHS, Setup, Weights
from mynah.tune.planning.meta import Layer
from mynah.tune.train import Options as TrainOptions


class Options(core_options.Options):
    """What is planned for."""

    machine: str = option(
        "this", "this, t4, 4090, a100-40, h100, m3-max and others, or gpu:24, mac:36, cpu:24", flag=True
    )
    structure: bool = option(False, "show the model before and after the adapter", flag=True)
    tokens: int = option(512, "tokens of a row, in training and in the cache while it replies", ge=8, flag=True)
    compare: tuple[str, ...] = option((), "other bases to show beside it", flag=True)
    learned: float = option(1.0, "share of the tokens that the loss sees, and that logits are made of", gt=0, le=1)
    headroom: float = option(
        0.1, "share of the memory that is left to what is not counted: the driver, gaps", ge=0, lt=1
    )


SECTIONS: dict[str, type[core_options.Options]] = {"plan": Options, "train": TrainOptions, "model": ModelOptions}
FLAGS: dict[str, type[core_options.Options]] = {"plan": Options, "model": ModelOptions}
NOTHING_COUNTED = "the activations of this architecture could not be counted: its memory is what it takes without them"


class Model(NamedTuple):
    """What the meta device tells of a base with the asked adapter."""

    architecture: dict[str, Any]
    layers: list[Layer]
    weights: Weights
    trained: int
    parameters: int
    head_size: int
    config: Any
    before: list[str]
    after: list[str]


class Held(NamedTuple):
    """Activations in one precision: of full training, and with the adapter, which trains so many parameters."""

    full: Activations | None
    adapted: Activations | None
    adapter: int


class Work(NamedTuple):
    """A training step: rows of tokens, and the tokens that the loss sees."""

    rows: int
    tokens: int
    learned: int


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
    machine, base = machines.find(plan.machine), bases.find(model.base)
    others = [bases.find(name) for name in plan.compare]
    found = inspect(base, model)
    asked = _setup(base, found, machine, train, model.adapter, model.quant, train.checkpointing)
    setups = list(_setups(base, found, machine, train, full_first=model.adapter == "none"))
    work = _work(plan, train, found)
    held = {
        width: _held(base, found, model, machine, work, width) for width in {each.computed for each in (asked, *setups)}
    }
    usable = round(machine.memory * (1 - plan.headroom))
    rows = [_row(setup, found, held[setup.computed], work, usable) for setup in setups]
    chosen = next((row["setup"] for row in rows if row["fits"]), None)
    mine = _row(asked, found, held[asked.computed], work, usable)
    shown = {"structure": {"before": found.before, "after": found.after}} if plan.structure else {}
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
            "optimizer": train.optimizer,
            "rows": work.rows,
            "tokens": work.tokens,
            "reply_bytes": _reply(asked, found, work),
            "machine": {"name": machine.name, "device": machine.device, "bytes": machine.memory, "usable": usable},
            "setups": rows,
            "first_that_fits": chosen,
        },
        **shown,
        "notes": _notes(mine, chosen, held[asked.computed]),
    }


def inspect(base: Base, options: ModelOptions) -> Model:
    """Build the model and attach the adapter, on the meta device."""
    model = meta.build(base)
    packed = meta.quantizable(model) if options.quant == "nf4" else {}
    architecture, layers, held = meta.architecture(base, model), meta.layers(model), memory.weights(model)
    before = structure.lines(model, packed)
    config = model.config.get_text_config()
    adapted = meta.attach(model, options)
    trained, parameters = meta.count(adapted)
    return Model(
        architecture, layers, held, trained, parameters, int(architecture["head_size"] or 0), config, before,
        structure.lines(adapted, packed),
    )  # fmt: skip


def _architecture(base: Base) -> dict[str, Any]:
    return {"base": base.name, **meta.architecture(base, meta.build(base))}


def _layer(layer: Layer) -> dict[str, Any]:
    return {"layer": layer.name, "shape": list(layer.shape), "parameters": layer.parameters, "count": layer.count}


def _work(plan: Options, train: TrainOptions, found: Model) -> Work:
    """The step that `train` would make: so many rows, or as many as fit into its tokens."""
    tokens = min(plan.tokens, found.architecture["context"] or plan.tokens)
    rows = train.rows or max(1, train.batch_tokens // tokens)
    return Work(rows, tokens, max(1, round(rows * tokens * plan.learned)))


def _setup(
    base: Base, found: Model, machine: Machine, train: TrainOptions, adapter: str, quant: str, checkpointing: bool
) -> Setup:
    """The set-up as models/load.py loads it: in 32 bits what is trained itself and what is small on a CPU, and anything
    else as its checkpoint is stored. Arithmetic is in 16 bits where the weights are or the machine multiplies so."""
    checkpoint = WIDTHS.get(str(base.values.get("dtype") or base.values.get("torch_dtype")), 4)
    small = machine.device == "cpu" and found.architecture["parameters"] <= SMALL
    stored = 2 if quant == "nf4" else 4 if adapter == "none" or small else checkpoint
    halved = train.precision == "bf16" or (train.precision == "auto" and machine.in_16_bits) or stored == 2
    return Setup(adapter, quant, stored, 2 if halved else 4, checkpointing, train.optimizer)


def _setups(base: Base, found: Model, machine: Machine, train: TrainOptions, full_first: bool) -> Iterator[Setup]:
    """The ways to train this base. Those with an adapter go from less to more work for the same step. Full training has
    another aim, so it comes first where it was asked for, and last where it was not."""
    kinds = [("none", "none"), ("lora", "none"), ("lora", "nf4")]
    for adapter, quant in kinds if full_first else (*kinds[1:], kinds[0]):
        for checkpointing in (False, True):
            yield _setup(base, found, machine, train, adapter, quant, checkpointing)


def _held(base: Base, found: Model, options: ModelOptions, machine: Machine, work: Work, width: int) -> Held:
    """The activations in arithmetic of so many bytes a number."""
    heads = (found.architecture["heads"] or 0) * (found.architecture["layers"] or 0)
    products = machine.device == "cpu" and width == 2 and base.kind in ALIKE and heads <= MOST_HEADS
    model = meta.build(base, "bfloat16" if width == 2 else "float32")
    full = activations.count(model, work.rows, work.tokens, products=products)
    adapted = meta.attach(model, options.model_copy(update={"adapter": "lora"}))
    held = activations.count(adapted, work.rows, work.tokens, products=products)
    return Held(full, held, meta.count(adapted)[0])


def _row(setup: Setup, found: Model, held: Held, work: Work, usable: int) -> dict[str, Any]:
    """A set-up, what it takes by part, and whether that fits."""
    full = setup.adapter == "none"
    counted = (held.full if full else held.adapted) or Activations()
    trained = int(found.architecture["parameters"]) if full else held.adapter
    parts = memory.step(setup, found.weights, trained, counted, work.learned * int(found.architecture["vocabulary"]))
    peak = sum(parts.values())
    return {
        "setup": setup.name, "trainable": trained, "memory": parts, "peak_bytes": peak, "fits": peak <= usable,
    }  # fmt: skip


def _reply(setup: Setup, found: Model, work: Work) -> dict[str, int]:
    """What it takes to reply with a full cache, one conversation at a time."""
    weights = found.weights.stored(setup.quant, setup.stored)
    cache = memory.cache(found.config, found.head_size, 1, work.tokens, setup.stored) if found.head_size else 0
    return {"weights": weights, "cache": cache}


def _notes(mine: dict[str, Any], chosen: str | None, held: Held) -> list[str]:
    """What the user should know."""
    notes = [] if held.full and held.adapted else [NOTHING_COUNTED]
    if not mine["fits"]:
        other = f"{chosen} would fit" if chosen else "no set-up fits: take a smaller base, or fewer tokens a step"
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
    for side in ("before", "after") if "structure" in facts else ():
        yield ""
        yield f"The model {side} the adapter"
        yield from (f"  {line}" for line in facts["structure"][side])
    for note in facts["notes"]:
        yield f"! {note}"


def _tell_plan(plan: dict[str, Any]) -> Iterator[str]:
    machine = plan["machine"]
    step = f"{plan['rows']} x {plan['tokens']} tokens a step, {plan['optimizer']}"
    yield f"{plan['setup']}, {step}: {_gib(plan['peak_bytes'])}"
    yield f"  {_parts(plan['memory'])}"
    yield f"  to reply: {_parts(plan['reply_bytes'])}"
    usable = f"{_gib(machine['bytes'])}, of which {_gib(machine['usable'])} are planned with"
    yield f"{machine['name']} ({machine['device']}): {usable}"
    yield from _columns(
        [
            {"": "", "set-up": r["setup"], "takes": _gib(r["peak_bytes"]), "fits": "yes" if r["fits"] else "no"}
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
    return ", ".join(f"{name} {_gib(size)}" for name, size in sizes.items())


def _gib(size: int) -> str:
    return f"{size / GIB:,.2f} GiB"
