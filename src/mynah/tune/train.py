"""Train: the parts of a dataset come in, a run with an adapter or a model of its own goes out.

    mynah train

The loss sees the persona's turns only, unless told otherwise. After each epoch the validation part is scored, the best
checkpoint is kept, and the training stops when it no longer gets better. A run that was interrupted goes on at its last
checkpoint, of which there is one after each epoch, every few minutes, on SIGUSR1, and before it ends by Ctrl-C, SIGTERM
or a deadline. Changed options make a new run beside the old one. Several processes that a launcher starts train
together: see docs/training.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from mynah.core import options as core_options
from mynah.core import plugins, processes
from mynah.core.folder import MODEL, Account, Project, fingerprint, need_disk, run_stage, write_json
from mynah.core.options import option
from mynah.core.progress import bar
from mynah.core.tables import read_examples
from mynah.core.types import Example
from mynah.core.versions import versions
from mynah.models import architectures
from mynah.models.load import Options as ModelOptions
from mynah.models.load import config_of, identity, multiplies_in_16_bits
from mynah.models.render import IGNORED
from mynah.tune import tracking
from mynah.tune.batches import Step
from mynah.tune.care import Care, validation_losses
from mynah.tune.checkpoints import Checkpoints

VERSION = 2
ENOUGH_STEPS = 90  # where the validation loss of the demo is lowest; early stopping ends sooner what needs less

Optimizer = Literal["adamw_torch", "adamw_8bit", "paged_adamw_32bit", "paged_adamw_8bit", "adafactor", "sgd"]
NO_MATTER = {"save_minutes", "checkpointing", "deadline_minutes", "sharded", "track"}
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
    optimizer: Optimizer = option("adamw_torch", "the optimizer, by transformers' name")
    schedule: Literal["cosine", "linear", "constant"] = option("cosine", "how the learning rate goes down")
    warmup: float = option(0.05, "share of the steps in which the learning rate rises, or from 1 on their number", ge=0)
    weight_decay: float = option(0.0, "weight decay of AdamW", ge=0)
    precision: Literal["auto", "bf16", "fp32"] = option(
        "auto", "arithmetic; auto: 16 bits where the processor multiplies in them"
    )
    checkpointing: bool = option(False, "compute activations twice: less memory, a third more time")
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
    train = _of_all(train.model_copy(update={"method": method_of(train, model)}))
    settings = {"train": train.model_dump(exclude=NO_MATTER), "model": model.model_dump(exclude={"base"})}
    print_of = fingerprint("train", VERSION, settings, [before.fingerprint, identity(model.base)])
    name = f"{train.method}-{print_of[:6]}"
    with processes.together(train.sharded):
        return run_stage(project.folder("runs", name), print_of, lambda path: _train(project, name, path, train, model))


def _of_all(options: Options) -> Options:
    """The options as all processes together fulfil them."""
    several = processes.count() > 1
    step = {"accumulation": shared_out(options.accumulation) * processes.count()}
    return options.model_copy(update={**step, "sharded": several and (options.sharded or processes.sharded())})


def shared_out(accumulation: int) -> int:
    """The batches that each process adds up. Those of a step are shared out, at least one a process: so the same
    options, with an accumulation that is a multiple of the processes, make the same run in any number of them."""
    return -(-accumulation // processes.count())


def method_of(options: Options, model: ModelOptions) -> str:
    """The method that is asked for, or that suits the architecture of the base."""
    return architectures.of(config_of(model.base)).METHOD if options.method == "auto" else options.method


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


def _train(project: Project, name: str, folder: Path, options: Options, model_options: ModelOptions) -> Account:
    import torch
    from transformers import PrinterCallback

    from mynah.models.engines.transformers import Engine
    from mynah.models.load import lora

    parts = {part: read_examples(project.folder("split") / f"{part}.parquet") for part in ("train", "valid")}
    engine = Engine(
        model_options.base, quant=model_options.quant, in_full=model_options.adapter == "none",
        template=model_options.template, turns=model_options.turns,
    )  # fmt: skip
    engine.renderer.keep()
    rows = {part: tokenized(examples, engine, options.learn) for part, examples in parts.items()}
    options = options.model_copy(update={"epochs": options.epochs or enough_epochs(rows["train"], options)})
    torch.manual_seed(options.seed)
    checkpoints = Checkpoints(folder / "checkpoints", options.save_minutes, options.deadline_minutes, options.sharded)
    care = Care(options.patience, lambda: _origins(parts["train"], engine))
    told = {**arguments(checkpoints.folder, options), **tracking.arguments(name)}
    callbacks = [*_callbacks(checkpoints, care), *tracking.callbacks(options.track, folder)]
    trainer = plugins.load("method", options.method).trainer(
        engine.model, engine.tokenizer, rows["train"], rows["valid"], told, Step(options.batch_tokens, options.rows),
        callbacks, lora(model_options),
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)  # it writes to standard output
    need_disk(folder, checkpoints.size(trainer.model), "checkpoints")
    newest = checkpoints.newest()
    done = care.ended(newest)
    if done is not None:  # and it was killed before the model was saved: no further epoch
        trainer.args.num_train_epochs = done
    with checkpoints.before_the_end():
        trainer.train(resume_from_checkpoint=newest)
    care.check()
    curves = trainer.state.log_history
    losses = validation_losses(curves)
    _save(trainer, engine.tokenizer, folder)
    checkpoints.remove()  # the best one is the model now; optimizer states are of no use any more
    detail = {
        "run": name,
        "kind": "tuned",
        "base": model_options.base,
        "data": project.account("split").fingerprint,
        "template": engine.renderer.template.origin,
        "options": {"train": options.model_dump(), "model": model_options.model_dump()},
        "versions": versions(),
    }
    notes = care.note()
    if processes.count() > 1:
        notes.append(f"{processes.count()} processes shared each step of {options.accumulation} batches")
    if len(losses) < options.epochs and not care.stops():
        notes.append(f"stopped after epoch {len(losses)}: the validation loss no longer fell")
    return _account(detail, trainer, rows["train"], losses, notes)


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


def arguments(checkpoints: Path, options: Options) -> dict[str, Any]:
    """The training arguments of transformers that these options mean."""
    import torch

    return {
        "output_dir": str(checkpoints),
        "learning_rate": options.lr,
        "num_train_epochs": options.epochs,
        "gradient_accumulation_steps": shared_out(options.accumulation),
        "optim": options.optimizer,
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
        "gradient_checkpointing": options.checkpointing,
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
