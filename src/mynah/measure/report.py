"""Report: an evaluated project comes in, one self-contained page goes out, for people to read and keep.

mynah report
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core import pages
from mynah.core.folder import Account, Project, file_hash, fingerprint, read_json, run_stage
from mynah.core.tables import read_examples, read_rows
from mynah.core.types import Score
from mynah.measure.contents import PARTS, Report
from mynah.measure.evaluate import scores_of
from mynah.measure.page import render

VERSION = 2
UNREAD = 50  # lines that nothing could read which the page shows at most
DATA_STAGES = ("ingest", "clean", "pair", "split")
OWN = ("contents.py", "page.html.jinja", "page.py", "pictures.py", "report.py", "words.py")
CODE = (*pages.CODE, *(Path(__file__).with_name(name) for name in OWN))  # what makes the page


class Options(core_options.Options):
    """Nothing to choose."""


SECTIONS: dict[str, type[core_options.Options]] = {"report": Options}


def run(project: Project, report: Options) -> Account:
    """Write `PROJECT/report.html`."""
    evaluation = project.account("evaluate")
    page = project.path / "report.html"
    code = [file_hash(path) for path in CODE]
    print_of = fingerprint("report", VERSION, report.model_dump(), [evaluation.fingerprint, *code])

    def work(folder: Path) -> Account:
        page.write_text(render(gathered(project, evaluation)), encoding="utf-8")
        return Account("report", {}, {"page": str(page)}, detail={"page": str(page)})

    if not page.exists():
        (project.folder("report") / "manifest.json").unlink(missing_ok=True)
    return run_stage(project.folder("report"), print_of, work)


def _of(stage: str, accounts: Sequence[Account]) -> dict[str, Any]:
    return next(account.detail for account in accounts if account.stage == stage)


def gathered(project: Project, evaluation: Account) -> Report:
    """Everything that the page shows, from the project's folders."""
    tuned, trained = project.tuned(evaluation.detail["run"])
    accounts = [*(project.account(stage) for stage in DATA_STAGES), trained, evaluation]
    persona = project.account("pair").detail["persona"]
    return Report(
        title=f"\u2068{persona}\u2069, the bot",  # isolated: a name from right to left must not turn the words after it
        persona=persona,
        made_at=datetime.now().strftime("%Y-%m-%d %H:%M"),
        accounts=[_stage(account) for account in accounts],
        ingest=_ingest(_of("ingest", accounts)),
        drops=_of("clean", accounts)["dropped"],
        dropped=_of("clean", accounts).get("dropped_examples", {}),
        near_identical=_of("split", accounts).get("near_identical"),
        lengths={part: _lengths(project, part) for part in PARTS},
        curves=read_json(tuned / "curves.json"),
        scores=scores_of(evaluation),
        parts=_parts(evaluation),
        differences=_differences(evaluation),
        labels={name: about["label"] for name, about in evaluation.detail["metrics"].items()},
        better={name: about["better"] for name, about in evaluation.detail["metrics"].items()},
        exchanges=[_exchange(row) for row in read_rows(project.folder("evaluate") / "exchanges.parquet")],
        options={**trained.detail["options"], "decoding": evaluation.detail["decoding"]},
        versions=trained.detail["versions"],
        warnings=[note for account in accounts for note in account.notes if account.stage != "ingest"],
    )


def _stage(account: Account) -> Any:
    return {
        "stage": account.stage,
        "came_in": account.came_in,
        "went_out": account.went_out,
        "notes": account.notes,
        "seconds": account.seconds,
        "peak_memory": account.peak_memory,
        "peak_gpu_memory": account.peak_gpu_memory,
        **({"plan": _plan(account)} if account.detail.get("plan") else {}),
    }


def _plan(account: Account) -> Any:
    """What the plan said of a training, and what it took."""
    plan = account.detail["plan"]
    time = {"foreseen": plan["time"].get("foreseen_of_these_epochs"), "seconds": plan["time"].get("seconds")}
    return {
        "setup": plan["setup"],
        "peak_bytes": plan["peak_bytes"],
        "measured_bytes": account.peak_gpu_memory or account.peak_memory,
        **(time if all(time.values()) else {}),
    }


def _ingest(detail: dict[str, Any]) -> Any:
    total = sum(detail["speakers"].values())
    return {
        "source": detail["source"],
        "date_order": detail["facts"].get("date order", ""),
        "first": detail["first"] or "",
        "last": detail["last"] or "",
        "messages": detail["messages"],
        "conversations": detail["conversations"],
        "speakers": {name: count / total for name, count in list(detail["speakers"].items())[:20]},
        "unparsed": [{"file": detail["file"], **line} for line in detail["unparsed_lines"][:UNREAD]],
        "unparsed_lines": detail["unparsed"],
        **{name: detail[name] for name in ("gaps", "files") if name in detail},
    }


def _lengths(project: Project, part: str) -> list[int]:
    examples = read_examples(project.folder("split") / f"{part}.parquet")
    return [len(turn.text) for example in examples for turn in example.turns if turn.learn]


def _parts(evaluation: Account) -> dict[str, dict[str, dict[str, Score]]]:
    """The parts of each metric by system; none in a project that was evaluated before there were any."""
    found = evaluation.detail.get("parts", {})
    return {
        system: {metric: {part: Score(**s) for part, s in parts.items()} for metric, parts in metrics.items()}
        for system, metrics in found.items()
    }


def _differences(evaluation: Account) -> dict[str, dict[str, dict[str, Score]]]:
    found = evaluation.detail["differences"]
    against = {name: found[f"tuned - {name}"] for name in ("base", "prompted")}
    return {"tuned": {name: {m: Score(**s) for m, s in scores.items()} for name, scores in against.items()}}


def _exchange(row: dict[str, Any]) -> Any:
    return {**row, "context": [(turn["speaker"], turn["bubbles"]) for turn in row["context"]]}
