"""Trackers: known ones, with an error that names the extra, everything at home; and what transformers reports to."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from transformers import TrainerState

from mynah.core.errors import UserError
from mynah.tune import tracking


def test_names_are_checked() -> None:
    assert tracking.check("tensorboard") == ("tensorboard",) and tracking.check("none") == ()
    with pytest.raises(UserError, match="Did you mean 'tensorboard'"):
        tracking.check("tensorbord")
    with pytest.raises(UserError, match="Leave 'none' away"):
        tracking.check("tensorboard,none")


@pytest.mark.parametrize("name", tracking.EXTRAS)
def test_one_that_is_not_installed_names_its_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=rf"mynah-chat\[{name}\]"):
        tracking.check(f"tensorboard,{name}")


def test_tensorboard_writes_into_the_run_once_there_is_something_to_write(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "sft-1.partial"
    folder.mkdir(parents=True)
    (callback,) = tracking.callbacks("tensorboard", folder)
    assert not list(folder.iterdir())
    state = TrainerState(is_world_process_zero=True, global_step=1)
    callback.on_log(None, state, None, logs={"loss": 1.0})
    callback.on_train_end(None, state, None)
    assert list((folder / "tensorboard").iterdir())
    assert not (tmp_path / "tracking").exists()


def test_nothing_is_sent_unless_the_user_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variables in tracking.HOME.values():
        for variable in variables:
            monkeypatch.setenv(variable, "")
            monkeypatch.delenv(variable)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://example.org")
    for name in tracking.EXTRAS:
        tracking.at_home(name, tmp_path)
    assert tracking.os.environ["WANDB_MODE"] == "offline"
    assert tracking.os.environ["MLFLOW_TRACKING_URI"] == "http://example.org"
    assert tracking.os.environ["TRACKIO_DIR"] == f"{tmp_path}/trackio"


@pytest.mark.slow
@pytest.mark.parametrize("name", tracking.EXTRAS)
def test_a_real_tracker_keeps_the_losses(name: str, tmp_path: Path) -> None:
    pytest.importorskip(name)
    from tests import trainings

    project = trainings.project(tmp_path)
    done = trainings.finished(project, ("train.epochs=2", f"train.track={name}"))
    assert done.status == 0, done.said
    kept = {"trackio": "trackio/*.db", "mlflow": "mlflow.db", "wandb": "wandb/offline-run-*"}[name]
    assert list((project / "tracking").glob(kept))
