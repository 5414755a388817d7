"""Two processes train what one trains: real ones under torchrun, by gloo on the CPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from mynah import cli
from mynah.core import processes
from mynah.core.errors import UserError
from tests import trainings
from tests.trainings import apart, weights_apart

SHARED = {"DDP": (), "FSDP2": ("train.sharded=true",)}
EPOCHS = "train.epochs=2"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trainings.project(tmp_path_factory.mktemp("processes"))


@pytest.mark.slow
@pytest.mark.parametrize("adapter", ["lora", "none"])
def test_two_processes_equal_one(ready: Path, adapter: str) -> None:
    settings = (EPOCHS, f"model.adapter={adapter}")
    alone = trainings.finished(trainings.copy(ready, f"{adapter}-one"), (*settings, "train.accumulation=2"))
    assert len(alone.losses) >= 20, alone.said
    for kind, shared in SHARED.items():
        both = trainings.finished(trainings.copy(ready, f"{adapter}-{kind}"), (*settings, *shared), 2)
        assert both.status == 0, both.said
        assert apart(alone.losses, both.losses) < 1e-3 and apart(alone.validation, both.validation) < 1e-3, kind
        assert weights_apart(alone, both) < 1e-3, kind  # and they are whole
        assert both.account["run"] == alone.account["run"]
        assert both.said.count("→ run") == 1  # the first process talks alone


@pytest.mark.slow
@pytest.mark.parametrize("kind", SHARED)
def test_one_is_killed_and_the_same_command_goes_on(ready: Path, kind: str) -> None:
    settings = (EPOCHS, *SHARED[kind], "train.save_minutes=0.0001")
    whole = trainings.finished(trainings.copy(ready, f"{kind}-whole"), settings, 2)
    project = trainings.copy(ready, f"{kind}-killed")
    broken, seconds = trainings.kill_one(project, settings, 2, step=5)
    assert broken.status != 0 and seconds < 120
    assert "2 processes to the end" in broken.said and "goes on at the last checkpoint" in broken.said
    again = trainings.finished(project, settings, 2)
    assert again.status == 0, again.said
    assert apart(whole.losses, again.losses) < 1e-6 and apart(whole.validation, again.validation) < 1e-6
    assert weights_apart(whole, again) < 1e-6


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
