"""Two processes train what one trains: real ones under torchrun, by gloo on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from mynah import cli
from mynah.core import processes
from mynah.core.errors import UserError
from tests import trainings
from tests.trainings import Trained, apart, weights_apart

SHARED = {"DDP": (), "FSDP2": ("train.sharded=true",)}
KINDS = {"LoRA": (), "QLoRA": ("model.quant=nf4",), "in full": ("model.adapter=none",)}
EPOCHS = "train.epochs=2"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trainings.project(tmp_path_factory.mktemp("processes"))


@pytest.fixture(scope="module")
def alone(ready: Path) -> Callable[[str], Trained]:
    """What one process makes of as many batches, by the kind."""

    @cache
    def made(kind: str) -> Trained:
        settings = (*KINDS[kind], EPOCHS, "train.accumulation=2")
        found = trainings.finished(trainings.copy(ready, f"{kind} alone"), settings)
        assert len(found.losses) >= 20, found.said
        return found

    return made


def same(one: Trained, other: Trained, most: float) -> None:
    """No figure and no weight is further apart, and the weights are whole."""
    assert other.status == 0, other.said
    assert apart(one.losses, other.losses) < most and apart(one.validation, other.validation) < most
    assert weights_apart(one, other) < most and one.account["run"] == other.account["run"]
    assert other.said.count("→ run") == 1  # the first process talks alone


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "shared"), [*product(("LoRA", "in full"), SHARED), ("QLoRA", "FSDP2")])
def test_two_processes_equal_one(ready: Path, alone: Callable[[str], Trained], kind: str, shared: str) -> None:
    project = trainings.copy(ready, f"{kind} {shared}")
    same(alone(kind), trainings.finished(project, (*KINDS[kind], EPOCHS, *SHARED[shared]), 2), 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("shared", SHARED)
def test_they_make_as_many_passes_where_their_batches_have_unlike_numbers_of_pieces(
    ready: Path, alone: Callable[[str], Trained], shared: str
) -> None:
    settings = (EPOCHS, *SHARED[shared], "train.pieces=3")
    same(alone("LoRA"), trainings.finished(trainings.copy(ready, f"{shared} pieces"), settings, 2), 1e-3)


@pytest.mark.slow
def test_accelerate_launch_starts_them_too(ready: Path, alone: Callable[[str], Trained]) -> None:
    project = trainings.copy(ready, "launched")
    same(alone("LoRA"), trainings.finished(project, (EPOCHS,), 2, "accelerate --use_fsdp --fsdp_version 2"), 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("shared", SHARED)
def test_one_is_killed_and_the_same_command_goes_on(ready: Path, alone: Callable[[str], Trained], shared: str) -> None:
    settings = (EPOCHS, *SHARED[shared], "train.save_minutes=0.0001")
    project = trainings.copy(ready, f"{shared} killed")
    broken, seconds = trainings.kill_one(project, settings, 2, step=5)
    assert broken.status != 0 and seconds < 120
    assert "2 processes to the end" in broken.said and "goes on at the last checkpoint" in broken.said
    same(alone("LoRA"), trainings.finished(project, settings, 2), 1e-6)


@pytest.mark.slow
def test_one_process_goes_on_where_two_were_killed(ready: Path, alone: Callable[[str], Trained]) -> None:
    settings = (EPOCHS, "train.accumulation=2", "train.save_minutes=0.0001")
    project = trainings.copy(ready, "fewer")
    trainings.kill_one(project, settings, 2, step=5)
    same(alone("LoRA"), trainings.finished(project, settings), 1e-3)


def test_one_process_agrees_with_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (processes.count(), processes.number(), processes.first()) == (1, 0, True)
    assert processes.any_of(True, False) == (True, False) and processes.first_does(lambda: 3) == 3
    monkeypatch.setenv("WORLD_SIZE", "4")  # some machines set it for everyone
    assert processes.count() == 1


def test_other_commands_are_done_by_one_process(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    assert (processes.count(), processes.number(), processes.first()) == (2, 1, False)
    with pytest.raises(SystemExit):
        cli.main(["create", "chat.txt"])
    assert "Expected several processes of `mynah train`, found 2 of 'create'" in capfd.readouterr().err


def test_an_error_of_our_own_is_not_taken_for_a_lost_process() -> None:
    assert processes._of_another(RuntimeError("[../third_party/gloo/x.cc:534] Connection closed by peer [::1]:1"))
    assert not processes._of_another(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not issubclass(UserError, RuntimeError)
