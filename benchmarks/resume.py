"""What a training that is killed again and again ends with, beside one that is left alone; writes docs/training.md.

    python benchmarks/resume.py [--kills 10] [--only fp32|bf16|nf4]

Real second processes of `mynah train`, each killed by `kill -9` after a random number of steps, and started again by
the same command. (They are forked from a server that has imported the libraries, which saves each most of its time.)
Dropout is on, two batches are added up for a step, and there is a checkpoint every third of a second, so that
steps are lost and done again. Adapters are compared weight by weight, curves step by step.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from page import machine, put

sys.path.insert(0, str(Path(__file__).parents[1]))

from mynah import cli
from tests import trainings
from tests.trainings import apart, weights_apart

SETTINGS = ("train.epochs=6", "train.patience=2", "train.accumulation=2", "train.track=tensorboard",
            "train.save_minutes=0.006", "model.dropout=0.1", "train.lr=8e-3")  # fmt: skip
KINDS = {
    "fp32": ((), 1e-6),
    "bf16": (("train.precision=bf16",), 1e-6),
    "nf4": (("train.precision=bf16", "model.quant=nf4"), 1e-2),
}
IMPORTED = ["mynah.tune.train", "mynah.models.engines.transformers", "torch.utils.tensorboard", "datasets", "peft",
            "bitsandbytes", "transformers.integrations", "trl.trainer.sft_trainer"]  # fmt: skip
SERVER = multiprocessing.get_context("forkserver")
MOST = 8  # steps after which an attempt is killed, at the latest


def train(project: Path, words: list[str]) -> None:
    """What a second process does: the command, its words in files."""
    for stream, path in ((1, project / "out.json"), (2, said(project))):
        os.dup2(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), stream)
    cli.main(words)


def said(project: Path) -> Path:
    """Where the errors of the last attempt are."""
    return project / "said.txt"


def started(project: Path, settings: tuple[str, ...]) -> Any:
    """The training, going on in a process of its own."""
    words = trainings.command(project, settings)[3:]  # behind python -m mynah
    process = SERVER.Process(target=train, args=(project, words))
    process.start()
    return process


def finished(project: Path, settings: tuple[str, ...]) -> trainings.Trained:
    """Train to the end."""
    process = started(project, settings)
    process.join()
    out = (project / "out.json").read_text(encoding="utf-8")
    return trainings.ended(project, process.exitcode, out, said(project).read_text(encoding="utf-8"))


def killed(project: Path, settings: tuple[str, ...], steps: int) -> int | None:
    """Start the training, kill it after so many of its steps, and say up to which step it is kept (-1: not at all);
    None where it ended before that."""
    launched, process = time.time(), started(project, settings)
    written = grown = 0
    while grown <= steps + 1:  # what is written first are the settings
        if not process.is_alive():
            return None
        size = sum(path.stat().st_size for path in logs(project) if path.stat().st_mtime > launched)
        grown, written = grown + (size > written), size
        time.sleep(0.001)
    process.kill()
    process.join()
    return trainings.newest(project)


def logs(project: Path) -> Iterator[Path]:
    """TensorBoard's files, which grow with each step."""
    return project.glob("runs/*.partial/tensorboard/*")


def row(ready: Path, kind: str, kills: int) -> str:
    """One line of the table. Ends the program where the difference is too large."""
    settings, most = (*SETTINGS, *KINDS[kind][0]), KINDS[kind][1]
    alone = finished(trainings.copy(ready, f"{kind}-alone"), settings)
    project, chance = trainings.copy(ready, f"{kind}-killed"), random.Random(kind)
    kept = []
    while len(kept) < kills and (step := killed(project, settings, chance.randint(1, MOST))) is not None:
        kept.append(step)
        print(f"  {kind}: killed, kept up to step {kept[-1]}", file=sys.stderr, flush=True)
    again = finished(project, settings)
    if alone.status or again.status:
        raise SystemExit(alone.said + again.said)
    differences = (
        apart(alone.losses, again.losses), apart(alone.validation, again.validation), weights_apart(alone, again)
    )  # fmt: skip
    if max(differences) > most:
        raise SystemExit(f"{kind}: {differences}, more than {most}")
    places = ", ".join(str(step) if step >= 0 else "none" for step in kept)
    figures = " | ".join(f"{difference:.1e}" if difference else "0" for difference in differences)
    return f"| {kind} | {len(kept)} | {len(alone.losses)} | {len(alone.validation)} | {places} | {figures} |"


def main() -> None:
    """Print the table and put it into docs/training.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--only", choices=tuple(KINDS), action="append")
    asked = parser.parse_args()
    lines = [
        "| arithmetic | kills | steps | epochs | newest checkpoint at each kill | losses | validation losses "
        "| weights |",
        "|---|--:|--:|--:|---|--:|--:|--:|",
    ]
    SERVER.set_forkserver_preload(IMPORTED)
    with TemporaryDirectory() as folder:
        ready = trainings.project(Path(folder))
        for kind in asked.only or KINDS:
            lines.append(row(ready, kind, asked.kills))
            print(lines[-1], flush=True)
    told = f"Largest absolute differences. Measured on {machine()}."
    print("\n".join([*lines, "", told]))
    if not asked.only:
        put("training.md", "resume", "\n".join([*lines, "", told]))


if __name__ == "__main__":
    main()
