"""Every architecture with every adapter, trained on the CPU by `mynah train` on real questions and answers.

    python benchmarks/matrix.py [--data FAQ.csv] [--only Llama Pythia ...]

Each base is made of a published config, or of its architecture's defaults, with two layers and 64 units, random weights
from a fixed seed, and a tokenizer of its sort: what is shown is that the way there and back is whole, not that such a
base is good for anything. The loss is that of the validation part, before and after, the latter of the run as it is
loaded again. A cell that does not lose 10 %, does not load or does not reply ends the command with an error. Each row
is put into the page once it is there; with --only the other rows of the page stay.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from page import DOCS, machine, put  # noqa: E402

from mynah.core.folder import MODEL, Project, read_json  # noqa: E402
from mynah.core.tables import read_examples  # noqa: E402
from mynah.core.types import Example  # noqa: E402
from mynah.demo import CHAT  # noqa: E402
from mynah.models import load  # noqa: E402
from mynah.models.decoding import Options as Decoding  # noqa: E402
from mynah.models.engines.transformers import Engine  # noqa: E402
from mynah.tune import train  # noqa: E402
from tests import bases  # noqa: E402
from tests.projects import ready  # noqa: E402

FAQ = ROOT.parent / "shared" / "data" / "4_faq_dialogue_instruct" / "covid_faq_en" / "faq_covidbert.csv"
ROWS = 80  # of the questions and answers
FALLS = 0.1  # of the loss, in each cell
EVERY = f"{load.ALL},{load.OUTPUT}"  # a random output layer alone can say little
KINDS: dict[str, tuple[dict[str, Any], float]] = {  # options of the base, learning rate
    "LoRA": ({"targets": EVERY}, 2e-2),
    "QLoRA": ({"targets": EVERY, "quant": "nf4"}, 2e-2),
    "full": ({"adapter": "none"}, 3e-3),
}
STEPS = {"epochs": 2, "batch_tokens": 1024, "warmup": 0.1}
GREEDY = Decoding(temperature=0.0, max_tokens=24)


def dataset(folder: Path, data: Path) -> Project:
    """A project that is ready to train."""
    if data == CHAT:
        return ready(folder / "project", by="conversation")
    few = folder / data.name
    with data.open(encoding="utf-8", newline="") as rows, few.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(row for row, _ in zip(csv.reader(rows), range(ROWS + 1), strict=False))
    return ready(folder / "project", few, by="conversation", persona="")


def loss(engine: Engine, examples: list[Example]) -> float:
    """Nats a token of the replies."""
    found = engine.likelihoods(examples)
    return math.fsum(each.nll for each in found) / sum(each.tokens for each in found)


def cell(project: Project, base: str, kind: str, valid: list[Example]) -> tuple[float, float, float, int]:
    """The loss before and after, the seconds that training took, and its steps. Raises RuntimeError where the run does
    not reply as a run should."""
    options, lr = KINDS[kind]
    model = load.Options(base=base, **options)
    before = loss(Engine(base, quant=model.quant), valid)
    started = time.perf_counter()
    account = train.run(project, train.Options(lr=lr, **STEPS), model)
    seconds = time.perf_counter() - started
    again = Engine(base, project.folder("runs", account.went_out["run"], MODEL), quant=model.quant)
    prompt = next(prompt for example in valid for prompt in example.prompts())
    if not any(again.made([again._prompt(prompt.context, "", GREEDY)], GREEDY)):
        raise RuntimeError(f"{base}, {kind}: no reply")
    curves = read_json(project.folder("runs", account.went_out["run"]) / "curves.json")
    return before, loss(again, valid), seconds, sum("loss" in line for line in curves)


def main() -> None:
    """Print the table, and put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=FAQ if FAQ.exists() else CHAT)
    parser.add_argument("--only", nargs="*", default=list(bases.ARCHITECTURES), choices=list(bases.ARCHITECTURES))
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        project = dataset(Path(folder), asked.data)
        valid = read_examples(project.folder("split") / "valid.parquet")
        for name in asked.only:
            base = str(bases.of(name, Path(folder) / name.replace(" ", "-")))
            cells = [cell(project, base, kind, valid) for kind in KINDS]
            print(line(name, cells), flush=True)
            poor = [kind for kind, found in zip(KINDS, cells, strict=True) if found[1] > (1 - FALLS) * found[0]]
            if poor:
                raise RuntimeError(f"{name}: the loss does not fall by {FALLS:.0%} with {', '.join(poor)}")
            show({**kept(), name: line(name, cells)})


def show(rows: dict[str, str]) -> None:
    """Put the table into the page."""
    head = f"| architecture | figures of | {' | '.join(f'{kind}: loss, seconds, steps' for kind in KINDS)} |"
    ordered = [rows[name] for name in bases.ARCHITECTURES if name in rows]
    table = [head, "|---|---|---|---|---|", *ordered, "", f"Measured on {machine()}."]
    put("architectures.md", "matrix", "\n".join(table))


def line(name: str, cells: list[tuple[float, float, float, int]]) -> str:
    """The row of an architecture."""
    shown = [
        f"{before:.2f} → {after:.2f} (-{1 - after / before:.0%}), {seconds:.1f} s, {steps}"
        for before, after, seconds, steps in cells
    ]
    return f"| {name} | {bases.ARCHITECTURES[name]} | {' | '.join(shown)} |"


def kept() -> dict[str, str]:
    """The rows that are on the page, by architecture."""
    lines = (DOCS / "architectures.md").read_text(encoding="utf-8").splitlines()
    return {each.split(" | ")[0][2:]: each for each in lines if each.split(" | ")[0][2:] in bases.ARCHITECTURES}


if __name__ == "__main__":
    main()
