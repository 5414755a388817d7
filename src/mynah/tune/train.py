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

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core import plugins, processes
from mynah.core.errors import UserError
from mynah.core.folder import MANIFEST, PARTIAL, Account, Project, fingerprint, read_account, run_stage
from mynah.core.options import option
from mynah.models.load import Options as ModelOptions
from mynah.models.load import identity
from mynah.tune import pick, tracking, trainer
from mynah.tune.training import Training

if TYPE_CHECKING:
    from mynah.tune.planning.estimate import Estimate
    from mynah.tune.planning.memory import Setup

VERSION = 5

Optimizer = Literal["auto", "adamw_torch", "adamw_8bit", "paged_adamw_32bit", "paged_adamw_8bit", "adafactor", "sgd"]
NO_MATTER = {"save_minutes", "checkpointing", "pieces", "deadline_minutes", "sharded", "track", "anyway"}
"""Options that change how a run is made, and nothing of the run."""
FAR = 1.25  # of all memory: a plan that asks for more is not off by so much


class Options(core_options.Options):
    """How it is trained."""

    method: str = option("auto", "the method, by its file in tune/methods; auto: what suits the base's architecture")
    learn: Literal["persona", "all"] = option("persona", "whose turns the loss sees: the persona's, or everyone's")
    lr: float = option(0.0, "the highest learning rate; 0: what suits the base's size and adapter", ge=0, flag=True)
    epochs: int = option(0, "the most passes over the training part; 0: enough to learn, by its size", ge=0)
    patience: int = option(2, "epochs without a better validation loss before the training stops", ge=1)
    batch_tokens: int = option(1024, "padded tokens of one batch", ge=64)
    rows: int = option(0, "rows of one batch, whatever their length; 0: batch_tokens decides", ge=0)
    accumulation: int = option(1, "batches of one step, whose gradients are added up", ge=1)
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
    anyway: bool = option(False, "begin even where the plan says that memory is far too small")
    seed: int = option(0, "the seed of order, dropout and new weights", ge=0)

    @field_validator("method")
    @classmethod
    def _exists(cls, method: str) -> str:
        if method != "auto":
            plugins.check("method", method)
        return method


SECTIONS: dict[str, type[core_options.Options]] = {"train": Options, "model": ModelOptions}


def run(project: Project, train: Options, model: ModelOptions) -> Account:
    """Train on `PROJECT/split` into a folder of `PROJECT/runs`."""
    before = project.account("split")
    tracking.check(train.track)
    train = _of_all(train)
    with processes.together(train.sharded):
        if model.base == pick.AUTO:  # `create` asks before it downloads; here nobody can be asked
            auto = model
            model, why = processes.first_does(lambda: pick.settled(train, auto, project, None))
            processes.say(f"base {model.base}: {why}")
        inputs = [before.fingerprint, identity(model.base)]
        asked = fingerprint("train", VERSION, _settings(train, model), inputs)
        if made := processes.first_does(lambda: _made(project, asked)):
            return replace(made, reused=True)
        estimate, setup = processes.first_does(lambda: planned(train, model))
        train, model = estimate.settled(setup)
        print_of = fingerprint("train", VERSION, _settings(train, model), inputs)
        name = f"{train.method}-{print_of[:6]}"
        training = Training(project, name, train, model, estimate, setup, asked)
        return run_stage(project.folder("runs", name), print_of, training.run)


def _of_all(options: Options) -> Options:
    """The options as all processes together fulfil them."""
    several = processes.count() > 1
    step = {"accumulation": trainer.shared_out(options.accumulation) * processes.count()}
    return options.model_copy(update={**step, "sharded": several and (options.sharded or processes.sharded())})


def planned(train: Options, model: ModelOptions) -> tuple[Estimate, Setup]:
    """The plan for this machine, and its fastest set-up that fits, or else the smallest one. Raises UserError where
    there is no such base, or where it is far too large."""
    from mynah.tune.planning import bases, estimate, machines
    from mynah.tune.planning.memory import gib

    base = bases.find(model.base, fetch=True)
    share = processes.count() if train.sharded else 1
    made = estimate.Estimate(base, machines.this(), train, model, estimate.nominal(train, None), share)
    row, setup = made.chosen()
    takes = f"{setup.name} takes {gib(row['peak_bytes'])} of the {gib(made.usable())} that are planned with"
    if not train.anyway and row["peak_bytes"] > FAR * made.machine.memory:
        todo = f"Take a smaller base: see `mynah plan --base {model.base}`. Or --set train.anyway=true"
        raise UserError("a set-up that fits this machine", f"none: {takes}", todo)
    if not row["fits"]:
        processes.say(f"! this may not fit: {takes}; `mynah plan --base {model.base}` shows the others")
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
