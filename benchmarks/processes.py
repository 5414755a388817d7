"""Whether several processes train what one trains; writes docs/training.md.

    python benchmarks/processes.py [--processes 2]

Real processes of `mynah train` under torchrun, by gloo on the CPU: DDP and FSDP2, with LoRA, QLoRA and in full, beside
one process that adds up as many batches; and under `accelerate launch`. Then one of them is killed by `kill -9`, and
the same command goes on. Each uses one thread; how fast several are is not measured here, where they share the cores of
one machine.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from page import machine, put

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import trainings
from tests.trainings import Trained, apart, weights_apart

SHARED = {"DDP": (), "FSDP2": ("train.sharded=true",)}
LAUNCHED = {"DDP": "--multi_gpu", "FSDP2": "--use_fsdp --fsdp_version 2"}
KINDS = {"LoRA": (), "QLoRA": ("model.quant=nf4",), "in full": ("model.adapter=none",)}
EPOCHS = "train.epochs=2"
MOST = 1e-3  # by which losses may differ


def row(name: str, alone: Trained, both: Trained) -> str:
    """One line of the table. Ends the program where the difference is too large."""
    if both.status:
        raise SystemExit(both.said)
    differences = apart(alone.losses, both.losses), apart(alone.validation, both.validation), weights_apart(alone, both)
    print(f"  {name}: {differences}", file=sys.stderr, flush=True)
    if max(differences) > MOST:
        raise SystemExit(f"{name}: {differences}, more than {MOST}")
    figures = " | ".join(f"{difference:.1e}" if difference else "0" for difference in differences)
    return f"| {name} | {len(both.losses)} | {figures} |"


def main() -> None:
    """Print the table and put it into docs/training.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    count = parser.parse_args().processes
    lines = ["| against one process | steps | losses | validation losses | weights |", "|---|--:|--:|--:|--:|"]
    ends = []
    with TemporaryDirectory() as folder:
        ready = trainings.project(Path(folder))
        for called, kind_of in KINDS.items():
            settings = (EPOCHS, *kind_of)
            alone = trainings.finished(
                trainings.copy(ready, f"{called}-one"), (*settings, f"train.accumulation={count}")
            )
            for kind, shared in SHARED.items():
                project = trainings.copy(ready, f"{called}-{kind}")
                lines.append(row(f"{kind}, {called}", alone, trainings.finished(project, (*settings, *shared), count)))
                if called == "LoRA":
                    project = trainings.copy(ready, f"launched-{kind}")
                    both = trainings.finished(project, settings, count, f"accelerate {LAUNCHED[kind]}")
                    lines.append(row(f"{kind}, LoRA, by accelerate launch", alone, both))
                    project = trainings.copy(ready, f"killed-{kind}")
                    often = (*settings, *shared, "train.save_minutes=0.0001")
                    broken, seconds = trainings.kill_one(project, often, count, step=5)
                    said = next(line for line in broken.said.splitlines() if line.startswith("mynah: "))
                    kept = trainings.newest(project)
                    again = trainings.finished(project, often, count)
                    lines.append(row(f"{kind}, LoRA, one killed after step {kept}, gone on with", alone, again))
                    ends.append(f"- {kind}: over {seconds:.1f} s after the kill, with status {broken.status}: `{said}`")
    ends = [line.split(" ([/__w")[0] + " (…)`" if " ([/__w" in line else line for line in ends]
    told = f"{count} processes. Largest absolute differences. Measured on {machine()}."
    text = "\n".join([*lines, "", told, "", "How the others end when one is killed:", "", *ends])
    print(text)
    put("training.md", "processes", text)


if __name__ == "__main__":
    main()
