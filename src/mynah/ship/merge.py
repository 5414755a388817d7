"""Merge: a run comes in, one model folder without an adapter goes out, proved to give the same probabilities.

mynah merge
"""

from __future__ import annotations

from pathlib import Path

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import read_examples

VERSION = 1
TOLERANCE = 1e-3  # the largest difference of a log-probability between original and copy, in nats


class Options(core_options.Options):
    """What is merged."""

    run: str = option("", "the run; the newest where none is named", flag=True)


SECTIONS: dict[str, type[core_options.Options]] = {"merge": Options}


def run(project: Project, merge: Options) -> Account:
    """Merge a run's adapter into its base, in `RUN/merged`. Raises UserError where the copy would talk otherwise."""
    tuned, trained = project.tuned(merge.run)
    print_of = fingerprint("merge", VERSION, {}, [trained.fingerprint])
    base = trained.detail["base"]
    return run_stage(tuned / "merged", print_of, lambda folder: _merge(project, tuned, base, folder))


def _merge(project: Project, run: Path, base: str, folder: Path) -> Account:
    from mynah.models.engines.transformers import Engine

    examples = read_examples(project.folder("split") / "test.parquet")[:3]
    original = Engine(base, run / "adapter")
    expected = original.likelihoods(examples)
    merged = original.model.merge_and_unload()
    merged.save_pretrained(folder)
    original.tokenizer.save_pretrained(folder)
    found = Engine(str(folder)).likelihoods(examples)
    pairs = zip(expected, found, strict=True)
    worst = max((abs(a.nll - b.nll) / a.tokens for a, b in pairs), default=0.0)
    if worst > TOLERANCE:
        what = f"a difference of {worst:.2g} nats a token"
        raise UserError("a copy that talks like the original", what, "Serve the run with its adapter instead.")
    return Account(
        "merge", {"run": run.name}, {"model": str(run / "merged"), "largest difference": f"{worst:.1e} nats a token"}
    )
