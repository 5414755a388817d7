"""One training: attempts on the rungs of the ladder, of which most need a single one, and the account of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mynah.core import processes
from mynah.core.folder import Account, Project, need_disk
from mynah.core.memory import ran_out, resident
from mynah.core.tables import read_examples
from mynah.core.versions import versions
from mynah.models.load import Options as ModelOptions
from mynah.tune import tracking, trainer
from mynah.tune.care import Care, validation_losses
from mynah.tune.checkpoints import Checkpoints
from mynah.tune.ladder import Ladder, Rung
from mynah.tune.rows import Rows

if TYPE_CHECKING:
    from mynah.models.engines.transformers import Engine
    from mynah.tune.planning.estimate import Estimate, Work
    from mynah.tune.planning.memory import Setup
    from mynah.tune.planning.probe import Clock
    from mynah.tune.train import Options


PAGE = 4096  # bytes


class Training:
    """One run. `asked` is the fingerprint of the options as they were asked for."""

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
            processes.say(f"memory ran out; the training goes on with {ladder.rung}")

    def _attempt(self, folder: Path, ladder: Ladder) -> Account:
        from mynah.tune.planning.probe import Clock

        engine = self._engine()
        parts = {part: read_examples(self.project.folder("split") / f"{part}.parquet") for part in ("train", "valid")}
        rows = Rows(parts, engine, self.options)
        ladder.rows = rows.largest
        twice = {"epochs": rows.epochs, "checkpointing": ladder.rung.checkpointing, "pieces": ladder.rung.pieces}
        options = self.options.model_copy(update=twice)
        clock = Clock(rows.sizes(), rows.scored, rows.epochs)
        checkpoints = Checkpoints(
            folder / "checkpoints", options.save_minutes, options.deadline_minutes, options.sharded
        )
        care = Care(options.patience, rows.origins, _milder(options))
        shown = [trainer.progress(), care.callback(), checkpoints.callback()]
        shown += [*tracking.callbacks(options.track, folder), clock.callback(_announce)]
        made = self._built(engine, rows, checkpoints.folder, options, shown)
        foreseen = self._foreseen(rows.work(), ladder.rung, made.model)
        need_disk(folder, checkpoints.size(made.model), "checkpoints")
        whole = _looped(made, checkpoints, care, shown[0])
        trainer.save(made, engine.tokenizer, folder, self.model.base)
        losses = validation_losses(made.state.log_history)
        time = _took(clock, made.state.log_history, len(losses)) if whole else {}
        detail = {
            **self._detail(options, engine.renderer.template.origin), "plan": {**foreseen, "time": time},
            **_figures(made.model, rows, losses),
        }  # fmt: skip
        notes = (*ladder.notes(), *care.note(), *_other_notes(detail, options, losses, care))
        account = _account(detail, len(rows.by_part["train"]), notes)
        checkpoints.remove()  # at the very end: until then a kill goes on at the last one
        return account

    def _engine(self) -> Engine:
        from mynah.models.engines.transformers import Engine

        model = self.model
        engine = Engine(
            model.base, quant=model.quant, in_full=model.adapter == "none", template=model.template, turns=model.turns
        )
        engine.renderer.keep()  # what is trained is what is saved and served
        return engine

    def _built(self, engine: Engine, rows: Rows, folder: Path, options: Options, callbacks: list[Any]) -> Any:
        """The trainer, by the seed."""
        import torch

        torch.manual_seed(options.seed)
        named = tracking.arguments(self.name)
        return trainer.build(
            engine.model, engine.tokenizer, rows.by_part, folder, options, self.model, callbacks, named
        )

    def _foreseen(self, work: Work, rung: Rung, model: Any) -> dict[str, Any]:
        """The set-up, and what the plan says that its largest batch takes, with the libraries that are loaded by now;
        on a GPU what is in its memory."""
        setup = replace(self.setup, pieces=rung.pieces, checkpointing=rung.checkpointing)
        machine = replace(self.estimate.machine, libraries=resident() - _held(model))
        row = self.estimate.row(setup, work=work, machine=machine)
        return {key: row[key] for key in ("setup", "memory", "peak_bytes", "fits")}

    def _detail(self, options: Options, template: str) -> dict[str, Any]:
        """What the run's account says about how it was made."""
        return {
            "run": self.name,
            "kind": "tuned",
            "base": self.model.base,
            "data": self.project.account("split").fingerprint,
            "asked": self.asked,
            "template": template,
            "options": {"train": options.model_dump(), "model": self.model.model_dump()},
            "versions": versions(),
        }


def _held(model: Any) -> int:
    """Bytes of the weights in this process. Each page is looked at: until then it is in its file only."""
    here = [weight for weight in model.parameters() if weight.device.type == "cpu"]
    for weight in here:
        weight.detach().flatten()[:: PAGE // weight.element_size()].sum()
    return sum(weight.nbytes for weight in here)


def _looped(made: Any, checkpoints: Checkpoints, care: Care, shown: Any) -> bool:
    """Train, from the last checkpoint on where there is one. Was it in one go?"""
    last = checkpoints.newest()
    done = care.ended(last)
    if done is not None:  # and it was killed before the model was saved: no further epoch
        made.args.num_train_epochs = done
    if last is not None:
        processes.say(f"an interrupted training goes on after step {Path(last).name.rpartition('-')[2]}")
    try:
        with checkpoints.before_the_end():
            made.train(resume_from_checkpoint=last)
    finally:
        shown.close()  # the bar, which the trainer leaves open where memory runs out
    care.check()
    return last is None


def _milder(options: Options) -> str:
    """What to do where a training goes wrong."""
    slower = f"Lower the learning rate: --lr {options.lr / 10:.1g}"
    return slower + (", or compute in 32 bits: --set train.precision=fp32" if options.precision == "bf16" else "")


def _announce(clock: Clock) -> None:
    """How long it will take, as soon as that is known."""
    from mynah.tune.plan import duration

    processes.say(
        f"training takes about {duration(clock.seconds())}, by its first {clock.steps + 1} steps, or ends earlier"
    )


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


def _figures(model: Any, rows: Rows, losses: Sequence[float]) -> dict[str, Any]:
    """What came out, in numbers."""
    sizes = [(weight.numel(), weight.requires_grad) for weight in model.parameters()]
    return {
        "trainable_parameters": sum(size for size, trained in sizes if trained),
        "parameters": sum(size for size, _ in sizes),
        "learned_tokens": rows.learned,
        "validation_losses": list(losses),
        "best_epoch": losses.index(min(losses)) + 1,
    }


def _other_notes(detail: dict[str, Any], options: Options, losses: Sequence[float], care: Care) -> Iterator[str]:
    """What else the account says."""
    if processes.count() > 1:
        yield f"{processes.count()} processes shared each step of {options.accumulation} batches"
    if len(losses) < options.epochs and not care.stops():
        yield f"stopped after epoch {len(losses)}: the validation loss no longer fell"
    if detail["template"] == "mynah":
        yield "the base has no chat template that keeps earlier turns as they were: Mynah's own is saved with it"


def _account(detail: dict[str, Any], rows: int, notes: tuple[str, ...]) -> Account:
    went_in = {"rows": rows, "learned tokens": detail["learned_tokens"]}
    went_out = {
        "run": detail["run"],
        "trainable parameters": detail["trainable_parameters"],
        "best epoch": detail["best_epoch"],
        "validation loss": round(min(detail["validation_losses"]), 4),
    }
    return Account("train", went_in, went_out, notes, detail)
