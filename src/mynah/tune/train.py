"""Train: the parts of a dataset come in, a run with an adapter or a model of its own goes out.

    mynah train

The loss sees the persona's turns only, unless told otherwise. After each epoch the validation part is scored, the best
checkpoint is kept, and the training stops when it no longer gets better. A run that was interrupted goes on at its last
checkpoint, of which there is one after each epoch, every few minutes, on SIGUSR1, and before it ends by Ctrl-C, SIGTERM
or a deadline. Changed options make a new run beside the old one. Several processes that a launcher starts train
together: see docs/training.md.

What is `auto` is decided by the plan: the fastest way that fits this machine. What it changes of the result is part of
the run's options; what it changes of time and memory only is not. After a few steps it says how long the training
takes. Where memory runs out all the same, the training goes on by smaller pieces of the same steps (`ladder.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mynah.core import options as core_options
from mynah.core import plugins, processes
from mynah.core.folder import (
    MANIFEST,
    MODEL,
    PARTIAL,
    Account,
    Project,
    fingerprint,
    megabytes,
    need_disk,
    read_account,
    run_stage,
    write_json,
)
from mynah.core.memory import resident
from mynah.core.options import option
from mynah.core.progress import bar
from mynah.core.tables import read_examples
from mynah.core.types import Example
from mynah.core.versions import versions
from mynah.models import architectures
from mynah.models.load import Options as ModelOptions
from mynah.models.load import config_of, identity, multiplies_in_16_bits
from mynah.models.render import IGNORED
from mynah.tune import pick, tracking
from mynah.tune.batches import Step, TokenBatches
from mynah.tune.care import Care, validation_losses
from mynah.tune.checkpoints import Checkpoints
from mynah.tune.ladder import Ladder, Rung, in_pieces, ran_out
from mynah.tune.methods._trainer import rounded

if TYPE_CHECKING:
    from mynah.tune.planning.estimate import Estimate, Work
    from mynah.tune.planning.memory import Setup
    from mynah.tune.planning.probe import Clock

VERSION = 4
ENOUGH_STEPS = 90  # where the validation loss of the demo is lowest; early stopping ends sooner what needs less

Optimizer = Literal["auto", "adamw_torch", "adamw_8bit", "paged_adamw_32bit", "paged_adamw_8bit", "adafactor", "sgd"]
NO_MATTER = {"save_minutes", "checkpointing", "pieces", "deadline_minutes", "sharded", "track"}
"""Options that change how a run is made, and nothing of the run."""


class Options(core_options.Options):
    """How it is trained."""

    method: str = option("auto", "the method, by its file in tune/methods; auto: what suits the base's architecture")
    learn: Literal["persona", "all"] = option("persona", "whose turns the loss sees: the persona's, or everyone's")
    lr: float = option(4e-3, "the highest learning rate", gt=0, flag=True)
    epochs: int = option(0, "the most passes over the training part; 0: enough to learn, by its size", ge=0)
    patience: int = option(2, "epochs without a better validation loss before the training stops", ge=1)
    batch_tokens: int = option(1024, "padded tokens of one step", ge=64)
    rows: int = option(0, "rows of one step, whatever their length; 0: batch_tokens decides", ge=0)
    accumulation: int = option(1, "steps whose gradients are added up before the weights change", ge=1)
    pieces: int = option(0, "pieces in which a batch is computed, for less memory; 0: as few as fit", ge=0)
    optimizer: Optimizer = option("auto", "the optimizer, by transformers' name; auto: AdamW, in 8 bits where it must")
    schedule: Literal["cosine", "linear", "constant"] = option("cosine", "how the learning rate goes down")
    warmup: float = option(0.05, "share of the steps in which the learning rate rises, or from 1 on their number", ge=0)
    weight_decay: float = option(0.0, "weight decay of AdamW", ge=0)
    precision: Literal["auto", "bf16", "fp32"] = option(
        "auto", "arithmetic; auto: 16 bits where the processor multiplies in them"
    )
    checkpointing: Literal["auto"] | bool = option(
        "auto", "compute activations twice: less memory, a third more time; auto: where nothing faster fits"
    )
    track: str = option(
        "tensorboard", "where curves are shown: tensorboard, trackio, wandb, mlflow, or none; several with commas",
        flag=True,
    )  # fmt: skip
    sharded: bool = option(False, "several processes share the weights out (FSDP2) in place of copying them (DDP)")
    deadline_minutes: float = option(
        0.0, "minutes after which the command ends with a checkpoint, to be gone on with; 0: none", ge=0
    )
    save_minutes: float = option(5.0, "minutes between checkpoints, beside those after each epoch", gt=0)
    seed: int = option(0, "the seed of order, dropout and new weights", ge=0)


SECTIONS: dict[str, type[core_options.Options]] = {"train": Options, "model": ModelOptions}


def run(project: Project, train: Options, model: ModelOptions) -> Account:
    """Train on `PROJECT/split` into a folder of `PROJECT/runs`."""
    before = project.account("split")
    tracking.check(train.track)
    if model.base == pick.AUTO:  # `create` knows the chat's language, and asks
        model, why = pick.settled(train, model, "", 0, None)
        _say(f"base {model.base}: {why}")
    train = _of_all(train.model_copy(update={"method": method_of(train, config_of(model.base))}))
    inputs = [before.fingerprint, identity(model.base)]
    asked = fingerprint("train", VERSION, _settings(train, model), inputs)
    with processes.together(train.sharded):
        if made := processes.first_does(lambda: _made(project, asked)):
            return replace(made, reused=True)
        estimate, setup = planned(train, model)
        train, model = estimate.settled(setup)
        print_of = fingerprint("train", VERSION, _settings(train, model), inputs)
        name = f"{train.method}-{print_of[:6]}"
        training = _Training(project, name, train, model, estimate, setup, asked)
        return run_stage(project.folder("runs", name), print_of, training.run)


def _of_all(options: Options) -> Options:
    """The options as all processes together fulfil them."""
    several = processes.count() > 1
    step = {"accumulation": shared_out(options.accumulation) * processes.count()}
    return options.model_copy(update={**step, "sharded": several and (options.sharded or processes.sharded())})


def shared_out(accumulation: int) -> int:
    """The batches that each process adds up. Those of a step are shared out, at least one a process: so the same
    options, with an accumulation that is a multiple of the processes, make the same run in any number of them."""
    return -(-accumulation // processes.count())


def method_of(options: Options, config: Any) -> str:
    """The method that is asked for, or that suits the architecture with this config."""
    return architectures.of(config).METHOD if options.method == "auto" else options.method


def planned(train: Options, model: ModelOptions) -> tuple[Estimate, Setup]:
    """The plan for this machine, and its fastest set-up that fits, or else the smallest one. Raises UserError where
    there is no such base."""
    from mynah.tune.planning import bases, estimate, machines

    base = bases.find(model.base, fetch=True)
    made = estimate.Estimate(base, machines.this(), train, model, estimate.nominal(train, None))
    row, setup = made.chosen()
    if not row["fits"]:
        takes = f"{megabytes(row['peak_bytes'])} of the {megabytes(made.usable())} that are planned with"
        _say(f"! this may not fit: {setup.name} takes {takes}; `mynah plan --base {model.base}` shows the others")
    return made, setup


def _settings(train: Options, model: ModelOptions) -> dict[str, Any]:
    """The options that the result depends on."""
    return {"train": train.model_dump(exclude=NO_MATTER), "model": model.model_dump(exclude={"base"})}


def _made(project: Project, asked: str) -> Account | None:
    """The run that was made for these very options before, whatever the plan decided then."""
    for manifest in project.folder("runs").glob(f"*/{MANIFEST}"):
        found = None if manifest.parent.name.endswith(PARTIAL) else read_account(manifest.parent)
        if found and found.detail.get("asked") == asked:
            return found
    return None


def tokenized(examples: Sequence[Example], engine: Any, learn: str = "persona") -> list[dict[str, list[int]]]:
    """The rows that the trainer gets: token ids and labels of each window of each example."""
    rendered = [engine.renderer.render(w.turns, w.system) for e in examples for w in engine.windows(e)]
    return [row for each in rendered for row in engine.architecture.rows(each, learn)]


def enough_epochs(rows: Sequence[dict[str, list[int]]], options: Options) -> int:
    """Passes that make about ENOUGH_STEPS steps: a short chat needs more of them than a long one."""
    tokens = sum(len(row["input_ids"]) for row in rows)
    batches = len(rows) // options.rows if options.rows else tokens // options.batch_tokens
    steps = max(1, batches // options.accumulation)
    return max(2, min(20, round(ENOUGH_STEPS / steps)))


class _Training:
    """One run: attempts on the rungs of the ladder, of which most need a single one."""

    def __init__(
        self, project: Project, name: str, options: Options, model: ModelOptions, estimate: Estimate, setup: Setup,
        asked: str,
    ) -> None:  # fmt: skip
        self.project, self.name, self.asked = project, name, asked
        self.options, self.model = options, model
        self.estimate, self.setup = estimate, setup

    def run(self, folder: Path) -> Account:
        """Train into `folder`, and step down where memory runs out."""
        ladder = Ladder(folder, Rung(self.setup.pieces, self.setup.checkpointing))
        while True:
            try:
                return self._attempt(folder, ladder)
            except (RuntimeError, MemoryError) as error:
                if not ran_out(error):
                    raise
            ladder.down()  # only here, where the error and what its frames hold is gone
            _say(f"memory ran out; the training goes on with {ladder.rung}")

    def _attempt(self, folder: Path, ladder: Ladder) -> Account:
        import torch

        from mynah.models.engines.transformers import Engine
        from mynah.tune.planning.probe import Clock

        parts = {part: read_examples(self.project.folder("split") / f"{part}.parquet") for part in ("train", "valid")}
        model, before = self.model, resident()
        engine = Engine(
            model.base, quant=model.quant, in_full=model.adapter == "none", template=model.template, turns=model.turns
        )
        engine.renderer.keep()  # what is trained is what is saved and served
        rows = {part: tokenized(examples, engine, self.options.learn) for part, examples in parts.items()}
        epochs = self.options.epochs or enough_epochs(rows["train"], self.options)
        twice = {"epochs": epochs, "checkpointing": ladder.rung.checkpointing, "pieces": ladder.rung.pieces}
        options = self.options.model_copy(update=twice)
        batches = _batches(rows["train"], options)
        ladder.rows = max(map(len, batches))
        scored = sum(len(row["input_ids"]) for row in rows["valid"])
        clock = Clock(_sizes(rows["train"], batches, options.accumulation), scored, epochs)
        torch.manual_seed(options.seed)
        where = folder / "checkpoints"
        checkpoints = Checkpoints(where, options.save_minutes, options.deadline_minutes, options.sharded)
        care = Care(options.patience, lambda: _origins(parts["train"], engine))
        callbacks = [
            *_callbacks(checkpoints, care), *tracking.callbacks(options.track, folder), clock.callback(_announce),
        ]  # fmt: skip
        named = tracking.arguments(self.name)
        trainer = build(engine.model, engine.tokenizer, rows, where, options, model, callbacks, named)
        foreseen = self._foreseen(_work(rows["train"], batches), ladder.rung, trainer.model, before)
        need_disk(folder, checkpoints.size(trainer.model), "checkpoints")
        last = checkpoints.newest()
        done = care.ended(last)
        if done is not None:  # and it was killed before the model was saved: no further epoch
            trainer.args.num_train_epochs = done
        try:
            with checkpoints.before_the_end():
                trainer.train(resume_from_checkpoint=last)
        finally:
            callbacks[0].close()  # the bar, which the trainer leaves open where memory runs out
        care.check()
        curves = trainer.state.log_history
        losses = validation_losses(curves)
        _save(trainer, engine.tokenizer, folder)
        checkpoints.remove()  # the best one is the model now; optimizer states are of no use any more
        time = {} if last else _took(clock, curves, len(losses))  # where it went on, the time is of a part
        detail = self._detail(options, engine.renderer.template.origin, {**foreseen, "time": time})
        notes = [*ladder.notes(), *care.note(), *_other_notes(options, losses, care)]
        return _account(detail, trainer, rows["train"], losses, notes)

    def _detail(self, options: Options, template: str, plan: dict[str, Any]) -> dict[str, Any]:
        """What the run's account says about how it was made."""
        return {
            "run": self.name,
            "kind": "tuned",
            "base": self.model.base,
            "data": self.project.account("split").fingerprint,
            "asked": self.asked,
            "template": template,
            "options": {"train": options.model_dump(), "model": self.model.model_dump()},
            "plan": plan,
            "versions": versions(),
        }

    def _foreseen(self, work: Work, rung: Rung, model: Any, before: int) -> dict[str, Any]:
        """The set-up, and what the plan says that its largest batch takes, with the libraries that are loaded by now;
        on a GPU what is in its memory."""
        setup = replace(self.setup, pieces=rung.pieces, checkpointing=rung.checkpointing)
        held = sum(weight.nbytes for weight in model.parameters())
        # Weights that nothing has looked at are still in their file; the process is no smaller than before it had them.
        machine = replace(self.estimate.machine, libraries=max(before, resident() - held))
        row = self.estimate.row(setup, work=work, machine=machine)
        return {key: row[key] for key in ("setup", "memory", "peak_bytes", "fits")}


