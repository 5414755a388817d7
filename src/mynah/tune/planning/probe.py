"""The probe: how long a training takes, from a few steps that were really made on this machine.

The first step is taken for itself: kernels are compiled in it, and memory is asked for. What is timed is held against
the padded tokens of the batches, so that a short batch does not make the rest look fast.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mynah.core.errors import UserError
from mynah.models.hub import downloaded
from mynah.models.load import STARTER, folder_of, load
from mynah.tune.planning import meta
from mynah.tune.planning.bases import Base
from mynah.tune.planning.estimate import Estimate
from mynah.tune.planning.memory import WIDTHS, Setup

LEAST, LONG_ENOUGH = 2, 5.0  # steps that are timed, and seconds until it is no longer worth while to time more
FORWARD = 1 / 3  # of a step's work is the forward pass, which is all that scoring does (Kaplan et al. 2020, section 2)
LAYERS = (1, 3)  # of the small models whose difference tells what a layer takes
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


class Pace(NamedTuple):
    """Seconds of each token of a batch, and those that the first step took beside them: by the clock, or of the
    processor."""

    a_token: float
    first: float


class Clock:
    """Times the first steps of a training and foresees the rest. `sizes` are the padded tokens of each step of an epoch
    in their order, `scored` those of the validation part."""

    def __init__(self, sizes: Sequence[int], scored: int, epochs: int) -> None:
        self.steps = 0  # that were timed after the first
        self.pace: Pace | None = None
        self.cpu_pace: Pace | None = None
        self.cpu = 0.0  # seconds of the processor that the training has taken
        self._sizes, self._scored, self._epochs = sizes, scored, epochs

    def callback(self, tell: Any) -> Any:
        """The callback of the trainer; `tell` is called once, as soon as the clock can foresee."""
        from transformers import TrainerCallback

        clock = self

        class Timing(TrainerCallback):  # type: ignore[misc]
            def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                self.from_step = state.global_step
                self.started = _now()

            def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                clock.cpu = _now()[1] - self.started[1]

            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                done = state.global_step - self.from_step - 1
                if not done:
                    self.opened = _now()
                if clock.pace or not done:
                    return
                now = _now()
                ends = state.global_step % len(clock._sizes) == 0  # next the epoch is scored
                if ends or (done >= LEAST and now[0] - self.opened[0] >= LONG_ENOUGH):
                    took, opening = ([after - before for after, before in zip(*pair, strict=True)] for pair in
                                     ((now, self.opened), (self.opened, self.started)))  # fmt: skip
                    clock.steps = done
                    clock.pace, clock.cpu_pace = (
                        clock.foresee(self.from_step, done, *each) for each in zip(took, opening, strict=True)
                    )
                    tell(clock)

        return Timing()

    def foresee(self, start: int, steps: int, seconds: float, opening: float) -> Pace:
        """The pace by the step number `start`, which took `opening` seconds, and the `steps` after it, which took so
        many `seconds`."""
        each = len(self._sizes)
        a_token = seconds / sum(self._sizes[step % each] for step in range(start + 1, start + 1 + steps))
        return Pace(a_token, max(0.0, opening - a_token * self._sizes[start % each]))

    def seconds(self, epochs: int | None = None, *, cpu: bool = False) -> float:
        """Of all epochs, or of so many, each scored at its end; 0 where nothing was timed."""
        pace = self.cpu_pace if cpu else self.pace
        if pace is None:
            return 0.0
        epochs = self._epochs if epochs is None else epochs
        return pace.first + pace.a_token * epochs * (sum(self._sizes) + FORWARD * self._scored)


def _now() -> tuple[float, float]:
    """Seconds, by the clock and of the processor."""
    return time.perf_counter(), time.process_time()


class Probe(NamedTuple):
    """Seconds of a step, and how they were found."""

    seconds: float
    how: str


def of(estimate: Estimate, setup: Setup) -> Probe:
    """A few steps of this set-up on this machine: with the base where its weights are here, or else with models of a
    few of its layers and random weights, from whose difference the others follow. Raises UserError where a base has no
    weights here and no layers that can be left out."""
    name = estimate.base.name
    if _has_weights(name):
        return Probe(_seconds(estimate, setup, name), "with its weights")
    few, more = LAYERS
    layers = estimate.found.architecture["layers"]
    if not layers:
        raise UserError("a base with its weights, or one whose layers can be counted", repr(name), "Leave out --probe.")
    took = [_seconds_of_layers(estimate, setup, min(each, layers)) for each in LAYERS]
    if layers <= more:
        return Probe(took[1], "with random weights")
    a_layer = max(0.0, took[1] - took[0]) / (more - few)
    return Probe(took[1] + a_layer * (layers - more), f"by random weights of {few} and {more} of its {layers} layers")


def _has_weights(name: str) -> bool:
    """Are there weights of this base on this machine?"""
    try:
        return bool(folder_of(name) or downloaded(name))
    except UserError:  # a folder or a file without them
        return False


def _seconds_of_layers(estimate: Estimate, setup: Setup, layers: int) -> float:
    """As `_seconds`, of the same architecture with fewer layers and random weights."""
    with TemporaryDirectory() as folder:
        random_model(estimate.base, Path(folder), layers)
        return _seconds(estimate, setup, folder)


def random_model(base: Base, folder: Path, layers: int | None = None) -> None:
    """Write a model of this architecture with random weights, and the starter's tokenizer, as far as its words go.
    With `layers` it has no more of them."""
    import torch
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    config = CONFIG_MAPPING[base.kind].from_dict(meta.figures(base))
    if config.is_encoder_decoder:
        config.pad_token_id = config.decoder_start_token_id = 0  # with which what the decoder reads begins
    if layers:
        for name in ("num_hidden_layers", "num_decoder_layers"):
            if getattr(config, name, None):
                setattr(config, name, layers)
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[:layers]
    family = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    family.from_config(config, dtype=torch.bfloat16).save_pretrained(folder)
    for name in TOKENIZER:
        (folder / name).write_bytes((STARTER / name).read_bytes())


def _seconds(estimate: Estimate, setup: Setup, base: str) -> float:
    """Seconds of a step, by the trainer of the method, over rows of random tokens."""
    import torch

    from mynah.tune import trainer

    options, model_options = estimate.settled(setup)
    work, steps = estimate.work, 1 + LEAST + 1
    options = options.model_copy(update={"rows": work.rows})
    vocabulary = int(estimate.found.architecture["vocabulary"])
    ids = torch.randint(0, vocabulary, (work.rows * steps * options.accumulation, work.tokens)).tolist()
    unseen = work.tokens - work.learned // work.rows
    rows = [{"input_ids": row, "labels": [-100] * unseen + row[unseen:]} for row in ids]
    model, tokenizer = load(base, quant=setup.quant, in_full=setup.adapter == "none")
    clock = Clock([work.rows * work.tokens * options.accumulation] * steps, 0, 1)
    off = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False, "num_train_epochs": 1}
    if setup.quant == "none" and setup.stored == WIDTHS["bfloat16"]:
        model = model.bfloat16()  # fewer layers are small, and what is small is loaded in 32 bits
    with TemporaryDirectory() as folder:
        made = trainer.build(
            model, tokenizer, {"train": rows, "valid": rows[:1]}, Path(folder), options, model_options,
            [clock.callback(lambda _: None)], off,
        )  # fmt: skip
        made.train()
    assert clock.pace
    return clock.pace.a_token * work.rows * work.tokens * options.accumulation
