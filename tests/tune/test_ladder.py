"""Memory that runs out: smaller pieces of the same steps, told in the account; and what the plan decides beforehand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mynah.core import processes
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, write_json
from mynah.core.tables import write_examples
from mynah.core.types import Example, Turn
from mynah.models.load import Options as ModelOptions
from mynah.models.render import IGNORED
from mynah.tune import ladder, train, trainer
from mynah.tune.ladder import Ladder, OutOfMemory, Rung
from mynah.tune.planning import machines
from mynah.tune.planning.machines import Machine
from tests import bases

WORDS = ("a bird", "two birds on a wire", "the yellow house next to the river", "no", "tomorrow, I think")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bases.small(tmp_path_factory.mktemp("base"))


def talk(number: int) -> Example:
    said = (WORDS[number % 5],) * (1 + number % 3)
    return Example(str(number), (Turn("user", (f"what is it {number}?",)), Turn("assistant", said, "Ida", True)))


def project(folder: Path) -> Project:
    """A project whose dataset is split."""
    made = Project.at(folder)
    talks = [talk(number) for number in range(40)]
    made.folder("split").mkdir()
    for part, examples in {"train": talks[:30], "valid": talks[30:35], "test": talks[35:]}.items():
        write_examples(made.folder("split") / f"{part}.parquet", examples)
    account = Account("split", {}, {}, fingerprint="s")
    write_json(made.folder("split") / "manifest.json", {k: v for k, v in account.as_json().items() if k != "reused"})
    return made


def trained(folder: Path, base: Path, **options: Any) -> Account:
    settings = train.Options(**{"epochs": 2, "precision": "fp32", "batch_tokens": 256, **options})
    return train.run(project(folder), settings, ModelOptions(base=str(base)))


def small_memory(
    monkeypatch: pytest.MonkeyPatch, rows: int, error: Callable[[], Exception], checkpointed: bool
) -> None:
    """Have memory run out where more than so many rows are computed at once, or activations only once."""
    whole = trainer.build

    def build(*words: Any, **settings: Any) -> Any:
        made = whole(*words, **settings)
        step = made.training_step

        def training_step(model: Any, inputs: Any, items: Any = None) -> Any:
            if len(inputs["labels"]) > rows or (checkpointed and not made.args.gradient_checkpointing):
                raise error()
            return step(model, inputs, items)

        made.training_step = training_step
        real(made, words[4].pieces)
        return made

    real = ladder.in_pieces
    monkeypatch.setattr(trainer, "in_pieces", lambda *_: None)
    monkeypatch.setattr(trainer, "build", build)


ERRORS: tuple[Callable[[], Exception], ...] = (
    lambda: torch.OutOfMemoryError("CUDA out of memory."),
    MemoryError,
    lambda: RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
)


@pytest.mark.parametrize("error", [ERRORS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in ERRORS[1:])])
def test_memory_that_runs_out_makes_pieces_of_the_same_steps(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception]
) -> None:
    alone = trained(tmp_path / "alone", base)
    small_memory(monkeypatch, 3, error, checkpointed=False)
    made = trained(tmp_path / "small", base)
    assert made.fingerprint == alone.fingerprint
    assert made.detail["options"]["train"]["pieces"] >= 2
    assert made.detail["validation_losses"] == pytest.approx(alone.detail["validation_losses"], abs=1e-5)
    assert "memory ran out" in made.notes[0] and not any("memory" in note for note in alone.notes)


@pytest.mark.slow
def test_then_activations_are_computed_twice_and_then_it_ends(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_memory(monkeypatch, 100, MemoryError, checkpointed=True)
    made = trained(tmp_path / "twice", base)
    assert made.detail["options"]["train"]["checkpointing"] is True
    small_memory(monkeypatch, 0, MemoryError, checkpointed=False)
    with pytest.raises(OutOfMemory, match="--quant nf4"):
        trained(tmp_path / "never", base, seed=1)


def test_another_error_is_no_lack_of_memory(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_memory(monkeypatch, 0, lambda: RuntimeError("shapes do not match"), checkpointed=False)
    with pytest.raises(RuntimeError, match="shapes"):
        trained(tmp_path, base)


def test_a_ladder_remembers_where_it_was(tmp_path: Path) -> None:
    one = Ladder(tmp_path, Rung())
    one.rows = 3
    one.down()
    again = Ladder(tmp_path, Rung())
    again.rows = 3
    assert again.rung == one.rung == Rung(2)
    again.down()
    assert again.rung == Rung(3)
    again.down()
    assert again.rung == Rung(3, checkpointing=True) and len(list(again.notes())) == 3
    with pytest.raises(OutOfMemory, match="--quant nf4") as told:
        again.down()
    assert "train." not in str(told.value)  # nothing of that would help
    assert Ladder(tmp_path, Rung()).rung == Rung()


def test_a_ladder_begins_where_it_is_told_to_unless_it_was_further_down(tmp_path: Path) -> None:
    one = Ladder(tmp_path, Rung())
    one.rows = 8
    one.down()
    assert Ladder(tmp_path, Rung(4)).rung == Rung(4)
    assert Ladder(tmp_path, Rung(1, checkpointing=True)).rung == Rung(2, checkpointing=True)
    assert Ladder(tmp_path, Rung(1)).rung == Rung(2)
    assert len(list(Ladder(tmp_path, Rung(4)).notes())) == 1


def test_several_processes_are_told_what_one_does_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "count", lambda: 2)
    one = Ladder(tmp_path, Rung())
    one.rows = 8
    with pytest.raises(OutOfMemory, match=r"train\.pieces=2"):
        one.down()


@pytest.mark.parametrize(("rows", "pieces"), [(1, 1), (5, 2), (5, 4), (3, 9), (8, 3)])
def test_pieces_hold_every_row_once(rows: int, pieces: int) -> None:
    batch = {
        "input_ids": torch.arange(rows * 2).reshape(rows, 2),
        "labels": torch.arange(rows).reshape(rows, 1),
        "n": 7,
    }
    found = list(ladder.cut(batch, pieces))
    assert 0 < len(found) <= pieces and all(piece["n"] == 7 for piece in found)
    assert torch.equal(torch.cat([piece["labels"] for piece in found]), batch["labels"])
    assert all(len(piece["input_ids"]) == len(piece["labels"]) for piece in found)


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_of_several_processes_each_makes_as_many_passes_as_the_one_with_the_most(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    another = (True, True, True, False)  # the pieces that it has
    monkeypatch.setattr(processes, "any_of", lambda *flags: tuple(a or b for a, b in zip(flags, another, strict=True)))
    batch = {"input_ids": torch.ones(rows, 2), "labels": torch.ones(rows, 2), "n": 7}
    found = ladder.alike(list(ladder.cut(batch, 3)), 4)
    assert len(found) == 3 and sum((piece["labels"] != IGNORED).sum() for piece in found) == 2 * rows
    assert all(len(piece["input_ids"]) == 1 for piece in found if (piece["labels"] == IGNORED).all())


def test_what_is_auto_is_decided_and_not_decided_again(tmp_path: Path, base: Path) -> None:
    made = train.run(project(tmp_path), train.Options(epochs=1), ModelOptions(base=str(base)))
    options = made.detail["options"]
    del options["model"]["template"]  # which the base decides
    assert "auto" not in [*options["train"].values(), *options["model"].values()] and options["train"]["pieces"] == 1
    again = train.run(Project.at(tmp_path), train.Options(epochs=1), ModelOptions(base=str(base)))
    assert again.reused and again.detail["run"] == made.detail["run"]
    named = train.Options(**{**options["train"], "epochs": 1, "pieces": 3})
    same = train.run(Project.at(tmp_path), named, ModelOptions(base=str(base), quant="none"))
    assert same.reused and same.detail["run"] == made.detail["run"]
    plan = made.detail["plan"]
    assert plan["setup"] == "LoRA" and plan["peak_bytes"] == sum(plan["memory"].values()) and made.peak_memory > 0


def test_what_is_far_too_large_is_not_begun_unless_it_is_said_so(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    small = Machine("this", "cpu", 100 * 1024**2)  # the libraries alone take more
    monkeypatch.setattr(machines, "this", lambda: small)
    with pytest.raises(UserError, match=r"planned with. .*--set train.anyway=true"):
        train.run(project(tmp_path / "refused"), train.Options(epochs=1), ModelOptions(base=str(base)))
    assert not list((tmp_path / "refused" / "runs").glob("*"))
    made = train.run(project(tmp_path / "begun"), train.Options(epochs=1, anyway=True), ModelOptions(base=str(base)))
    assert not made.detail["plan"]["fits"] and "! this may not fit" in capfd.readouterr().err


@pytest.mark.slow
def test_a_real_lack_of_memory_is_survived(tmp_path: Path, base: Path) -> None:
    """A limit of the address space in a second process, so that torch's own allocator fails."""
    project(tmp_path / "p")
    program = f"""
import json, resource, psutil
from pathlib import Path
from mynah.core.folder import Project
from mynah.models.load import Options as ModelOptions
from mynah.tune import train, trainer
whole = trainer.build
def build(*words, **settings):
    made = whole(*words, **settings)
    really = made.train
    def limited(**more):
        used = psutil.Process().memory_info().vms
        resource.setrlimit(resource.RLIMIT_AS, (used + {ROOM}, resource.RLIM_INFINITY))
        try:
            return really(**more)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    made.train = limited
    return made
trainer.build = build
options = train.Options(epochs=2, precision="fp32", batch_tokens=65536, learn="all")
made = train.run(Project.at(Path({str(tmp_path / "p")!r})), options, ModelOptions(base={str(base)!r}))
print(json.dumps([made.notes, made.detail["options"]["train"]["pieces"]]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    notes, pieces = json.loads(done.stdout.strip().splitlines()[-1])
    assert pieces > 1 and "memory ran out" in notes[0]


ROOM = 40 * 2**20  # bytes beside what is there before the training
