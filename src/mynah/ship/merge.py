"""Merge: a run comes in, one model folder without an adapter goes out, proved to give the same probabilities.

mynah merge
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.folder import MODEL, Account, Project, fingerprint, need_disk, run_stage
from mynah.core.options import option
from mynah.core.tables import read_examples

VERSION = 1
TOLERANCE = {"none": 1e-3, "nf4": 2e-2}
"""The largest mean difference between original and copy, in nats a token, by `quant`: 4-bit weights are multiplied in
16 bits, those of the copy are not."""


class Options(core_options.Options):
    """What is merged."""

    run: str = option("", "the run; the newest where none is named", flag=True)


SECTIONS: dict[str, type[core_options.Options]] = {"merge": Options}


def run(project: Project, merge: Options) -> Account:
    """Merge a run's adapter into its base, in `RUN/merged`. Raises UserError where the copy would talk otherwise."""
    tuned, trained = project.tuned(merge.run)
    print_of = fingerprint("merge", VERSION, {}, [trained.fingerprint])
    model = trained.detail["options"]["model"]
    if model["adapter"] == "none":
        todo = f"It can be used as it is: {tuned / MODEL}"
        raise UserError("a run with an adapter", f"{tuned.name!r}, which is a whole model already", todo)
    packed = 2 if model["quant"] == "nf4" else 1  # two weights of 4 bits count as one parameter
    need_disk(tuned, 4 * packed * trained.detail["parameters"], "the merged model")
    return run_stage(tuned / "merged", print_of, lambda folder: _merge(project, tuned, model, folder))


def _merge(project: Project, run: Path, model: dict[str, Any], folder: Path) -> Account:
    from mynah.models.engines.transformers import Engine
    from mynah.models.load import merged

    examples = read_examples(project.folder("split") / "test.parquet")[:3]
    original = Engine(model["base"], run / MODEL, quant=model["quant"])
    expected = original.likelihoods(examples)
    original.tokenizer.save_pretrained(folder)
    del original  # two copies of a large model need not be in memory at once
    merged(model["base"], run / MODEL, model["quant"]).save_pretrained(folder)
    found = Engine(str(folder)).likelihoods(examples)
    pairs = zip(expected, found, strict=True)
    worst = max((abs(a.nll - b.nll) / a.tokens for a, b in pairs), default=0.0)
    if worst > TOLERANCE[model["quant"]]:
        what = f"a difference of {worst:.2g} nats a token"
        raise UserError("a copy that talks like the original", what, "Serve the run with its adapter instead.")
    return Account(
        "merge", {"run": run.name}, {"model": str(run / "merged"), "largest difference": f"{worst:.1e} nats a token"}
    )