def build(
    model: Any, tokenizer: Any, rows: dict[str, list[dict[str, list[int]]]], folder: Path, options: Options,
    model_options: ModelOptions, callbacks: list[Any], other: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """The trainer of the method, with checkpoints in `folder`. `other` training arguments replace those of the
    options."""
    from transformers import PrinterCallback

    from mynah.models.load import lora

    trainer = plugins.load("method", method_of(options, model.config)).trainer(
        model, tokenizer, rows["train"], rows["valid"], {**arguments(folder, options), **(other or {})},
        Step(options.batch_tokens, options.rows), callbacks, lora(model_options),
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)  # it writes to standard output
    in_pieces(trainer, max(1, options.pieces))
    return trainer


def _save(trainer: Any, tokenizer: Any, folder: Path) -> None:
    """The model, the tokenizer and the curves. Weights that are shared out are gathered, by all processes."""
    gathered = trainer.accelerator.get_state_dict(trainer.model) if trainer.is_fsdp_enabled else None
    model = trainer.accelerator.unwrap_model(trainer.model)
    model.save_pretrained(folder / MODEL, state_dict=gathered, is_main_process=processes.first())
    if processes.first():
        tokenizer.save_pretrained(folder / MODEL)
        write_json(folder / "curves.json", trainer.state.log_history)


def _origins(examples: Sequence[Example], engine: Any) -> list[str]:
    """Where each row is from: the id of its example, and the lines of the file."""
    named = [f"{e.id}: {', '.join(map(str, e.origins[:2]))}" if e.origins else e.id for e in examples]
    return [name for name, e in zip(named, examples, strict=True) for _ in engine.windows(e)]


def _other_notes(options: Options, losses: Sequence[float], care: Care) -> Iterator[str]:
    """What else the account says."""
    if processes.count() > 1:
        yield f"{processes.count()} processes shared each step of {options.accumulation} batches"
    if len(losses) < options.epochs and not care.stops():
        yield f"stopped after epoch {len(losses)}: the validation loss no longer fell"


def _batches(rows: Sequence[dict[str, list[int]]], options: Options) -> list[list[int]]:
    """The batches of the first epoch, as lists of rows."""
    step = Step(options.batch_tokens, options.rows)
    return list(TokenBatches(list(map(_length, rows)), step, options.seed, shuffled=True))


def _sizes(rows: Sequence[dict[str, list[int]]], batches: Sequence[Sequence[int]], of: int) -> list[int]:
    """Padded tokens of each step of an epoch, of so many batches."""
    padded = [len(batch) * max(_length(rows[i]) for i in batch) for batch in batches]
    return [sum(padded[start : start + of]) for start in range(0, len(padded), of)]


def _work(rows: Sequence[dict[str, list[int]]], batches: Sequence[Sequence[int]]) -> Work:
    """The batch that takes most memory: the one of most padded tokens, of those the one of the longest rows."""
    from mynah.tune.planning.estimate import Work

    shapes = {(len(batch), max(_length(rows[i]) for i in batch)) for batch in batches}
    count, tokens = max(shapes, key=lambda shape: (shape[0] * shape[1], shape[1]))
    learned = max(sum(label != IGNORED for i in batch for label in rows[i]["labels"]) for batch in batches)
    return Work(count, tokens, learned, len(shapes))


def _length(row: dict[str, list[int]]) -> int:
    """Tokens of a row, padded as the trainer pads them; of an encoder-decoder those of both sides."""
    sides = {name: len(row[name]) for name in ("input_ids", "labels")}
    return sum(map(rounded, sides.values() if len(set(sides.values())) == 2 else [sides["input_ids"]]))


def _announce(clock: Clock) -> None:
    """How long it will take, as soon as that is known."""
    from mynah.tune.plan import duration

    _say(f"training takes about {duration(clock.seconds())}, by its first {clock.steps + 1} steps, or ends earlier")


def _say(text: str) -> None:
    if processes.first():
        print(text, file=sys.stderr, flush=True)


def _took(clock: Clock, curves: Sequence[dict[str, Any]], epochs: int) -> dict[str, Any]:
    """Seconds: what was foreseen for all epochs and for those that were made, and what those took; by the clock, and of
    the processor, which has other work beside it."""
    took = next((line["train_runtime"] for line in curves if "train_runtime" in line), None)
    if not clock.pace:
        return {"seconds": took}
    return {
        "foreseen": round(clock.seconds(), 2),
        "foreseen_of_these_epochs": round(clock.seconds(epochs), 2),
        "timed_steps": clock.steps + 1,
        "seconds": took,
        "cpu_foreseen_of_these_epochs": round(clock.seconds(epochs, cpu=True), 2),
        "cpu_seconds": round(clock.cpu, 2),
    }


def arguments(checkpoints: Path, options: Options) -> dict[str, Any]:
    """The training arguments of transformers that these options mean."""
    import torch

    return {
        "output_dir": str(checkpoints),
        "learning_rate": options.lr,
        "num_train_epochs": options.epochs,
        "gradient_accumulation_steps": shared_out(options.accumulation),
        "optim": "adamw_torch_fused" if options.optimizer in ("auto", "adamw_torch") else options.optimizer,
        "lr_scheduler_type": options.schedule,
        "warmup_steps": options.warmup if options.warmup < 1 else round(options.warmup),
        "weight_decay": options.weight_decay,
        "max_grad_norm": 1.0,
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "logging_steps": 1,
        "seed": options.seed,
        "bf16": options.precision == "bf16" or (options.precision == "auto" and multiplies_in_16_bits()),
        "fp16": False,
        "use_cpu": not torch.cuda.is_available(),
        "gradient_checkpointing": options.checkpointing is True,
        "report_to": "none",
        "disable_tqdm": True,
        "log_level": "error",
        **_of_several(options),
    }


def _of_several(options: Options) -> dict[str, Any]:
    """The arguments of several processes, which have met before; none in one process."""
    if processes.count() == 1:
        return {}
    met = {"accelerator_config": {"use_configured_state": True}, "ddp_find_unused_parameters": False}
    return {**met, "fsdp": True, "fsdp_config": {"version": 2}} if options.sharded else met


def _callbacks(checkpoints: Checkpoints, care: Care) -> list[Any]:
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]
        """A bar with the remaining time, and the losses beside it."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.bar = bar("train", state.max_steps, state.global_step)
            self.bar.__enter__()

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.bar.advance(1)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
            if metrics:
                self.bar.label(f"train, validation loss {metrics['eval_loss']:.3f}")

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            self.close()

        def close(self) -> None:
            if hasattr(self, "bar"):
                self.bar.__exit__(None, None, None)

    return [Progress(), care.callback(), checkpoints.callback()]


def _account(
    detail: dict[str, Any], trainer: Any, rows: Sequence[dict[str, list[int]]], losses: list[float], notes: list[str]
) -> Account:
    learned = sum(label != IGNORED for row in rows for label in row["labels"])
    best = losses.index(min(losses)) + 1
    sizes = [(p.numel(), p.requires_grad) for p in trainer.model.parameters()]
    trainable = sum(size for size, trained in sizes if trained)
    if detail["template"] == "mynah":
        notes.append(
            "the base has no chat template that keeps earlier turns as they were: Mynah's own is saved with it"
        )
    went_out = {
        "run": detail["run"],
        "trainable parameters": trainable,
        "best epoch": best,
        "validation loss": round(min(losses), 4),
    }
    detail = {
        **detail,
        "trainable_parameters": trainable,
        "parameters": sum(size for size, _ in sizes),
        "learned_tokens": learned,
        "validation_losses": losses,
        "best_epoch": best,
    }
    return Account("train", {"rows": len(rows), "learned tokens": learned}, went_out, tuple(notes), detail)
