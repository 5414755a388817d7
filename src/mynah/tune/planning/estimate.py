"""Estimate: what each way to train a base takes on a machine, the fastest first, and the first one that fits.

What was named is kept to; what is `auto` is decided here, by `mynah plan` and by `mynah train` alike. It is decided
before anything is loaded, by the figures of the base and the size of the machine alone, not by what is free at the
moment: the same command is to make the same run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from mynah.models.load import SMALL
from mynah.models.load import Options as ModelOptions
from mynah.tune import trainer
from mynah.tune.planning import activations, memory, meta, structure
from mynah.tune.planning.activations import Activations
from mynah.tune.planning.bases import Base
from mynah.tune.planning.machines import Machine
from mynah.tune.planning.memory import WIDTHS, Setup, Weights
from mynah.tune.planning.meta import Layer

if TYPE_CHECKING:
    from mynah.tune.train import Options as TrainOptions

HEADROOM = 0.1  # share of the memory that is left to what is not counted
TOKENS = 512  # of a row: what training makes of a long conversation


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


class Work(NamedTuple):
    """The largest batch: rows of tokens, and the tokens that the loss sees; and how many shapes there are of them."""

    rows: int
    tokens: int
    learned: int
    shapes: int = 1


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


def nominal(train: TrainOptions, context: int | None, tokens: int = TOKENS, learned: float = 1.0) -> Work:
    """The batch that `train` would make of long conversations: so many rows, or as many as fit into its tokens."""
    tokens = min(tokens, context or tokens)
    rows = train.rows or max(1, train.batch_tokens // tokens)
    return Work(rows, tokens, max(1, round(rows * tokens * learned)))


@dataclass(frozen=True)
class Estimate:
    """What the ways to train one base take on one machine."""

    base: Base
    machine: Machine
    train: TrainOptions
    model: ModelOptions
    work: Work
    processes: int = 1
    """That share the weights out."""

    @cached_property
    def found(self) -> Model:
        """The model of the base, with the adapter that was asked for."""
        return inspect(self.base, self.model)

    @cached_property
    def _counted(self) -> dict[Any, tuple[Activations | None, int, int]]:
        return {}

    def usable(self, headroom: float = HEADROOM) -> int:
        """Bytes that are planned with."""
        return round(self.machine.memory * (1 - headroom))

    def possible(self) -> Iterator[Setup]:
        """The ways that what was named leaves open, the fastest first: what comes later takes less memory and does more
        work for the same step."""
        quants = ("none", "nf4") if self.model.quant == "auto" else (self.model.quant,)
        twice = (False, True) if self.train.checkpointing == "auto" else (self.train.checkpointing,)
        for quant in quants if self.model.adapter == "lora" else ("none",):
            for checkpointing in twice:
                for pieces in self._pieces():
                    for optimizer in self._optimizers():
                        yield self.setup(self.model.adapter, quant, checkpointing, pieces, optimizer)

    def every(self) -> Iterator[Setup]:
        """The ways that people compare, whatever was named. Full training has another aim, so it comes first where it
        was asked for, and last where it was not."""
        kinds = [("none", "none"), ("lora", "none"), ("lora", "nf4")]
        for adapter, quant in kinds if self.model.adapter == "none" else (*kinds[1:], kinds[0]):
            for checkpointing in (False, True):
                yield self.setup(adapter, quant, checkpointing)

    def chosen(self, headroom: float = HEADROOM) -> tuple[dict[str, Any], Setup]:
        """The first way that fits, or else the one that takes the least; and its row of the table."""
        usable, setups = self.usable(headroom), list(self.possible())
        weights = [self.found.weights.stored(setup.quant, setup.stored) // self.processes for setup in setups]
        held = [setup for setup, size in zip(setups, weights, strict=True) if size <= usable]
        rows = []
        for setup in held or setups[-1:]:  # where the weights alone are too large, nothing needs to be counted
            row = self.row(setup, headroom)
            if row["fits"]:
                return row, setup
            rows.append((row, setup))
        return min(rows, key=lambda pair: int(pair[0]["peak_bytes"]))

    def _pieces(self) -> Iterator[int]:
        """In how many pieces a batch may be computed: halved until each is a row."""
        if self.train.pieces:
            yield self.train.pieces
            return
        pieces = 1
        while pieces < self.work.rows:
            yield pieces
            pieces *= 2
        yield self.work.rows

    def _optimizers(self) -> tuple[str, ...]:
        """AdamW; where every weight is trained on a GPU and that does not fit, with its state in 8 bits, which is not
        shared out."""
        if self.train.optimizer != "auto":
            return (self.train.optimizer,)
        full = self.model.adapter == "none" and self.machine.device == "cuda" and self.processes == 1
        return ("adamw_torch", "paged_adamw_8bit") if full else ("adamw_torch",)

    def setup(
        self, adapter: str, quant: str, checkpointing: bool, pieces: int = 1, optimizer: str | None = None
    ) -> Setup:
        """The set-up as it is trained: in 32 bits what computes in them, and anything else as it is loaded. Layers of
        4 bits multiply in 16 anywhere."""
        halved = quant == "nf4" or self._arithmetic() == "bf16"
        optimizer = optimizer or next(iter(self._optimizers()))
        made = Setup(adapter, quant, 4, 2 if halved else 4, checkpointing, optimizer, pieces)
        return replace(made, stored=self.loaded(made)) if halved else made

    def loaded(self, setup: Setup) -> int:
        """Bytes a number as models/load.py loads it, to reply too: in 32 bits what is trained itself and what is small
        on a CPU, and anything else as its checkpoint is stored."""
        if setup.quant == "nf4":
            return 2
        small = self.machine.device == "cpu" and self.found.architecture["parameters"] <= SMALL
        return 4 if setup.adapter == "none" or small else WIDTHS.get(self._checkpoint(), 4)

    def row(
        self, setup: Setup, headroom: float = HEADROOM, work: Work | None = None, machine: Machine | None = None
    ) -> dict[str, Any]:
        """A set-up, what it takes by part, and whether that fits; of another batch or machine where they are given."""
        work, machine = work or self.work, machine or self.machine
        full, rows = setup.adapter == "none", -(-work.rows // setup.pieces)
        counted, adapter, frozen = self._held(setup, rows, work.tokens)
        trained = int(self.found.architecture["parameters"]) if full else adapter
        held = self.found.weights
        stored = held.fp32 if full else held.nf4 if setup.quant == "nf4" else frozen
        logits = round(work.learned * rows / work.rows) * int(self.found.architecture["vocabulary"])
        parts = {
            **memory.step(
                setup, held, stored, trained, counted or Activations(), logits, self.train.accumulation, self.processes
            ),
            **machine.overhead(setup.computed, work.shapes),
        }
        if self.processes > 1:
            parts["gathered"] = memory.gathered(setup, held, int(self.found.architecture["layers"] or 1))
        if machine.device == "cpu":
            small = 4 * logits <= memory.GIVEN_BACK  # a larger tensor leaves no hole
            transient = parts.get("activations", 0) + small * parts.get("logits", 0)
            parts["gaps"] = round(memory.GAPS[setup.computed] * transient)
        peak = sum(parts.values())
        return {
            "setup": setup.name, "trainable": trained, "memory": {part: size for part, size in parts.items() if size},
            "peak_bytes": peak, "fits": peak <= self.usable(headroom), "counted": counted is not None,
        }  # fmt: skip

    def _held(self, setup: Setup, rows: int, tokens: int) -> tuple[Activations | None, int, int]:
        """Activations of a batch, the parameters of the adapter, and the bytes of what is frozen. Counted once for what
        differs in them."""
        from mynah.models.kernels.adapter import halved

        full = setup.adapter == "none"
        key = (full, setup.quant, setup.stored, setup.computed, rows, tokens)
        if key not in self._counted:
            alone = self.processes == 1  # what is shared out is gathered in the precision that is computed in
            width = setup.stored if alone else setup.computed
            model = meta.build(self.base, "bfloat16" if width == 2 else "float32")
            if not full:
                model = meta.attach(model, self.model.model_copy(update={"adapter": "lora"}))
                _in_32_bits(model)
            trained, in_16_bits = meta.count(model)[0], setup.computed == 2
            quick = in_16_bits and self.machine.device == "cpu"
            wide = _frozen(model)
            packed = setup.quant == "nf4"
            with halved(model) if quick and not packed and alone else nullcontext():
                narrow = _frozen(model)
                held = activations.count(model, rows, tokens, autocast=in_16_bits, quick=quick, packed=packed)
            exact = self._checkpoint() == "bfloat16"  # or both are kept
            stored = (narrow if exact else wide + (wide - narrow)) * setup.stored // width
            self._counted[key] = held, trained, stored
        return self._counted[key]

    def _checkpoint(self) -> str:
        """What the weights are stored as, as far as the config tells."""
        values = self.base.values
        return str(values.get("dtype") or values.get("torch_dtype"))

    def settled(self, setup: Setup) -> tuple[TrainOptions, ModelOptions]:
        """The options with what the set-up and the base decide in the place of every `auto`."""
        train = {
            "checkpointing": setup.checkpointing, "pieces": setup.pieces, "optimizer": setup.optimizer,
            "precision": self._arithmetic(),
        }  # fmt: skip
        settled = trainer.settled(self.train.model_copy(update=train), self.model, self.found.config)
        return settled, self.model.model_copy(update={"quant": setup.quant})

    def _arithmetic(self) -> str:
        """The precision that was named, or that the machine multiplies in."""
        asked = self.train.precision
        return asked if asked != "auto" else "bf16" if self.machine.in_16_bits else "fp32"


def _frozen(model: Any) -> int:
    """Bytes of the weights that are not trained."""
    return sum(int(weight.nbytes) for weight in model.parameters() if not weight.requires_grad)


def _in_32_bits(model: Any) -> None:
    """What is trained is in 32 bits, whatever the base is in."""
    import torch

    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.to(torch.float32)
