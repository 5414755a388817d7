"""What an evaluation keeps of each metric, without a model: the answers are invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mynah.core import plugins
from mynah.core.folder import Account, Project, run_stage, write_json
from mynah.core.tables import write_rows
from mynah.core.types import Prompt, Score, Turn
from mynah.data import clean, ingest, pair, pseudonymize, split
from mynah.measure import evaluate, report
from mynah.measure.answers import Case
from mynah.measure.page import render
from tests.conftest import DIRT, evenings, export

SAID = (
    "the gate is open",
    "bring the blue ladder",
    "נפגש מחר בבוקר",
    "no",
    "see you\nat eight",
    "ok",
    "what a day it was",
)


def cases(replies: tuple[str, ...], nats: float) -> list[Case]:
    """Each of SAID under one system; the last was not answered."""
    context = (Turn("user", ("so?",), "Otto"),)
    prompts = [Prompt("c0", 1, "", context, Turn("assistant", tuple(said.split("\n")), "Ida", True)) for said in SAID]
    return [
        Case(prompt, nats + i, 4, tuple(reply.split("\n")) if i < 6 else None)
        for i, (prompt, reply) in enumerate(zip(prompts, replies, strict=True))
    ]


FOUND = {
    "base": cases(("I do not know",) * 7, 20.0),
    "prompted": cases(("the gate", "the ladder", "מחר", "yes", "you see", "ok", ""), 15.0),
    "tuned": cases(SAID, 5.0),
}


@pytest.fixture(scope="module")
def detail() -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    measured = {name: evaluate._measured(plugins.load("metric", name), FOUND) for name in plugins.names("metric")}
    metrics = {name: found.pop("about") for name, found in measured.items()}
    return json.loads(json.dumps({"metrics": metrics, **evaluate._by_system(measured)}))


def test_every_figure_is_kept_by_system_and_metric(detail: dict) -> None:
    names = plugins.names("metric")
    assert set(detail) == {"metrics", "scores", "parts", "differences"}
    assert list(detail["metrics"]) == names and set(detail["differences"]) == {"tuned - base", "tuned - prompted"}
    for system in evaluate.SYSTEMS:
        assert list(detail["scores"][system]) == list(detail["parts"][system]) == names
        for name in names:
            further = getattr(plugins.load("metric", name), "PARTS", {})
            kept = {part: Score(**found) for part, found in detail["parts"][system][name].items()}
            assert list(kept) == list(further) and all(found.low <= found.high for found in kept.values())
    assert list(detail["parts"]["tuned"]["rougeLsum"]) == ["precision", "recall", "F1"]


def test_a_part_says_of_how_many_and_by_what_it_is(detail: dict) -> None:
    found = detail["parts"]["tuned"]["rouge1"]["F1"]
    whole = detail["scores"]["tuned"]["rouge1"]
    assert {**found, "signature": ""} == {**whole, "signature": ""} and (found["value"], found["n"]) == (1.0, 6)
    assert "|part:F1|bootstrap:2000" in found["signature"] and detail["scores"]["tuned"]["perplexity"]["n"] == 7
    assert detail["parts"]["tuned"]["bleu"]["brevity penalty"]["value"] == 1
    assert detail["parts"]["base"]["perplexity"] == {}


def test_what_cannot_be_told_is_noted(detail: dict) -> None:
    assert list(evaluate._unclear(detail, 6)) == []
    unclear = {**detail["differences"]["tuned - base"]}
    unclear["bleu"] = {**unclear["bleu"], "low": -1.0}
    changed = {**detail, "differences": {**detail["differences"], "tuned - base": unclear}}
    assert list(evaluate._unclear(changed, 6)) == ["too few cases (6) to tell tuned from base by BLEU"]


def made(folder: Path, detail: dict) -> tuple[Project, Account]:
    """A project as it is when all is done, but for what a model would do."""
    project = Project.at(folder / "project")
    chat = export(folder / "chat.txt", *DIRT, "+1434", *evenings(20))
    ingest.run(project, ingest.Options(input=chat))
    clean.run(project, clean.Options())
    pseudonymize.run(project, pseudonymize.Options(off=True))
    pair.run(project, pair.Options(me="Ida"))
    data = split.run(project, split.Options()).fingerprint
    run = project.folder("runs", "sft-1")
    options = {"options": {"train": {"lr": 2e-4}}, "versions": {"mynah": "0"}, "data": data}
    run_stage(run, "t", lambda _: Account("train", {"examples": 9}, {"steps": 3}, detail=options))
    write_json(run / "curves.json", [{"step": 1, "loss": 3.0}, {"step": 2, "loss": 2.0, "eval_loss": 2.5}])

    def work(into: Path) -> Account:
        write_rows(into / "exchanges.parquet", evaluate._exchanges(FOUND))
        return Account("evaluate", {"test turns": 7}, {}, detail={**detail, "run": "sft-1", "decoding": {"seed": 0}})

    return project, run_stage(project.folder("evaluate"), "e", work)


def test_a_report_shows_what_the_stages_did(detail: dict, tmp_path: Path) -> None:
    project, evaluation = made(tmp_path, detail)
    shown = report.gathered(project, evaluation)
    assert shown.parts["tuned"]["bleu"]["length ratio"].value == 1 and shown.dropped["media"] == ["<Media omitted>"]
    assert shown.near_identical and shown.near_identical["count"] == shown.near_identical["turns"] == 4
    assert [account["stage"] for account in shown.accounts] == ["ingest", "clean", "pair", "split", "train", "evaluate"]
    assert any("near-identical" in warning for warning in shown.warnings)
    page = render(shown)
    assert all(said in page for said in ("nearly seen: 4 of 4", "brevity penalty", "ROUGE-Lsum", "peak memory"))
    report.run(project, report.Options())
    assert (project.path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_project_of_before_has_a_report_too(detail: dict, tmp_path: Path) -> None:
    project, evaluation = made(tmp_path, detail)
    evaluation.detail.pop("parts")
    for stage, gone in {
        "ingest": ("gaps", "files"),
        "clean": ("dropped_examples",),
        "split": ("near_identical",),
    }.items():
        manifest = project.folder(stage) / "manifest.json"
        found = json.loads(manifest.read_text(encoding="utf-8"))
        found["detail"] = {name: value for name, value in found["detail"].items() if name not in gone}
        found.pop("peak_memory"), found.pop("peak_gpu_memory")
        write_json(manifest, found)
    shown = report.gathered(project, evaluation)
    assert shown.parts == {} and shown.near_identical is None and "nearly seen" not in render(shown)
