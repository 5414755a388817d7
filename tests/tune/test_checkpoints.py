"""Checkpoints: which count, when one is written, and that a killed training goes on as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from mynah.core.errors import UserError
from mynah.tune.checkpoints import SHARDED, WHOLE, Checkpoints
from tests import trainings
from tests.trainings import apart, weights_apart


def written(folder: Path, *steps: int, sharded: bool = False) -> Checkpoints:
    for step in steps:
        place = folder / f"checkpoint-{step}"
        place.mkdir(parents=True)
        (place / WHOLE).touch()
        if sharded:
            (place / SHARDED).touch()
    return Checkpoints(folder, 5.0)


def stepped(callback: Any, epoch: float = 0.5) -> SimpleNamespace:
    """What the trainer is told after a step."""
    control = SimpleNamespace(should_training_stop=False, should_save=False, should_evaluate=False)
    callback.on_step_end(None, SimpleNamespace(epoch=epoch, global_step=3), control)
    return control


def begun(checkpoints: Checkpoints) -> Any:
    callback = checkpoints.callback()
    callback.on_train_begin(None, SimpleNamespace(best_global_step=None), None)
    return callback


def test_what_is_not_whole_is_removed_and_the_newest_counts(tmp_path: Path) -> None:
    checkpoints = written(tmp_path, 9, 10)
    (tmp_path / "checkpoint-11").mkdir()
    assert checkpoints.newest() == str(tmp_path / "checkpoint-10")
    assert not (tmp_path / "checkpoint-11").exists()


def test_the_newest_and_the_best_are_kept(tmp_path: Path) -> None:
    checkpoints = written(tmp_path, 2, 4, 6)
    begun(checkpoints).on_save(None, SimpleNamespace(global_step=6, best_global_step=2), None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-2", "checkpoint-6"]


def test_a_training_that_goes_on_needs_no_room_for_the_checkpoints_that_are_there(tmp_path: Path) -> None:
    model = torch.nn.Linear(100, 10, bias=False)  # 4,000 bytes, and twice as much of AdamW
    assert Checkpoints(tmp_path / "none", 5.0).size(model) == 3 * 12_000
    checkpoints = written(tmp_path, 2, 4)
    for step in (2, 4):
        (tmp_path / f"checkpoint-{step}" / "optimizer.pt").write_bytes(bytes(12_000))
    assert checkpoints.size(model) == 12_000
    (tmp_path / "checkpoint-4" / "more").write_bytes(bytes(99_000))
    assert checkpoints.size(model) == 0


def test_the_best_checkpoint_is_found_where_the_project_was_moved(tmp_path: Path) -> None:
    checkpoints = written(tmp_path, 2, 4)
    state = SimpleNamespace(best_global_step=2, best_model_checkpoint="elsewhere/checkpoint-2")
    checkpoints.callback().on_train_begin(None, state, None)
    assert state.best_model_checkpoint == str(tmp_path / "checkpoint-2")


def test_what_a_kill_leaves_of_a_checkpoint_that_is_removed_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = written(tmp_path, 2)
    (tmp_path / "checkpoint-2" / "optimizer.pt").touch()
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(shutil, "rmtree", _killed)
        checkpoints.remove()
    assert checkpoints.newest() is None
    checkpoints.remove()
    assert not tmp_path.exists()


def _killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_checkpoint_of_shared_out_weights_is_gone_on_with_as_it_was_written(tmp_path: Path) -> None:
    checkpoints = written(tmp_path, 3, sharded=True)
    with pytest.raises(UserError, match=r"train\.sharded=true"):
        checkpoints.newest()
    assert Checkpoints(tmp_path, 5.0, sharded=True).newest()


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signal")
def test_sigusr1_writes_one_and_the_training_goes_on(tmp_path: Path) -> None:
    checkpoints = written(tmp_path, 3)
    callback = begun(checkpoints)
    with checkpoints.before_the_end():
        assert not stepped(callback).should_save
        os.kill(os.getpid(), signal.SIGUSR1)
        asked = stepped(callback)
        assert asked.should_save and not asked.should_training_stop
        callback.on_save(None, SimpleNamespace(global_step=3, best_global_step=None), None)
        assert not stepped(callback).should_save


def test_a_deadline_ends_the_training_with_a_checkpoint(tmp_path: Path) -> None:
    far, near = Checkpoints(tmp_path, 5.0, deadline=60 * 24 * 365), Checkpoints(tmp_path, 5.0, deadline=1e-6)
    assert not stepped(begun(far)).should_training_stop
    with pytest.raises(KeyboardInterrupt, match="deadline"), near.before_the_end():
        callback = begun(near)
        ends = stepped(callback)
        assert ends.should_training_stop and ends.should_save
        control = SimpleNamespace(should_evaluate=True, should_save=True)
        callback.on_epoch_end(None, SimpleNamespace(epoch=0.5), control)  # which the trainer takes this for
        assert not control.should_evaluate and not control.should_save


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trainings.project(tmp_path_factory.mktemp("checkpoints"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "most"),
    [(("train.precision=fp32",), 1e-6), (("train.precision=bf16",), 1e-6), (("model.quant=nf4",), 1e-2)],
)
def test_killed_and_gone_on_with_it_ends_the_same(ready: Path, settings: tuple[str, ...], most: float) -> None:
    """The last of equal settings counts. Ten kills each: benchmarks/resume.py."""
    often = ("train.epochs=3", "train.patience=1", "train.save_minutes=0.01", "model.dropout=0.1", *settings)
    alone = trainings.finished(trainings.copy(ready, f"{settings[0]}-alone"), often)
    assert alone.status == 0, alone.said
    project = trainings.copy(ready, f"{settings[0]}-killed")
    for step in (1, 15):
        process = trainings.started(project, often)
        while process.poll() is None and trainings.newest(project) < step:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    again = trainings.finished(project, often)
    assert again.status == 0, again.said
    assert apart(alone.losses, again.losses) <= most and apart(alone.validation, again.validation) <= most
    assert weights_apart(alone, again) <= most


@pytest.mark.slow
def test_a_deadline_ends_the_command_and_the_same_one_goes_on(ready: Path) -> None:
    project = trainings.copy(ready, "deadline")
    stopped = trainings.finished(project, ("train.epochs=2", "train.deadline_minutes=0.001"))
    assert stopped.status == 1 and "mynah: stopped (deadline). The same command goes on" in stopped.said
    assert trainings.newest(project) == 1
    assert trainings.finished(project, ("train.epochs=2",)).status == 0
