"""Trainings as people start them: real processes of `mynah train`, alone or several under torchrun, on a small base and
a small dataset. Also for benchmarks/resume.py and benchmarks/processes.py."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tests import bases, projects

SAME = ("train.precision=fp32", "train.patience=99", "train.track=none", "train.batch_tokens=512", "train.lr=1e-3")


class Trained(NamedTuple):
    """What a training ended with: its status and words, and, where it is complete, its curves and weights."""

    status: int
    said: str
    losses: list[float]
    validation: list[float]
    weights: dict[str, Any]
    account: dict[str, Any]


def project(folder: Path, lines: int = 900) -> Path:
    """A folder with a small base, and a project that is ready to be trained on so many lines of the demo."""
    bases.small(folder / "base")
    return projects.ready(folder / "ready", projects.beginning(folder, lines)).path


def copy(ready: Path, name: str) -> Path:
    """The project again, under another name."""
    return Path(shutil.copytree(ready, ready.with_name(name)))


def command(project: Path, settings: Sequence[str] = (), processes: int = 1, launcher: str = "torchrun") -> list[str]:
    """The words that train in this project, by torchrun, or by `accelerate launch` and more of its words."""
    words = ["-m", "mynah", "train", "--base", str(project.with_name("base")), "--project", str(project), "--json"]
    words += [f"--set={setting}" for setting in (*SAME, *settings)]
    if processes == 1:
        return [sys.executable, *words]
    if launcher != "torchrun":
        _, *more = launcher.split()
        where = ["--num_processes", str(processes), "--num_machines", "1", "--main_process_port", str(free_port())]
        return [sys.executable, "-m", "accelerate.commands.launch", *more, *where, *words]
    where = ["--nproc-per-node", str(processes), "--master-addr", "127.0.0.1", "--master-port", str(free_port())]
    return [sys.executable, "-m", "torch.distributed.run", *where, *words]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def started(
    project: Path, settings: Sequence[str] = (), processes: int = 1, launcher: str = "torchrun"
) -> subprocess.Popen[str]:
    """The training, going on."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(
        command(project, settings, processes, launcher), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, env=environment,
    )  # fmt: skip


def finished(
    project: Path, settings: Sequence[str] = (), processes: int = 1, launcher: str = "torchrun", timeout: float = 500
) -> Trained:
    """Train to the end."""
    process = started(project, settings, processes, launcher)
    out, said = process.communicate(timeout=timeout)
    return ended(project, process.returncode, out, said)


def kill_one(project: Path, settings: Sequence[str], processes: int, step: int) -> tuple[Trained, float]:
    """Kill the last process (`kill -9`) once there is a whole checkpoint of this step or a later one; how the others
    end, and after how many seconds."""
    launcher = started(project, settings, processes)
    while launcher.poll() is None and newest(project) < step:
        time.sleep(0.01)
    workers = psutil.Process(launcher.pid).children()
    (victim,) = [worker for worker in workers if worker.environ().get("RANK") == str(processes - 1)]
    victim.kill()
    killed = time.monotonic()
    out, said = launcher.communicate(timeout=300)
    return ended(project, launcher.returncode, out, said), time.monotonic() - killed


def newest(project: Path) -> int:
    """The step of the newest whole checkpoint; -1 where there is none."""
    whole = project.glob("runs/*.partial/checkpoints/checkpoint-*/whole")
    return max((int(mark.parent.name.rpartition("-")[2]) for mark in whole), default=-1)


def ended(project: Path, status: int, out: str, said: str) -> Trained:
    """What lies in the project now."""
    if status:
        return Trained(status, said, [], [], {}, {})
    from safetensors.torch import load_file

    account = json.loads(out)
    run = project / "runs" / account["run"]
    curves = json.loads((run / "curves.json").read_text(encoding="utf-8"))
    weights = {
        name: weight
        for path in sorted((run / "model").glob("*.safetensors"))
        for name, weight in load_file(path).items()
    }
    losses = [line["loss"] for line in curves if "loss" in line]
    return Trained(
        status, said, losses, [line["eval_loss"] for line in curves if "eval_loss" in line], weights, account
    )


def apart(one: Sequence[float], other: Sequence[float]) -> float:
    """The largest difference of two curves; infinite where they are not of one length."""
    if len(one) != len(other):
        return float("inf")
    return max((abs(a - b) for a, b in zip(one, other, strict=True)), default=0.0)


def weights_apart(one: Trained, other: Trained) -> float:
    """The largest difference of two models' weights; infinite where they have not the same."""
    if one.weights.keys() != other.weights.keys():
        return float("inf")
    return max(float((one.weights[name].float() - other.weights[name].float()).abs().max()) for name in one.weights)
