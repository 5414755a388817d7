"""A run that is killed again and again ends with the same data, weights and losses as one that is left alone.

Real second processes, `kill -9`. In 32 bits on the CPU.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from mynah.core.folder import MANIFEST
from mynah.demo import CHAT
from tests import bases

STAGES = ("ingest", "clean", "pseudonymize", "pair", "split", "train", "evaluate", "report", "bot")
KILLS = 10
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export and a small base."""
    folder = tmp_path_factory.mktemp("kill")
    bases.small(folder / "base")
    lines = CHAT.read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "WhatsApp Chat with Maya.txt").write_text("".join(lines[:900]), encoding="utf-8")
    return folder


def command(project: str) -> list[str]:
    settings = ("train.epochs=6", "train.precision=fp32", "train.save_minutes=0.005", "train.patience=9",
                "evaluate.replies=12", "decoding.max_tokens=12")  # fmt: skip
    words = [f"--set={setting}" for setting in settings]
    return [
        sys.executable, "-m", "mynah", "create", "WhatsApp Chat with Maya.txt", "--me", "Maya", "--base", "base",
        "--project", project, "--json", *words,
    ]  # fmt: skip


def started(here: Path, project: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(project), cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finished(here: Path, project: str) -> dict:  # type: ignore[type-arg]
    done = subprocess.run(command(project), cwd=here, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["stages"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def undisturbed(here: Path) -> dict:  # type: ignore[type-arg]
    return finished(here, "undisturbed")


def kill_when(here: Path, project: str, ready: Callable[[], bool]) -> bool:
    """Kill the command as soon as `ready()` holds. False where it ended before."""
    process = started(here, project)
    while process.poll() is None:
        if ready():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.002)
    return False


def test_killed_in_each_stage_it_ends_the_same(here: Path, undisturbed: dict) -> None:  # type: ignore[type-arg]
    project, killed = here / "stages", []
    for stage in STAGES[:-1]:  # bot.json is one small file that takes its place by a rename
        pattern = "runs/sft-*.partial/.begun" if stage == "train" else f"{stage}.partial/.begun"
        if kill_when(here, "stages", lambda pattern=pattern: any(project.glob(pattern))):
            killed.append(stage)
    assert {"ingest", "train", "evaluate"} <= set(killed), killed  # the others may be over before they are seen
    same(here, "stages", undisturbed)


def test_killed_at_random_moments_of_training_it_ends_the_same(here: Path, undisturbed: dict) -> None:  # type: ignore[type-arg]
    chance, killed, trainings = random.Random(0), 0, 1
    for _ in range(3 * KILLS):
        project = f"moments-{trainings}"
        if kill_when(here, project, training_for(here / project, chance.uniform(0, 0.5))):
            killed += 1
        else:  # a fast machine ends a training before it was killed so often: then the next one
            trainings += 1
        if killed == KILLS:
            break
    assert killed == KILLS
    for training in range(1, trainings + 1):
        same(here, f"moments-{training}", undisturbed)


def training_for(project: Path, wait: float) -> Callable[[], bool]:
    """Does the training of this attempt, not of one before, go on for so many seconds?"""
    launched, begun = time.time(), []

    def ready() -> bool:
        logs = [path.stat().st_mtime for path in project.glob("runs/*.partial/tensorboard/*")]
        if not begun and logs and max(logs) > launched:
            begun.append(time.monotonic())
        return bool(begun) and time.monotonic() - begun[0] > wait

    return ready


def test_sigterm_writes_a_checkpoint_and_the_same_command_goes_on(here: Path, undisturbed: dict) -> None:  # type: ignore[type-arg]
    project = here / "asked"
    process = started(here, "asked")
    while process.poll() is None and not any(project.glob("runs/*.partial/checkpoints/checkpoint-*/whole")):
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1 and "goes on where it was" in said
    assert any(project.glob("runs/*.partial/checkpoints/checkpoint-*/whole"))
    same(here, "asked", undisturbed)


def test_a_second_process_is_refused(here: Path, undisturbed: dict) -> None:  # type: ignore[type-arg]
    process = started(here, "twice")
    while process.poll() is None and not (here / "twice" / "runs").exists():
        time.sleep(0.002)
    second = subprocess.run(command("twice"), cwd=here, capture_output=True, text=True, timeout=120)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert second.returncode == 1 and "another mynah at work" in second.stderr
    same(here, "twice", undisturbed)  # the lock went with the process that was killed


def same(here: Path, project: str, undisturbed: dict) -> None:  # type: ignore[type-arg]
    """The command goes on, ends as the undisturbed one did, and then has nothing left to do."""
    stages = finished(here, project)
    expected, found = here / "undisturbed", here / project
    for path in sorted(expected.rglob("*.parquet")):
        assert path.read_bytes() == (found / path.relative_to(expected)).read_bytes(), path
    losses = (undisturbed["train"]["validation_losses"], stages["train"]["validation_losses"])
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)
    run = Path("runs") / stages["train"]["run"] / "model" / "adapter_model.safetensors"
    before, after = load_file(expected / run), load_file(found / run)
    assert all(abs(before[name] - after[name]).max() < 1e-6 for name in before)
    assert stages["evaluate"]["scores"] == undisturbed["evaluate"]["scores"]
    manifests = {path: path.stat().st_mtime_ns for path in found.rglob(MANIFEST)}
    again = finished(here, project)
    assert {name for name, stage in again.items() if not stage["reused"]} == {"bot"}
    assert manifests == {path: path.stat().st_mtime_ns for path in found.rglob(MANIFEST)}
    assert not list(found.rglob("*.partial"))
